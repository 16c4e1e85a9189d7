// One replay, as long as it goes on and afterwards.

import { ask, at } from "../api.js";
import { brief, button, h, link, mark, pairs, put, say, table, text } from "../dom.js";
import { eventAddress, filterWords } from "../parts.js";
import { problem } from "../problem.js";
import { bar } from "../progress.js";
import { exactTime, whileSeen } from "../time.js";

const REFRESH_MS = 1_000;

export const title = () => "Replay";

/** Shows the replay with this id. */
export async function show(main, _, id) {
  const status = h("div");
  const buttons = h("p", { class: "buttons" });
  const error = h("div", { role: "alert" });
  const details = h("div");
  const failures = h("section");
  put(main, h("p", { class: "trail" }, link("#/replays", "Replays")), h("h1", { tabindex: "-1" }, "Replay"), status, buttons, error, details,
    h("p", { class: "note" }, "An event counts as sent when a destination, or the queue of deliveries to it, holds it. Its own page says what a server answered."), failures);
  let shown;

  let isOrdering = false;
  const order = (label, verb) => button(label, async () => {
    if (isOrdering) return;
    isOrdering = true;
    try {
      await ask(at("/replays", id, `/${verb}`), { method: "POST" });
      put(error);
      await refresh();
    } catch (failure) {
      put(error, problem(failure));
    }
    isOrdering = false;
  });
  const refresh = async () => {
    const { replay, not_sent: notSent } = await ask(at("/replays", id));
    const all = `${replay.is_complete ? "" : "at least "}${replay.events.toLocaleString("en")}`;
    put(status, bar(replay.sent + replay.not_sent, replay.events), " ", mark(replay.state),
      ` ${replay.sent.toLocaleString("en")} of ${all} sent${replay.not_sent ? `, ${replay.not_sent.toLocaleString("en")} could not be sent` : ""}`,
      replay.reason ? [": ", text(replay.reason)] : "");
    if (replay.state !== shown) {
      if (shown) say(`The replay is ${replay.state}`);
      shown = replay.state;
      const hadFocus = buttons.contains(document.activeElement);
      put(buttons,
        shown === "running" && order("Pause", "pause"),
        shown === "paused" && order("Resume", "resume"),
        (shown === "running" || shown === "paused") && order("Cancel replay", "cancel"));
      if (hadFocus) (buttons.querySelector("button") ?? main.querySelector("h1")).focus();
      put(details, pairs([
        ["Which events", replay.keys ? `${replay.keys} by their keys` : h("span", {}, filterWords(replay.filter))],
        ["To", replay.subscriptions ? text(replay.subscriptions.join(", ")) : "all who want it"],
        ["Filters", replay.respect_filters ? "are respected" : "do not count"],
        ["Events per second", `at most ${replay.events_per_second}`],
        ["Started", [exactTime(replay.started_time), replay.by && [" by ", text(replay.by)]]],
        ["Ended", replay.ended_time && exactTime(replay.ended_time)],
        ["Id", h("code", {}, replay.id)],
      ]));
    }
    put(failures, notSent.length > 0 && [h("h2", {}, "What could not be sent"), table("What could not be sent", ["event", "why"], notSent.map(({ key, id: eventId, reason }) =>
      [link(eventAddress(key), brief(eventId ?? key, 80)), text(reason)]))]);
    return replay;
  };
  await refresh();
  const end = whileSeen(main, REFRESH_MS, async () => {
    const replay = await refresh().then((now) => {
      put(error);
      return now;
    }, (failure) => void put(error, problem(failure)));
    if (replay && !["running", "paused"].includes(replay.state)) end();
  });
}
