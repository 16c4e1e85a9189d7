// A clock that tests can set, for the receiver and its Durable Objects: they run in one isolate. Timers are
// not affected.

/** How many milliseconds the clock is ahead. */
let ahead = 0;

/** Whether the next caller that reads the time panics. */
let panics = false;

const { Date } = globalThis;

function now() {
  if (panics) {
    panics = false;
    throw new WebAssembly.RuntimeError("unreachable");
  }
  return Date.now() + ahead;
}

// This must run before the receiver's module.
globalThis.Date = class extends Date {
  constructor(...parameters) {
    super(...(parameters.length > 0 ? parameters : [now()]));
  }

  static now() {
    return now();
  }
};

/** Makes the receiver panic, inside its WebAssembly, the next time it reads the time. */
export function panic() {
  panics = true;
}

/** Puts the clock forward by this many more seconds. */
export function advance(seconds) {
  ahead += seconds * 1_000;
}

/** Sets the clock to this time, in milliseconds since 1970. */
export function set(time) {
  ahead = time - Date.now();
}

/** How many milliseconds the clock is behind. */
export function behind() {
  return Math.max(0, -ahead);
}
