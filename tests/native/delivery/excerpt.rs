//! What is kept of an answer that is no success, for operators.

use elytra_webhooks::limits::{
    MAX_DELIVERY_EVENT_BYTES, MAX_EXCERPT_BYTES, MAX_KV_VALUE_BYTES, MAX_QUEUE_EVENT_BYTES,
    MAX_WEBHOOK_EVENT_BYTES,
};
use elytra_webhooks::message::{AnswerExcerpt, DeadMessage};
use elytra_webhooks::platform::{AnswerContent, HttpAnswer, HttpFailure};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::consume::{dead, delivery, hand_out};
use super::messages::event_of;
use super::outage::hand_out_in_outage;
use super::{URL, shop};
use crate::memory::{Memory, Outcome, status};
use crate::support::{event, property};

/// An answer that says this.
#[expect(clippy::unnecessary_wraps, reason = "a call can come to less than an answer")]
fn says(status: u16, content_type: Option<&str>, bytes: &[u8], is_whole: bool) -> Outcome {
    let content_type = content_type.map(str::to_owned);
    let content = AnswerContent { content_type, bytes: bytes.to_vec(), is_whole };
    Ok(HttpAnswer { status, content: Some(content), ..HttpAnswer::default() })
}

/// The first line of the dead letter after this answer to the last attempt.
fn kept(outcome: Outcome) -> Value {
    let memory = Memory::default();
    memory.answers(URL, [outcome]);
    assert_eq!(hand_out(&shop(""), &memory, &delivery("shop", &event("")), 36).outcome(), "dead");
    let letter = memory.queue("DEAD_LETTERS").remove(0);
    let (line, rest) = letter.split_once('\n').unwrap();
    assert_eq!(rest, event(""));
    // It is stored as it came.
    assert_eq!(hand_out(&shop(""), &memory, &letter, 1).outcome(), "stored");
    assert_eq!(memory.namespace("DEAD")[0].1.value, letter);
    line.parse().unwrap()
}

#[test]
fn what_the_answer_says_is_kept() {
    let json = Some("application/json");
    let long = "x".repeat(1_024);
    let table: [(&str, Outcome, Value); 11] = [
        (
            "where a 422 says why",
            says(422, json, br#"{"error":"no price"}"#, true),
            json!({"content_type": "application/json", "body": r#"{"error":"no price"}"#}),
        ),
        ("no type", says(400, None, b"why", true), json!({"body": "why"})),
        ("no body", says(400, json, b"", true), json!({"content_type": "application/json"})),
        ("neither", says(400, None, b"", true), json!(null)),
        ("after the last retry", says(503, None, b"down", true), json!({"body": "down"})),
        ("cut", says(422, None, long.as_bytes(), false), json!({"body": long})),
        ("binary", says(422, None, b"\xff\x00", true), json!({"body_base64": "/wA="})),
        (
            "a cut character",
            says(422, None, "aé".as_bytes().split_last().unwrap().1, false),
            json!({"body": "a"}),
        ),
        ("binary at its end", says(422, None, b"a\xc3", true), json!({"body_base64": "YcM="})),
        (
            "cut, and binary before",
            says(422, None, b"\xffa\xc3", false),
            json!({"body_base64": "/2HD"}),
        ),
        ("no answer", Err(HttpFailure::Timeout), json!(null)),
    ];
    for (why, outcome, expected) in table {
        assert_eq!(kept(outcome)["answer"], expected, "{why}");
    }
    let long = "é".repeat(1_000);
    let kept = kept(says(422, Some(&long), b"", true));
    assert_eq!(kept["answer"], json!({"content_type": "é".repeat(256)}), "a long type is cut");
}

#[test]
fn an_answer_without_anything_leaves_the_line_as_it_was() {
    let line = kept(status(422));
    assert!(line.as_object().unwrap().keys().all(|key| key != "answer"), "{line}");
}

/// The log has neither the body nor the type: [`hand_out`] checks its canaries.
#[test]
fn the_log_and_debug_tell_nothing_of_it() {
    let content = AnswerContent {
        content_type: Some("data-canary".to_owned()),
        bytes: b"data-canary".to_vec(),
        is_whole: true,
    };
    let answer = HttpAnswer { status: 503, content: Some(content), ..HttpAnswer::default() };
    assert!(!format!("{answer:?}").contains("canary"), "{answer:?}");
    for attempts in [1, 6] {
        let memory = Memory::default();
        memory.answers(URL, [Ok(answer.clone())]);
        hand_out(&shop(""), &memory, &delivery("shop", &event("")), attempts);
        for letter in memory.queue("DEAD_LETTERS") {
            assert!(letter.contains("data-canary"), "for the operator");
            let read: DeadMessage<'_> =
                serde_json::from_str(letter.lines().next().unwrap()).unwrap();
            assert!(!format!("{read:?}").contains("canary"), "{read:?}");
            hand_out(&shop(""), &memory, &letter, 1);
        }
    }
}

/// The event matters more than what the destination answered.
#[test]
fn the_largest_event_has_room_whatever_was_answered() {
    let longest = "\u{1}".repeat(MAX_EXCERPT_BYTES);
    for less in [0, 3_000, 5_000, 6_000, 7_000, 9_000] {
        let text = event_of(MAX_DELIVERY_EVENT_BYTES - less);
        let memory = Memory::default();
        memory.answers(URL, [says(422, Some("text/plain"), longest.as_bytes(), false)]);
        hand_out(&shop(""), &memory, &delivery("shop", &text), 1);
        // The queue in memory has the limits of Cloudflare.
        let letter = memory.queue("DEAD_LETTERS").remove(0);
        assert!(letter.ends_with(&text), "whole");
        assert_eq!(letter.contains("\"answer\":"), less >= 5_000, "{less}");
        // A message that waits is a little longer.
        hand_out_in_outage(&memory, &letter, 1);
        let (_, waiting, _) = memory.later.borrow_mut().remove(0);
        assert!(waiting.len() <= MAX_QUEUE_EVENT_BYTES, "{}", waiting.len());
    }
    let excerpt = AnswerExcerpt { body: Some(longest.into()), ..AnswerExcerpt::default() };
    let memory = Memory::default();
    let text = event_of(MAX_WEBHOOK_EVENT_BYTES);
    let letter = dead("shop", &text);
    let line: DeadMessage<'_> = serde_json::from_str(letter.lines().next().unwrap()).unwrap();
    let letter = DeadMessage { answer: Some(excerpt), ..line }.print(&text);
    assert_eq!(hand_out(&shop(""), &memory, &letter, 1).outcome(), "stored");
    let stored = memory.namespace("DEAD").remove(0).1.value;
    assert!(stored.len() <= MAX_KV_VALUE_BYTES && stored.ends_with(&text), "in KV too");
}

#[test]
fn whatever_is_answered_is_kept_or_left_out() {
    let parts = (any::<Option<String>>(), vec(any::<u8>(), 0..40), any::<bool>());
    property(parts, |(content_type, bytes, is_whole)| {
        let line = kept(says(422, content_type.as_deref(), &bytes, is_whole));
        let answer = &line["answer"];
        if let Some(text) = answer["body"].as_str() {
            assert!(bytes.starts_with(text.as_bytes()) && bytes.len() - text.len() < 4);
            assert!(!is_whole || text.len() == bytes.len());
        } else {
            assert_eq!(answer["body_base64"].is_string(), !bytes.is_empty(), "{line}");
        }
    });
}
