// The events that could not be delivered.

import { ask, print } from "../api.js";
import { brief, button, field, h, link, mark, plain, put, table, text } from "../dom.js";
import { filterOf, names } from "../filters.js";
import { confirm } from "../confirm.js";
import { problem } from "../problem.js";
import { bar, watch } from "../progress.js";
import { time } from "../time.js";

const FILTERS = ["subscription", "cause", "event", "since", "until"];
const LABELS = { subscription: "Subscription", cause: "Cause", event: "Event id", since: "Since", until: "Until" };

/** How many are looked at to count them. */
const [PAGE, MAX_PAGES] = [1_000, 5];

/** How many rows are shown. */
const SHOWN = 200;

export const title = () => "Dead letters";

/** Shows those that the parameters mean. */
export async function show(main, parameters) {
  const filter = Object.fromEntries(FILTERS.filter((name) => parameters[name]).map((name) => [name, parameters[name]]));
  const place = h("div");
  const subscriptions = h("datalist", { id: "subscriptions" });
  names().then((all) => subscriptions.append(...all.map((value) => h("option", { value }))));
  const form = h("form", { class: "filters", role: "search", onsubmit: (event) => {
    event.preventDefault();
    location.hash = `#/dead-letters${print(filterOf(form, FILTERS))}`;
  } }, h("div", { class: "fields" }, FILTERS.map((name) =>
    field(LABELS[name], h("input", { name, value: filter[name], autocomplete: "off", list: name === "subscription" ? "subscriptions" : undefined })))), subscriptions,
  h("p", { class: "buttons" }, h("button", { type: "submit" }, "Search"), Object.keys(filter).length > 0 && h("a", { href: "#/dead-letters" }, "Clear")));
  put(main, h("h1", { tabindex: "-1" }, "Dead letters"),
    h("p", { class: "note" }, "Events that a server did not take, however often it was tried. To redrive one is to send it again; it is deleted after that."), form, place);
  await load(place, filter);
}

async function load(place, filter) {
  const letters = [];
  let cursor;
  try {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await ask("/dead-letters", { query: { ...filter, limit: PAGE, cursor } });
      letters.push(...answer.dead_letters);
      cursor = answer.cursor ?? undefined;
      if (!cursor) break;
    }
  } catch (failure) {
    put(place, failure.status === 404
      ? h("p", {}, "Nothing can become a dead letter here: that needs a webhook or a service, and DELIVERIES and DEAD. See ", link("#/configuration", "the configuration"), ".")
      : problem(failure, () => load(place, filter)));
    return;
  }
  draw(place, filter, letters, cursor !== undefined);
}

