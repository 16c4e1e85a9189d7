// Bindings that fail or are slow: every call of the receiver passes through here and is counted. It
// fails if a fault says so, and otherwise waits as long as the latency says.
// `harness/fault.rs` describes the faults, and `harness/latency.rs` the latency.

/** The current faults. */
let faults = [];

/** The current latency, or null. */
let latency = null;

/** How often a held call checks whether its fault is still set, in milliseconds. */
const LOOK_AGAIN_MS = 10;

/** The longest timer, in milliseconds: 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

/** The calls of each binding. */
let calls = {};

/**
 * The known classes, and what failing calls of each throw. The receiver recognizes a binding by
 * the name of its class, so a proxy has the name of its binding's class.
 */
const failures = {
  WorkerQueue: (method, { text }) => `Queue ${method} failed: ${text}`,
  KvNamespace: (method, { status, text }) => `KV ${method.toUpperCase()} failed: ${status} ${text}`,
  R2Bucket: (method, { text }) => `R2 ${method} failed: ${text}`,
  Fetcher: (method, { text }) => text,
  Ratelimit: (method, { text }) => `rate limit failed: ${text}`,
  DurableObjectNamespace: (method, { text }) => text,
};

/** The methods of a Durable Object namespace that return an object. */
const STUBS = ["get", "getByName"];

/** Whether there are jurisdictions, as on Cloudflare. The runtime here has none. */
let hasJurisdictions = false;

/** Sets whether there are. */
export function setJurisdictions(has) {
  hasJurisdictions = has;
}

/** Replaces the faults. */
export function setFaults(descriptions) {
  faults = descriptions.map((description) => ({
    ...description,
    random: random(description.seed ?? 0),
  }));
}

/** Replaces the latency. With null, calls are passed on at once. */
export function setLatency(description) {
  latency = description && { ...description, random: random(description.seed) };
}

/** The calls so far. */
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
  return proxy(binding, (method, call, [parameter]) => {
    if (method === "jurisdiction" && hasJurisdictions) return new Jurisdiction(binding, parameter);
    if (!STUBS.includes(method)) return call();
    return proxy(call(), (...called) => perform(name, failure, ...called));
  });
}

/** A namespace within a jurisdiction: the same names stand for other objects. */
class Jurisdiction {
  constructor(namespace, name) {
    this.getByName = (object) => namespace.getByName(`${name}/${object}`);
  }
}

/** A proxy of the object that passes every method call to `detour`. */
function proxy(object, detour) {
  return new Proxy(object, {
    get(object, name) {
      const value = Reflect.get(object, name, object);
      if (typeof value !== "function" || name === "constructor") return value;
      return (...parameters) =>
        // The methods of a stub have no `apply`: that would be another method of its object.
        detour(name, () => Reflect.apply(value, object, parameters), parameters);
    },
  });
}

async function perform(binding, failure, method, call, parameters) {
  const record = (calls[binding] ??= { calls: 0, hanging: 0, failed: 0, delayed: 0, delay_ms: 0 });
  record.calls += 1;
  const fault = faults.find((fault) => applies(fault, binding, method, parameters));
  if (!fault) {
    if (latency) await delay(record);
    return call();
  }

  const { happens, answers, ends, reason } = fault;
  if (happens) await call();
  if (answers) {
    record.failed += 1;
    throw new Error(`injected: ${failure(method, reason)}`);
  }
  record.hanging += 1;
  // With a timer, so that the runtime does not report the endless call as an error of the Worker.
  while (!ends) await scheduler.wait(FOREVER_MS);
  while (faults.includes(fault)) await scheduler.wait(LOOK_AGAIN_MS);
  return call();
}

/** Waits as long as the latency says: a uniform random number of whole milliseconds. */
async function delay(record) {
  const { least_ms, most_ms, random } = latency;
  const milliseconds = least_ms + Math.floor(random() * (most_ms - least_ms + 1));
  record.delayed += 1;
  record.delay_ms += milliseconds;
  await scheduler.wait(milliseconds);
}

/** Whether a fault applies to a call now. */
function applies(fault, binding, method, parameters) {
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

/** Numbers from 0 to 1, determined by the seed: a 32-bit xorshift generator. */
function random(seed) {
  // Any state except 0. The factor spreads neighbouring seeds.
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
