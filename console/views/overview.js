// What an operator wants to know first.

import { ask } from "../api.js";
import { chart } from "../chart.js";
import { add, button, h, link, mark, pairs, put, refresh as refreshed, table, text } from "../dom.js";
import { problem } from "../problem.js";
import { age, duration, exactTime, time, whileSeen, zone } from "../time.js";

const SPANS = [
  { label: "Hour", since: "1h", step: 60, per: "minute" },
  { label: "Day", since: "1d", step: 900, per: "15 minutes" },
  { label: "Week", since: "7d", step: 7_200, per: "2 hours" },
];

const REFRESH_MS = 10_000;
const SILENT_SECONDS = 86_400;

export const title = () => "Overview";

/** Shows it, and refreshes it as long as it is seen. */
export async function show(main) {
  const wrong = h("section", { "aria-labelledby": "wrong" });
  const rates = h("section", { "aria-labelledby": "rates" });
  const rest = h("div", { class: "columns" });
  let span = SPANS[0];
  put(main, h("h1", { tabindex: "-1" }, "Overview"), wrong, rates, rest, h("p", { class: "note" }, `Times are in ${zone}.`));

  let turn = 0;
  const refresh = async () => {
    const own = (turn += 1);
    try {
      const [overview, hour, shown] = await Promise.all([
        ask("/overview"),
        ratesOf(SPANS[0]),
        span === SPANS[0] ? undefined : ratesOf(span),
      ]);
      // Another span has been chosen meanwhile.
      if (own !== turn) return;
      const open = rates.querySelector("details")?.open;
      refreshed(wrong, h("h2", { id: "wrong" }, "What is wrong"), faults(overview, hour));
      refreshed(rates, h("h2", { id: "rates" }, `Events per ${span.per}`), spans(span, (chosen) => {
        span = chosen;
        refresh();
      }), drawn(shown ?? hour, overview));
      if (open) rates.querySelector("details").open = true;
      refreshed(rest, details(overview));
    } catch (failure) {
      if (own !== turn) return;
      if (failure.code === "broken_configuration") {
        const broken = await ask("/configuration").catch((one) => one);
        refreshed(wrong, h("h2", { id: "wrong" }, "What is wrong"), problem(broken, refresh));
        put(rates);
        put(rest);
      } else {
        refreshed(wrong, h("h2", { id: "wrong" }, "What is wrong"), problem(failure, refresh));
      }
    }
  };
  await refresh();
  whileSeen(main, REFRESH_MS, refresh);
}

/** The rates, or why there are none: the rest matters all the more then. */
function ratesOf({ since, step }) {
  return ask("/rates", { query: { since, step } }).catch((failure) => ({ rates: [], failure }));
}

function spans(current, choose) {
  return h("p", { class: "buttons", role: "group", "aria-label": "Time" }, SPANS.map((span) =>
    button(span.label, () => choose(span), { "aria-pressed": String(span === current) })));
}

function drawn(rates, overview) {
  if (rates.failure?.status === 404) return h("p", {}, "Without [vars.JOURNAL], nothing is counted.");
  if (rates.failure) return problem(rates.failure);
  return chart(rates, new Date(overview.now_time).getTime());
}

function faults(overview, hour) {
  const found = [];
  const note = (kind, ...words) => found.push(h("li", { class: kind }, mark(kind === "bad" ? "wrong" : "look", kind), " ", words));
  for (const part of overview.unavailable ?? []) note("bad", `The ${part.replaceAll("_", " ")} cannot be read right now; the log says why.`);
  for (const { subscription, number } of overview.dead_letters ?? []) {
    note("bad", link(`#/dead-letters?subscription=${encodeURIComponent(subscription)}`,
      `${count(number, "dead letter")} of `, text(subscription)), ": what could not be delivered.");
  }
  const sum = (code) => hour.rates.reduce((all, { numbers }) => all + (numbers[code] ?? 0), 0);
  if (sum("undelivered")) note("bad", link("#/events?code=undelivered&since=1h", `${count(sum("undelivered"), "event")} could not be forwarded in the last hour`), "; Elytra may send them again.");
  if (sum("refused")) note("fair", link("#/events?refusals=1&since=1h", `${count(sum("refused"), "request")} ${sum("refused") === 1 ? "was" : "were"} refused in the last hour`), ".");
  if (overview.spool?.messages) note("fair", `${count(overview.spool.messages, "message")} wait in the spool for a queue, the oldest since `, time(overview.spool.oldest_time), ".");
  for (const { source, seconds } of overview.sources ?? []) {
    if (seconds > SILENT_SECONDS) note("fair", "Nothing came from ", text(source, 80), ` for ${duration(seconds)}.`);
  }
  for (const { id, state, reason } of overview.replays) {
    if (state !== "running") note(state === "failed" ? "bad" : "fair", link(`#/replays/${encodeURIComponent(id)}`, `A replay is ${state}`), reason ? [": ", text(reason)] : "", ".");
  }
  for (const { path, message } of overview.warnings) note("fair", "Configuration: ", h("code", {}, text(path)), ": ", text(message), ". ", link("#/configuration", "Look at it"));
  return found.length > 0 ? h("ul", { class: "faults" }, found) : h("p", { class: "fine" }, mark("fine", "good"), " Nothing is wrong.");
}

function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

function details(overview) {
  const parts = [];
  const part = (heading, ...content) => parts.push(h("section", {}, h("h2", {}, heading), content));
  if (overview.sources) {
    part("Sources", overview.sources.length === 0 ? h("p", {}, "No event came since the journal began.")
      : table("Sources", ["source", "last event", "last accepted"], overview.sources.map(({ source, last_received_time: last, last_accepted_time: accepted }) =>
        [link(`#/events?source=${encodeURIComponent(source)}`, text(source, 80)), age(last), accepted ? age(accepted) : "none"])));
  }
  part("Credentials", table("Credentials", ["credential", "last used"], overview.credentials.map(({ credential, last_used_time: last }) =>
    [link(`#/events?credential=${encodeURIComponent(credential)}`, text(credential)), last ? age(last) : "not since the journal began"])));
  const waiting = [];
  if (overview.dead_letters) {
    const all = overview.dead_letters.reduce((sum, { number }) => sum + number, 0);
    waiting.push(["Dead letters", link("#/dead-letters", all.toLocaleString("en"))]);
  }
  if (overview.spool) waiting.push(["Spool", overview.spool.messages.toLocaleString("en")]);
  waiting.push(...overview.backlog.map(({ queue, messages }) => [`Queue ${queue}`, messages.toLocaleString("en")]));
  waiting.push(...overview.replays.map(({ id, state, sent, events }) =>
    [`Replay, ${state}`, link(`#/replays/${encodeURIComponent(id)}`, `${sent.toLocaleString("en")} of ${events.toLocaleString("en")}`)]));
  part("Waiting", waiting.length > 0 ? pairs(waiting) : h("p", {}, "Nothing that is known waits."));
  return add(h("div", { class: "columns" }), parts, h("p", { class: "note" }, "As of ", exactTime(overview.now_time)));
}
