/**
 * Types and helpers for consumers of the events that the Worker elytra-webhooks forwards.
 *
 * ```ts
 * import { followDataref, isEventType, objectOf, parseEvent } from "elytra-webhooks/events";
 *
 * const event = await followDataref(parseEvent(message), env.CLAIMS);
 * if (isEventType(event, "product")) {
 *   console.log(objectOf(event).id);
 * }
 * ```
 */

/** What can happen to the object that an event is about. */
export declare const OPERATIONS: readonly ["add", "modify", "remove", "link", "unlink"];

/** The event types of Elytra's Event API: what kind of thing an event is about. */
export declare const EVENT_TYPES: readonly [
  "none",
  "project",
  "customer",
  "todo",
  "user",
  "conversation",
  "usergroup",
  "calendar",
  "rights",
  "language",
  "document",
  "documentfolder",
  "product_attributes",
  "product_attribute_groups",
  "product",
  "product_group",
  "product_forest",
  "product_attribute_value",
  "product_text",
  "product_collector",
  "product_language_fallback",
  "product_picture",
  "product_structure",
  "product_text_style",
  "product_language",
  "catalog_content",
  "product_import",
  "product_search_filter",
  "product_product_link",
  "attribute_format",
  "classification_featuremapping",
  "configuration_files",
  "workflow",
  "workflow_task",
  "pageplan_grid",
  "media_explorer",
  "attribute_unit",
  "jms_connection_test",
  "scheduler_tree_update",
  "scheduler_active_table_update",
  "jms_performance_test",
  "configfile_history_remove",
  "mimetype_plugin",
  "pageplan_preview",
  "pageplan",
  "shortcut",
  "pageplan_gridelement",
  "integration_test",
  "shortcut_deleteallforuser",
  "object_workflow",
  "ruleset",
  "user_properties",
  "user_attributefilter",
  "attribute_rule",
  "server_cache_attributrules_changed",
  "formula_update",
  "object_workflow_template",
  "assetbrowser_node_event",
  "client_text_message",
  "session_closed",
  "object_workflow_comment",
  "enumeration_attribute_chain",
  "enumeration_value_chain",
  "user_favorites",
  "object_collection",
  "scheduler_job",
  "attribute_unittype",
  "product_mass_modify",
  "product_search_subscription",
  "scheduler_job_active_update",
  "config",
  "scheduler_job_execution_status_changed",
  "indexutils_cache_changed",
];

/** An operation on the list. */
export type KnownOperation = (typeof OPERATIONS)[number];

/** An event type on the list. */
export type KnownEventType = (typeof EVENT_TYPES)[number];

/** An operation. Editors complete the known ones, and any other string is one too: Elytra may have new ones. */
export type Operation = KnownOperation | (string & {});

/** An event type. Editors complete the known ones, and any other string is one too: Elytra may have new ones. */
export type EventType = KnownEventType | (string & {});

/** The value of an attribute. Binary values, URIs and timestamps are strings. */
export type AttributeValue = string | number | boolean;

/**
 * Extension attributes of your own events, empty until you declare some:
 *
 * ```ts
 * declare module "elytra-webhooks/events" {
 *   interface Extensions {
 *     readonly locale?: string;
 *   }
 * }
 * ```
 *
 * {@link attributeOf} reads any other.
 */
export interface Extensions {}

/**
 * What `objectData` holds for each event type, empty until you declare it. Then {@link isEventType} and
 * {@link objectOf} know it:
 *
 * ```ts
 * declare module "elytra-webhooks/events" {
 *   interface ObjectDataTypes {
 *     product: { name: string };
 *   }
 * }
 * ```
 *
 * Nobody checks it: the Worker and {@link parseEvent} accept any JSON.
 */
export interface ObjectDataTypes {}

/** What `objectData` holds for an event type: `unknown`, unless {@link ObjectDataTypes} says it. */
export type ObjectData<T extends string = string> = T extends keyof ObjectDataTypes ? ObjectDataTypes[T] : unknown;

/** A CloudEvent 1.0, as an object in the JSON format. An attribute that is absent is not there, and never null. */
export interface CloudEvent extends Extensions {
  readonly specversion: "1.0";
  /** Together with `source`, it identifies the event. */
  readonly id: string;
  /** Where the event happened, a URI-reference. */
  readonly source: string;
  /** What happened, such as `com.elytra.product`. */
  readonly type: string;
  /** The media type of the data, which is JSON if this is absent. */
  readonly datacontenttype?: string;
  /** The absolute URI of the schema of the data. */
  readonly dataschema?: string;
  /** What the event is about, in the context of its source. */
  readonly subject?: string;
  /** When it happened (RFC 3339), as the sender wrote it. {@link timeOf} is a number to compare. */
  readonly time?: string;
  /** Where the data of a large event are. {@link followDataref} gets them. */
  readonly dataref?: string;
  /** The data, if they are JSON. Numbers are those of JavaScript: see {@link dataTextOf}. */
  readonly data?: unknown;
  /** The data in base64 (RFC 4648 section 4), if they are not JSON. */
  readonly data_base64?: string;
}

