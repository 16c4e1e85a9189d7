//! The ledger: its keys, and the claims it grants.

mod model;
mod moments;
mod records;

use elytra_events::CloudEvent;
use elytra_webhooks::ledger::{Key, ShardId};
use proptest::collection::vec;
use serde_json::json;

use crate::support::property;

fn key(source: &str, id: &str) -> Key {
    let event = json!({ "specversion": "1.0", "source": source, "id": id, "type": "t" });
    Key::of_event(&CloudEvent::from_json(&event.to_string()).unwrap())
}

#[test]
fn the_key_of_an_event_stays_what_it_is() {
    let key = key("s", "1");
    // SHA-256 of "event", "s" and "1", each after its length in eight bytes.
    let text = "evaf_pXF35CP4xrAgjp3osY4T1S6SlXMYCKJ_fRUfdI";
    assert_eq!(key.as_str(), text, "another one would forget everything");
    // The digest begins with 7a f6 9f fa.
    for (of, number) in [(1, 0), (2, 0), (3, 1), (8, 2), (32, 26)] {
        let why = "another one would look for it where it is not";
        assert_eq!(key.shard(of), ShardId { number, of }, "{why}");
    }
}

#[test]
fn only_source_and_id_make_the_key() {
    let of = |members: &str| {
        let text = crate::support::event(members);
        Key::of_event(&CloudEvent::from_json(&text).unwrap())
    };
    let others = r#""subject":"x","time":"2025-12-31T00:00:00Z","data":{"a":1}"#;
    assert_eq!(of(others), of(""), "core section 3.1.1: source and id identify an event");
}

#[test]
fn no_two_events_share_a_key() {
    let part = || "[a-c/]{1,6}";
    property(((part(), part()), (part(), part())), |(a, b)| {
        assert_eq!(key(&a.0, &a.1) == key(&b.0, &b.1), a == b, "{a:?} and {b:?}");
    });
    property("[a-c/]{3,12}", |text| {
        for at in 1..text.len() - 1 {
            let (source, id) = text.split_at(at);
            let (longer, shorter) = text.split_at(at + 1);
            assert_ne!(key(source, id), key(longer, shorter), "{text}: a character moved");
        }
    });
}

#[test]
fn no_two_lists_of_texts_share_a_key() {
    let texts = || vec("[a\0]{0,2}", 0..3);
    property((texts(), texts()), |(a, b)| {
        let of = |texts: &[String]| Key::of(&texts.iter().map(|t| &**t).collect::<Vec<_>>());
        assert_eq!(of(&a) == of(&b), a == b, "{a:?} and {b:?}");
    });
}

#[test]
fn shards_have_an_equal_share() {
    for shards in [1, 2, 3, 8, 24, 32] {
        let mut counts = vec![0; shards];
        for id in 0..1_000 * shards {
            counts[key("s", &id.to_string()).shard(shards).number] += 1;
        }
        let is_fair = |count: &usize| (900..=1_100).contains(count);
        assert!(counts.iter().all(is_fair), "{counts:?} of 1,000 each");
    }
}

#[test]
fn a_key_is_43_characters_of_base64url() {
    property((r"[a-z]{1,9}", r"\PC{1,40}"), |(source, id)| {
        let key = key(&source, &id);
        assert_eq!(key.as_str().len(), 43, "256 bits");
        let is_of_it = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        assert!(key.as_str().bytes().all(is_of_it), "{}: it stands in KV keys", key.as_str());
        assert_eq!(key.shard(0), ShardId { number: 0, of: 0 }, "no division by zero");
    });
}
