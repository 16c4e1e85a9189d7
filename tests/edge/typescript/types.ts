// What the types of `elytra-webhooks/events` allow, and what they refuse: each `@ts-expect-error` is an error if the
// line below it has none.

import {
  attributeOf,
  DatarefError,
  dataTextOf,
  datarefOf,
  EVENT_TYPES,
  eventTypeOf,
  followDataref,
  InvalidEventError,
  isEventType,
  objectOf,
  OPERATIONS,
  operationOf,
  parseEvent,
  parseRequest,
  textOf,
  timeOf,
} from "elytra-webhooks/events";
import type {
  BinaryHeaders,
  CloudEvent,
  ElytraData,
  ElytraEvent,
  EventType,
  KnownEventType,
  KnownOperation,
  KvMetadata,
  ObjectData,
  Operation,
  R2Metadata,
  StructuredHeaders,
} from "elytra-webhooks/events";

// `documents.ts` declares that of a product.
declare module "elytra-webhooks/events" {
  interface ObjectDataTypes {
    product_text: { text: string };
  }
  interface Extensions {
    readonly locale?: string;
  }
}

/** Compiles only if the two types are the same. */
function same<A, B>(
  ..._: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : ["they differ"]
): void {}

// `same` tells types apart.
// @ts-expect-error
same<string, EventType>();
// @ts-expect-error
same<"a", "a" | "b">();
// @ts-expect-error
same<{ a: 1 }, any>();

// ---- Names: lists that stay open

same<(typeof EVENT_TYPES)[number], KnownEventType>();
same<(typeof OPERATIONS)["length"], 5>();
same<(typeof EVENT_TYPES)["length"], 73>();
same<KnownOperation, "add" | "modify" | "remove" | "link" | "unlink">();

export const known: KnownEventType = "product_attribute_value";
// @ts-expect-error It is not on the list.
export const unknown: KnownEventType = "something_new";
export const open: EventType = "something_new";
export const openOperation: Operation = "archive";
export const computed: EventType = String(Math.random());
// @ts-expect-error It is not a string.
export const number: EventType = 5;
// The open union still has its names, which an editor completes.
same<Extract<EventType, "product">, "product">();
same<Extract<EventType, "something_new">, never>();
// @ts-expect-error Nobody changes the list.
EVENT_TYPES.push("something_new");

// ---- Messages

export async function consume(batch: MessageBatch, env: { CLAIMS: KVNamespace; OTHER: R2Bucket }): Promise<void> {
  for (const message of batch.messages) {
    const event = parseEvent(message);
    same<typeof event, ElytraEvent>();
    same<Awaited<ReturnType<typeof followDataref<ElytraEvent>>>, ElytraEvent>();
    same<ElytraEvent, Awaited<ReturnType<typeof read>>>();
    // @ts-expect-error It is not a KV namespace, although it has `get`.
    await followDataref(event, env.OTHER);
    // @ts-expect-error The namespace is missing.
    await followDataref(event);
  }

  async function read(message: Message<string>): Promise<ElytraEvent> {
    return followDataref(parseEvent(message), env.CLAIMS);
  }
}

export async function receive(request: Request): Promise<ElytraEvent> {
  // @ts-expect-error What is stored may be absent.
  parseEvent(await ({} as KVNamespace).get("key"));
  // @ts-expect-error A promise is no text.
  parseEvent(request.text());
  // @ts-expect-error A request is read with `parseRequest`, because its mode is in its headers.
  await followDataref(parseRequest(request), {} as KVNamespace);
  return request.method === "PUT" ? parseRequest(request) : parseEvent(await request.text());
}

// ---- An event

export function members(event: ElytraEvent): void {
  same<(typeof event)["specversion"], "1.0">();
  same<(typeof event)["id"], string>();
  const operation: string | undefined = event.operation;
  const eventType: string | undefined = event.eventtype;
  const locale: string | undefined = event.locale;
  const id: string | number | null | undefined = event.data?.objectId;
  const other: unknown = event.data?.["anything"];
  void [operation, eventType, locale, id, other];

  // @ts-expect-error `time` can be absent.
  event.time.slice();
  // @ts-expect-error The attribute is called `eventtype`.
  void event.eventType;
  // @ts-expect-error An event is what was received.
  event.id = "e2";
  // @ts-expect-error So are its data.
  if (event.data) event.data.objectId = 1;
  // @ts-expect-error Data can be absent.
  void event.data.objectId;
  // @ts-expect-error `objectId` can be a string.
  const rounded: number = event.data?.objectId;
  void rounded;

  same<ReturnType<typeof timeOf>, bigint | undefined>();
  same<ReturnType<typeof textOf>, string>();
  same<ReturnType<typeof dataTextOf>, string | undefined>();
  same<ReturnType<typeof eventTypeOf>, EventType | undefined>();
  same<ReturnType<typeof operationOf>, Operation | undefined>();
  same<ReturnType<typeof attributeOf>, string | number | boolean | undefined>();
  const key: string | undefined = datarefOf(event)?.key;
  void key;
  const objectId: string | undefined = objectOf(event).id;
  void objectId;
}

