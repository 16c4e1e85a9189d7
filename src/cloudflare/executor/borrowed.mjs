// What `main.mjs` borrows from the insides of a build. None of it is a public interface of worker-build
// or of the `worker` crate, so an upgrade may change it. A Worker that lacks any of it does not start.

/** What is borrowed: where it is, and the type it has. */
const BORROWED = [
  ["Worker.prototype.begin_fetch", "function"],
  ["Worker.prototype.begin_queue", "function"],
  ["Worker.prototype.begin_scheduled", "function"],
  ["Worker.prototype.begin_flush", "function"],
  ["Worker.prototype.proceed", "function"],
  ["Worker.prototype.tags", "function"],
  ["Worker.prototype.ledger_open", "function"],
  ["Worker.prototype.ledger_decide", "function"],
  ["Worker.prototype.ledger_note", "function"],
  ["Worker.prototype.ledger_claim", "function"],
  ["Worker.prototype.ledger_settle", "function"],
  ["Worker.prototype.ledger_reset", "function"],
  ["Worker.prototype.ledger_forget", "function"],
  ["Worker.prototype.ledger_forget_every", "function"],
  ["Worker.prototype.journal_note", "function"],
  ["Worker.prototype.journal_ask", "function"],
  ["Worker.prototype.journal_flush", "function"],
  ["Worker.prototype.replays_ask", "function"],
  ["Worker.prototype.replays_are_running", "function"],
  ["Worker.prototype.begin_replays", "function"],
  // Whether the wasm has panicked, and how often it was instantiated.
  ["globalThis.__worker_init_state.criticalError", "boolean"],
  ["globalThis.__worker_init_state.instanceId", "number"],
];

/** The tags that `main.mjs` knows by name. */
const TAGS = ["WOKEN", "TIME_IS_UP", "BYTES", "END", "FAILED", "FULFILLED", "REJECTED", "READ_WHOLE", "READ_CHUNK"];

const ADVICE = "Run `cargo xtask build`. If that does not help, worker-build or the `worker` crate does this "
  + "differently in the version you use: go back to the one before, or adapt src/cloudflare/executor/.";

function fail(differences) {
  throw new Error(`build/index.js is not what main.mjs was written for: ${differences.join("; ")}. ${ADVICE}`);
}

/**
 * Returns the exports of the wasm, its tags and its state, from the module that worker-build made.
 * Throws an error that names everything that is not as it was.
 */
export function borrow(build) {
  const places = { Worker: build.default, globalThis };
  const differences = [];
  for (const [path, type] of BORROWED) {
    const found = path.split(".").reduce((object, name) => object?.[name], places);
    if (typeof found !== type) differences.push(`${path} is ${article(typeof found)}, not ${article(type)}`);
  }
  if (differences.length > 0) fail(differences);

  // Its methods are the exports of the wasm. Those of its instances are the same behind a proxy.
  const exports = build.default.prototype;
  const tags = exports.tags();
  for (const name of TAGS) {
    if (typeof tags[name] !== "number") differences.push(`tags() has no ${name}`);
  }
  if (differences.length > 0) fail(differences);
  return { exports, tags, state: globalThis.__worker_init_state };
}

/**
 * Instantiates the wasm anew after a panic, since its memory may be in disorder. worker-build does so
 * whenever an object of its class is made and `criticalError` is set.
 */
export function renew({ default: Worker }, state, ctx, env) {
  const { instanceId } = state;
  new Worker(ctx, env);
  const differences = [];
  if (state.criticalError) differences.push("`new Worker` leaves criticalError set after a panic");
  if (state.instanceId === instanceId) differences.push("`new Worker` makes no new instance after a panic");
  if (differences.length > 0) fail(differences);
}

function article(type) {
  return type === "undefined" ? "missing" : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}