/**
 * An event as Elytra sends it: a CloudEvent with an event type, an operation, and data about an object.
 *
 * The Worker forwards other CloudEvents, too, if a subscription wants them, and does not look into `data`. So every
 * member of an event's data is optional, and {@link objectOf} reads them with checks.
 */
export interface ElytraEvent<T extends string = EventType> extends CloudEvent {
  /** The event type. It can be absent: {@link eventTypeOf} then derives it from `type`. */
  readonly eventtype?: T;
  /** What happened to the object. */
  readonly operation?: Operation;
  readonly data?: ElytraData<T>;
}

/** The data of an event of Elytra's: the members that are known, and any others. */
export interface ElytraData<T extends string = EventType> {
  /** The identifier of the object. An integer beyond 2^53 is rounded: {@link objectOf} has all of its digits. */
  readonly objectId?: string | number | null;
  /** What kind of object it is. */
  readonly objectType?: string | null;
  /** The object itself. */
  readonly objectData?: ObjectData<T> | null;
  readonly [member: string]: unknown;
}

/** The object that an event is about. A member is absent if the data do not have it, or have it with a wrong type. */
export interface ElytraObject<T extends string = EventType> {
  /** `objectType`. */
  readonly type?: string;
  /** `objectId`. Elytra writes it as a string or as an integer, and here it is text, to the last digit. */
  readonly id?: string;
  /** `objectData`. */
  readonly data?: ObjectData<T>;
}

/**
 * A message of a queue that the Worker sends to, such as Cloudflare's `Message`. Its `body` is text, with one event in
 * the JSON format, byte for byte as Elytra sent it. An event that was too large has a `dataref` instead of its data.
 */
export interface QueueMessage {
  readonly body: unknown;
}

/** A KV namespace, such as Cloudflare's `KVNamespace`: what {@link followDataref} needs of it. */
export interface ClaimsNamespace {
  get(key: string): Promise<string | null>;
}

/** The metadata of a key in a KV namespace that the Worker writes to, as far as they fit in 1,024 bytes. */
export interface KvMetadata {
  readonly time?: string;
  readonly type?: string;
  readonly eventtype?: EventType;
  readonly operation?: Operation;
  readonly subject?: string;
  /** The time that decides which event of an object is newer. Only with `key = "object"`. */
  readonly effective_time?: string;
}

/**
 * The custom metadata of an object in an R2 bucket: the attributes of the event, as far as they fit in 8,192 bytes.
 * Values are percent-encoded: `decodeURIComponent` decodes them.
 */
export type R2Metadata = Readonly<Partial<Record<string, string>>>;

