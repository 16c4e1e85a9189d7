// Reads with `elytra-webhooks/events` what it gets on stdin, and prints what each of it is: texts, messages with what
// is stored for them, and requests.

import { text } from "node:stream/consumers";
import {
  attributeOf,
  dataTextOf,
  datarefOf,
  eventTypeOf,
  followDataref,
  InvalidEventError,
  objectOf,
  operationOf,
  parseEvent,
  parseRequest,
  textOf,
  timeOf,
} from "elytra-webhooks/events";

async function read(parse, message) {
  let event;
  try {
    event = await parse(message);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    const violations = error.violations.map(({ attribute = null, code, message }) => [attribute, code, message]);
    return { id: error.id ?? null, violations };
  }
  const { type = null, id = null, data } = objectOf(event);
  const names = Object.keys(event).filter((name) => attributeOf(event, name) !== undefined);
  return {
    text: textOf(event),
    attributes: names.map((name) => [name, String(attributeOf(event, name))]),
    data: dataTextOf(event) ?? null,
    data_base64: event.data_base64 ?? null,
    event_type: eventTypeOf(event) ?? null,
    operation: operationOf(event) ?? null,
    object: { type, id, has_data: data !== undefined },
    nanoseconds: timeOf(event)?.toString() ?? null,
    key: datarefOf(event)?.key ?? null,
  };
}

/** The text of the whole event, or the code of the error. */
async function follow([message, stored]) {
  try {
    return { whole: textOf(await followDataref(parseEvent(message), { get: async () => stored })) };
  } catch (error) {
    return { error: error.code };
  }
}

function receive({ headers, body }) {
  const request = { method: "POST", headers, body: Buffer.from(body, "base64") };
  return parseRequest(new Request("http://localhost/", request));
}

const { texts = [], datarefs = [], requests = [] } = JSON.parse(await text(process.stdin));
const results = {
  texts: await Promise.all(texts.map((text) => read(parseEvent, text))),
  datarefs: await Promise.all(datarefs.map(follow)),
  requests: await Promise.all(requests.map((request) => read(receive, request))),
};
process.stdout.write(JSON.stringify(results));
