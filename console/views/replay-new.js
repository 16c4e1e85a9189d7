// A new replay. What it would send is counted before it can start.

import { ask } from "../api.js";
import { button, field, h, link, put, say } from "../dom.js";
import { filterFields, filterOf, names } from "../filters.js";
import { events } from "../parts.js";
import { problem } from "../problem.js";
import { duration } from "../time.js";

export const title = () => "New replay";

const CHANGED = "Count again: the form has changed.";

/** Shows the form, with these values. */
export async function show(main, parameters) {
  const plan = h("div");
  const all = await names();
  const boxes = all.map((name) => h("input", { type: "checkbox", name: "to", value: name, id: `to-${name}` }));
  const respect = h("input", { type: "checkbox", id: "respect", checked: true });
  const pace = h("input", { type: "number", id: "pace", min: 1, max: 100, value: 10, required: true });
  const count = h("button", { type: "submit" }, "Count");
  let counted;
  let isCounting = false;

  const read = () => {
    const to = boxes.filter((box) => box.checked).map(({ value }) => value);
    return {
      filter: filterOf(form),
      ...to.length > 0 && { subscriptions: to },
      respect_filters: respect.checked,
      events_per_second: Number(pace.value),
    };
  };
  const start = async (event) => {
    event.target.disabled = true;
    try {
      const { replay } = await ask("/replays", { method: "POST", body: JSON.parse(counted) });
      location.hash = `#/replays/${encodeURIComponent(replay.id)}`;
    } catch (failure) {
      put(plan, problem(failure));
    }
  };
  const submit = async (event) => {
    event.preventDefault();
    if (isCounting) return;
    isCounting = true;
    const body = read();
    try {
      const answer = await ask("/replays", { method: "POST", body: { ...body, dry_run: true } });
      // The form may have changed meanwhile.
      if (JSON.stringify(read()) !== JSON.stringify(body)) {
        counted = undefined;
        put(plan, h("p", { class: "note" }, CHANGED));
        return;
      }
      counted = JSON.stringify(body);
      const number = `${answer.is_complete ? "" : "At least "}${answer.events.toLocaleString("en")} event${answer.events === 1 ? "" : "s"}`;
      say(number);
      put(plan, h("h2", {}, number),
        answer.events > 0 ? [
          h("p", {}, `This takes at least ${duration(Math.ceil(answer.events / body.events_per_second))}. It passes by deduplication.`),
          h("p", { class: "buttons" }, button("Start replay", start, { class: "strong" })),
          events("The first events", answer.first),
        ] : h("p", {}, "Nothing would be sent."));
    } catch (failure) {
      put(plan, problem(failure));
    } finally {
      isCounting = false;
    }
  };
  // What was counted is what starts.
  const changed = () => {
    if (counted !== undefined && JSON.stringify(read()) !== counted) {
      counted = undefined;
      put(plan, h("p", { class: "note" }, CHANGED));
    }
  };
  const form = h("form", { class: "filters", onsubmit: submit, oninput: changed, onchange: changed },
    h("fieldset", {}, h("legend", {}, "Which events"), filterFields(parameters)),
    h("fieldset", {}, h("legend", {}, "To which subscriptions"),
      h("p", { class: "note" }, "None chosen: to whoever wants an event by today's configuration."),
      h("div", { class: "checks" }, boxes.map((box) => h("label", { class: "check", for: box.id }, box, ` ${box.value}`)))),
    h("fieldset", {}, h("legend", {}, "How"),
      h("label", { class: "check", for: "respect" }, respect, " Respect their filters"),
      field("Events per second", pace, "1 to 100")),
    h("p", { class: "buttons" }, count));
  put(main, h("p", { class: "trail" }, link("#/replays", "Replays")), h("h1", { tabindex: "-1" }, "New replay"), form, plan);
}
