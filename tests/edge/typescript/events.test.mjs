// How `elytra-webhooks/events` reads events: tables of cases, each of which says why it exists. The edge tests compare it
// with the Worker's own reader, and let it read what the Worker sent.

import assert from "node:assert/strict";
import { test } from "node:test";
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

const REQUIRED = `"specversion":"1.0","id":"e1","source":"s","type":"com.elytra.product"`;

/** The text of an event with these additional members. */
function event(members = "") {
  return `{${REQUIRED}${members && ","}${members}}`;
}

/** The violations of an event, each as its attribute and message. */
function violations(message) {
  try {
    parseEvent(message);
  } catch (error) {
    assert(error instanceof InvalidEventError && error instanceof Error, error);
    assert.equal(error.name, "InvalidEventError");
    return error.violations.map(({ attribute, code, message }) => [attribute, code, message]);
  }
  return [];
}

test("an event is what the sender wrote", () => {
  const text = ` {${REQUIRED},"time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"product",
    "operation":"modify","sequence":12,"fresh":true,"subject":null,"data":{"objectId":4711} } `;
  const expected = {
    specversion: "1.0", id: "e1", source: "s", type: "com.elytra.product",
    time: "2025-12-31T04:19:30.860984129+01:00", eventtype: "product", operation: "modify",
    sequence: 12, fresh: true, data: { objectId: 4711 },
  };
  for (const message of [text, { body: text }, { body: text, id: "m1", ack() {} }]) {
    const read = parseEvent(message);
    assert.deepEqual(read, expected, "an attribute that is null is absent");
    assert.equal(textOf(read), text);
    assert.equal(dataTextOf(read), `{"objectId":4711}`);
  }
});

test("the data are JSON, base64 or absent", () => {
  const cases = [
    ["none", ``, undefined, undefined],
    ["null is data too", `"data":null`, null, "null"],
    ["a string", `"data":"\\u00e9"`, "é", `"\\u00e9"`],
    ["white space around it is not data", `"data" : [ 1 ] `, [1], "[ 1 ]"],
    ["an escaped name", `"d\\u0061ta":1`, 1, "1"],
    ["a member of the same name further down", `"data":{"data":2}`, { data: 2 }, `{"data":2}`],
    ["null, so there is none", `"data_base64":null,"data":1`, 1, "1"],
  ];
  for (const [why, members, data, text] of cases) {
    const read = parseEvent(event(members));
    assert.deepEqual(read.data, data, why);
    assert.equal("data" in read, data !== undefined, why);
    assert.equal(dataTextOf(read), text, why);
  }
  const binary = parseEvent(event(`"data_base64":"AP97fQ=="`));
  assert.equal(binary.data_base64, "AP97fQ==");
  assert.equal(dataTextOf(binary), undefined);
});

test("a message that is not an event is refused, and the error says why and where", () => {
  const cases = [
    ["no message", undefined, "not_text", "expected text, found nothing"],
    ["none either", null, "not_text", "expected text, found nothing"],
    ["a message of the content type json", { body: { id: "e1" } }, "not_text", "expected text, found an object"],
    ["bytes", { body: new ArrayBuffer(8) }, "not_text", "expected text, found an object"],
    ["a batch instead of a message", { messages: [] }, "not_text", "expected text, found nothing"],
    ["a number", 5, "not_text", "expected text, found nothing"],
    ["nothing in it", "", "no_body", "the text is empty, expected JSON"],
    ["white space", " \n", "no_body", "the text is empty, expected JSON"],
    ["text", "hello", "not_json", "not JSON: unexpected character at position 0"],
    ["cut off", `{"id":"e1`, "not_json", "not JSON: it ends too early"],
    ["cut off in a value", `{"id":tru`, "not_json", "not JSON: unexpected character at position 6"],
    ["cut off after a colon", `{"id":`, "not_json", "not JSON: it ends too early"],
    ["a comma too many", `{"id":"e1",}`, "not_json", "not JSON: unexpected character at position 11"],
    ["a comma too few", `{"id":"e1" "a":1}`, "not_json", "not JSON: unexpected character at position 11"],
    ["no colon", `{"id" "e1"}`, "not_json", "not JSON: unexpected character at position 6"],
    ["a wrong bracket", `{"data":[1}}`, "not_json", "not JSON: unexpected character at position 10"],
    ["something after it", `{} {}`, "not_json", "not JSON: unexpected character at position 3"],
    ["a tab in a string", `{"id":"\t"}`, "not_json", "not JSON: unexpected character at position 7"],
    ["a wrong escape", `{"id":"\\x"}`, "not_json", "not JSON: unexpected character at position 8"],
    ["half an escape", `{"id":"\\u00g0"}`, "not_json", "not JSON: unexpected character at position 8"],
    ["a leading zero", `{"data":01}`, "not_json", "not JSON: unexpected character at position 9"],
    ["a plus sign", `{"data":+1}`, "not_json", "not JSON: unexpected character at position 8"],
    ["white space that JSON does not have", `{\u00a0}`, "not_json", "not JSON: unexpected character at position 1"],
    ["a byte order mark", `\ufeff{}`, "not_json", "not JSON: unexpected character at position 0"],
    ["a batch", `[${event()}]`, "not_an_object", "expected a JSON object, found an array"],
    ["a string", `"e1"`, "not_an_object", "expected a JSON object, found a string"],
    ["null", "null", "not_an_object", "expected a JSON object, found null"],
  ];
  for (const [why, message, code, text] of cases) {
    assert.deepEqual(violations(message), [[undefined, code, text]], why);
  }
});

