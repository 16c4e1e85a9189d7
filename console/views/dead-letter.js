// One event that could not be delivered.

import { ask, print } from "../api.js";
import { add, button, h, link, mark, pairs, put, text } from "../dom.js";
import { confirm } from "../confirm.js";
import { payload } from "../json-tree.js";
import { problem } from "../problem.js";
import { exactTime } from "../time.js";

export const title = () => "Dead letter";

/** Shows the dead letter with this id. */
export async function show(main, _, id) {
  const whole = await ask("/dead-letters", { query: { id }, asText: true });
  const letter = JSON.parse(whole);
  const event = eventOf(whole);
  const result = h("div", { role: "status" });
  const act = async (verb, done) => {
    if (verb === "delete" && !await confirm("Delete this dead letter? Its event is lost.", "Delete")) return;
    try {
      const answer = await ask(`/dead-letters/${verb}`, { method: "POST", query: { id } });
      const stuck = answer.stuck?.[0]?.reason;
      let words = done;
      if (stuck) words = `It can never be sent again: ${stuck}`;
      else if (answer.under_way?.length) words = "Somebody else is sending it right now";
      else if (answer.already_sent?.length) words = "It had been sent again or deleted before";
      put(result, h("p", {}, words, ". ", link("#/dead-letters", "Other dead letters")));
      // What is done cannot be done again.
      put(buttons);
    } catch (failure) {
      put(result, problem(failure));
    }
  };
  const buttons = h("p", { class: "buttons" }, button("Redrive", () => act("redrive", "It is sent again")), button("Delete", () => act("delete", "It is deleted")));
  const { id: eventId, source } = letter.event ?? {};
  put(main,
    h("p", { class: "trail" }, link("#/dead-letters", "Dead letters")),
    h("h1", { tabindex: "-1" }, "Dead letter", eventId !== undefined && [" of event ", text(eventId, 80)]),
    pairs([
      ["Subscription", text(letter.subscription)],
      ["Cause", [mark(letter.cause, "bad"), " ", text(letter.reason)]],
      ["Status", letter.status === null || letter.status === undefined ? undefined : String(letter.status)],
      ["Attempts", String(letter.attempts)],
      ["Accepted", exactTime(letter.accepted_time)],
      ["Died", exactTime(letter.died_time)],
      ["Answer", letter.answer && answer(letter.answer)],
      ["In the journal", eventId !== undefined && link(`#/events${print({ id: eventId, source })}`, "look for the event")],
    ]),
    buttons,
    result,
    h("h2", {}, "The event, byte for byte"));
  add(main, event === undefined ? h("p", {}, "The message was not JSON.") : payload(event, "event.json"));
}

function answer({ content_type: type, body, body_base64: base64 }) {
  return h("div", {}, type && h("p", {}, h("code", {}, text(type))), h("pre", {}, text(body ?? base64 ?? "", 2_000)));
}

/** The text of the event, which is the last member of the answer. */
function eventOf(whole) {
  const mark = ',"event":';
  // Within a text, its quotes would be escaped.
  const event = whole.slice(whole.indexOf(mark) + mark.length, -1);
  return event.startsWith("{") ? event : undefined;
}
