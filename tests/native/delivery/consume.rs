//! The consumer of the two queues: what happens to a message, to the queue, and in the log.

mod claims;
mod dead;
mod fails;

use elytra_webhooks::config::Config;
use elytra_webhooks::delivery::{Disposition, Received, consume};
use elytra_webhooks::level::Level;
use elytra_webhooks::message::{DeadMessage, DeliveryMessage};
use elytra_webhooks::platform::{HttpAnswer, HttpFailure};

use super::{URL, configure, shop, subscription};
use crate::memory::{Memory, Outcome, START, status};
use crate::support::event;

/// What no log line may contain: secrets, the URL's query, and `data`.
const CANARIES: [&str; 5] =
    ["shop-canary", "c2hvcC11c2Vy", "url-canary", "data-canary", "location-canary"];

/// The field for half a minute of retries, so that the sixth attempt is the last one.
pub(crate) const ELYTRA: &str = r#""retry":"elytra""#;

/// The result of consuming a message.
pub(crate) struct Consumed {
    pub(crate) disposition: Disposition,
    pub(crate) log: String,
    pub(crate) level: Level,
}

impl Consumed {
    pub(crate) fn outcome(&self) -> &str {
        self.log.strip_prefix("{\"outcome\":\"").unwrap().split('"').next().unwrap()
    }
}

const ACK: Disposition = Disposition::Ack;

fn again(delay_seconds: u64) -> Disposition {
    Disposition::Retry { delay_seconds }
}

/// The message of a delivery.
pub(crate) fn delivery(subscription: &str, event: &str) -> String {
    DeliveryMessage {
        subscription: subscription.into(),
        accepted_at: START - 7,
        ..DeliveryMessage::default()
    }
    .print(event)
}

/// The message of a dead letter.
pub(crate) fn dead(subscription: &str, event: &str) -> String {
    let dead = DeadMessage {
        subscription: subscription.into(),
        accepted_at: START - 7,
        died_at: START,
        attempts: 6,
        cause: "status".into(),
        reason: "the destination answered 503".into(),
        status: Some(503),
        answer: None,
        waits: 0,
    };
    dead.print(event)
}

/// Consumes a message with this number of attempts. Checks that no secrets or data leak.
#[track_caller]
pub(crate) fn hand_out(config: &Config, memory: &Memory, text: &str, attempts: u32) -> Consumed {
    receive(config, memory, Some(text.to_owned()), attempts)
}

#[track_caller]
fn receive(config: &Config, memory: &Memory, text: Option<String>, attempts: u32) -> Consumed {
    let received = Received { text, attempts, queue: "deliveries".to_owned() };
    let (disposition, line) = memory.time.run(consume(&received, config, memory));
    let log = line.to_json();
    for canary in CANARIES {
        assert!(!log.contains(canary), "{canary} in the log: {log}");
    }
    assert!(!log.contains('\n'), "one line: {log}");
    Consumed { disposition, log, level: line.level() }
}

