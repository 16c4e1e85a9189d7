// Who may send, who wants what, and where it goes.

import { ask } from "../api.js";
import { h, link, mark, pairs, put, text } from "../dom.js";

export const title = () => "Configuration";

const KINDS = { queue: "a queue", kv: "a KV namespace", r2: "an R2 bucket", webhook: "an HTTP server", service: "another Worker" };

/** Shows it. */
export async function show(main) {
  put(main, h("h1", { tabindex: "-1" }, "Configuration"));
  const { webhook, journal, admin, subscriptions, warnings } = await ask("/configuration");
  main.append(...[
    warnings.length > 0 && h("section", {}, h("h2", {}, "Warnings"), h("ul", { class: "faults" }, warnings.map(({ path, message }) =>
      h("li", { class: "fair" }, mark("look", "fair"), " ", h("code", {}, text(path)), ": ", text(message))))),
    h("section", {}, h("h2", {}, "Who may send"), h("p", {}, who(webhook)), others(webhook, ["auth_type", "auth"])),
    h("section", {}, h("h2", {}, "Who wants what"), subscriptions.map(subscription)),
    h("section", {}, h("h2", {}, "What is kept"), journal
      ? h("p", {}, `Events are kept for ${days(journal.retention_days ?? 7)}, `, journal.bodies === false ? "without their texts." : `their texts for ${days(journal.body_retention_days ?? journal.retention_days ?? 7)}.`)
      : h("p", {}, "Nothing: there is no [vars.JOURNAL].")),
    h("section", {}, h("h2", {}, "Who operates it"), h("p", {}, who(admin)), others(admin, ["auth_type", "auth"])),
    h("p", { class: "note" }, "Fields that are not shown have their defaults. It is changed in wrangler.toml."),
  ].filter(Boolean));
}

function days(number) {
  return `${number} day${number === 1 ? "" : "s"}`;
}

function who({ auth_type: type, auth }) {
  const words = { none: "Anybody: no credentials are required.", access: "Whoever has signed in at Cloudflare Access.", basic: "With a user name and a password", bearer: "With a token", apikey: "With a key in a header" };
  if (!auth) return words[type] ?? type;
  const all = [auth].flat().map((one) => Object.entries(one).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`).join(", "));
  return [words[type] ?? text(type), ": ", text(all.join("; or ")), " (names of secrets)."];
}

function others(fields, but) {
  const left = Object.entries(fields).filter(([name]) => !but.includes(name));
  return left.length > 0 && pairs(left.map(([name, value]) => [name, shownValue(value)]));
}

function shownValue(value) {
  return h("code", {}, text(typeof value === "string" ? value : JSON.stringify(value), 400));
}

function subscription({ name, active, destination, event_types: types, operations, filters, ...rest }) {
  const { kind, url, binding, ...settings } = destination;
  const list = (values, all) => (values && values.length > 0 ? text(values.join(", ")) : all);
  return h("section", { class: "card" },
    h("h3", {}, text(name), " ", mark(active ? "active" : "switched off", active ? "good" : "plain")),
    pairs([
      ["Event types", list(types, "all")],
      ["Operations", list(operations, "all")],
      ["Filters", filters && filters.length > 0 ? h("ul", {}, filters.map((filter) => h("li", {}, shownValue(filter)))) : "none"],
      ["Goes to", [KINDS[kind] ?? kind, " ", text(url ?? binding ?? "")]],
      ["With", Object.keys(settings).length > 0 ? others(settings, []) : undefined],
      ["More", Object.keys(rest).length > 0 ? others(rest, []) : undefined],
    ]),
    h("p", {}, link(`#/events?subscription=${encodeURIComponent(name)}`, "Its events")));
}
