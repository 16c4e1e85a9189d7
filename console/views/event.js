// Everything about one event.

import { ask, at, print } from "../api.js";
import { add, brief, button, h, link, mark, pairs, put, text } from "../dom.js";
import { confirm } from "../confirm.js";
import { payload } from "../json-tree.js";
import { events, objectOf } from "../parts.js";
import { problem } from "../problem.js";
import { progress } from "../progress.js";
import { duration, exactTime, time } from "../time.js";

export const title = (key) => `Event ${key.slice(0, 8)}`;

/** How many other events of the object are shown. */
const OTHERS = 10;

/** Shows the event with this key. */
export async function show(main, _, key) {
  const { entry } = await ask(at("/events", key));
  const replay = h("div");
  const fate = h("section", { "aria-labelledby": "fate" });
  const history = h("section", { "aria-labelledby": "history" });
  const draw = (now) => {
    put(fate, h("h2", { id: "fate" }, "What became of it"), ofSubscriptions(now, again), replay);
    put(history, h("h2", { id: "history" }, "History"), lines(now));
  };
  let isSending = false;
  const again = async (subscriptions, wanted, label, isUnwanted) => {
    if (isSending) return;
    if (isUnwanted && !await confirm(`${subscriptions[0]} does not want this event. Send it all the same?`, "Send again")) return;
    isSending = true;
    put(replay);
    try {
      const body = { keys: [key], ...subscriptions && { subscriptions, respect_filters: false } };
      const started = await ask("/replays", { method: "POST", body });
      put(replay, h("p", { role: "status" }, "Sent again to ", wanted, ", as ", link(`#/replays/${encodeURIComponent(started.replay.id)}`, "a replay"), "."));
      await progress(replay, started.replay.id);
      draw((await ask(at("/events", key))).entry);
      fate.querySelector(`[data-again="${label}"]`)?.focus();
    } catch (failure) {
      add(replay, problem(failure));
    } finally {
      isSending = false;
    }
  };
  const data = h("section", { "aria-labelledby": "data" }, h("h2", { id: "data" }, "The event, byte for byte"));
  const others = h("section", { "aria-labelledby": "others" });
  put(main,
    h("p", { class: "trail" }, link("#/events", "Events")),
    h("h1", { tabindex: "-1" }, "Event ", text(entry.id, 100)),
    h("section", { "aria-label": "Attributes" }, facts(entry)), fate, history, data, others);
  draw(entry);
  if (entry.has_text) add(data, payload(await ask(at("/events", key, "/text"), { asText: true }), `${key}.json`));
  else add(data, h("p", {}, "Its text is not kept, so it cannot be sent again: see bodies and body_retention_days in [vars.JOURNAL]."));
  await ofObject(others, entry);
}

function facts(entry) {
  const object = objectOf(entry);
  const known = (value, most) => (value === undefined ? undefined : text(value, most));
  return pairs([
    ["Outcome", entry.code && mark(entry.code)],
    ["Arrived", exactTime(entry.arrived_time)],
    ["Came", entry.received > 1 ? [`${entry.received} times, last `, exactTime(entry.last_received_time)] : "once"],
    ["Id", text(entry.id)],
    ["Source", text(entry.source)],
    ["Type", text(entry.type)],
    ["Event type", known(entry.event_type)],
    ["Operation", known(entry.operation)],
    ["Object", object === undefined ? undefined : link(`#/events${print({ object })}`, text(object))],
    ["Subject", known(entry.subject)],
    ["Time", known(entry.time)],
    ["Size", `${entry.bytes.toLocaleString("en")} bytes`],
    ["Mode", entry.mode],
    ["Credential", known(entry.credential)],
    ["From", [entry.client_address, entry.user_agent].filter(Boolean).length > 0 ? [entry.client_address && text(entry.client_address), " ", entry.user_agent && text(entry.user_agent)] : undefined],
    ["Ray id", known(entry.ray)],
  ]);
}

function ofSubscriptions(entry, again) {
  const rows = entry.subscriptions.map(({ subscription, fate, reason, code }) => h("tr", {},
    h("td", { "data-label": "subscription" }, text(subscription)),
    h("td", { "data-label": "fate" }, mark(fate)),
    h("td", { "data-label": "why" }, reason ? text(reason) : code ? text(code) : ""),
    h("td", {}, entry.has_text && button("Send again", () => again([subscription], text(subscription), subscription, fate === "unwanted"), { "aria-label": `Send again to ${subscription}`, "data-again": subscription }))));
  const head = h("tr", {}, ["subscription", "fate", "why", ""].map((column) => h("th", { scope: "col" }, column || h("span", { class: "unseen" }, "actions"))));
  return [
    h("table", { "aria-label": "Subscriptions" }, h("thead", {}, head), h("tbody", {}, rows)),
    entry.has_text && h("p", { class: "buttons" }, button("Send again to all who want it", () => again(undefined, "all who want it", "all", false), { "data-again": "all" })),
  ];
}

const WORDS = { received: "Received", attempted: "Attempted", stored: "Stored as a dead letter", redriven: "Redriven", deleted: "Dead letter deleted", drained: "Taken from the spool", replayed: "Sent again by a replay" };

function lines(entry) {
  const left = entry.history_left_out;
  const all = entry.history.map((line) => h("li", {}, time(line.time), " ", h("strong", {}, WORDS[line.what] ?? line.what), " ", words(line)));
  return [left > 0 && h("p", { class: "note" }, `${left} lines before the last one are left out.`), h("ol", { class: "history" }, all)];
}

function words(line) {
  switch (line.what) {
    case "received":
      return [mark(line.code), line.credential && [" with ", text(line.credential)], line.client_address && [" from ", text(line.client_address)], " ", states(line.subscriptions)];
    case "attempted":
      return [text(line.subscription), " ", mark(line.result), ` attempt ${line.attempt}`, line.status ? `, status ${line.status}` : "", line.cause ? [", ", text(line.cause)] : "",
        line.reason ? [": ", text(line.reason)] : "", `, ${line.milliseconds.toLocaleString("en")} ms`, line.delay_seconds ? `, again in ${duration(line.delay_seconds)}` : "",
        line.redrive && ", after a redrive", line.replay && [", by ", link(`#/replays/${encodeURIComponent(line.replay)}`, "a replay")]];
    case "stored":
    case "redriven":
    case "deleted":
      return [text(line.subscription), line.by && [" by ", text(line.by)], line.what === "stored" && [" ", link(`#/dead-letters/${encodeURIComponent(line.dead_letter)}`, "look at it")]];
    case "drained":
      return [text(line.queue), " ", line.subscriptions.map((name) => [text(name), " "])];
    case "replayed":
      return [link(`#/replays/${encodeURIComponent(line.replay)}`, "the replay"), " ", states(line.subscriptions)];
    default:
      return "";
  }
}

function states(subscriptions = []) {
  const wanted = subscriptions.filter(({ fate }) => fate !== "unwanted");
  return wanted.map(({ subscription, fate, reason }) => h("span", { class: "fate" }, brief(subscription, 40), " ", mark(fate), reason && [" ", text(reason)]));
}

async function ofObject(place, entry) {
  const object = objectOf(entry);
  if (object === undefined) return;
  const page = await ask("/events", { query: { object, limit: OTHERS + 1 } });
  const others = page.events.filter(({ key }) => key !== entry.key).slice(0, OTHERS);
  put(place, h("h2", { id: "others" }, "Other events of ", text(object, 80)),
    others.length > 0 ? events("Other events of the object", others) : h("p", {}, "None."),
    page.cursor && h("p", {}, link(`#/events${print({ object })}`, "All of them")));
}
