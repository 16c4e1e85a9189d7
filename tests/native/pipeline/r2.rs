//! R2: one object per event, which a retry overwrites.

use elytra_webhooks::config::{Binding, Config};
use elytra_webhooks::destination::MAX_PREFIX_BYTES;
use elytra_webhooks::limits::{MAX_R2_KEY_BYTES, MAX_R2_METADATA_BYTES};
use elytra_webhooks::plan::SLOW_WRITE_MS;
use serde_json::Value;

use super::batches::numbered;
use super::dedupe::WINDOW;
use super::{
    Answer, Expected, Memory, Request, WEBHOOK, ask, batch, check_answer, configure_with,
    webhook_with,
};
use crate::memory::{ALWAYS, Fault, StoredObject};
use crate::support::event;

const BUCKETS: [(&str, Binding); 2] = [("ARCHIVE", Binding::R2), ("OTHER_R2", Binding::R2)];

/// Every event goes to a bucket, with this prefix.
fn archive(webhook: &str, prefix: &str) -> Config {
    let r2 = format!(r#"{{"r2":{{"binding":"ARCHIVE","prefix":"{prefix}"}}}}"#);
    configure_with(&BUCKETS, webhook, &[("A", &r2)])
}

/// The one object that an event with these members becomes.
#[track_caller]
fn object_of(members: &str) -> (String, StoredObject) {
    let memory = Memory::default();
    let answer = ask(Ok(&archive(WEBHOOK, "")), Request::event(members), &memory);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let [object] = &memory.bucket("ARCHIVE")[..] else { panic!("one object") };
    object.clone()
}

/// The keys in the bucket.
fn keys(memory: &Memory) -> Vec<String> {
    memory.bucket("ARCHIVE").into_iter().map(|(key, _)| key).collect()
}

#[test]
fn an_object_for_each_event() {
    let memory = Memory::default();
    let members = r#""subject":"a b","datacontenttype":"application/json","time":"2025-11-30T23:59:59Z","eventtype":"product", "data": 1.0 "#;
    let answer = ask(Ok(&archive(WEBHOOK, "elytra/")), Request::event(members), &memory);
    let expected = Expected {
        status: 202,
        headers: "",
        body: r#"{"code":"accepted","id":"1","subscriptions":["a"]}"#,
        log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","subject":"a b","subscriptions":["a"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
    };
    check_answer("for the sender it is a destination like any other", &answer, &expected);
    let metadata = [
        ("specversion", "1.0"),
        ("id", "1"),
        ("source", "s"),
        ("type", "t"),
        ("datacontenttype", "application/json"),
        ("subject", "a%20b"),
        ("time", "2025-11-30T23:59:59Z"),
        ("eventtype", "product"),
    ];
    let [(key, object)] = &memory.bucket("ARCHIVE")[..] else { panic!("one object") };
    assert_eq!(key, "elytra/2025-11-30/a/s/1");
    assert_eq!(object.body, event(members), "byte for byte");
    assert_eq!(object.content_type, "application/cloudevents+json");
    let mut found = object.metadata.clone();
    found.sort();
    let mut expected = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_date_is_that_of_the_time_in_utc() {
    // It is 2025-12-01T00:00:00Z, and a `time` up to five minutes ahead is accepted.
    for (why, time, date) in [
        ("the day before, west of here", r#""time":"2025-11-30T20:00:00-03:00""#, "2025-11-30"),
        ("and the day after", r#""time":"2025-11-29T22:00:00-03:00""#, "2025-11-30"),
        ("east of here", r#""time":"2025-11-30T00:30:00+01:00""#, "2025-11-29"),
        ("a leap second", r#""time":"2016-12-31T23:59:60Z""#, "2016-12-31"),
        ("long ago", r#""time":"0001-01-01T00:00:00Z""#, "0001-01-01"),
        ("before the first year there is", r#""time":"0000-01-01T00:00:00+01:00""#, "0000-01-01"),
        ("none: that of the arrival", r#""subject":"s""#, "2025-12-01"),
        ("as far ahead as is believed", r#""time":"2025-12-01T00:05:00Z""#, "2025-12-01"),
        ("a wrong clock: that of the arrival", r#""time":"2031-01-01T00:00:00Z""#, "2025-12-01"),
        ("the last year there is", r#""time":"9999-12-31T23:59:59-01:00""#, "2025-12-01"),
    ] {
        assert_eq!(object_of(time).0, format!("{date}/a/s/1"), "{why}");
    }
}

#[test]
fn a_sender_cannot_leave_the_folder() {
    let config = archive(WEBHOOK, "");
    for (source, id, path) in
        [("..", "..", "%2E%2E/%2E%2E"), (".", "1", "%2E/1"), ("...", "a.b", ".../a.b")]
    {
        let text = event(r#""time":"2025-12-01T00:00:00Z""#)
            .replace(r#""source":"s""#, &format!(r#""source":"{source}""#))
            .replace(r#""id":"1""#, &format!(r#""id":"{id}""#));
        let memory = Memory::default();
        assert_eq!(ask(Ok(&config), Request::body(text), &memory).status, 202, "{source}");
        assert_eq!(keys(&memory), [format!("2025-12-01/a/{path}")], "RFC 3986 section 5.2.4");
    }
}

#[test]
fn a_key_always_fits() {
    let prefix = "p".repeat(MAX_PREFIX_BYTES);
    let config = archive(WEBHOOK, &prefix);
    for (id_bytes, key_bytes) in [(508, 256 + 11 + 512), (509, 256 + 11 + "a/sha256=".len() + 43)] {
        let text = event("").replace(r#""id":"1""#, &format!(r#""id":"{}""#, "x".repeat(id_bytes)));
        let memory = Memory::default();
        assert_eq!(ask(Ok(&config), Request::body(text), &memory).status, 202);
        let [key] = &keys(&memory)[..] else { panic!("one object") };
        assert!(key.starts_with(&prefix) && key.len() <= MAX_R2_KEY_BYTES, "{key}");
        assert_eq!(key.len(), key_bytes, "a path as long as in KV");
    }
}

#[test]
fn values_are_encoded_as_in_headers() {
    let (_, object) = object_of(r#""subject":"50 % \"ä😀\"","number":-5,"flag":true"#);
    let value = |name: &str| {
        let field = object.metadata.iter().find(|(found, _)| found == name);
        field.map(|(_, value)| value.as_str())
    };
    assert_eq!(
        value("subject"),
        Some("50%20%25%20%22%C3%A4%F0%9F%98%80%22"),
        "HTTP binding 3.1.3.2"
    );
    assert_eq!((value("number"), value("flag")), (Some("-5"), Some("true")));
}

#[test]
fn what_does_not_fit_in_the_metadata_is_left_out() {
    let bytes = |object: &StoredObject| -> usize {
        object.metadata.iter().map(|(name, value)| name.len() + value.len()).sum()
    };
    let names = |object: &StoredObject| -> Vec<String> {
        object.metadata.iter().map(|(name, _)| name.clone()).collect()
    };
    let rest = ["specversion", "id", "source", "type"];
    for (why, value) in [
        ("as it is", "x".repeat(MAX_R2_METADATA_BYTES)),
        ("once it is encoded", "é".repeat(MAX_R2_METADATA_BYTES / 6)),
    ] {
        let (_, object) = object_of(&format!(r#""subject":"{value}","after":"y""#));
        assert_eq!(names(&object), [&rest[..], &["after"]].concat(), "{why}");
    }
    let many: Vec<_> =
        (100..300).map(|number| format!(r#""a{number}":"{}""#, "x".repeat(90))).collect();
    let (_, object) = object_of(&many.join(","));
    assert!((7_000..=MAX_R2_METADATA_BYTES).contains(&bytes(&object)), "{}", bytes(&object));
    assert_eq!(names(&object)[..4], rest, "what the specification names comes first");
}

#[test]
fn a_failure_is_retried_and_replaced() {
    let config = archive(WEBHOOK, "");
    for fault in [Fault::Fails, Fault::LosesAnswer, Fault::Hangs, Fault::HangsAfterwards] {
        let memory = Memory::default().with("ARCHIVE", "put_object", fault, ALWAYS);
        let request = || Request::event(r#""time":"2025-11-30T00:00:00Z""#);
        let answer = ask(Ok(&config), request(), &memory);
        assert_eq!(answer.status, 503, "{fault:?}: {}", answer.body);
        assert!(answer.body.ends_with(r#""failed":["a"],"held":[]}"#), "{}", answer.body);
        memory.repair();
        memory.time.pass(86_400_000);
        assert_eq!(ask(Ok(&config), request(), &memory).status, 202, "{fault:?}");
        assert_eq!(keys(&memory), ["2025-11-30/a/s/1"], "{fault:?}: the day after, too");
    }
}

/// The date is that of the arrival, so on another day the event would become another object. Deduplication
/// prevents that.
#[test]
fn an_event_without_time_is_written_once_while_it_is_remembered() {
    let request = || Request::event("");
    for (why, webhook, status, count) in [
        ("nothing is remembered", WEBHOOK.to_owned(), 202, 2),
        ("a day later it still is", webhook_with(r#""dedupe_window_seconds":604800"#), 200, 1),
    ] {
        let config = archive(&webhook, "");
        let memory = Memory::default();
        assert_eq!(ask(Ok(&config), request(), &memory).status, 202, "{why}");
        memory.time.pass(86_400_000);
        assert_eq!(ask(Ok(&config), request(), &memory).status, status, "{why}");
        assert_eq!(memory.bucket("ARCHIVE").len(), count, "{why}");
    }
}

#[test]
fn another_bucket_or_prefix_is_another_place() {
    let before = r#"{"binding":"ARCHIVE"}"#;
    for (why, after, status) in [
        ("nothing has changed", before, 200),
        ("an empty prefix is none", r#"{"binding":"ARCHIVE","prefix":""}"#, 200),
        ("another prefix", r#"{"binding":"ARCHIVE","prefix":"x/"}"#, 202),
        ("another bucket", r#"{"binding":"OTHER_R2"}"#, 202),
    ] {
        let config = |r2: &str| {
            let subscription = format!(r#"{{"r2":{r2}}}"#);
            configure_with(&BUCKETS, &webhook_with(WINDOW), &[("A", &subscription)])
        };
        let memory = Memory::default();
        assert_eq!(ask(Ok(&config(before)), Request::event(""), &memory).status, 202, "{why}");
        memory.time.pass(1_000);
        let answer = ask(Ok(&config(after)), Request::event(""), &memory);
        assert_eq!(answer.status, status, "{why}: {}", answer.body);
    }
}

#[test]
fn subscriptions_share_a_bucket() {
    let r2 = r#"{"r2":{"binding":"ARCHIVE"}}"#;
    let config = configure_with(&BUCKETS, &webhook_with(WINDOW), &[("A", r2), ("B", r2)]);
    let memory = Memory::default();
    let answer = ask(Ok(&config), Request::event(""), &memory);
    assert_eq!(answer.body, r#"{"code":"accepted","id":"1","subscriptions":["a","b"]}"#);
    assert_eq!(keys(&memory), ["2025-12-01/a/s/1", "2025-12-01/b/s/1"]);
}

#[test]
fn a_batch_is_an_object_for_each_event() {
    let [one, two] = [1, 2].map(|id| numbered(id, "product"));
    let changed = one.replace('}', r#","subject":"changed"}"#);
    let memory = Memory::default();
    let answer = ask(Ok(&archive(WEBHOOK, "")), batch(&[one, two, changed.clone()]), &memory);
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(keys(&memory), ["2025-12-01/a/s/1", "2025-12-01/a/s/2"]);
    assert_eq!(memory.bucket("ARCHIVE")[0].1.body, changed, "the last of one key");
    assert_eq!(memory.count("ARCHIVE", "put_object"), 2, "and only that");
}

/// Without deduplication, a batch that is sent again starts over.
#[test]
fn a_batch_that_needs_too_many_writes_is_refused() {
    let subscriptions =
        [("A", r#"{"r2":{"binding":"ARCHIVE"}}"#), ("B", r#"{"kv":{"binding":"KV"}}"#)];
    let config = configure_with(&BUCKETS, WEBHOOK, &subscriptions);
    let events = |count: usize| (0..count).map(|id| numbered(id, "product")).collect::<Vec<_>>();
    let memory = Memory::with_latency(SLOW_WRITE_MS);
    assert_eq!(ask(Ok(&config), batch(&events(60)), &memory).status, 202);
    let Answer { status, body, .. } = ask(Ok(&config), batch(&events(61)), &memory);
    let body: Value = body.parse().unwrap();
    let detail = "the batch needs 122 writes to KV and R2, but only 120 fit in the time budget: send fewer \
                  events at once, increase time_budget_ms, or set dedupe_window_seconds";
    assert_eq!((status, &body["detail"]), (413, &detail.into()));
}

#[test]
fn a_large_event_is_an_object_like_any_other() {
    let config = archive(&webhook_with(r#""max_body_bytes":8388608"#), "");
    let text = event(&format!(r#""data":"{}""#, "x".repeat(8_000_000)));
    let memory = Memory::default();
    assert_eq!(ask(Ok(&config), Request::body(text.clone()), &memory).status, 202);
    assert!(memory.bucket("ARCHIVE")[0].1.body == text, "whole, and without CLAIMS");
    assert_eq!(memory.calls.borrow().len(), 1, "nothing is stored beside it");
}
