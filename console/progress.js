// How far something has come that goes on by itself.

import { ask, at } from "./api.js";
import { add, h, mark, put, say, text } from "./dom.js";

const POLL_MS = 1_000;

/** Shows how far a replay has come, until it has ended or is not seen any more. Returns the replay. */
export function progress(place, id) {
  const shown = add(place, h("div")).lastChild;
  return watch(shown, async () => {
    const { replay, not_sent } = await ask(at("/replays", id));
    put(shown, bar(replay.sent + replay.not_sent, replay.events), " ", mark(replay.state), ` ${replay.sent} sent${replay.not_sent ? `, ${replay.not_sent} not sent` : ""}`,
      not_sent.slice(0, 3).map(({ reason }) => h("p", {}, text(reason))));
    return ["running", "paused"].includes(replay.state) ? undefined : replay;
  });
}

/** Calls something once a second until it returns something, or its place is not in the page any more. */
export async function watch(place, step) {
  for (;;) {
    const ended = await step();
    if (ended !== undefined || !place.isConnected) {
      if (ended?.state) say(`It is ${ended.state}`);
      return ended;
    }
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

/** A bar. */
export function bar(done, all) {
  return h("progress", { max: Math.max(1, all, done), value: done, "aria-label": `${done} of ${all}` });
}
