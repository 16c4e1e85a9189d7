// What Cloudflare loads: the handlers of the Worker. They drive the futures of the wasm, whose states
// are drawn in ../executor.rs, and do without what worker-build puts around its exports. That is a class
// behind proxies, of which the runtime makes an object for each request; functions are made once.

import * as build from "../../../build/index.js";
import { borrow, renew } from "./borrowed.mjs";
import { ledgerClass } from "./ledger.mjs";
import { asset, hasSigned, text } from "./operators.mjs";

const { exports, tags, state } = borrow(build);

export const Ledger = ledgerClass(exports, prepare, run);

// One export for each kind of event creates a call and returns its number, with which `proceed` goes on.
const { begin_fetch, begin_queue, begin_scheduled, begin_flush, proceed } = exports;

/** Makes sure that the exports can be called: after a panic, the wasm is instantiated anew. */
function prepare(ctx, env) {
  if (state.criticalError) renew(build, state, ctx, env);
}

// What is reported to a call, and what it asks for: see tags.rs.
const { WOKEN, TIME_IS_UP, BYTES, END, FAILED, FULFILLED, REJECTED } = tags;
const { READ_WHOLE, READ_CHUNK } = tags;

// How much of a body is read at a time, in bytes. While more than MANY bodies are being read, newcomers get
// less: a sender that stalls keeps a buffer of this size, and an isolate has 128 MB.
const [CHUNK_BYTES, SMALL_CHUNK_BYTES, MANY] = [64 * 1024, 4 * 1024, 128];

// How many bodies are being read in chunks.
let reading = 0;

// Nothing outside of this function touches what it waits with: its reader, its promises and its timer
// belong to one request, and the runtime ends all requests if another one uses them.
async function run(begin, event, env, ctx) {
  prepare(ctx, env);
  const news = [];
  let resume = () => {};
  const tell = (tag, value, promise = 0) => {
    // Any news gets the future polled, so waking it as well adds nothing.
    if (tag !== WOKEN || news.length === 0) news.push({ tag, value, promise });
    resume();
  };
  const host = {
    tell,
    watch(promise, number) {
      promise.then((value) => tell(FULFILLED, value, number), (error) => tell(REJECTED, error, number));
    },
    wait(milliseconds, number) {
      // Without Node's timers, which would be objects.
      scheduler.wait(milliseconds).then(() => tell(TIME_IS_UP, number));
    },
    messages,
    asset,
    text,
    hasSigned,
    flush(atOnce) {
      // Once the wasm has returned, since it must not be entered twice at a time.
      const flushed = Promise.resolve().then(() => run(begin_flush, atOnce, env, ctx));
      ctx.waitUntil(flushed.catch((error) => console.error(`the journal could not be written: ${error}`)));
    },
  };
  const failed = (error) => tell(FAILED, error);
  let reader;
  let chunkBytes;
  const call = begin(event, env, host);
  const { instanceId } = state;
  tell(WOKEN);
  try {
    for (;;) {
      const told = news.shift();
      const step = proceed(call, told.tag, told.value, told.promise);
      if (step === READ_WHOLE) {
        event.arrayBuffer().then((buffer) => tell(BYTES, new Uint8Array(buffer)), failed);
      } else if (step === READ_CHUNK) {
        if (!reader && event.body) {
          reader = event.body.getReader({ mode: "byob" });
          reading += 1;
          chunkBytes = reading > MANY ? SMALL_CHUNK_BYTES : CHUNK_BYTES;
        }
        if (reader) {
          const next = reader.read(new Uint8Array(chunkBytes));
          next.then(({ value, done }) => (done ? tell(END) : tell(BYTES, value)), failed);
        } else {
          tell(END);
        }
      } else if (step !== undefined) {
        return step;
      }
      if (news.length === 0) {
        await new Promise((resolve) => { resume = resolve; });
      }
      if (state.criticalError || state.instanceId !== instanceId) {
        // In another instance, the number is another call's.
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

// The messages of a batch, in one go, since each string and object that the wasm makes is a call.
function messages(bodies, separator) {
  return bodies.split(separator).map((body) => ({ body, contentType: "text" }));
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
