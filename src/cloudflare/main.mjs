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

function handle(begin) {
  return async (event, env, ctx) => {
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
    const call = begin(event, env, wake);
    const { instanceId } = wasm;
    for (let body; ; ) {
      isAwake = false;
      const answer = proceed(call, body, isTimeUp);
      isTimeUp = false;
      body = undefined;
      if (answer === null) {
        body = await event.arrayBuffer().then((buffer) => new Uint8Array(buffer), (error) => error);
      } else if (answer !== undefined) {
        return answer;
      } else if (!isAwake) {
        await new Promise((resolve) => { resume = resolve; });
      }
      if (wasm.criticalError || wasm.instanceId !== instanceId) {
        // In another instance, the number is another request's.
        throw new Error("the Worker has panicked in the meantime");
      }
    }
  };
}

export default {
  fetch: handle(begin_fetch),
  queue: handle(begin_queue),
  scheduled: handle(begin_scheduled),
};
