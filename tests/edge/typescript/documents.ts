// The code of docs/consumers.md.

import { isEventType, objectOf } from "elytra-webhooks/events";
import type { ElytraEvent } from "elytra-webhooks/events";

declare module "elytra-webhooks/events" {
  interface ObjectDataTypes {
    product: { name: string };
  }
}

export function nameOf(event: ElytraEvent): string | undefined {
  return isEventType(event, "product") ? objectOf(event).data?.name : undefined;
}