export function anyCloudEvent(event: CloudEvent): void {
  same<(typeof event)["data"], unknown>();
  // @ts-expect-error Only Elytra's events have it.
  void event.operation;
  void [eventTypeOf(event), objectOf(event).id, attributeOf(event, "operation")];
  if (isEventType(event, "product")) {
    const name: string | undefined = objectOf(event).data?.name;
    void name;
  }
}

// ---- Narrowing

export function narrowed(event: ElytraEvent, wanted: string): unknown {
  same<ObjectData<"product">, { name: string }>();
  same<ObjectData<"document">, unknown>();
  same<ObjectData, unknown>();
  // @ts-expect-error Before it is narrowed, nothing is known of the object.
  void event.data?.objectData?.name;

  if (isEventType(event, "product")) {
    same<typeof event, ElytraEvent<"product">>();
    same<(typeof event)["eventtype"], "product" | undefined>();
    const name: string | undefined = event.data?.objectData?.name;
    const again: string | undefined = objectOf(event).data?.name;
    // @ts-expect-error It is the text of a product_text.
    void objectOf(event).data?.text;
    const data: ElytraData<"product"> | undefined = event.data;
    return [name, again, data];
  }
  // The event is not used up, whatever was asked.
  same<typeof event, ElytraEvent>();

  if (isEventType(event, "product", "product_text")) {
    const data = objectOf(event).data;
    // @ts-expect-error It is one of the two.
    void data?.name;
    return data && "name" in data ? data.name : data?.text;
  }
  if (isEventType(event, "something_new")) {
    same<(typeof event)["eventtype"], "something_new" | undefined>();
    return objectOf(event).data;
  }
  if (isEventType(event, wanted)) {
    same<typeof event, ElytraEvent>();
    return event.id;
  }
  same<typeof event, ElytraEvent>();
  if (isEventType(event, ...EVENT_TYPES)) {
    const eventType: KnownEventType | undefined = event.eventtype;
    return eventType;
  }
  same<typeof event, ElytraEvent>();
  // @ts-expect-error It is a string.
  isEventType(event, 5);
  return undefined;
}

// ---- Errors

export function explain(error: unknown): unknown {
  if (error instanceof InvalidEventError) {
    return error.violations.map(({ attribute, code, message }) => [attribute?.length, code.length, message.length]);
  }
  if (error instanceof DatarefError) {
    same<typeof error.code, "not_there_yet" | "not_an_event" | "other_attributes">();
    // @ts-expect-error There is no such code.
    void (error.code === "gone");
    // @ts-expect-error It is undefined if a retry does not help.
    void error.delaySeconds.toFixed();
    return error.delaySeconds;
  }
  return undefined;
}

// ---- What is elsewhere

export async function elsewhere(kv: KVNamespace, bucket: R2Bucket): Promise<unknown> {
  const { metadata } = await kv.getWithMetadata<KvMetadata>("key");
  const object = await bucket.get("key");
  const custom: R2Metadata = object?.customMetadata ?? {};
  const eventType: string | undefined = metadata?.eventtype;
  const subject: string | undefined = custom["subject"];
  return [eventType, subject];
}

const delivery = { "idempotency-key": "elytra-pim/e1", "user-agent": "elytra-webhooks/0.1.0" } as const;
export const structured: StructuredHeaders = {
  ...delivery,
  "content-type": "application/cloudevents+json; charset=UTF-8",
};
export const binary: BinaryHeaders = {
  ...delivery,
  "ce-specversion": "1.0",
  "ce-id": "e1",
  "ce-source": "elytra-pim",
  "ce-type": "com.elytra.product",
  "ce-locale": "de",
};
// @ts-expect-error `ce-id` and others are missing.
export const incomplete: BinaryHeaders = { ...delivery, "ce-specversion": "1.0" };
