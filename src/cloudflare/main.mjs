// What Cloudflare loads: the handlers of the wasm, without what worker-build puts around them. That is
// a class behind proxies, of which the runtime makes an object for each request; functions are made
// once.

import Worker, { Ledger } from "../../build/index.js";

export { Ledger };

// The wasm's exports: `begin` hands over a request and gives it a number, `proceed` lets it go on.
const { begin, proceed, queue, scheduled } = Worker.prototype;

// worker-build's own: whether the wasm has panicked, and how often it was instantiated anew.
const wasm = globalThis.__worker_init_state;

async function fetch(request, env) {
  let isAwake = false;
  let wake = () => {};
  const call = begin(request, env, () => {
    isAwake = true;
    wake();
  });
  const { instanceId } = wasm;
  for (let body; ; ) {
    isAwake = false;
    const answer = proceed(call, body);
    body = undefined;
    if (answer === null) {
      body = await request.arrayBuffer().then((buffer) => new Uint8Array(buffer), (error) => error);
    } else if (answer !== undefined) {
      return answer;
    } else if (!isAwake) {
      await new Promise((resolve) => { wake = resolve; });
    }
    if (wasm.criticalError || wasm.instanceId !== instanceId) {
      // In another instance, the number is another request's.
      throw new Error("the Worker has panicked in the meantime");
    }
  }
}

/** After a panic the wasm is instantiated anew, since its memory may be in disorder. */
function handle(handler) {
  return (argument, env, ctx) => {
    if (wasm.criticalError) new Worker(ctx, env);
    return handler.call({ env, ctx }, argument, env);
  };
}

export default { fetch: handle(fetch), queue: handle(queue), scheduled: handle(scheduled) };
