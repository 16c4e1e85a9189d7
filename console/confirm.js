// A question before something that cannot be taken back.

import { button, h } from "./dom.js";

/** Asks. Returns whether the answer is yes. */
export function confirm(question, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "question" });
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(false);
    });
    dialog.append(h("p", { id: "question" }, question),
      h("p", { class: "buttons" }, button("Cancel", () => close(false), { autofocus: true }), button(yes, () => close(true), { class: "strong" })));
    document.body.append(dialog);
    dialog.showModal();
  });
}
