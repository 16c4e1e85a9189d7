// A consumer that is not a Worker, and has no types but those of the language.

import { eventTypeOf, followDataref, parseEvent } from "elytra-webhooks/events";

const claims = new Map<string, string>();

export async function read(text: string): Promise<string | undefined> {
  const namespace = { get: (key: string) => Promise.resolve(claims.get(key) ?? null) };
  return eventTypeOf(await followDataref(parseEvent({ body: text }), namespace));
}
