// What Cloudflare loads: the handlers of the wasm, without what worker-build puts around them. That is
// a class behind proxies, of which the runtime makes an object for each request; functions are made
// once.

import Worker, { Ledger } from "../../build/index.js";

export { Ledger };

// The wasm's exports: one for each kind of event begins with it and gives it a number, with which
// `proceed` goes on.
const { begin_fetch, begin_queue, begin_scheduled, proceed } = Worker.prototype;

// worker-build's own: whether the wasm has panicked, and how often it was instantiated anew.
const wasm = globalThis.__worker_init_state;

// What `proceed` asks for, where it gives no answer yet: see `call.rs`.
const [WAIT, WHOLE_BODY, NEXT_CHUNK] = [0, 1, 2];

// How much of a body is read at a time, in bytes. While more bodies than MANY are being read, it is less for those
// that come then: a sender that stalls keeps a buffer of this size, and an isolate has 128 MB.
const [CHUNK_BYTES, SMALL_CHUNK_BYTES, MANY] = [64 * 1024, 4 * 1024, 128];

// How many bodies are being read in this way.
let reading = 0;

// Nothing outside of this function touches what it waits with: its reader, its promises and its timer
// belong to one request, and the runtime ends all requests if another one uses them.
async function run(begin, event, env, ctx) {
  // After a panic the wasm is instantiated anew, since its memory may be in disorder.
  if (wasm.criticalError) new Worker(ctx, env);
  let isAwake = false;
  let isTimeUp = false;
  let resume = () => {};
  const wake = (timeIsUp) => {
    isAwake = true;
    if (timeIsUp) isTimeUp = true;
    resume();
  };
  let reader;
  let chunkBytes;
  let bytes;
  const take = (came) => {
    bytes = came;
    wake(false);
  };
  const call = begin(event, env, wake);
  const { instanceId } = wasm;
  try {
    for (;;) {
      isAwake = false;
      const answer = proceed(call, bytes, isTimeUp);
      isTimeUp = false;
      bytes = undefined;
      if (typeof answer !== "number") return answer;
      if (answer === WHOLE_BODY) {
        event.arrayBuffer().then((buffer) => take(new Uint8Array(buffer)), take);
      } else if (answer === NEXT_CHUNK) {
        if (!reader && event.body) {
          reader = event.body.getReader({ mode: "byob" });
          reading += 1;
          chunkBytes = reading > MANY ? SMALL_CHUNK_BYTES : CHUNK_BYTES;
        }
        if (reader) {
          reader.read(new Uint8Array(chunkBytes)).then(({ value, done }) => take(done ? null : value), take);
        } else {
          take(null);
        }
      }
      if (!isAwake) {
        await new Promise((resolve) => { resume = resolve; });
      }
      if (wasm.criticalError || wasm.instanceId !== instanceId) {
        // In another instance, the number is another request's.
        throw new Error("the Worker has panicked in the meantime");
      }
    }
  } finally {
    if (reader) {
      reading -= 1;
      // What was not read is of no use to anybody.
      reader.cancel().catch(() => {});
    }
  }
}

function handle(begin) {
  return (event, env, ctx) => run(begin, event, env, ctx);
}

export default {
  fetch(request, env, ctx) {
    const answer = run(begin_fetch, request, env, ctx);
    // If the sender hangs up, the request goes on to its end all the same, in its own context. Without
    // this the runtime would drop the promise, and nobody could ever clean up behind it.
    ctx.waitUntil(answer.catch(() => {}));
    return answer;
  },
  queue: handle(begin_queue),
  scheduled: handle(begin_scheduled),
};