test("an event that is wrong is refused with all that is wrong with it", () => {
  const missing = "required attribute is missing";
  const name = "an attribute's name is made of lower-case letters and digits only";
  const integer = "expected a whole number from -2147483648 to 2147483647";
  const cases = [
    ["nothing in it", "{}", ["specversion", "id", "source", "type"].map((name) => [name, "missing", missing])],
    ["null is absent", `{${REQUIRED.replace('"e1"', "null")}}`, [["id", "missing", missing]]],
    ["empty", `{${REQUIRED.replace('"e1"', '""')}}`, [["id", "empty", "must not be empty"]]],
    ["empty, although optional", event(`"subject":""`), [["subject", "empty", "must not be empty"]]],
    ["a number", `{${REQUIRED.replace('"e1"', "1")}}`, [["id", "wrong_type", "expected a string, found a number"]]],
    ["an object", event(`"ext":{}`), [["ext", "wrong_type", "expected a boolean, an integer or a string, found an object"]]],
    ["another version", event().replace('"1.0"', '"0.3"'), [["specversion", "unsupported_specversion", `unsupported version "0.3", expected "1.0"`]]],
    ["camel case", event(`"eventType":"x"`), [["eventType", "bad_name", name]]],
    ["a name that JavaScript treats specially", event(`"__proto__":"x"`), [["__proto__", "bad_name", name]]],
    ["twice", event(`"id":"e2"`), [["id", "repeated", "occurs more than once"]]],
    ["twice, once escaped", event(`"a":1,"\\u0061":1`), [["a", "repeated", "occurs more than once"]]],
    ["data twice", event(`"data":1,"data":2`), [["data", "repeated", "occurs more than once"]]],
    ["a fraction", event(`"n":1.5`), [["n", "not_an_integer", integer]]],
    ["a whole number with a fraction", event(`"n":1.0`), [["n", "not_an_integer", integer]]],
    ["too large", event(`"n":2147483648`), [["n", "not_an_integer", integer]]],
    ["a line feed", event(`"subject":"a😀\\nb"`), [["subject", "forbidden_character", "forbidden character U+000A at position 2"]]],
    ["no character", event(`"subject":"\\uffff"`), [["subject", "forbidden_character", "forbidden character U+FFFF at position 0"]]],
    ["half a character", event(`"subject":"\\ud83d"`), [["subject", "lone_surrogate", "half of a surrogate pair is not a character"]]],
    ["no reference", event().replace('"s"', '"a b"'), [["source", "not_a_uri_reference", "not a URI-reference by RFC 3986"]]],
    ["a relative one", event(`"dataschema":"/a"`), [["dataschema", "not_a_uri", "not an absolute URI by RFC 3986"]]],
    ["no media type", event(`"datacontenttype":"json"`), [["datacontenttype", "not_a_media_type", "not a media type by RFC 2046"]]],
    ["no base64", event(`"data_base64":"a"`), [["data_base64", "not_base64", "not base64 by RFC 4648 section 4"]]],
    ["base64 for URLs", event(`"data_base64":"_-8="`), [["data_base64", "not_base64", "not base64 by RFC 4648 section 4"]]],
    ["both", event(`"data":1,"data_base64":"AA=="`), [["data_base64", "data_twice", "data and data_base64 exclude each other"]]],
    ["many faults at once", event(`"time":"x","A":1`), [["A", "bad_name", name], ["time", "not_a_timestamp", "not an RFC 3339 timestamp: unexpected character 'x' at position 0, expected a digit"]]],
  ];
  for (const [why, text, expected] of cases) assert.deepEqual(violations(text), expected, why);
});

