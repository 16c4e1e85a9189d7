// The types of the package itself: in the line that a project is made of, and in a Worker around the receiver.

import receiver, { Ledger } from "elytra-webhooks";

export { default as plain, Ledger } from "elytra-webhooks";

interface Env {
  LEDGER: DurableObjectNamespace<Ledger>;
}

receiver satisfies ExportedHandler<Env>;

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    return pathname === "/mine" ? new Response() : receiver.fetch(request, env, context);
  },
  queue: (batch, env, context) => receiver.queue(batch, env, context),
  scheduled: (event, env, context) => receiver.scheduled(event, env, context),
} satisfies ExportedHandler<Env>;

export function stub(env: Env): DurableObjectStub<Ledger> {
  return env.LEDGER.getByName("shard-0");
}

// @ts-expect-error Only the receiver calls the methods of the ledger.
export const claim: unknown = (env: Env) => stub(env).claim();
// @ts-expect-error A request is missing.
export const answer: Promise<Response> = receiver.fetch();
// @ts-expect-error There is no such handler.
export const email: unknown = receiver.email;
