// What would become of an event. Nothing is sent.

import { ask } from "../api.js";
import { field, h, link, mark, pairs, put, text } from "../dom.js";
import { names } from "../filters.js";
import { problem } from "../problem.js";

const EXAMPLE = () => JSON.stringify({
  specversion: "1.0",
  id: crypto.randomUUID(),
  source: "elytra-pim",
  type: "com.elytra.product",
  eventtype: "product",
  operation: "modify",
  time: new Date().toISOString(),
  data: { objectType: "product", objectId: 4711 },
}, null, 2);

export const title = () => "Try it";

/** Shows the form. */
export async function show(main) {
  const body = h("textarea", { rows: 16, spellcheck: "false", required: true, autocapitalize: "none" });
  body.value = EXAMPLE();
  const choice = h("select", {}, h("option", { value: "" }, "all"));
  names().then((all) => choice.append(...all.map((value) => h("option", { value }, value))));
  const result = h("div", { role: "status" });
  const explain = h("button", { type: "submit" }, "Explain");
  const form = h("form", { onsubmit: async (event) => {
    event.preventDefault();
    explain.disabled = true;
    const isBatch = body.value.trimStart().startsWith("[");
    try {
      const answer = await ask("/explain", {
        method: "POST", query: { subscription: choice.value }, body: body.value,
        type: isBatch ? "application/cloudevents-batch+json" : "application/cloudevents+json",
      });
      put(result, answer.events.map((one, place) => explained(one, answer.events.length > 1 ? place : undefined)));
    } catch (failure) {
      put(result, problem(failure));
    } finally {
      explain.disabled = false;
    }
  } }, field("An event, or a list of events, as JSON", body), field("Subscription", choice), h("p", { class: "buttons" }, explain));
  put(main, h("h1", { tabindex: "-1" }, "Try it"), h("p", {}, "See what would become of an event, and why. Nothing is sent."), form, result);
}

function explained(event, place) {
  const heading = h("h2", {}, place === undefined ? "The event" : `Event ${place}`, " ", event.violations ? mark("invalid", "bad") : mark("valid", "good"));
  if (event.violations) {
    const left = event.violations_left_out;
    return h("section", {}, heading, h("p", {}, "It would be refused, and nothing forwarded:"),
      h("ul", {}, event.violations.map(({ attribute, message, code }) => h("li", {}, attribute && [h("code", {}, text(attribute)), ": "], text(message ?? code)))),
      left && h("p", {}, `and ${left} more`));
  }
  const wanted = event.subscriptions.filter(({ matches }) => matches).length;
  return h("section", {}, heading,
    h("p", {}, wanted === 0 ? "No subscription wants it, so it would be ignored." : `It would be forwarded to ${wanted} of ${event.subscriptions.length} subscriptions.`),
    h("ul", {}, event.subscriptions.map(({ subscription, matches, message, code, too_large: tooLarge }) => h("li", {},
      h("strong", {}, text(subscription)), " ", mark(matches ? "wanted" : "unwanted", matches ? "good" : "plain"), message || code ? [": ", text(message ?? code)] : "", tooLarge ? [": ", text(tooLarge)] : ""))),
    (event.notices ?? []).length > 0 && h("ul", {}, event.notices.map((notice) => h("li", {}, text(notice)))),
    pairs([
      ["Event type", event.event_type && text(event.event_type)],
      ["Operation", event.operation && text(event.operation)],
      ["Object", event.object_type && event.object_id && text(`${event.object_type}/${event.object_id}`)],
      ["Size", `${event.bytes.toLocaleString("en")} bytes`],
    ]),
    event.object_type && event.object_id && h("p", {}, link(`#/events?object=${encodeURIComponent(`${event.object_type}/${event.object_id}`)}`, "What came for this object")));
}