test("an error names the event, and says everything in its message", () => {
  const refused = (text) => {
    try {
      parseEvent(text);
    } catch (error) {
      return error;
    }
  };
  const error = refused(`{"id":"e1","source":"s","specversion":"1.0","time":"yesterday"}`);
  assert.equal(error.id, "e1");
  assert.equal(
    error.message,
    "not a CloudEvent: type: required attribute is missing; " +
      "time: not an RFC 3339 timestamp: unexpected character 'y' at position 0, expected a digit",
  );
  assert.equal(refused("{}").id, undefined);
  assert.equal(refused(`{"id":5}`).id, undefined, "an id that is wrong is none");
  const many = refused(`{${Array.from({ length: 300 }, (_, n) => `"X${n}":1`).join(",")}}`);
  assert.equal(many.violations.length, 256);
  assert.equal(many.violations[0].code, "too_many_attributes");
  const long = refused(event(`"${"X".repeat(1000)}":1`));
  assert.equal(long.violations[0].attribute, `${"X".repeat(256)}…`);
  assert(!refused(`{"data":"secret",,}`).message.includes("secret"), "data do not get into a log");
});

/** A call in binary mode. */
function call(headers, body) {
  const attributes = { "ce-specversion": "1.0", "ce-id": "e1", "ce-source": "s", "ce-type": "com.elytra.product" };
  return new Request("http://localhost/", { method: "POST", headers: { ...attributes, ...headers }, body });
}

test("a call is an event in structured or binary mode", async () => {
  const text = event(`"sequence":12,"data": { "objectId": 9007199254740993 }`);
  for (const contentType of ["application/cloudevents+json; charset=UTF-8", "Application/CloudEvents+JSON", "application/json"]) {
    const request = new Request("http://localhost/", { method: "POST", headers: { "content-type": contentType }, body: text });
    assert.equal(textOf(await parseRequest(request)), text, contentType);
  }

  const json = ` { "objectId": 9007199254740993 }\n`;
  const cases = [
    ["JSON as it came", { "content-type": "application/json" }, json, ["data", json.trim()]],
    ["JSON by its suffix", { "content-type": "a/b+JSON; x=y" }, "[1.50]", ["data", "[1.50]"]],
    ["JSON that nobody announced", {}, "1.0", ["data", "1.0"]],
    ["something else that nobody announced", {}, new TextEncoder().encode("{"), ["data_base64", "ew=="]],
    ["text", { "content-type": "text/plain" }, 'Grün "€"', ["data", '"Grün \\"€\\""']],
    ["text that says its charset", { "content-type": 'text/plain; charset="UTF-8"' }, "{}", ["data", '"{}"']],
    ["text in another charset", { "content-type": "text/plain; charset=iso-8859-1" }, "a", ["data_base64", "YQ=="]],
    ["text that is not what it says", { "content-type": "text/plain" }, new Uint8Array([0xff]), ["data_base64", "/w=="]],
    ["a byte order mark is text", { "content-type": "text/plain" }, "\ufeffa", ["data", '"\ufeffa"']],
    ["bytes", { "content-type": "image/png" }, new Uint8Array([0, 0xff, 0x7b, 0x7d]), ["data_base64", "AP97fQ=="]],
    ["many bytes", { "content-type": "image/png" }, new Uint8Array(100_000), ["data_base64", Buffer.alloc(100_000).toString("base64")]],
    ["nothing", { "content-type": "application/json" }, "", undefined],
  ];
  for (const [why, headers, body, data] of cases) {
    // Without a type, a text would be announced as one.
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const read = await parseRequest(call({ ...headers, "ce-subject": "50%20%25%20%C3%A4", "ce-sequence": "12" }, bytes));
    const [name, text] = data ?? [];
    assert.equal(name === "data" ? dataTextOf(read) : read.data_base64, text, why);
    assert.equal(read.datacontenttype, headers["content-type"], why);
    assert.equal(read.subject, "50 % ä", why);
    assert.equal(attributeOf(read, "sequence"), "12", "a header has no type");
    assert.deepEqual(parseEvent(textOf(read)), read, why);
  }
});

