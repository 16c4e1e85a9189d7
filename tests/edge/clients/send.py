"""Sends events with the official Python SDK, as its documentation shows, and prints the answers.

On stdin: {url, token, events: [{mode, event}]}, each event in the JSON format.
"""

import base64
import json
import sys
from http.client import HTTPConnection
from urllib.parse import urlsplit

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from dateutil.parser import isoparse

TO_MESSAGE = {"structured": to_structured_event, "binary": to_binary_event}


def make(event):
    """An event of the SDK, in which times are datetimes, and binary data is bytes."""
    attributes = dict(event)
    data = attributes.pop("data", None)
    if "data_base64" in attributes:
        data = base64.b64decode(attributes.pop("data_base64"))
    if "time" in attributes:
        attributes["time"] = isoparse(attributes["time"])
    return CloudEvent(attributes, data)


def send(url, token, mode, event):
    """The SDK does not send events itself. http.client adds no headers that matter."""
    message = TO_MESSAGE[mode](make(event))
    headers = {**message.headers, "Authorization": f"Bearer {token}"}
    connection = HTTPConnection(urlsplit(url).netloc)
    connection.request("POST", urlsplit(url).path, message.body, headers)
    return json.load(connection.getresponse())


def main():
    task = json.load(sys.stdin)
    results = []
    for event in task["events"]:
        try:
            results.append({"answer": send(task["url"], task["token"], **event)})
        except Exception as error:
            results.append({"error": repr(error)})
    print(json.dumps(results))


main()
