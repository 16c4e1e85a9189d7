// Reads the events that the Worker elytra-webhooks forwards, for consumers in TypeScript and JavaScript. The types
// and the documentation of each export are in events.d.mts.
//
// An event is read by the same rules as in the Worker (the crate elytra-events), and faults have the same codes.

export const OPERATIONS = Object.freeze(["add", "modify", "remove", "link", "unlink"]);

export const EVENT_TYPES = Object.freeze([
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
]);

/** What precedes the event type in an event's `type`. */
const TYPE_PREFIX = "com.elytra.";

/** The most attributes that an event can have, and the most faults that are reported. */
const MOST = 256;

// After how many seconds what was written to KV shows everywhere, and a key that was not found is looked up again:
// https://developers.cloudflare.com/kv/concepts/how-kv-works/
const KV_DELAY_SECONDS = 60;

/** The attributes that the specification names. All of them are strings. */
const CORE = new Set(["specversion", "id", "source", "type", "datacontenttype", "dataschema", "subject", "time"]);

/** The text from which each event was read, and where in it `data` is. */
const sources = new WeakMap();

export class InvalidEventError extends Error {
  constructor(violations, id) {
    const reasons = violations.map(({ attribute, message }) =>
      attribute === undefined ? message : `${attribute}: ${message}`,
    );
    super(`not a CloudEvent: ${reasons.join("; ")}`);
    this.name = "InvalidEventError";
    this.violations = violations;
    this.id = id;
  }
}

export class DatarefError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = "DatarefError";
    this.code = code;
    this.delaySeconds = code === "not_there_yet" ? KV_DELAY_SECONDS : undefined;
  }
}

// ---- Reading an event

export function parseEvent(message) {
  const text = typeof message === "string" ? message : message?.body;
  if (typeof text !== "string") throw refusal(undefined, "not_text", `expected text, found ${typeName(text)}`);
  const values = parseObject(text);
  const members = membersAt(text, spaceEnd(text, 0));

  const faults = new Faults();
  if (members.length > MOST) faults.add(undefined, "too_many_attributes", `more than ${MOST} attributes`);
  const kept = members.slice(0, MOST);
  const twice = repeated(kept);
  for (const name of twice) faults.add(name, "repeated", "occurs more than once");

  const event = {};
  let data;
  let hasBase64 = false;
  for (const member of kept) {
    const { name, start, end } = member;
    // `values` has only the last one.
    const value = twice.has(name) ? JSON.parse(text.slice(start, end)) : values[name];
    if (name === "data") {
      data = member;
    } else if (value === null) {
      // Null means absent (JSON format section 2.2).
      continue;
    } else {
      hasBase64 ||= name === "data_base64";
      const fault = name === "data_base64" ? base64Fault(value) : attributeFault(name, value, text, member);
      if (fault) {
        faults.add(name, ...fault);
        continue;
      }
    }
    event[name] = value;
  }
  if (data && hasBase64) faults.add("data_base64", "data_twice", "data and data_base64 exclude each other");
  checkCore(event, faults);
  if (faults.found.length > 0) {
    const id = faults.has("id") ? undefined : event.id;
    throw new InvalidEventError(faults.found.slice(0, MOST), id);
  }
  sources.set(event, { text, data });
  return event;
}

