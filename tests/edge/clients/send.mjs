// Sends events with the official JavaScript SDK, as its documentation shows, and prints the
// answers. On stdin: { url, token, events: [{ mode, event }] }, each event in the JSON format. In
// mode "batch", `event` is an array of them.

import { text } from "node:stream/consumers";
import { CloudEvent, CONSTANTS, emitterFor, httpTransport, Mode } from "cloudevents";

const { url, token, events } = JSON.parse(await text(process.stdin));
const transport = httpTransport(url);
const options = { headers: { authorization: `Bearer ${token}` } };

const send = {
  structured: (event) => emitterFor(transport, { mode: Mode.STRUCTURED })(make(event), options),
  binary: (event) => emitterFor(transport, { mode: Mode.BINARY })(make(event), options),
  // The SDK has no function for batches, but an event prints itself in the JSON format.
  batch: (events) =>
    transport(
      {
        headers: { [CONSTANTS.HEADER_CONTENT_TYPE]: CONSTANTS.MIME_CE_BATCH },
        body: JSON.stringify(events.map(make)),
      },
      options,
    ),
};

/** An event of the SDK, in which bytes are a typed array. */
function make({ data_base64, ...event }) {
  if (data_base64 !== undefined) event.data = new Uint8Array(Buffer.from(data_base64, "base64"));
  return new CloudEvent(event);
}

const results = [];
for (const { mode, event } of events) {
  try {
    const { body } = await send[mode](event);
    results.push({ answer: JSON.parse(body) });
  } catch (error) {
    results.push({ error: String(error) });
  }
}
console.log(JSON.stringify(results));
