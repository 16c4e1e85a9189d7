//! The KV entry of an event: a key of its own within KV's limits, and metadata as far as it fits.

use elytra_events::CloudEvent;
use elytra_webhooks::limits::{MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES};
use elytra_webhooks::platform::KvEntry;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::property;

fn event(source: &str, id: &str) -> String {
    json!({ "specversion": "1.0", "source": source, "id": id, "type": "t" }).to_string()
}

fn key(subscription: &str, source: &str, id: &str) -> String {
    let text = event(source, id);
    KvEntry::new(subscription, &CloudEvent::from_json(&text).unwrap(), None).key
}

#[track_caller]
fn check_key(why: &str, source: &str, id: &str, expected: &str) {
    assert_eq!(key("a", source, id), expected, "{why}");
}

#[test]
fn keys_are_percent_encoded() {
    check_key("what Elytra sends", "elytra-pim", "385d27ef-ac6d", "a/elytra-pim/385d27ef-ac6d");
    check_key("RFC 3986 2.3: unreserved ones stay", "a-._~Z9", "a-._~Z9", "a/a-._~Z9/a-._~Z9");
    check_key("a solidus would shift the parts", "a/b", "c/d", "a/a%2Fb/c%2Fd");
    check_key("a percent sign would make codes of text", "a%20b", "%2F", "a/a%2520b/%252F");
    check_key("an equals sign marks a digest", "sha256=x", "=", "a/sha256%3Dx/%3D");
    check_key("UTF-8, byte by byte", "s", "é€😀", "a/s/%C3%A9%E2%82%AC%F0%9F%98%80");
    check_key("spaces", "s", " ", "a/s/%20");
    check_key("KV has no key . or .., and these are none", "..", ".", "a/../.");
}

#[test]
fn long_keys_are_hashed() {
    let room = MAX_KV_KEY_BYTES - "a/s/".len();
    let fits = "x".repeat(room);
    assert_eq!(key("a", "s", &fits), format!("a/s/{fits}"), "exactly 512 bytes");
    assert_eq!(
        key("a", "s", &"x".repeat(room + 1)),
        "a/sha256=xAdsg4WR5mSQcbABwSJwmXgZL8DKjprHmz2XQ36wEFY",
        "one byte more: the SHA-256 of s/xxx..., in base64url"
    );
    let encoded = key("a", "s", &" ".repeat(200));
    assert!(encoded.starts_with("a/sha256="), "what counts is the encoded length: {encoded}");
    let name = "n".repeat(64);
    assert!(key(&name, "s", &fits).starts_with(&format!("{name}/sha256=")), "the longest name");
}

/// A subscription's name as the configuration allows it.
fn name() -> impl Strategy<Value = String> {
    "[a-z0-9_]{1,3}|[a-z0-9_]{64}"
}

fn source() -> impl Strategy<Value = String> {
    "[a-z/.=]{1,6}|[a-z]{600}"
}

fn id() -> impl Strategy<Value = String> {
    r"[a/%=.]{1,3}|\PC{1,400}"
}

#[test]
fn a_key_belongs_to_one_event_and_fits() {
    property(((name(), source(), id()), (name(), source(), id())), |(a, b)| {
        let key_a = key(&a.0, &a.1, &a.2);
        let key_b = key(&b.0, &b.1, &b.2);
        assert_eq!(key_a == key_b, a == b, "{key_a} and {key_b}");
        assert!(key_a.len() <= MAX_KV_KEY_BYTES && key_a.is_ascii(), "{key_a}");
        assert!(!key_a.bytes().any(|byte| byte.is_ascii_control() || byte == b' '), "{key_a}");
        assert!(key_a.starts_with(&format!("{}/", a.0)), "{key_a}");
    });
}

#[test]
fn parts_cannot_be_shifted() {
    property(r"[a-z/]{3,12}", |text| {
        for at in 1..text.len() - 1 {
            let (first, second) = text.split_at(at);
            let (shifted, rest) = text.split_at(at + 1);
            assert_ne!(key("a", first, second), key("a", shifted, rest), "{text}");
        }
    });
}

