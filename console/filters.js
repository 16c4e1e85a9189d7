// The filters of the journal, as a form. Their names are those of `GET /events`.

import { ask } from "./api.js";
import { field, h } from "./dom.js";

export const FILTERS = ["object", "id", "since", "until", "source", "type", "event_type", "operation", "subscription", "code", "credential"];

const FIRST = ["object", "id", "since"];

const LABELS = {
  object: ["Object", "product/4711"],
  id: ["Event id", ""],
  since: ["Since", "1h, 7d or 2026-11-27T08:00:00Z"],
  until: ["Until", "the same"],
  source: ["Source", ""],
  type: ["Type", "com.elytra.product"],
  event_type: ["Event type", "product"],
  operation: ["Operation", ""],
  subscription: ["Subscription", ""],
  code: ["Outcome", ""],
  credential: ["Credential", ""],
};

const VALUES = {
  since: ["1h", "1d", "7d"],
  operation: ["add", "modify", "remove", "link", "unlink"],
  code: ["accepted", "duplicate", "ignored", "under_way", "undelivered"],
};

/** The fields of a form with these values. Those that are seldom needed unfold. */
export function filterFields(values) {
  const subscriptions = h("datalist", { id: "subscriptions" });
  names().then((all) => subscriptions.append(...all.map((value) => h("option", { value }))));
  const lists = Object.entries(VALUES).map(([name, all]) =>
    h("datalist", { id: `of-${name}` }, all.map((value) => h("option", { value }))));
  const one = (name) => field(LABELS[name][0], h("input", {
    name, value: values[name], placeholder: LABELS[name][1], autocomplete: "off", spellcheck: "false", autocapitalize: "none",
    list: name === "subscription" ? "subscriptions" : VALUES[name] && `of-${name}`, id: `filter-${name}`,
  }));
  const others = FILTERS.filter((name) => !FIRST.includes(name));
  return [
    h("div", { class: "fields" }, FIRST.map(one)),
    h("details", { class: "more", open: others.some((name) => values[name]) }, h("summary", {}, "More filters"),
      h("div", { class: "fields" }, others.map(one))),
    lists, subscriptions,
  ];
}

/** What is filled in. */
export function filterOf(form) {
  const all = FILTERS.map((name) => [name, form.elements[name]?.value.trim()]);
  return Object.fromEntries(all.filter(([, value]) => value));
}

let known;

/** The names of the subscriptions. None while they cannot be read. */
export async function names() {
  known ??= ask("/configuration").then(({ subscriptions }) => subscriptions.map(({ name }) => name));
  try {
    return await known;
  } catch {
    known = undefined;
    return [];
  }
}
