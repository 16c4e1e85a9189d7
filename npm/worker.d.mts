/**
 * The Worker, for the module that Cloudflare loads:
 *
 * ```ts
 * export { default, Ledger } from "elytra-webhooks";
 * ```
 */

/** The context of an invocation, such as Cloudflare's `ExecutionContext`. */
interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

/** The handlers of the Worker. Its configuration is in `env`: the tables of `[vars]`, the secrets and the bindings. */
interface Receiver {
  /** Takes in events, and answers operators. */
  fetch(request: Request, env: unknown, context: Context): Promise<Response>;
  /** Consumes the queues `DELIVERIES` and `DEAD_LETTERS`. */
  queue(batch: { readonly queue: string }, env: unknown, context: Context): Promise<void>;
  /** Sends spooled messages to their queues. */
  scheduled(event: unknown, env: unknown, context: Context): Promise<void>;
}

declare const receiver: Receiver;
export default receiver;

/** The Durable Object of the ledger and the journal, to be bound as `LEDGER`. Only the Worker calls it. */
export declare class Ledger {
  constructor(state: unknown, env: unknown);
  /** Cloudflare's types tell a Durable Object by this. There is nothing at run time. */
  readonly __DURABLE_OBJECT_BRAND: never;
}
