// The search in the journal, and the requests that were refused.

import { ask, print } from "../api.js";
import { brief, button, field, h, link, mark, put, say } from "../dom.js";
import { FILTERS, filterFields, filterOf } from "../filters.js";
import { list } from "../list.js";
import { cells, COLUMNS, eventAddress } from "../parts.js";
import { problem } from "../problem.js";
import { time, whileSeen } from "../time.js";

const FOLLOW_MS = 2_000;

/** How many events the first page has, and each that follows. */
const [FIRST, MORE] = [100, 1_000];

/** How many pages may lie between what is known and what is new. */
const MAX_NEW_PAGES = 10;

const REFUSAL_FILTERS = ["code", "credential", "address", "id", "since", "until"];

export const title = () => "Events";

/** Shows those that the parameters mean. */
export async function show(main, parameters) {
  const areRefusals = parameters.refusals === "1";
  const names = areRefusals ? REFUSAL_FILTERS : FILTERS;
  const filter = Object.fromEntries(names.filter((name) => parameters[name]).map((name) => [name, parameters[name]]));
  const address = (values, refusals) => `#/events${print({ ...values, refusals: refusals ? "1" : "" })}`;
  const search = h("form", { class: "filters", role: "search", onsubmit: (event) => {
    event.preventDefault();
    const values = filterOf(search, names);
    location.hash = address(values, areRefusals);
  } }, areRefusals ? refusalFields(parameters) : filterFields(parameters),
  h("p", { class: "buttons" }, h("button", { type: "submit" }, "Search"),
    Object.keys(filter).length > 0 && h("a", { href: address({}, areRefusals) }, "Clear"),
    h("span", { class: "switch", role: "group", "aria-label": "What to list" },
      h("a", { href: address(areRefusals ? {} : filter, false), "aria-current": areRefusals ? undefined : "true" }, "Events"),
      h("a", { href: address({}, true), "aria-current": areRefusals ? "true" : undefined }, "Refusals"))));
  put(main, h("h1", { tabindex: "-1" }, areRefusals ? "Refusals" : "Events"), search);
  if (areRefusals) await refusals(main, filter);
  else await events(main, filter);
}

async function events(main, filter) {
  let items = [];
  let known = new Map();
  let cursor;
  let isAtEnd = false;
  let loading;
  let waiting = [];
  const status = h("p", { class: "note", "aria-live": "polite" });
  const error = h("div", { role: "alert" });
  const fresh = button("", () => take(true), { class: "fresh", hidden: true });
  const follow = h("input", { type: "checkbox", id: "follow" });
  const loadMore = button("Load more", () => more(), { hidden: true });

  const view = list({
    label: "Events",
    columns: COLUMNS,
    row: (item) => cells(JSON.parse(item)),
    open: (item) => eventAddress(JSON.parse(item).key),
    more: () => more(),
  });

  const tell = () => {
    const number = items.length.toLocaleString("en");
    status.textContent = items.length === 0 && isAtEnd ? "No event is like this." : `${number} ${isAtEnd ? "in all" : "so far"}`;
    loadMore.hidden = isAtEnd;
  };

  const more = async () => {
    if (isAtEnd) return;
    loading ??= load().finally(() => { loading = undefined; });
    await loading;
  };

  const load = async () => {
    try {
      const page = await ask("/events", { query: { ...filter, limit: items.length === 0 ? FIRST : MORE, cursor } });
      put(error);
      const isFirst = items.length === 0;
      for (const event of page.events) {
        if (known.has(event.key)) continue;
        known.set(event.key, items.length);
        items.push(packed(event));
      }
      cursor = page.cursor ?? undefined;
      isAtEnd = !cursor;
      tell();
      if (isFirst) view.set(items);
      else view.grow();
    } catch (failure) {
      isAtEnd ||= failure.status !== 0;
      put(error, problem(failure, () => {
        isAtEnd = false;
        more();
      }));
    }
  };

  // New events come first. Those that are known may have changed since.
  const poll = async () => {
    const found = [];
    let next;
    for (let page = 0; page < MAX_NEW_PAGES; page += 1) {
      const answer = await ask("/events", { query: { ...filter, limit: FIRST, cursor: next } });
      const all = answer.events;
      found.push(...all.filter(({ key }) => !known.has(key)));
      let hasChanged = false;
      for (const event of all) {
        const place = known.get(event.key);
        if (place === undefined) continue;
        hasChanged ||= items[place] !== packed(event);
        items[place] = packed(event);
      }
      if (hasChanged) view.set(items);
      next = answer.cursor;
      if (!next || all.some(({ key }) => known.has(key)) || items.length === 0) {
        waiting = found;
        take(false);
        return;
      }
    }
    // Too many have come meanwhile to find the place where they begin, so the list begins anew. What is being loaded
    // belongs to the old one.
    await loading;
    [items, known, waiting, cursor, isAtEnd] = [[], new Map(), [], undefined, false];
    take(false);
    await more();
  };

  const take = (isAsked) => {
    const number = waiting.length;
    if (number > 0 && (isAsked || view.isAtTop())) {
      items = [...waiting.map(packed), ...items];
      known = new Map([...waiting.map(({ key }) => key), ...known.keys()].map((key, place) => [key, place]));
      waiting = [];
      view.prepend(items, number);
      if (isAsked) view.toTop();
      tell();
      say(`${number} new`);
    }
    fresh.hidden = waiting.length === 0;
    fresh.textContent = `Show ${waiting.length.toLocaleString("en")} new`;
  };

  let end;
  let turn = 0;
  follow.addEventListener("change", async () => {
    const own = (turn += 1);
    end?.();
    end = undefined;
    if (!follow.checked) return;
    const step = () => poll().then(() => put(error), (failure) => put(error, problem(failure)));
    await step();
    if (own !== turn) return;
    end = whileSeen(main, FOLLOW_MS, step);
  });

  main.append(
    h("p", { class: "buttons" }, h("label", { class: "check", for: "follow" }, follow, " Follow"), fresh,
      link(`#/replays/new${print(filter)}`, "Send these again"), status),
    error, view.element, h("p", { class: "buttons" }, loadMore));
  await more();
}

