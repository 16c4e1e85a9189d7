// A clock that the tests can put forward, for the receiver and its Durable Objects alike: they run in
// one isolate. Timers go on as ever.

/** How many milliseconds it is ahead. */
let ahead = 0;

const { Date } = globalThis;
const now = () => Date.now() + ahead;

// This must run before the receiver's module does.
globalThis.Date = class extends Date {
  constructor(...parameters) {
    super(...(parameters.length > 0 ? parameters : [now()]));
  }

  static now() {
    return now();
  }
};

/** Puts it forward by so many seconds more. */
export function advance(seconds) {
  ahead += seconds * 1_000;
}
