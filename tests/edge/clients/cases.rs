//! The events that the clients send, and their expected fates on the client's side.

use serde_json::{Map, Value, json};

/// An event that each client sends in each of its modes.
pub(super) struct Case {
    pub(super) why: &'static str,
    /// In the JSON format, without the attributes that all events have.
    pub(super) event: Value,
    /// Its fates in structured mode, and in a batch.
    pub(super) structured: Fates,
    /// Its fates in binary mode.
    pub(super) binary: Fates,
}

/// The fate of an event for each client.
#[derive(Clone, Copy)]
pub(super) struct Fates {
    pub(super) javascript: Fate,
    pub(super) python: Fate,
}

/// The fate of an event. All except the first are bugs or limits of the client.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    /// It arrives as intended.
    Same,
    /// The client changes it, and it arrives like this.
    Changed(fn(&mut Map<String, Value>)),
    /// The client sends an invalid event, which is refused for this attribute with this code.
    Refused(&'static str, &'static str),
    /// The client fails with this error, and sends nothing.
    NotSent(&'static str),
}

use Fate::{Changed, NotSent, Refused, Same};

const BOTH_SAME: Fates = Fates { javascript: Same, python: Same };

/// Only JavaScript has the problem.
const fn javascript(javascript: Fate) -> Fates {
    Fates { javascript, python: Same }
}

/// Only Python has the problem.
const fn python(python: Fate) -> Fates {
    Fates { javascript: Same, python }
}

fn set(event: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    event.insert(name.to_owned(), value.into());
}

/// The JavaScript SDK writes every time in UTC with milliseconds.
const UTC_MILLISECONDS: Fate = Changed(|event| set(event, "time", "2025-12-31T03:19:30.860Z"));
/// The Python SDK has microseconds at best.
const MICROSECONDS: Fate = Changed(|event| set(event, "time", "2025-12-31T04:19:30.860984+01:00"));

/// Both clients have the same problem.
const fn both(fate: Fate) -> Fates {
    Fates { javascript: fate, python: fate }
}

const NO_DATA: Fate = Changed(|event| drop(event.remove("data")));

const JSON: &str = "application/json";

pub(super) fn cases() -> Vec<Case> {
    [attributes(), subjects(), data()].into_iter().flatten().collect()
}

fn attributes() -> Vec<Case> {
    vec![
        Case {
            why: "every attribute there is",
            event: json!({
                "dataschema": "https://elytra.example/schema?a=b#c", "subject": "a/b;c=d,e",
                "eventtype": "product", "operation": "modify",
                "correlationid": "~!@#$^&*()[]{}|\\'`<>?",
                "datacontenttype": "application/vnd.elytra+json; charset=utf-8",
                "data": { "objectId": 4711, "name": "Grün \"€\" 😀", "none": null, "list": [1, -2.5] },
            }),
            structured: BOTH_SAME,
            binary: BOTH_SAME,
        },
        Case {
            why: "a time with a fraction and an offset",
            event: json!({
                "time": "2025-12-31T04:19:30.860984129+01:00",
                "datacontenttype": JSON, "data": {},
            }),
            structured: Fates { javascript: UTC_MILLISECONDS, python: MICROSECONDS },
            binary: Fates { javascript: UTC_MILLISECONDS, python: MICROSECONDS },
        },
        Case {
            why: "integers and booleans; the Python SDK writes a boolean as Python does",
            event: json!({
                "answer": -42, "most": 2_147_483_647, "yes": true, "no": false,
                "datacontenttype": JSON, "data": {},
            }),
            structured: BOTH_SAME,
            binary: python(Changed(|event| {
                set(event, "yes", "True");
                set(event, "no", "False");
            })),
        },
        Case {
            why: "a URI with an encoded space, whose '%' the JavaScript SDK does not encode",
            event: json!({
                "dataschema": "https://elytra.example/a%20b",
                "datacontenttype": JSON, "data": {},
            }),
            structured: BOTH_SAME,
            binary: javascript(Refused("dataschema", "not_a_uri")),
        },
    ]
}

/// Strings that a header must not contain unencoded. The JavaScript SDK encodes none of them.
fn subjects() -> Vec<Case> {
    let subject = |why, subject: &str, javascript_binary| Case {
        why,
        event: json!({ "subject": subject, "datacontenttype": JSON, "data": {} }),
        structured: BOTH_SAME,
        binary: javascript(javascript_binary),
    };
    let becomes_a = Changed(|event| set(event, "subject", "a"));
    let becomes_a_percent = Changed(|event| set(event, "subject", "A%"));
    let bad_header = Refused("subject", "bad_header");
    vec![
        subject("spaces, quotes and a backslash within", "a \"b\"  c\\d", Same),
        subject("spaces around, which HTTP takes off", " a ", becomes_a),
        subject("quotes around, which are a quoted string's", "\"a\"", becomes_a),
        subject("a quote in front, which begins a quoted string", "\"a\" b", bad_header),
        subject("a percent sign, which begins an encoded byte", "100 %", bad_header),
        subject("what looks encoded, and is taken to be", "%41%25", becomes_a_percent),
        subject("letters that Node sends as ISO 8859-1", "Größe", bad_header),
        subject("letters that Node does not send", "€ 😀", NotSent("Invalid character in header")),
    ]
}

fn data() -> Vec<Case> {
    let data = |why, content_type: &str, data: Value, structured, binary| Case {
        why,
        event: json!({ "datacontenttype": content_type, "data": data }),
        structured,
        binary,
    };
    let not_json = Refused("data", "not_json");
    // Node's `write` takes a string or bytes, and the SDK produces neither here.
    let not_written = NotSent("ERR_INVALID_ARG_TYPE");
    let becomes_a_number = Changed(|event| set(event, "data", 42));
    let as_in_python = Fates { javascript: not_written, python: not_json };
    vec![
        data("text", "text/plain", "Grün \"€\"\r\n{} 😀".into(), BOTH_SAME, BOTH_SAME),
        data("a JSON string, sent without quotes", JSON, "a b".into(), BOTH_SAME, both(not_json)),
        data("one like a number", JSON, "42".into(), BOTH_SAME, both(becomes_a_number)),
        data("an array, sent as Python's", JSON, json!([1, "a"]), BOTH_SAME, python(not_json)),
        data("a number", JSON, 42.into(), BOTH_SAME, javascript(not_written)),
        data("a boolean, sent as Python's", JSON, false.into(), BOTH_SAME, as_in_python),
        data("null, none to Python", JSON, Value::Null, python(NO_DATA), python(NO_DATA)),
        data("an empty text is an empty body", "text/plain", "".into(), BOTH_SAME, both(NO_DATA)),
        Case {
            why: "bytes",
            event: json!({
                "datacontenttype": "application/octet-stream", "data_base64": "AP/+e30KDQ==",
            }),
            structured: BOTH_SAME,
            binary: BOTH_SAME,
        },
        Case {
            why: "no data",
            event: json!({ "subject": "none" }),
            structured: BOTH_SAME,
            binary: javascript(not_written),
        },
    ]
}
