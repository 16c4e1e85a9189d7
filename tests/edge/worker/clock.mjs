// A clock that the tests can put forward, for the receiver and its Durable Objects alike: they run in
// one isolate. Timers go on as ever.

/** How many milliseconds it is ahead. */
let ahead = 0;

/** Whether who asks next for the time is to panic. */
let panics = false;

const { Date } = globalThis;

function now() {
  if (panics) {
    panics = false;
    throw new WebAssembly.RuntimeError("unreachable");
  }
  return Date.now() + ahead;
}

// This must run before the receiver's module does.
globalThis.Date = class extends Date {
  constructor(...parameters) {
    super(...(parameters.length > 0 ? parameters : [now()]));
  }

  static now() {
    return now();
  }
};

/** Lets the receiver panic, as its WebAssembly does, when it asks next for the time. */
export function panic() {
  panics = true;
}

/** Puts it forward by so many seconds more. */
export function advance(seconds) {
  ahead += seconds * 1_000;
}