function draw(place, filter, letters, isMore) {
  if (letters.length === 0) {
    put(place, h("p", {}, "There are none", Object.keys(filter).length > 0 ? " like this." : "."));
    return;
  }
  const chosen = new Set();
  const result = h("div");
  const number = `${letters.length.toLocaleString("en")}${isMore ? " or more" : ""}`;
  const selected = (label, verb) => button(label, () => each(verb, [...chosen]), { class: "of-chosen", disabled: true });
  const buttons = [selected("Redrive selected", "redrive"), selected("Delete selected", "delete")];
  const update = () => buttons.forEach((one) => { one.disabled = chosen.size === 0; });

  let isActing = false;
  const once = (act) => async (...parameters) => {
    if (isActing) return;
    isActing = true;
    await act(...parameters).finally(() => { isActing = false; });
  };
  const each = once(async (verb, ids) => {
    if (verb === "delete" && !await confirm(`Delete ${ids.length} dead letters? Their events are lost.`, "Delete")) return;
    let [done, acted, gone] = [0, 0, 0];
    const [failed, kept] = [[], []];
    for (const id of ids) {
      put(result, bar(done, ids.length), ` ${done} of ${ids.length}`);
      try {
        const { redriven, deleted, already_sent: before = [], stuck = [], under_way: busy = [] } =
          await ask(`/dead-letters/${verb}`, { method: "POST", query: { id } });
        acted += (redriven ?? deleted).length;
        gone += before.length;
        kept.push(...stuck.map(({ reason }) => reason), ...busy.map(() => "somebody else is sending or deleting it"));
      } catch (failure) {
        // Somebody else has sent or deleted it.
        if (failure.status === 404) gone += 1;
        else failed.push(failure);
      }
      done += 1;
    }
    const because = [...new Set(kept)].slice(0, 3).map((reason) => h("p", {}, text(reason)));
    await reload(h("div", {}, acted > 0 && `${acted} ${verb === "redrive" ? "sent again" : "deleted"}. `, gone > 0 && `${gone} had been sent again or deleted before. `,
      kept.length > 0 && `${kept.length} not ${verb === "redrive" ? "sent" : "deleted"}:`, because, failed.slice(0, 3).map((failure) => problem(failure))));
  });

  const all = once(async (verb) => {
    const question = verb === "redrive" ? `Send ${number} dead letters again?` : `Delete ${number} dead letters? Their events are lost.`;
    if (!await confirm(question, verb === "redrive" ? "Redrive" : "Delete")) return;
    // What has died since was not asked about. The interface wants to be told which: all of them died after 1970.
    const last = Math.max(...letters.map(({ died_at: at }) => at));
    // It is also before the `until` of the filter, which moves on if it is relative.
    const seen = isMore ? {} : { until: new Date(last + 1).toISOString() };
    const stopFailed = h("div", { role: "alert" });
    const query = { ...Object.keys(filter).length > 0 ? filter : { since: "1970-01-01T00:00:00Z" }, ...seen };
    try {
      const { job } = await ask(`/dead-letters/${verb}`, { method: "POST", query });
      await watch(result, async () => {
        const { job: now } = await ask("/dead-letters/jobs", { query: { id: job.id } }).catch((failure) => {
          // A job that has just begun may not be published yet.
          if (failure.status === 404) return { job };
          throw failure;
        });
        const done = (now.redriven ?? now.deleted) + now.already_sent;
        put(result, bar(done + now.stuck, letters.length), " ", mark(now.state), ` ${done} ${verb === "redrive" ? "sent again" : "deleted"}`,
          now.stuck ? `, ${now.stuck} can never be sent` : "", now.reason ? [": ", text(now.reason)] : "",
          now.state === "running" && [" ", button("Stop", () => ask("/dead-letters/jobs/stop", { method: "POST", query: { id: job.id } }).then(() => put(stopFailed), (failure) => put(stopFailed, problem(failure)))), stopFailed]);
        return now.state === "running" ? undefined : now;
      });
      await reload(result.cloneNode(true));
    } catch (failure) {
      put(result, problem(failure));
    }
  });

  const reload = async (message) => {
    await load(place, filter);
    place.prepend(h("div", { role: "status" }, message));
  };

  const groups = new Map();
  for (const { subscription, cause } of letters) {
    const key = JSON.stringify([subscription, cause]);
    groups.set(key, (groups.get(key) ?? 0) + 1);
  }
  const rows = [...groups].sort(([, one], [, other]) => other - one).map(([key, count]) => {
    const [subscription, cause] = JSON.parse(key);
    return [text(subscription), link(`#/dead-letters${print({ ...filter, subscription, cause })}`, mark(cause, "bad")), count.toLocaleString("en")];
  });
  const check = (letter) => {
    const box = h("input", { type: "checkbox", "aria-label": `Select the dead letter of ${plain(letter.event.id ?? letter.id, 60)}`, onchange: () => {
      if (box.checked) chosen.add(letter.id);
      else chosen.delete(letter.id);
      update();
    } });
    return box;
  };
  const boxes = [];
  const columns = ["", "died", "subscription", "cause", "status", "attempts", "event"];
  const body = letters.slice(0, SHOWN).map((letter) => {
    const box = check(letter);
    boxes.push([box, letter.id]);
    return [box, time(letter.died_time), text(letter.subscription), mark(letter.cause, "bad"), letter.status ?? "", letter.attempts,
      link(`#/dead-letters/${encodeURIComponent(letter.id)}`, brief(letter.event.id ?? "(its id is long)", 64))].map(asNode);
  });
  const everyone = h("input", { type: "checkbox", id: "everyone", onchange: () => {
    boxes.forEach(([box, id]) => {
      box.checked = everyone.checked;
      if (everyone.checked) chosen.add(id);
      else chosen.delete(id);
    });
    update();
  } });
  const listed = table("Dead letters", columns, body);
  put(listed.querySelector("th"), h("span", { class: "unseen" }, "selected"));
  put(place,
    table("Dead letters by subscription and cause", ["subscription", "cause", "number"], rows),
    isMore && h("p", { class: "note" }, `There are more than ${letters.length.toLocaleString("en")}; the first are counted.`),
    h("p", { class: "buttons" }, h("label", { class: "check", for: "everyone" }, everyone, " Select all shown"), buttons, button(`Redrive all ${number}`, () => all("redrive")), button(`Delete all ${number}`, () => all("delete"))),
    h("div", { role: "status" }, result), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Dead letters" }, listed),
    letters.length > SHOWN && h("p", { class: "note" }, `The first ${SHOWN} are shown.`));
}

function asNode(cell) {
  return typeof cell === "number" ? String(cell) : cell;
}
