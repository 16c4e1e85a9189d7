//! `GET /metrics`.

use edge::{Fault, Receiver, event, wait_until};

use super::{ask, settings};

/// The metrics, once all of these are among them.
#[track_caller]
fn wait_for(receiver: &Receiver, expected: &[&str]) -> String {
    wait_until(&format!("{expected:?}"), || {
        let answer = ask(receiver, "GET", "/metrics", "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let content_type = "text/plain; version=0.0.4; charset=utf-8";
        assert_eq!(answer.header("content-type"), Some(content_type));
        let lines: Vec<_> = answer.body.lines().collect();
        expected.iter().all(|line| lines.contains(line)).then(|| answer.body.clone())
    })
}

#[test]
fn counts_what_happens() {
    let receiver = Receiver::start(&settings().with_kv("SPOOL"));
    let send = |id: &str, type_: &str| receiver.post(event(id, type_)).send().status;
    assert_eq!([send("1", "product"), send("1", "product"), send("2", "user")], [202, 200, 200]);
    assert_eq!(receiver.post("{}").send().status, 400);
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    assert_eq!(send("3", "product"), 202);
    receiver.fail(&[]);
    let text = wait_for(
        &receiver,
        &[
            "elytra_webhooks_events_total{code=\"accepted\"} 2",
            "elytra_webhooks_events_total{code=\"duplicate\"} 1",
            "elytra_webhooks_events_total{code=\"ignored\"} 1",
            "elytra_webhooks_refusals_total{code=\"invalid_event\"} 1",
            "elytra_webhooks_subscription_events_total{subscription=\"products\",fate=\"held\"} 1",
            "elytra_webhooks_subscription_events_total{subscription=\"products\",fate=\"spooled\"} 1",
            "elytra_webhooks_spool_messages 1",
            "elytra_webhooks_queue_backlog_messages{queue=\"EVENTS_QUEUE\"} 0",
        ],
    );
    assert!(text.contains("elytra_webhooks_seconds_since_last_accepted{source=\"elytra-pim\"} "));
    // Every line is what Prometheus reads.
    for line in text.lines() {
        let is_comment = line.starts_with("# HELP elytra_webhooks_") || line.starts_with("# TYPE ");
        let value = line.rsplit_once(' ').and_then(|(_, value)| value.parse::<f64>().ok());
        assert!(is_comment || value.is_some(), "{line}");
    }
}

/// What was counted outlives the object.
#[test]
fn goes_on_counting_after_a_restart() {
    let mut receiver = Receiver::start(&settings());
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);
    let counted = "elytra_webhooks_events_total{code=\"accepted\"} 1";
    wait_for(&receiver, &[counted]);
    receiver.ring_alarms();
    receiver.restart();
    wait_for(&receiver, &[counted]);
}