test("a call that is not an event is refused", async () => {
  const json = { "content-type": "application/json" };
  const cases = [
    ["not percent-encoded", { "ce-subject": "50%" }, "", "subject", "bad_header"],
    ["not UTF-8", { "ce-subject": "%C0%A0" }, "", "subject", "bad_header"],
    ["data in a header", { "ce-data": "1" }, "", "data", "reserved_name"],
    ["likewise", { "ce-data_base64": "AA==" }, "", "data_base64", "reserved_name"],
    ["a content type for which there is a header", { "ce-datacontenttype": "a/b" }, "", "datacontenttype", "header_for_content_type"],
    ["a name that is none", { "ce-event-type": "product" }, "", "event-type", "bad_name"],
    ["an empty id", { "ce-id": "" }, "", "id", "empty"],
    ["no time", { "ce-time": "yesterday" }, "", "time", "not_a_timestamp"],
    ["no media type", { "content-type": "json" }, "1", "datacontenttype", "not_a_media_type"],
    ["no JSON", json, "{", "data", "not_json"],
    ["more than a value", json, `1,"id":"e2"`, "data", "not_json"],
    ["JSON that is not UTF-8", json, new Uint8Array([0x22, 0xff, 0x22]), "data", "not_utf8"],
  ];
  for (const [why, headers, body, attribute, code] of cases) {
    const isFault = (error) => {
      assert(error instanceof InvalidEventError, why);
      assert.deepEqual(error.violations.map(({ attribute, code }) => [attribute, code]), [[attribute, code]], why);
      return true;
    };
    await assert.rejects(parseRequest(call(headers, body)), isFault, why);
  }
  const empty = new Request("http://localhost/", { method: "POST" });
  await assert.rejects(parseRequest(empty), /the text is empty/);
});

test("the text and the object are those of an event that was read, and of no copy", () => {
  const read = parseEvent(event());
  for (const ask of [textOf, dataTextOf, objectOf]) {
    assert.throws(() => ask({ ...read }), { name: "TypeError", message: /perhaps a copy/ });
  }
});

test("the event type is `eventtype`, or follows from `type`", () => {
  const cases = [
    ["named", `"eventtype":"product_text"`, "product_text"],
    ["derived", ``, "product"],
    ["empty, so derived", `"eventtype":""`, "product"],
    ["null, so derived", `"eventtype":null`, "product"],
    ["unknown", `"eventtype":"something_new"`, "something_new"],
    ["no string, but an attribute", `"eventtype":5`, "5"],
    ["dots are underscores", `"type":"com.elytra.product.attribute.value"`, "product_attribute_value"],
    ["nothing behind the prefix", `"type":"com.elytra."`, undefined],
    ["not Elytra's", `"type":"com.example.product"`, undefined],
  ];
  for (const [why, members, expected] of cases) {
    const text = members.startsWith(`"type"`) ? event().replace(`"type":"com.elytra.product"`, members) : event(members);
    const read = parseEvent(text);
    assert.equal(eventTypeOf(read), expected, why);
    assert.equal(isEventType(read, "document", expected ?? "none"), expected !== undefined, why);
    assert.equal(isEventType(read, "document"), false, why);
    assert.equal(isEventType(read), false, why);
  }
});

