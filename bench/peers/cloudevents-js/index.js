// The job of elytra-webhooks with the official CloudEvents SDK and a plain handler.
import { HTTP } from "cloudevents";

import { EVENT_TYPES, OPERATIONS, wanted } from "../elytra/names.js";

const eventTypes = new Set(EVENT_TYPES);
const operations = new Set(OPERATIONS);

const known = ({ eventtype, operation }) =>
  (eventtype === undefined || eventTypes.has(eventtype)) &&
  (operation === undefined || operations.has(operation));

const encoder = new TextEncoder();

function authorized(request, token) {
  const given = encoder.encode(request.headers.get("authorization") ?? "");
  const expected = encoder.encode(`Bearer ${token}`);
  // Both sides must be of one length; one that is not costs the same and is wrong.
  return given.byteLength === expected.byteLength
    ? crypto.subtle.timingSafeEqual(given, expected)
    : !crypto.subtle.timingSafeEqual(expected, expected);
}

export default {
  async fetch(request, env) {
    if (!authorized(request, env.ELYTRA_TOKEN)) {
      return Response.json({ code: "credentials_wrong" }, { status: 401 });
    }
    let received;
    try {
      const headers = Object.fromEntries(request.headers);
      received = HTTP.toEvent({ headers, body: await request.text() });
    } catch (error) {
      return Response.json({ code: "invalid_event", detail: String(error) }, { status: 400 });
    }
    const events = [received].flat();
    const unknown = events.find((event) => !known(event));
    if (unknown !== undefined) {
      return Response.json({ code: "invalid_event", id: unknown.id }, { status: 400 });
    }
    const accepted = events.filter(wanted);
    if (accepted.length === 1) await env.PRODUCT_EVENTS.send(accepted[0].toJSON());
    if (accepted.length > 1) {
      await env.PRODUCT_EVENTS.sendBatch(accepted.map((event) => ({ body: event.toJSON() })));
    }
    const answers = events.map((event) => ({ code: code(wanted(event)), id: event.id }));
    const answer = Array.isArray(received)
      ? { code: code(accepted.length > 0), events: answers }
      : answers[0];
    return Response.json(answer, { status: accepted.length > 0 ? 202 : 200 });
  },
};

const code = (accepted) => (accepted ? "accepted" : "ignored");
