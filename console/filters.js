// The filters of the journal, as a form. Their names are those of `GET /events`.

import { ask } from "./api.js";
import { field, h } from "./dom.js";

export const FILTERS = ["object", "id", "since", "until", "source", "type", "event_type", "operation", "subscription", "code", "credential"];

const FIRST = ["object", "id", "since"];

const LABELS = {
  object: ["Object", "product/4711"],
  id: ["Event id", ""],
  since: ["Since", "1h, today, 2026-11-27 08:00"],
  until: ["Until", "1h, yesterday, 08:00"],
  source: ["Source", ""],
  type: ["Type", "com.elytra.product"],
  event_type: ["Event type", "product"],
  operation: ["Operation", ""],
  subscription: ["Subscription", ""],
  code: ["Outcome", ""],
  credential: ["Credential", ""],
};

const VALUES = {
  since: ["1h", "1d", "7d", "today", "yesterday"],
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

/** What is filled in, of these filters. */
export function filterOf(form, names = FILTERS) {
  const all = names.map((name) => [name, form.elements[name]?.value.trim()]);
  return Object.fromEntries(all.filter(([, value]) => value).map(([name, value]) =>
    [name, ["since", "until"].includes(name) ? exactly(value) : value]));
}

/** A time as people write it, in the reader's zone: `today`, `yesterday`, `08:00`, `2026-11-27` or `2026-11-27T08:00`. The Worker knows the others. */
function exactly(value) {
  const [, day, hours, minutes, seconds] = value.match(/^(today|yesterday|\d{4}-\d{2}-\d{2})?[ T]?(?:(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/u) ?? [];
  if (day === undefined && hours === undefined) return value;
  if (hours > 23 || minutes > 59 || seconds > 59) return value;
  const at = /^\d/u.test(day ?? "") ? new Date(`${day}T00:00:00`) : new Date();
  // A day that does not exist would be one of the next month.
  if (Number.isNaN(at.getTime()) || (/^\d/u.test(day ?? "") && at.getDate() !== Number(day.slice(8)))) return value;
  if (day === "yesterday") at.setDate(at.getDate() - 1);
  at.setHours(hours ?? 0, minutes ?? 0, seconds ?? 0, 0);
  // Nothing has come since a time that is still to come: shortly after midnight, 22:00 is that of last evening.
  if (day === undefined && at > new Date()) at.setDate(at.getDate() - 1);
  return at.toISOString();
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