test("other attributes", () => {
  const read = parseEvent(event(`"operation":"modify","locale":"de","n":0,"flag":false,"data":1`));
  assert.equal(operationOf(read), "modify");
  assert.equal(operationOf(parseEvent(event(`"operation":""`))), undefined);
  assert.equal(operationOf(parseEvent(event())), undefined);
  const values = ["locale", "n", "flag", "id", "data", "absent", "toString"].map((name) => attributeOf(read, name));
  assert.deepEqual(values, ["de", 0, false, "e1", undefined, undefined, undefined]);
});

test("the object is read to the last digit", () => {
  const cases = [
    ["what Elytra sends", `{"objectId":4711,"objectType":"product","objectData":{"a":1}}`, { id: "4711", type: "product", data: { a: 1 } }],
    ["2^53 + 1", `{"objectId":9007199254740993}`, { id: "9007199254740993" }],
    ["as long as it likes", `{"objectId":-1234567890123456789012345678901234567890}`, { id: "-1234567890123456789012345678901234567890" }],
    ["a string", `{"objectId":"4711"}`, { id: "4711" }],
    ["an escape", `{"objectId":"\\u0041","object\\u0054ype":"\\u0042"}`, { id: "A", type: "B" }],
    ["the empty string", `{"objectId":"","objectType":""}`, { id: "", type: "" }],
    ["a fraction is no id", `{"objectId":1.0}`, {}],
    ["nor is a power of ten", `{"objectId":1e3}`, {}],
    ["nor is an object", `{"objectId":{"objectId":1},"objectType":["product"]}`, {}],
    ["nor is half a character", `{"objectId":"\\ud83d","objectType":"\\ud83d"}`, {}],
    ["null is absent", `{"objectId":null,"objectType":null,"objectData":null}`, {}],
    ["data that are false", `{"objectData":false}`, { data: false }],
    ["further down is something else", `{"a":{"objectId":1},"b":"\\"objectId\\":2"}`, {}],
    ["white space", ` { "objectId" : 1 , "objectType" : "a" } `, { id: "1", type: "a" }],
    ["twice is ambiguous", `{"objectId":1,"objectId":2,"objectType":"product"}`, {}],
    ["another member twice is not", `{"a":1,"a":2,"objectId":1}`, { id: "1" }],
    ["no object", `[1]`, {}],
    ["no object either", `"objectId"`, {}],
    ["nothing in it", `{}`, {}],
  ];
  for (const [why, data, expected] of cases) {
    assert.deepEqual(objectOf(parseEvent(event(`"data":${data}`))), expected, why);
  }
  assert.deepEqual(objectOf(parseEvent(event())), {});
  assert.deepEqual(objectOf(parseEvent(event(`"data_base64":"AA=="`))), {});
});

test("times compare to the nanosecond, whatever their offsets", () => {
  const at = (time) => timeOf(parseEvent(event(`"time":"${time}"`)));
  assert.equal(at("1970-01-01T00:00:00Z"), 0n);
  assert.equal(at("2025-12-31T04:19:30.860984129+01:00"), 1_767_151_170_860_984_129n);
  assert.equal(at("2025-12-31T03:19:30.8609841299z"), at("2025-12-31T04:19:30.860984129+01:00"), "later digits are cut off");
  assert.equal(at("2025-12-31t22:00:00-02:30"), at("2026-01-01T00:30:00Z"));
  assert.equal(at("2016-12-31T23:59:60.5Z"), at("2017-01-01T00:00:00.5Z"), "a leap second");
  assert.equal(at("0001-01-01T00:00:00Z"), -62_135_596_800_000_000_000n, "a year is not in this century");
  assert.equal(timeOf(parseEvent(event())), undefined);
});

// ---- Large events

const DATAREF = `"dataref":"kv:CLAIMS/a-_9#/data"`;

/** A namespace that holds these values and notes which keys were read. */
function namespace(values) {
  const read = [];
  return {
    read,
    get: async (key) => {
      read.push(key);
      return values[key] ?? null;
    },
  };
}

