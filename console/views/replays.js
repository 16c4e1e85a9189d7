// What is sent again, and what was.

import { ask } from "../api.js";
import { h, link, mark, put, refresh as refreshed, table, text } from "../dom.js";
import { filterWords } from "../parts.js";
import { problem } from "../problem.js";
import { bar } from "../progress.js";
import { time, whileSeen } from "../time.js";

const REFRESH_MS = 3_000;

export const title = () => "Replays";

/** Lists them, as long as it is seen. */
export async function show(main) {
  const place = h("div");
  const error = h("div", { role: "alert" });
  put(main, h("h1", { tabindex: "-1" }, "Replays"),
    h("p", { class: "note" }, "A replay sends events of the journal to their destinations again, even if they hold them already."), h("p", {}, link("#/replays/new", "New replay")), error, place);
  const refresh = async () => {
    const [{ replays }, jobs] = await Promise.all([ask("/replays"), jobsOf()]);
    refreshed(place,
      replays.length === 0 ? h("p", {}, "There are none yet.") : table("Replays", ["started", "state", "progress", "events", "to", "by"], replays.map((replay) => [
        link(`#/replays/${encodeURIComponent(replay.id)}`, time(replay.started_time)),
        mark(replay.state),
        h("span", {}, bar(replay.sent + replay.not_sent, replay.events), ` ${replay.sent} of ${replay.events}`),
        replay.keys ? `${replay.keys} by key` : h("span", {}, filterWords(replay.filter)),
        replay.subscriptions ? text(replay.subscriptions.join(", "), 80) : "all who want it",
        replay.by ? text(replay.by, 60) : "",
      ])),
      jobs.length > 0 && [h("h2", {}, "Jobs with dead letters"), table("Jobs with dead letters", ["started", "what", "state", "which", "done", "by"], jobs.map((job) => [
        time(job.started_time), job.action, mark(job.state), h("span", {}, filterWords(whole(job.filter))), String(job.redriven ?? job.deleted), job.by ? text(job.by, 60) : "",
      ]))]);
  };
  await refresh();
  whileSeen(main, REFRESH_MS, () => refresh().then(() => put(error), (failure) => put(error, problem(failure))));
}

/** A filter that means all has a time from which nothing is. */
function whole({ since, ...filter }) {
  return since?.startsWith("1970") ? filter : { ...filter, ...since && { since } };
}

/** None without dead letters. */
async function jobsOf() {
  try {
    return (await ask("/dead-letters/jobs")).jobs;
  } catch {
    return [];
  }
}
