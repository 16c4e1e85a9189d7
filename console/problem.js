// What went wrong, as it is shown.

import { Problem } from "./api.js";
import { button, h, text } from "./dom.js";

/** Shows what went wrong, with a button that tries again if there is something to try. */
export function problem(failure, again) {
  if (!(failure instanceof Problem)) {
    return h("div", { class: "problem" }, h("p", {}, h("strong", {}, "The console failed: "), text(failure.message)));
  }
  const mistakes = failure.mistakes.length > 0 && h("ul", {}, failure.mistakes.map(({ path, message }) =>
    h("li", {}, h("code", {}, text(path)), ": ", text(message))));
  const wait = failure.retryAfter > 1 && ` Try again in ${failure.retryAfter} seconds.`;
  return h("div", { class: "problem" },
    h("p", {}, h("strong", {}, failure.title), failure.detail && [": ", text(failure.detail), /[.!?]$/u.test(failure.detail) ? "" : "."], wait),
    mistakes,
    again && button("Try again", again));
}