/** A call to an HTTP destination or a service, such as the `Request` of a Worker: what {@link parseRequest} needs of it. */
export interface EventRequest {
  readonly headers: Iterable<[string, string]> & {
    get(name: string): string | null;
    has(name: string): boolean;
  };
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The headers that an HTTP destination or a service gets in either mode, besides its credential. */
export interface DeliveryHeaders {
  /** `<source>/<id>`, percent-encoded. It is the same whenever an event is sent again. */
  readonly "idempotency-key": string;
  readonly "user-agent": string;
  /** The id of the replay that sends the event again. */
  readonly "webhook-replay"?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The headers in structured mode. The body is the event in the JSON format, which {@link parseEvent} reads. */
export interface StructuredHeaders extends DeliveryHeaders {
  readonly "content-type": "application/cloudevents+json; charset=UTF-8";
}

/**
 * The headers in binary mode, in which the body is the data. Each attribute is a header `ce-<name>`, whose value is
 * percent-encoded: `decodeURIComponent` decodes it. Only `datacontenttype` is the `content-type`, as it is.
 */
export interface BinaryHeaders extends DeliveryHeaders {
  readonly "content-type"?: string;
  readonly "ce-specversion": "1.0";
  readonly "ce-id": string;
  readonly "ce-source": string;
  readonly "ce-type": string;
  readonly "ce-dataschema"?: string;
  readonly "ce-subject"?: string;
  readonly "ce-time"?: string;
  readonly "ce-eventtype"?: EventType;
  readonly "ce-operation"?: Operation;
  readonly [extension: `ce-${string}`]: string | undefined;
}

/** One thing that is wrong with an event. */
export interface Violation {
  /** The name of the attribute, `data` or `data_base64`. Undefined if it concerns the event as a whole. */
  readonly attribute: string | undefined;
  /** A code, as in the Worker's answers, such as `missing` or `not_a_timestamp`; and `not_text`. Codes are stable. */
  readonly code: string;
  /** What is wrong, and where. It never repeats data. */
  readonly message: string;
}

/** What {@link parseEvent} and {@link parseRequest} throw. Its message lists all violations. */
export declare class InvalidEventError extends Error {
  constructor(violations: readonly Violation[], id?: string);
  readonly name: "InvalidEventError";
  /** Everything that is wrong; at least one thing. */
  readonly violations: readonly Violation[];
  /** The event's `id`, if it has a valid one. */
  readonly id: string | undefined;
}

/** What {@link followDataref} throws if `CLAIMS` does not hold the event. */
export declare class DatarefError extends Error {
  constructor(code: DatarefError["code"], message: string, options?: { cause?: unknown });
  readonly name: "DatarefError";
  /**
   * `not_there_yet`: there is nothing. KV can take a minute until a new key shows everywhere, so retry. (If the event
   * is older than `claims_expiration_ttl`, it has expired, and no retry helps.)
   * `not_an_event`, `other_attributes`: what is there is not the event that the message is about.
   */
  readonly code: "not_there_yet" | "not_an_event" | "other_attributes";
  /**
   * After how many seconds a retry makes sense, and undefined if it does not. Pass it to `message.retry`: without a
   * delay, a message uses up its retries before the minute is over.
   */
  readonly delaySeconds: number | undefined;
}

/**
 * Reads an event from a message of a queue, or from its text: a value in KV, an object in R2, the body of a call in
 * structured mode.
 *
 * `data` is what `JSON.parse` makes of it, which rounds numbers beyond 2^53 and keeps the last of repeated members.
 * The text itself is never changed: {@link textOf}, {@link dataTextOf} and {@link objectOf} have every digit.
 *
 * @throws {InvalidEventError} It is not a CloudEvent that the Worker sends.
 */
export declare function parseEvent(message: QueueMessage | string): ElytraEvent;

/**
 * Reads the event of a call to an HTTP destination or a service, in structured or binary mode. In binary mode, all
 * attributes are strings, and {@link textOf} is the event in the JSON format, with JSON data as they came.
 *
 * It does not check who calls: compare the credential first.
 *
 * @throws {InvalidEventError} It is not a CloudEvent that the Worker sends.
 */
export declare function parseRequest(request: EventRequest): Promise<ElytraEvent>;

/**
 * The whole event, if this is one that was too large for the queue, read from the namespace that the Worker has as
 * `CLAIMS`. Any other event is returned as it is.
 *
 * It is checked that all attributes are the same. The Worker makes the key from the content of the event, so nothing
 * else can be stored there as long as only the Worker writes to the namespace.
 *
 * @throws {DatarefError} `CLAIMS` does not hold the event. `delaySeconds` says whether to retry.
 */
export declare function followDataref<E extends ElytraEvent>(
  event: E,
  claims: ClaimsNamespace,
): Promise<E>;

/** Where the whole event is stored, if it was too large for a queue. A sender's own `dataref` is not returned. */
export declare function datarefOf(
  event: CloudEvent,
): { readonly binding: "CLAIMS"; readonly key: string } | undefined;

/** The JSON text that the event was read from. The event must be one that {@link parseEvent} returned, not a copy. */
export declare function textOf(event: CloudEvent): string;

/**
 * The JSON text of `data`, unchanged, for a reader that keeps numbers as they are. Undefined if the event has no
 * `data`. The event must be one that {@link parseEvent} returned, not a copy.
 */
export declare function dataTextOf(event: CloudEvent): string | undefined;

/**
 * The event type: `eventtype` or, if that is absent or empty, what follows `com.elytra.` in `type`. There, dots are
 * the same as underscores (`product.text` and `product_text`).
 */
export declare function eventTypeOf(event: CloudEvent): EventType | undefined;

/** The operation; undefined if it is absent or empty. */
export declare function operationOf(event: CloudEvent): Operation | undefined;

/**
 * Whether the event has one of these event types, by {@link eventTypeOf}. If they are literals, the type of the event
 * is narrowed to them.
 */
export declare function isEventType<const T extends EventType>(
  event: CloudEvent,
  ...types: readonly [Literal<T>, ...Literal<T>[]]
): event is ElytraEvent<T>;
export declare function isEventType(event: CloudEvent, ...types: readonly string[]): boolean;

/** A string that is known at compile time: no narrowing follows from one that is not. */
type Literal<T extends string> = string extends T ? never : T;

/** An attribute by its name, extensions too; undefined if it is absent. */
export declare function attributeOf(event: CloudEvent, name: string): AttributeValue | undefined;

/**
 * The object that the event is about, read from its data with checks. It is empty if the data are not a JSON object,
 * or if they have one of the members twice. The event must be one that {@link parseEvent} returned, not a copy.
 */
export declare function objectOf<T extends string>(event: ElytraEvent<T>): ElytraObject<T>;
export declare function objectOf(event: CloudEvent): ElytraObject;

/**
 * When the event happened, in nanoseconds since 1970, to compare events. Undefined if it has no `time`. A leap second
 * counts as the second after it.
 */
export declare function timeOf(event: CloudEvent): bigint | undefined;