export async function parseRequest(request) {
  const contentType = request.headers.get("content-type") ?? undefined;
  const isStructured = /^\s*application\/cloudevents/i.test(contentType ?? "");
  if (isStructured || !request.headers.has("ce-specversion")) return parseEvent(await request.text());

  const members = [];
  for (const [header, value] of request.headers) {
    if (!header.startsWith("ce-")) continue;
    const name = header.slice("ce-".length);
    // In JSON, these would be the data.
    if (name === "data" || name === "data_base64") {
      throw refusal(name, "reserved_name", "no attribute may have this name");
    }
    if (name === "datacontenttype") {
      throw refusal(name, "header_for_content_type", "in binary mode the header Content-Type says this");
    }
    members.push([name, JSON.stringify(headerText(name, value))]);
  }
  if (contentType !== undefined) members.push(["datacontenttype", JSON.stringify(contentType)]);
  members.push(...bodyMember(contentType, new Uint8Array(await request.arrayBuffer())));
  return parseEvent(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`);
}

/** The value of an attribute's header (HTTP binding section 3.1.3.2). */
function headerText(name, value) {
  try {
    return decodeURIComponent(value);
  } catch {
    throw refusal(name, "bad_header", "the header cannot be decoded: it is not percent-encoded UTF-8");
  }
}

/** The data of a body as a member of the event, if it has any: JSON as it is, text as a string, and bytes in base64. */
function bodyMember(contentType, bytes) {
  if (bytes.length === 0) return [];
  const mediaType = mediaTypeOf(contentType ?? "");
  if (contentType === undefined || mediaType?.isJson) {
    try {
      return [["data", jsonOf(bytes)]];
    } catch (error) {
      // Without a content type, only data that are JSON are meant as such.
      if (contentType !== undefined) throw error;
    }
  }
  if (mediaType?.isUtf8) {
    try {
      return [["data", JSON.stringify(UTF8.decode(bytes))]];
    } catch {
      // Its bytes are kept.
    }
  }
  return [["data_base64", JSON.stringify(base64Of(bytes))]];
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON text in these bytes, without the white space around it. */
function jsonOf(bytes) {
  let text;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw refusal("data", "not_utf8", "not UTF-8");
  }
  try {
    JSON.parse(text);
  } catch {
    throw refusal("data", "not_json", `not JSON: ${jsonFault(text)}`);
  }
  const start = spaceEnd(text, 0);
  return text.slice(start, valueEnd(text, start));
}

function base64Of(bytes) {
  // More arguments at once would not fit on the stack.
  const CHUNK = 8192;
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** The error for an event that has this one fault. */
function refusal(attribute, code, message) {
  return new InvalidEventError([{ attribute, code, message }]);
}

/** The faults found so far. */
class Faults {
  found = [];
  #names = new Set();

  add(attribute, code, message) {
    this.found.push({ attribute: attribute === undefined ? undefined : shorten(attribute), code, message });
    this.#names.add(attribute);
  }

  has(attribute) {
    return this.#names.has(attribute);
  }
}

function parseObject(text) {
  if (spaceEnd(text, 0) === text.length) throw refusal(undefined, "no_body", "the text is empty, expected JSON");
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message repeats parts of the text, which do not belong in a log.
    throw refusal(undefined, "not_json", `not JSON: ${jsonFault(text)}`);
  }
  if (typeName(value) !== "an object") {
    throw refusal(undefined, "not_an_object", `expected a JSON object, found ${typeName(value)}`);
  }
  return value;
}

/** The names that occur more than once. */
function repeated(members) {
  const seen = new Set();
  const twice = new Set();
  for (const { name } of members) (seen.has(name) ? twice : seen).add(name);
  return twice;
}

/** What is wrong with an attribute, whatever it means: a code and a message. */
function attributeFault(name, value, text, { start, end }) {
  const type = typeName(value);
  if (type === "a number" && !CORE.has(name)) {
    const digits = text.slice(start, end);
    if (!/^-?\d+$/.test(digits) || value < -(2 ** 31) || value >= 2 ** 31) {
      return ["not_an_integer", "expected a whole number from -2147483648 to 2147483647"];
    }
  } else if (type !== "a string" && (CORE.has(name) || type !== "a boolean")) {
    const expected = CORE.has(name) ? "a string" : "a boolean, an integer or a string";
    return ["wrong_type", `expected ${expected}, found ${type}`];
  }
  if (type === "a string" && !value.isWellFormed()) {
    return ["lone_surrogate", "half of a surrogate pair is not a character"];
  }
  if (!/^[a-z0-9]+$/.test(name)) {
    return ["bad_name", "an attribute's name is made of lower-case letters and digits only"];
  }
  const found = type === "a string" && /[\p{Cc}\p{Noncharacter_Code_Point}]/u.exec(value);
  if (found) {
    const codePoint = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    const at = [...value.slice(0, found.index)].length;
    return ["forbidden_character", `forbidden character U+${codePoint} at position ${at}`];
  }
  return undefined;
}

/** Checks what the specification demands of the attributes that it names. */
function checkCore(event, faults) {
  const required = (name, fault) => {
    if (event[name] === undefined && !faults.has(name)) {
      faults.add(name, "missing", "required attribute is missing");
    }
    optional(name, fault);
  };
  const optional = (name, fault) => {
    const value = event[name];
    if (value === undefined || faults.has(name)) return;
    const found = value === "" ? ["empty", "must not be empty"] : fault?.(value);
    if (found) faults.add(name, ...found);
  };
  required("specversion", versionFault);
  required("id");
  required("source", (text) => !isUriReference(text) && ["not_a_uri_reference", "not a URI-reference by RFC 3986"]);
  required("type");
  optional("datacontenttype", (text) => !mediaTypeOf(text) && ["not_a_media_type", "not a media type by RFC 2046"]);
  optional("dataschema", (text) => !isUri(text) && ["not_a_uri", "not an absolute URI by RFC 3986"]);
  optional("subject");
  optional("time", timeFault);
}

function versionFault(found) {
  if (found === "1.0") return undefined;
  return ["unsupported_specversion", `unsupported version ${JSON.stringify(shorten(found))}, expected "1.0"`];
}

function timeFault(text) {
  try {
    nanoseconds(text);
    return undefined;
  } catch (fault) {
    if (fault instanceof TimestampFault) return ["not_a_timestamp", `not an RFC 3339 timestamp: ${fault.message}`];
    throw fault;
  }
}

function typeName(value) {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** The text, or its beginning if it is longer than an error should repeat. */
function shorten(text) {
  if (text.length <= MOST) return text;
  const characters = [...text];
  return characters.length <= MOST ? text : `${characters.slice(0, MOST).join("")}…`;
}

/** What is wrong with base64 (RFC 4648 section 4), whose unused bits may have any value. */
function base64Fault(value) {
  if (typeof value !== "string") return ["wrong_type", `expected a base64 string, found ${typeName(value)}`];
  if (!value.isWellFormed()) return ["lone_surrogate", "half of a surrogate pair is not a character"];
  const padding = value.endsWith("==") ? 2 : Number(value.endsWith("="));
  const digits = padding === 0 ? value : value.slice(0, -padding);
  const isRight = value.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(digits);
  return isRight ? undefined : ["not_base64", "not base64 by RFC 4648 section 4"];
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const MEDIA_TYPE = new RegExp(
  `^[ \\t]*(${TOKEN})/(${TOKEN})[ \\t]*(?:;[ \\t]*(?:${TOKEN}=(?:${TOKEN}|${QUOTED})[ \\t]*)?)*$`,
  "su",
);

const PARAMETER = new RegExp(`;[ \\t]*(?:(${TOKEN})=(${TOKEN}|${QUOTED}))?`, "gsu");

/** What a media type says (RFC 2046, with the white space that HTTP allows). Undefined if it is none. */
function mediaTypeOf(text) {
  const [, type, subtype] = MEDIA_TYPE.exec(text) ?? [];
  if (type === undefined) return undefined;
  const parameters = [...text.matchAll(PARAMETER)].filter(([, name]) => name?.toLowerCase() === "charset");
  const charset = parameters.at(-1)?.[2].replace(/^"(.*)"$/s, "$1").toLowerCase() ?? "utf-8";
  return {
    isJson: /(?:^|\+)json$/i.test(subtype),
    isUtf8: type.toLowerCase() === "text" && ["utf-8", "us-ascii"].includes(charset),
  };
}

// RFC 3986, appendix A.
const CHARACTER = "[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}";
const PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const AUTHORITY = new RegExp(`^(?:(?:${CHARACTER}|:)*@)?(?:\\[(.*)\\]|(?:${CHARACTER})*)(?::\\d*)?$`);
const PATH = new RegExp(`^(?:${CHARACTER}|[:@/])*$`);
const QUERY = new RegExp(`^(?:${CHARACTER}|[:@/?])*$`);

function isUriReference(text) {
  const [, scheme, authority, path, query = "", fragment = ""] = PARTS.exec(text);
  if (!PATH.test(path) || !QUERY.test(query) || !QUERY.test(fragment)) return false;
  if (authority !== undefined) {
    const [isRight, address] = AUTHORITY.exec(authority) ?? [];
    return isRight !== undefined && (address === undefined || isAddress(address));
  }
  // Otherwise, what precedes the colon would be the scheme.
  return scheme !== undefined || !path.split("/", 1)[0].includes(":");
}

function isUri(text) {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && isUriReference(text);
}

/** Whether this is an IPv6 address, or one of a later version. */
function isAddress(text) {
  if (/^v[0-9A-F]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$/i.test(text)) return true;
  const halves = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const groups = halves.flat();
  // The last two groups may be an IPv4 address.
  const isIpv4 = halves.at(-1).length > 0 && isIpv4Address(groups.at(-1));
  const count = groups.length + Number(isIpv4);
  const rest = isIpv4 ? groups.slice(0, -1) : groups;
  const isLong = halves.length === 1 ? count === 8 : halves.length === 2 && count < 8;
  return isLong && rest.every((group) => /^[0-9A-F]{1,4}$/i.test(group));
}

function isIpv4Address(text) {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

// ---- What an event says

export function textOf(event) {
  return sourceOf(event).text;
}

export function dataTextOf(event) {
  const { text, data } = sourceOf(event);
  return data && text.slice(data.start, data.end);
}

function sourceOf(event) {
  const source = sources.get(event);
  if (!source) throw new TypeError("the event is not one that parseEvent returned, but perhaps a copy of it");
  return source;
}

export function eventTypeOf(event) {
  const name = extensionText(event.eventtype);
  if (name !== undefined) return name;
  const derived = event.type.startsWith(TYPE_PREFIX) ? event.type.slice(TYPE_PREFIX.length) : "";
  return derived === "" ? undefined : derived.replaceAll(".", "_");
}

export function operationOf(event) {
  return extensionText(event.operation);
}

function extensionText(value) {
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

export function isEventType(event, ...types) {
  return types.includes(eventTypeOf(event));
}

export function attributeOf(event, name) {
  const isAttribute = name !== "data" && name !== "data_base64" && Object.hasOwn(event, name);
  return isAttribute ? event[name] : undefined;
}

export function objectOf(event) {
  const { text, data } = sourceOf(event);
  if (!data || text[data.start] !== "{") return {};
  const members = membersAt(text, data.start);
  const known = members.filter(({ name }) => ["objectType", "objectId", "objectData"].includes(name));
  // A repeated member is ambiguous.
  if (repeated(known).size > 0) return {};

  const { objectType, objectData } = event.data;
  const object = {};
  if (isText(objectType)) object.type = objectType;
  const id = known.find(({ name }) => name === "objectId");
  if (id) {
    const { objectId } = event.data;
    const written = text.slice(id.start, id.end);
    // The digits may be more than a number can hold.
    if (/^-?\d+$/.test(written)) object.id = written;
    else if (isText(objectId)) object.id = objectId;
  }
  if (objectData !== undefined && objectData !== null) object.data = objectData;
  return object;
}

function isText(value) {
  return typeof value === "string" && value.isWellFormed();
}

export function timeOf(event) {
  return event.time === undefined ? undefined : nanoseconds(event.time);
}

// ---- Large events

export function datarefOf(event) {
  const { dataref } = event;
  if (typeof dataref !== "string" || "data" in event || event.data_base64 !== undefined) return undefined;
  const [, key] = /^kv:CLAIMS\/([^#]+)#\/data(?:_base64)?$/.exec(dataref) ?? [];
  return key === undefined ? undefined : { binding: "CLAIMS", key };
}

export async function followDataref(event, claims) {
  const dataref = datarefOf(event);
  if (!dataref) return event;
  if (typeof claims?.get !== "function") {
    throw new TypeError("there is no KV namespace to read: bind the one that the receiver has as CLAIMS");
  }
  const stored = await claims.get(dataref.key);
  if (typeof stored !== "string") {
    const why = `the whole event is not in CLAIMS yet: retry in ${KV_DELAY_SECONDS} seconds`;
    throw new DatarefError("not_there_yet", why);
  }
  let whole;
  try {
    whole = parseEvent(stored);
  } catch (cause) {
    throw new DatarefError("not_an_event", "what is stored is not an event", { cause });
  }
  if (attributes(event) !== attributes(whole)) {
    throw new DatarefError("other_attributes", "what is stored is an event with other attributes");
  }
  return whole;
}

/** All attributes but `dataref`, to be compared. */
function attributes(event) {
  const others = Object.keys(event).filter((name) => !["data", "data_base64", "dataref"].includes(name));
  return JSON.stringify(others.sort().map((name) => [name, String(event[name])]));
}

// ---- RFC 3339 section 5.6

class TimestampFault extends Error {}

/** The nanoseconds since 1970. Later digits are cut off, and a leap second counts as the second after it. */
function nanoseconds(text) {
  let at = 0;
  const take = (expected, pattern) => {
    if (at === text.length) throw new TimestampFault(`ends where ${expected} is expected`);
    const found = String.fromCodePoint(text.codePointAt(at));
    if (!pattern.test(found)) {
      throw new TimestampFault(`unexpected character '${found}' at position ${at}, expected ${expected}`);
    }
    at += 1;
    return found;
  };
  const digit = () => take("a digit", /^[0-9]$/);
  const character = (expected) => take(`'${expected}'`, new RegExp(`^${expected}$`));
  const inRange = (part, least, most) => {
    const value = Number(digit() + digit());
    if (value < least || value > most) throw new TimestampFault(`${part} out of range`);
    return value;
  };

  const year = Number(digit() + digit() + digit() + digit());
  character("-");
  const month = inRange("month", 1, 12);
  character("-");
  const day = inRange("day", 1, 31);
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  if (time.getUTCDate() !== day) throw new TimestampFault("day out of range");

  take("'T'", /^[Tt]$/);
  const hour = inRange("hour", 0, 23);
  character(":");
  const minute = inRange("minute", 0, 59);
  character(":");
  const second = inRange("second", 0, 60);
  let fraction = "";
  if (text[at] === ".") {
    at += 1;
    do fraction += digit();
    while (/^[0-9]$/.test(text[at] ?? ""));
  }

  const sign = take("'Z', '+' or '-'", /^[Zz+-]$/);
  let offset = 0;
  if (sign === "+" || sign === "-") {
    const hours = inRange("offset hour", 0, 23);
    character(":");
    offset = hours * 60 + inRange("offset minute", 0, 59);
  }
  if (at < text.length) take("the end", /^$/);

  time.setUTCHours(hour, sign === "-" ? minute + offset : minute - offset);
  if (second === 60 && (time.getUTCHours() !== 23 || time.getUTCMinutes() !== 59)) {
    throw new TimestampFault("second 60 is only possible where UTC is 23:59:60");
  }
  const milliseconds = BigInt(time.getTime() + second * 1000);
  return milliseconds * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

// ---- JSON, read just far enough to find its parts: JSON.parse hides repeated names and the digits of numbers

/** Where JSON ends that was expected to go on, or has something else. */
class JsonFault extends Error {
  constructor(text, at) {
    super(at >= text.length ? "it ends too early" : `unexpected character at position ${at}`);
  }
}

/** What is wrong with a text that is not JSON. Positions are those of JavaScript. */
function jsonFault(text) {
  try {
    const end = spaceEnd(text, valueEnd(text, spaceEnd(text, 0)));
    if (end < text.length) throw new JsonFault(text, end);
    return "it cannot be read";
  } catch (error) {
    if (error instanceof JsonFault) return error.message;
    throw error;
  }
}

/** The members of the object that starts here: the name of each, and where its value is. */
function membersAt(text, start) {
  const members = [];
  let at = spaceEnd(text, start + 1);
  while (text[at] !== "}") {
    const name = JSON.parse(text.slice(at, stringEnd(text, at)));
    const valueStart = spaceEnd(text, nameEnd(text, at));
    const end = valueEnd(text, valueStart);
    members.push({ name, start: valueStart, end });
    at = spaceEnd(text, end);
    if (text[at] === ",") at = spaceEnd(text, at + 1);
  }
  return members;
}

/** Where the value ends that starts here. It does not recurse, since values can be nested deeply. */
function valueEnd(text, start) {
  let at = start;
  // The bracket that closes each level.
  const open = [];
  for (;;) {
    const first = text[at];
    if (first === "{" || first === "[") {
      const close = first === "{" ? "}" : "]";
      at = spaceEnd(text, at + 1);
      if (text[at] !== close) {
        open.push(close);
        if (close === "}") at = spaceEnd(text, nameEnd(text, at));
        continue;
      }
      at += 1;
    } else {
      at = first === '"' ? stringEnd(text, at) : wordEnd(text, at);
    }
    // A value has ended. Close all levels that end here.
    for (;;) {
      const close = open.at(-1);
      if (close === undefined) return at;
      at = spaceEnd(text, at);
      const next = text[at];
      if (next !== close && next !== ",") throw new JsonFault(text, at);
      at += 1;
      if (next === ",") {
        at = spaceEnd(text, at);
        if (close === "}") at = spaceEnd(text, nameEnd(text, at));
        break;
      }
      open.pop();
    }
  }
}

/** The position after the name that starts here, and its colon. */
function nameEnd(text, start) {
  if (text[start] !== '"') throw new JsonFault(text, start);
  const at = spaceEnd(text, stringEnd(text, start));
  if (text[at] !== ":") throw new JsonFault(text, at);
  return at + 1;
}

const ESCAPE = /(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;

/** The position after the string that starts here. */
function stringEnd(text, start) {
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) {
      ESCAPE.lastIndex = at + 1;
      if (!ESCAPE.test(text)) throw new JsonFault(text, at + 1);
      at = ESCAPE.lastIndex;
    } else if (code >= 0x20) {
      at += 1;
    } else {
      // A control character, or the end.
      throw new JsonFault(text, at);
    }
  }
}

const WORD = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/** The position after the number or the literal that starts here. */
function wordEnd(text, start) {
  WORD.lastIndex = start;
  if (!WORD.test(text)) throw new JsonFault(text, start);
  return WORD.lastIndex;
}

/** The position after the white space here. */
function spaceEnd(text, start) {
  let at = start;
  while (" \t\n\r".includes(text[at] ?? "x")) at += 1;
  return at;
}