#[test]
fn the_entry_holds_the_event_and_how_long() {
    let text = format!(" {} ", event("s", "1"));
    let event = CloudEvent::from_json(&text).unwrap();
    let entry = KvEntry::new("a", &event, Some(60));
    assert_eq!((entry.value, entry.expiration_ttl), (&*text, Some(60)), "verbatim");
    assert_eq!(KvEntry::new("a", &event, None).expiration_ttl, None);
}

#[track_caller]
fn check_metadata(why: &str, changes: &Value, expected: &str) {
    let mut value = json!({ "specversion": "1.0", "source": "s", "id": "1", "type": "t" });
    for (name, attribute) in changes.as_object().unwrap() {
        value[name] = attribute.clone();
    }
    let text = value.to_string();
    let event = CloudEvent::from_json(&text).unwrap();
    let entry = KvEntry::new("a", &event, None);
    let metadata = serde_json::to_string(&entry.metadata).unwrap();
    assert_eq!(metadata, expected, "{why}");
}

#[test]
fn metadata_shows_what_fits() {
    check_metadata(
        "all five",
        &json!({
            "type": "com.elytra.product", "eventtype": "product", "operation": "add",
            "time": "2025-12-31T04:19:30.860984129+01:00", "subject": "é\"",
        }),
        r#"{"type":"com.elytra.product","eventtype":"product","operation":"add","time":"2025-12-31T04:19:30.860984129+01:00","subject":"é\""}"#,
    );
    check_metadata("what is absent is not there", &json!({}), r#"{"type":"t"}"#);
    check_metadata(
        "the event type is told from type",
        &json!({ "type": "com.elytra.product.text" }),
        r#"{"type":"com.elytra.product.text","eventtype":"product_text"}"#,
    );
    let fits = "x".repeat(1024 - r#"{"type":"t","subject":""}"#.len());
    let all = format!(r#"{{"type":"t","subject":"{fits}"}}"#);
    check_metadata("exactly 1,024 bytes", &json!({ "subject": fits }), &all);
    let too_long = format!("{fits}x");
    check_metadata(
        "one more: left out, not cut",
        &json!({ "subject": too_long }),
        r#"{"type":"t"}"#,
    );
    check_metadata(
        "bytes, not characters",
        &json!({ "subject": "é".repeat(600) }),
        r#"{"type":"t"}"#,
    );
    check_metadata(
        "what comes behind a field that does not fit is still there",
        &json!({ "type": "x".repeat(2000), "operation": "add", "subject": "s" }),
        r#"{"operation":"add","subject":"s"}"#,
    );
    let time = "2025-12-31T04:19:30Z";
    check_metadata(
        "time comes first, since the newest state of an object is told by it",
        &json!({ "type": "x".repeat(1000), "time": time }),
        &format!(r#"{{"time":"{time}"}}"#),
    );
}

#[test]
fn metadata_always_fits_and_is_never_shortened() {
    let short_or_long = || option::of(r"\PC{1,30}|\PC{300,1200}");
    property((short_or_long(), short_or_long(), short_or_long()), |(type_, eventtype, subject)| {
        let text = json!({
            "specversion": "1.0", "source": "s", "id": "1", "type": type_.unwrap_or("t".into()),
            "eventtype": eventtype, "subject": subject, "operation": "add",
        })
        .to_string();
        let event = CloudEvent::from_json(&text).unwrap();
        let entry = KvEntry::new("a", &event, None);
        let metadata = serde_json::to_value(&entry.metadata).unwrap();
        assert!(metadata.to_string().len() <= MAX_KV_METADATA_BYTES);
        let all = text.parse::<Value>().unwrap();
        for (name, value) in metadata.as_object().unwrap() {
            assert_eq!(value, &all[name], "{name}");
        }
    });
}