test("only a reference to CLAIMS is followed", async () => {
  const cases = [
    ["JSON", DATAREF, "a-_9"],
    ["binary data", `"dataref":"kv:CLAIMS/a#/data_base64"`, "a"],
    ["a key may have a solidus", `"dataref":"kv:CLAIMS/a/b#/data"`, "a/b"],
    ["none", ``, undefined],
    ["another namespace", `"dataref":"kv:OTHER/a#/data"`, undefined],
    ["another scheme", `"dataref":"https://example.com/CLAIMS/a#/data"`, undefined],
    ["as it is written, and no other way", `"dataref":"KV:CLAIMS/a#/data"`, undefined],
    ["no pointer", `"dataref":"kv:CLAIMS/a"`, undefined],
    ["another one", `"dataref":"kv:CLAIMS/a#/subject"`, undefined],
    ["deeper", `"dataref":"kv:CLAIMS/a#/data/b"`, undefined],
    ["two of them", `"dataref":"kv:CLAIMS/a#/data#/data"`, undefined],
    ["no key", `"dataref":"kv:CLAIMS/#/data"`, undefined],
    ["no text", `"dataref":5`, undefined],
    ["nothing is missing", `${DATAREF},"data":1`, undefined],
    ["null is not missing", `${DATAREF},"data":null`, undefined],
    ["no binary data are missing", `${DATAREF},"data_base64":"AA=="`, undefined],
  ];
  for (const [why, members, key] of cases) {
    const message = parseEvent(event(members));
    assert.deepEqual(datarefOf(message), key && { binding: "CLAIMS", key }, why);
    const claims = namespace({ [key]: event(`"data":1`) });
    const whole = await followDataref(message, claims);
    assert.deepEqual(claims.read, key === undefined ? [] : [key], why);
    if (key === undefined) assert.equal(whole, message, why);
    else assert.equal(textOf(whole), event(`"data":1`), why);
  }
});

test("only the same event is the whole of a message", async () => {
  const message = `"subject":"a","n":1,${DATAREF}`;
  const other = "what is stored is an event with other attributes";
  const cases = [
    ["the order does not matter", event(`"n":1,"data":[1, 2],"subject":"a"`), undefined],
    ["a number is the same as its text, as in a header", event(`"n":"1","data":1,"subject":"a"`), undefined],
    ["null is absent", event(`"n":1,"data":1,"subject":"a","x":null`), undefined],
    ["another subject", event(`"subject":"b","n":1,"data":1`), ["other_attributes", other]],
    ["another id", event(`"subject":"a","n":1,"data":1`).replace("e1", "e2"), ["other_attributes", other]],
    ["an attribute less", event(`"subject":"a","data":1`), ["other_attributes", other]],
    ["an attribute more", event(`"subject":"a","n":1,"x":1,"data":1`), ["other_attributes", other]],
    ["no event", "{}", ["not_an_event", "what is stored is not an event"]],
    ["no text", "", ["not_an_event", "what is stored is not an event"]],
    ["nothing", undefined, ["not_there_yet", "the whole event is not in CLAIMS yet: retry in 60 seconds"]],
  ];
  for (const [why, stored, expected] of cases) {
    const followed = followDataref(parseEvent(event(message)), namespace({ "a-_9": stored }));
    if (expected) {
      const [code, message] = expected;
      const delaySeconds = code === "not_there_yet" ? 60 : undefined;
      await assert.rejects(followed, { name: "DatarefError", code, message, delaySeconds }, why);
      await assert.rejects(followed, DatarefError, why);
    } else {
      assert.equal(textOf(await followed), stored, why);
    }
  }
});

test("a namespace that is missing or fails is not a key that is missing", async () => {
  const message = parseEvent(event(DATAREF));
  await assert.rejects(followDataref(message, undefined), { name: "TypeError", message: /bind the one/ });
  const broken = { get: () => Promise.reject(new Error("KV is down")) };
  await assert.rejects(followDataref(message, broken), { name: "Error", message: "KV is down" });
});

test("the lists cannot be changed", () => {
  assert.equal(EVENT_TYPES.length, 73);
  assert.equal(OPERATIONS.length, 5);
  assert.throws(() => EVENT_TYPES.push("something_new"), TypeError);
});

test("data can be nested as deeply as JSON.parse allows, and be as large as KV", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  assert.equal(dataTextOf(parseEvent(event(`"data":${deep}`))), deep);
  const large = JSON.stringify("x\\\"é".repeat(5_000_000));
  assert.equal(dataTextOf(parseEvent(event(`"data":${large}`))).length, large.length);
});