fn product() -> String {
    event(r#""data":"data-canary""#)
}

/// Consumes the product with a destination that gives this answer.
#[track_caller]
fn try_it(fields: &str, outcome: Outcome, attempts: u32) -> (Consumed, Memory) {
    let memory = Memory::default();
    memory.answers(URL, [outcome]);
    let consumed = hand_out(&shop(fields), &memory, &delivery("shop", &product()), attempts);
    assert_eq!(memory.called().len(), 1, "it was called once");
    (consumed, memory)
}

/// The log line of the product, with this outcome first, and this attempt and the rest at the end.
fn line(outcome: &str, attempts: u32, rest: &str) -> String {
    format!(
        r#"{{"outcome":"{outcome}","subscription":"shop","id":"1","source":"s","type":"t","attempts":{attempts}{rest},"milliseconds":0}}"#
    )
}

fn nothing() -> Vec<crate::memory::Held> {
    Vec::new()
}

#[test]
fn what_is_answered_with_2xx_is_delivered() {
    for code in [200, 201, 202, 204, 299] {
        let (consumed, memory) = try_it("", status(code), 3);
        assert_eq!((consumed.disposition, consumed.level), (ACK, Level::Info));
        assert_eq!(consumed.log, line("delivered", 3, ""));
        assert_eq!(memory.held(), nothing());
        assert_eq!(memory.called()[0].text(), product());
    }
}

/// Outcomes that are retried, and how the log reports them.
fn passing() -> Vec<(Outcome, &'static str)> {
    let answered = |code| match code {
        408 => r#","cause":"status","status":408,"reasons":["the destination answered 408"]"#,
        425 => r#","cause":"status","status":425,"reasons":["the destination answered 425"]"#,
        429 => r#","cause":"status","status":429,"reasons":["the destination answered 429"]"#,
        500 => r#","cause":"status","status":500,"reasons":["the destination answered 500"]"#,
        _ => r#","cause":"status","status":599,"reasons":["the destination answered 599"]"#,
    };
    let mut passing: Vec<_> =
        [408, 425, 429, 500, 599].map(|code| (status(code), answered(code))).into();
    let timeout = r#","cause":"timeout","reasons":["the destination did not answer in time"]"#;
    passing.push((Err(HttpFailure::Timeout), timeout));
    let refused =
        r#","cause":"connection","reasons":["no connection to the destination: refused"]"#;
    passing.push((Err(HttpFailure::Connection("refused".to_owned())), refused));
    passing
}

#[test]
fn what_may_pass_is_tried_again_by_the_policy() {
    for (outcome, why) in passing() {
        for (attempt, delay) in (1..).zip([1, 2, 4, 8, 16]) {
            let (consumed, memory) = try_it(ELYTRA, outcome.clone(), attempt);
            assert_eq!(consumed.disposition, again(delay), "{outcome:?}");
            let rest = format!(r#"{why},"delay_seconds":{delay}"#);
            assert_eq!(consumed.log, line("retried", attempt, &rest));
            assert_eq!(consumed.level, Level::Warning, "the destination has to act");
            assert_eq!(memory.held(), nothing());
        }
        let (consumed, memory) = try_it(ELYTRA, outcome.clone(), 6);
        assert_eq!(consumed.disposition, ACK, "then it is dead: {outcome:?}");
        assert_eq!(consumed.log, line("dead", 6, why));
        assert_eq!(consumed.level, Level::Error, "we have to act");
        assert_eq!(memory.queue("DEAD_LETTERS").len(), 1);
    }
}

#[test]
fn the_policy_of_the_webhook_counts() {
    let retry = r#""retry":{"max_retries":3,"initial_delay":3000,"backoff_multiplier":1.5,"max_delay":5000}"#;
    for (attempt, delay) in (1..).zip([3, 5, 5]) {
        let (consumed, _) = try_it(retry, status(503), attempt);
        assert_eq!(consumed.disposition, again(delay), "attempt {attempt}");
    }
    assert_eq!(try_it(retry, status(503), 4).0.outcome(), "dead");
    let (consumed, memory) = try_it(r#""retry":{"max_retries":0}"#, status(503), 1);
    assert_eq!((consumed.disposition, consumed.outcome()), (ACK, "dead"), "never tried again");
    assert_eq!(memory.queue("DEAD_LETTERS").len(), 1);
    let most = r#""retry":{"max_retries":99,"max_delay":1000}"#;
    assert_eq!(try_it(most, status(503), 99).0.outcome(), "retried");
    assert_eq!(try_it(most, status(503), 100).0.outcome(), "dead", "the queue's last time");
}

#[test]
fn the_destination_says_when_it_wants_to_be_asked_again() {
    let after = |text: &str| {
        Ok(HttpAnswer {
            status: 503,
            retry_after: Some(text.to_owned()),
            location: None,
            content: None,
        })
    };
    let table = [
        ("longer than the policy", "90", 90),
        ("shorter", "0", 1),
        ("beyond max_delay", "3601", 3_600),
        ("a date: the clock is at the start of December", "Mon, 01 Dec 2025 00:01:30 GMT", 90),
        ("a past one", "Sun, 30 Nov 2025 00:00:00 GMT", 1),
        ("nonsense", "later", 1),
    ];
    for (why, text, expected) in table {
        assert_eq!(try_it("", after(text), 1).0.disposition, again(expected), "{why}");
    }
}

#[test]
fn delays_of_different_events_differ() {
    let retry = r#""retry":{"initial_delay":300000}"#;
    let config = shop(retry);
    let memory = Memory::default();
    memory.answers(URL, (0..50).map(|_| status(503)));
    let mut delays: Vec<_> = (0..50)
        .map(|id| {
            let text = event("").replace(r#""id":"1""#, &format!(r#""id":"{id}""#));
            match hand_out(&config, &memory, &delivery("shop", &text), 1).disposition {
                Disposition::Retry { delay_seconds } => delay_seconds,
                Disposition::Ack => panic!("{id} is done with"),
            }
        })
        .collect();
    assert!(delays.iter().all(|delay| (300..=318).contains(delay)), "{delays:?}");
    delays.sort_unstable();
    delays.dedup();
    assert!(delays.len() > 5, "jitter: {delays:?}");
}

#[test]
fn what_cannot_pass_is_dead_at_once() {
    let redirect = |location: &str| {
        Ok(HttpAnswer {
            status: 307,
            retry_after: None,
            location: Some(location.to_owned()),
            content: None,
        })
    };
    let answered = |code: u16| {
        format!(
            r#","cause":"status","status":{code},"reasons":["the destination answered {code}"]"#
        )
    };
    let mut table: Vec<_> = [100, 400, 401, 403, 404, 405, 409, 413, 415, 422, 499]
        .map(|code| (status(code), answered(code)))
        .into();
    let gone = r#","cause":"gone","status":410,"reasons":["the destination is gone (410)"]"#;
    table.push((status(410), gone.to_owned()));
    let points = r#","cause":"redirect","status":307,"reasons":["the destination answered 307, a redirect to https://a.example/b"]"#;
    table.push((redirect("https://a.example/b?location-canary"), points.to_owned()));
    for (outcome, why) in table {
        let (consumed, memory) = try_it("", outcome, 1);
        assert_eq!((consumed.disposition, consumed.level), (ACK, Level::Error));
        assert_eq!(consumed.log, line("dead", 1, &why));
        assert_eq!(memory.queue("DEAD_LETTERS").len(), 1, "nothing dies silently");
    }
}

#[test]
fn each_kind_of_authentication_is_sent() {
    let table = [
        ("", None),
        (r#""auth_type":"none""#, None),
        (
            r#""auth_type":"bearer","auth":{"token":"SHOP_TOKEN"}"#,
            Some(("authorization", "Bearer shop-canary")),
        ),
        (
            r#""auth_type":"basic","auth":{"username":"SHOP_USER","password":"SHOP_TOKEN"}"#,
            Some(("authorization", "Basic c2hvcC11c2VyOnNob3AtY2FuYXJ5")),
        ),
        (
            r#""auth_type":"apikey","auth":{"api_key":"SHOP_TOKEN"}"#,
            Some(("api-key", "shop-canary")),
        ),
        (
            r#""auth_type":"apikey","auth":{"api_key":"SHOP_TOKEN","header_name":"X-Key"}"#,
            Some(("x-key", "shop-canary")),
        ),
    ];
    for (fields, expected) in table {
        // A dead letter does not contain any of it either.
        let (_, memory) = try_it(fields, status(401), 1);
        let called = &memory.called()[0];
        let ours = ["user-agent", "idempotency-key", "content-type"];
        let others = called.headers.iter().filter(|(name, _)| !ours.contains(&&**name));
        let others: Vec<_> = others.map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(others, expected.into_iter().collect::<Vec<_>>(), "{fields}");
        let dead = memory.queue("DEAD_LETTERS").concat();
        assert!(!dead.contains("shop-canary") && !dead.contains("url-canary"), "{dead}");
    }
}

#[test]
fn the_rest_of_the_webhook_counts_too() {
    let fields = r#""method":"patch","mode":"binary","timeout_ms":777"#;
    let (consumed, memory) = try_it(fields, Err(HttpFailure::Timeout), 1);
    let called = &memory.called()[0];
    assert_eq!(
        (called.method, called.text(), called.timeout_ms),
        ("PATCH", "\"data-canary\"", 777)
    );
    assert_eq!(called.header("ce-id"), Some("1"));
    assert_eq!((consumed.outcome(), memory.time.passed()), ("retried", 777));
}

#[test]
fn each_subscription_has_its_own_webhook() {
    let other = r#"{"webhook":{"url":"https://other.example"}}"#;
    let config = configure(&[("OTHER", other), ("SHOP", &subscription(""))]);
    let memory = Memory::default();
    memory.answers(URL, [status(503)]);
    let shop = hand_out(&config, &memory, &delivery("shop", &product()), 1);
    let other = hand_out(&config, &memory, &delivery("other", &product()), 1);
    assert_eq!((shop.outcome(), other.outcome()), ("retried", "delivered"), "settled by itself");
    let urls: Vec<_> = memory.called().into_iter().map(|called| called.url).collect();
    assert_eq!(urls, [URL, "https://other.example"]);
}
