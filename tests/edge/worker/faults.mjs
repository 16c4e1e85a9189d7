// Bindings that fail: each call of the receiver passes here, is counted, and fails where a fault
// says so. `harness/fault.rs` tells what the faults mean.

/** The faults that are set. */
let faults = [];

/** How often a call that is held up looks whether its fault is still set, in milliseconds. */
const LOOK_AGAIN_MS = 10;

/** The longest that a timer takes, in milliseconds: 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

/** Binding -> what was called. */
let calls = {};

/** The classes that are known here -> what a call is that failed. The receiver knows a binding by
 * the name of its class, so a proxy shows that of the binding behind it. */
const failures = {
  WorkerQueue: (method, { text }) => `Queue ${method} failed: ${text}`,
  KvNamespace: (method, { status, text }) => `KV ${method.toUpperCase()} failed: ${status} ${text}`,
  R2Bucket: (method, { text }) => `R2 ${method} failed: ${text}`,
  Ratelimit: (method, { text }) => `rate limit failed: ${text}`,
  DurableObjectNamespace: (method, { text }) => text,
};

/** The methods of a namespace of Durable Objects that give one of them. */
const STUBS = ["get", "getByName"];

/** From now on these faults, and no others. */
export function setFaults(descriptions) {
  faults = descriptions.map((description) => ({
    ...description,
    random: random(description.seed ?? 0),
  }));
}

/** What was called so far. */
export function callsSoFar() {
  return calls;
}

/** An `env` whose bindings may fail. */
export function withFaults(env) {
  const entries = Object.entries(env).map(([name, value]) => [name, wrap(name, value)]);
  return Object.fromEntries(entries);
}

function wrap(name, binding) {
  const kind = binding?.constructor?.name;
  if (!Object.hasOwn(failures, kind)) return binding;
  const failure = failures[kind];
  if (kind !== "DurableObjectNamespace") {
    return proxy(binding, (...called) => perform(name, failure, ...called));
  }
  return proxy(binding, (method, call) => {
    if (!STUBS.includes(method)) return call();
    return proxy(call(), (...called) => perform(name, failure, ...called));
  });
}

/** The object, with a detour for every call of a method. */
function proxy(object, detour) {
  return new Proxy(object, {
    get(object, name) {
      const value = Reflect.get(object, name, object);
      if (typeof value !== "function" || name === "constructor") return value;
      return (...parameters) =>
        detour(name, () => value.apply(object, parameters), parameters);
    },
  });
}

async function perform(binding, failure, method, call, parameters) {
  const record = (calls[binding] ??= { calls: 0, hanging: 0, failed: 0 });
  record.calls += 1;
  const fault = faults.find((fault) => strikes(fault, binding, method, parameters));
  if (!fault) return call();

  const { happens, answers, ends, reason } = fault;
  if (happens) await call();
  if (answers) {
    record.failed += 1;
    throw new Error(`injected: ${failure(method, reason)}`);
  }
  record.hanging += 1;
  // By a timer, so that the runtime does not take a call that never ends for a mistake of the Worker.
  while (!ends) await scheduler.wait(FOREVER_MS);
  while (faults.includes(fault)) await scheduler.wait(LOOK_AGAIN_MS);
  return call();
}

/** Whether a fault is about a call, and it is this one's turn. */
function strikes(fault, binding, method, parameters) {
  if (fault.binding !== binding || (fault.method ?? method) !== method) return false;
  if (fault.text && !JSON.stringify(parameters).includes(fault.text)) return false;
  if (fault.after > 0) {
    fault.after -= 1;
    return false;
  }
  if (fault.times === 0) return false;
  if (fault.random() >= (fault.probability ?? 1)) return false;
  if (fault.times) fault.times -= 1;
  return true;
}

/** Numbers from 0 to 1, always the same for a seed: a xorshift generator of 32 bits. */
function random(seed) {
  // Any state but 0; the factor spreads seeds that are neighbours.
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let skipped = 0; skipped < 8; skipped += 1) next();
  return next;
}
