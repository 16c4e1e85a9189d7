// Signing in and out.

import { ask, onSignedOut, Problem } from "./api.js";
import { add, button, field, h, put, text } from "./dom.js";
import { problem } from "./problem.js";

let session;

/** Finds out who is signed in. Whoever is not is asked to, over what is shown, which goes on afterwards. */
export async function start() {
  onSignedOut(signIn);
  session = await ask("/session");
  if (!session.signed_in) await signIn();
  show();
  return session;
}

let asking;

/** Asks for credentials until they are right. However many requests need that, it asks once. */
function signIn() {
  asking ??= askForCredentials().finally(() => { asking = undefined; });
  return asking;
}

async function askForCredentials() {
  session = await ask("/session");
  // Another tab may have signed in.
  if (session.signed_in) return;
  await new Promise((resolve) => {
    const dialog = h("dialog", { class: "sign-in", "aria-labelledby": "sign-in-title", "data-view": "sign-in", "data-ready": "true" });
    const done = () => {
      dialog.close();
      dialog.remove();
      resolve();
    };
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    put(dialog, h("h1", { id: "sign-in-title" }, "Sign in"), form(done));
    document.body.append(dialog);
    dialog.showModal();
  });
  show();
}

function form(done) {
  if (session.auth_type === "access") {
    return [
      h("p", {}, "Operators sign in at Cloudflare Access, which must stand in front of this address. It has let this request pass without a token."),
      button("Try again", () => location.reload()),
    ];
  }
  const inputs = fields();
  const error = h("div", { role: "alert" });
  const submit = h("button", { type: "submit" }, "Sign in");
  const onsubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const signedIn = await ask("/session", { method: "POST", headers: credentials(inputs) });
      session = { ...session, ...signedIn, signed_in: true };
      inputs.forEach((input) => { input.value = ""; });
      done();
    } catch (failure) {
      put(error, failure instanceof Problem ? problem(failure) : text(failure.message));
      inputs.at(-1).select();
    } finally {
      submit.disabled = false;
    }
  };
  const described = inputs.map((input) => field(input.dataset.label, input));
  return h("form", { onsubmit }, described, error, submit);
}

function fields() {
  const secret = (label) => h("input", { type: "password", required: true, autocomplete: "current-password", "data-label": label });
  switch (session.auth_type) {
    case "basic":
      return [h("input", { type: "text", required: true, autocomplete: "username", autofocus: true, "data-label": "User name" }), secret("Password")];
    case "apikey":
      return [secret("API key")];
    default:
      return [secret("Token")];
  }
}

/** The headers with the credentials, as the JSON interface takes them. */
function credentials(inputs) {
  const [first, second] = inputs.map((input) => input.value);
  switch (session.auth_type) {
    case "basic":
      return { authorization: `Basic ${base64(`${first}:${second}`)}` };
    case "apikey":
      return Object.fromEntries(session.header_names.map((name) => [name, latin(first)]));
    default:
      return { authorization: `Bearer ${latin(first)}` };
  }
}

function base64(value) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(value)));
}

/** A value that a header can have. Whoever pastes a secret with a line end means it without. */
function latin(value) {
  const trimmed = value.trim();
  if (/[^\u0020-\u007e]/u.test(trimmed)) throw new Error("This has characters that no header can carry.");
  return trimmed;
}

const signOutFailed = h("div", { role: "alert" });

async function signOut() {
  try {
    await ask("/session", { method: "DELETE" });
    location.reload();
  } catch (failure) {
    document.getElementById("main").prepend(signOutFailed);
    put(signOutFailed, problem(failure, signOut));
  }
}

/** Shows who is signed in. */
function show() {
  const out = session.auth_type === "access"
    ? h("a", { href: "/cdn-cgi/access/logout" }, "Sign out")
    : button("Sign out", signOut);
  const place = put(document.getElementById("who"));
  if (session.signed_in) add(place, h("span", { class: "operator" }, text(session.operator, 40)), out);
}
