// A Worker that consumes the queue that elytra-webhooks fills, and prints a line for each event.
//
// Start your own from it: put what you want to do with an event where `describe` is called.

import { DatarefError, followDataref, objectOf, operationOf, parseEvent } from "elytra-webhooks/events";
import type { ElytraEvent } from "elytra-webhooks/events";

interface Env {
  /** Where the receiver stores events that are too large for a queue. */
  CLAIMS: KVNamespace;
}

export default {
  /**
   * Prints all events of the batch and acknowledges them. Messages that cannot be read are retried until the queue
   * gives up.
   */
  async queue(batch, env) {
    // Each message is acknowledged or retried on its own: an exception would retry the whole batch.
    for (const message of batch.messages) {
      try {
        const event = await followDataref(parseEvent(message), env.CLAIMS);
        console.log(describe(event));
        message.ack();
      } catch (error) {
        console.error(`message ${message.id}: ${error instanceof Error ? error.message : error}`);
        // It may take a minute before what was stored is visible everywhere.
        const isEarly = error instanceof DatarefError && error.delaySeconds !== undefined;
        message.retry(isEarly ? { delaySeconds: error.delaySeconds } : {});
      }
    }
  },
} satisfies ExportedHandler<Env>;

/** One line about an event: its id, its type, and what happened to which object. */
function describe(event: ElytraEvent): string {
  const operation = operationOf(event) ?? "no operation";
  const { type = "object", id = "unknown" } = objectOf(event);
  return `event ${event.id}: ${event.type}, ${operation}, ${type} ${id}`;
}
