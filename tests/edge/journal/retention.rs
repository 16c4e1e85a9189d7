//! What is kept for how long.

use edge::{Receiver, Settings, event};
use serde_json::Value;

use super::{find, search, with_journal};

const DAY: u64 = 24 * 3_600;

#[test]
fn forgets_texts_first_and_events_then() {
    let settings = with_journal(Settings::standard());
    let settings = settings.with_journal_field("retention_days = 7\nbody_retention_days = 2");
    let receiver = Receiver::start(&settings);
    let large = "x".repeat(40_000);
    let large = event("2", "product").replace("4711", &format!("\"{large}\""));
    for text in [event("1", "product"), large.clone()] {
        assert_eq!(receiver.post(text).send().status, 202);
    }
    let has_text = |id: &str| find(&receiver, id, |_| true)["has_text"] == true;
    receiver.ring_alarms();
    assert!(has_text("1") && has_text("2"));
    receiver.advance(2 * DAY + 60);
    receiver.ring_alarms();
    assert!(!has_text("1") && !has_text("2"));
    // They do not come back, even if the events do.
    for text in [event("1", "product"), large] {
        assert_eq!(receiver.post(text).send().status, 202);
    }
    assert!(!has_text("1") && !has_text("2"));
    receiver.advance(5 * DAY + 60);
    receiver.ring_alarms();
    assert_eq!(search(&receiver, ""), <[Value; 0]>::default());
}

/// Each step is short, so that claims need not wait.
#[test]
fn forgets_many_in_steps() {
    let receiver = Receiver::start(&with_journal(Settings::standard()));
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);
    receiver.fill_journal(3_500);
    assert_eq!(receiver.journal_rows(), 3_501);
    receiver.advance(8 * DAY);
    for (id, left) in [("2", 2_501), ("3", 1_502), ("4", 503), ("5", 3)] {
        receiver.ring_alarms();
        assert_eq!(receiver.journal_rows(), left);
        assert_eq!(receiver.post(event(id, "product")).send().status, 202);
    }
}

#[test]
fn keeps_no_texts_unless_it_may() {
    let settings = with_journal(Settings::standard()).with_journal_field("bodies = false");
    let receiver = Receiver::start(&settings);
    assert_eq!(receiver.post(event("1", "product")).send().status, 202);
    assert_eq!(find(&receiver, "1", |_| true)["has_text"], false);
}