/** What a row needs, as one text. A hundred thousand objects would take the collector of garbage longer than a frame has. */
function packed({ key, arrived_time, code, event_type, type, operation, object_type, object_id, id, subscriptions }) {
  const wanted = subscriptions.filter(({ fate }) => fate !== "unwanted").map(({ subscription, fate }) => ({ subscription, fate }));
  return JSON.stringify({ key, arrived_time, code, event_type, type: event_type === undefined ? type : undefined, operation, object_type, object_id, id, subscriptions: wanted });
}

function refusalFields(values) {
  const label = { code: "Code", credential: "Credential", address: "IP address", id: "Event id", since: "Since", until: "Until" };
  return h("div", { class: "fields" }, REFUSAL_FILTERS.map((name) =>
    field(label[name], h("input", { name, value: values[name], autocomplete: "off", spellcheck: "false", placeholder: ["since", "until"].includes(name) ? "1h, today, 08:00" : undefined }))));
}

async function refusals(main, filter) {
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Refused requests" });
  const body = h("tbody");
  const columns = ["time", "status", "code", "path", "detail", "credential", "address", "user agent", "event"];
  let cursor;
  const more = button("Load more", () => load().catch((failure) => put(error, problem(failure))));
  const note = h("p", { class: "note" });
  const error = h("div", { role: "alert" });
  const load = async () => {
    const page = await ask("/refusals", { query: { ...filter, limit: FIRST, cursor } });
    put(error);
    body.append(...page.refusals.map((refusal) => h("tr", {}, [
      time(refusal.time),
      String(refusal.status),
      mark(refusal.code, "bad"),
      refusal.path ? brief(refusal.path, 40) : "",
      h("details", { class: "inline" }, h("summary", {}, brief(refusal.detail, 60)), h("ul", {}, refusal.reasons.map((reason) => h("li", {}, brief(reason, 400))))),
      refusal.credential ? brief(refusal.credential) : "",
      refusal.client_address ? brief(refusal.client_address) : "",
      refusal.user_agent ? brief(refusal.user_agent, 40) : "",
      refusal.id ? link(`#/events${print({ id: refusal.id })}`, brief(refusal.id, 48)) : "",
    ].map((cell, column) => h("td", { "data-label": columns[column] }, cell)))));
    cursor = page.cursor ?? undefined;
    more.hidden = !cursor;
    note.textContent = body.rows.length === 0 ? "No request was refused." : page.counted > 0 ? `${page.counted.toLocaleString("en")} more were only counted, because they came too fast.` : "";
  };
  put(place, h("table", {}, h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))), body));
  main.append(note, error, place, h("p", { class: "buttons" }, more));
  await load();
}
