// What several views show of an event.

import { brief, h, link, mark, table, text } from "./dom.js";
import { time } from "./time.js";

/** The address of an event. */
export function eventAddress(key) {
  return `#/events/${encodeURIComponent(key)}`;
}

/** The object of an event as one text, if it has one. */
export function objectOf({ object_type: type, object_id: id }) {
  return type !== undefined && id !== undefined ? `${type}/${id}` : undefined;
}

/** What is wrong, in the order in which it matters. */
const WRONG = ["dead", "failed", "retried", "spooled"];

/** What became of an event, a mark for each subscription that wanted it. What is wrong comes first, since the rest may be cut. */
export function fates(subscriptions) {
  const rank = ({ fate }) => (WRONG.includes(fate) ? WRONG.indexOf(fate) : WRONG.length);
  const wanted = subscriptions.filter(({ fate }) => fate !== "unwanted").sort((one, other) => rank(one) - rank(other));
  return h("span", { class: "fates" }, wanted.map(({ subscription, fate }) =>
    h("span", { class: "fate" }, brief(subscription, 24), " ", mark(fate))));
}

/** The columns of events in a list. */
export const COLUMNS = ["time", "outcome", "event type", "operation", "object", "id", "subscriptions"];

/** The cells of an event in a list. */
export function cells(event) {
  return [
    time(event.arrived_time),
    mark(event.code ?? "unknown"),
    brief(event.event_type ?? event.type, 40),
    event.operation === undefined ? "" : brief(event.operation, 16),
    objectOf(event) === undefined ? "" : brief(objectOf(event), 48),
    link(eventAddress(event.key), brief(event.id, 64)),
    fates(event.subscriptions),
  ];
}

/** Events in a table. */
export function events(label, all) {
  return table(label, COLUMNS, all.map(cells));
}

/** A filter in words. */
export function filterWords(filter) {
  const entries = Object.entries(filter);
  return entries.length === 0 ? "all" : entries.map(([name, value], place) =>
    [place > 0 && ", ", `${name.replaceAll("_", " ")} `, text(value, 80)]);
}
