//! How a replay goes, and what was erased.

use elytra_webhooks_operator::{
    Erased, Erasure, Plan, ReplayOrder, ReplayView, Step, print_plan, print_progress, print_replay,
};

fn view(members: &str) -> ReplayView {
    let json = format!(
        r#"{{"code":"replay","replay":{{"id":"1795542207985-aBcD_-12","started_at":1795542207985,"events_per_second":10,{members}}}}}"#
    );
    ReplayView::read(&json).unwrap()
}

#[test]
fn the_progress_is_a_line() {
    for (why, members, expected) in [
        (
            "it has begun",
            r#""state":"running","events":1234,"is_complete":true,"sent":0,"not_sent":0"#,
            "[------------------------] 0/1,234, 10/s, 3 min left",
        ),
        (
            "in the middle",
            r#""state":"running","events":1234,"is_complete":true,"sent":800,"not_sent":2"#,
            "[###############---------] 800/1,234, 2 not sent, 10/s, 44 s left",
        ),
        (
            "nobody knows how many there are",
            r#""state":"running","events":10000,"is_complete":false,"sent":20000,"not_sent":0"#,
            "[########################] 20,000 of at least 10,000, 10/s",
        ),
        (
            "all that could be sent",
            r#""state":"finished","events":3,"is_complete":true,"sent":2,"not_sent":1"#,
            "[########################] 2/3, 1 not sent, finished",
        ),
        (
            "there was nothing to do",
            r#""state":"finished","events":0,"is_complete":true,"sent":0,"not_sent":0"#,
            "[########################] 0/0, finished",
        ),
        (
            "somebody else paused it",
            r#""state":"paused","events":2,"is_complete":true,"sent":1,"not_sent":0"#,
            "[############------------] 1/2, paused",
        ),
        (
            "a day's work",
            r#""state":"running","events":1000000,"is_complete":true,"sent":0,"not_sent":0"#,
            "[------------------------] 0/1,000,000, 10/s, 28 h left",
        ),
    ] {
        assert_eq!(print_progress(&view(members).replay), expected, "{why}");
    }
}

#[test]
fn a_replay_ends_or_goes_on() {
    for (why, members, has_ended, is_done) in [
        ("it runs", r#""state":"running""#, false, false),
        ("it can be resumed", r#""state":"paused""#, false, false),
        ("everything was sent", r#""state":"finished""#, true, true),
        ("something was not sent", r#""state":"finished","not_sent":1"#, true, false),
        ("somebody cancelled it", r#""state":"cancelled""#, true, false),
        ("it failed", r#""state":"failed""#, true, false),
        ("a state that is new", r#""state":"dreaming""#, false, false),
        ("a new one that is an end", r#""state":"retired","ended_at":1"#, true, false),
    ] {
        let replay = view(members).replay;
        assert_eq!((replay.has_ended(), replay.is_done()), (has_ended, is_done), "{why}");
    }
}

#[test]
fn a_replay_is_shown_with_what_it_could_not_send() {
    let json = r#"{"code":"replay","replay":{"id":"1795542207985-aBcD_-12","state":"failed","filter":{"operation":"modify","until":1795542207985},"respect_filters":false,"subscriptions":["shop","search"],"events_per_second":10,"started_at":1795542207985,"ended_at":1795542300000,"events":1234,"is_complete":true,"sent":800,"not_sent":2,"reason":"the journal failed"},
        "not_sent":[{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","id":"1","reason":"its text is not kept any more"},{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0124","reason":"x"}]}"#;
    let expected = "\
replay    1795542207985-aBcD_-12
state     failed: the journal failed
events    operation=modify until=2026-11-24T17:43:27Z
to        shop, search
filters   ignored
started   2026-11-24T17:43:27Z
ended     2026-11-24T17:45:00Z
sent      800/1,234, at most 10 a second
not sent  2

KEY                               ID  NOT SENT BECAUSE
AbCdEfGhIjKlMnOpQrStUvWxYz-_0123  1   its text is not kept any more
AbCdEfGhIjKlMnOpQrStUvWxYz-_0124  -   x
";
    assert_eq!(print_replay(&ReplayView::read(json).unwrap()), expected);
}

#[test]
fn a_plan_says_how_many_and_to_whom() {
    let event =
        r#"{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","arrived_at":1795542207985,"type":"t"}"#;
    let plan = |events: u64, is_complete: bool| {
        let json = format!(
            r#"{{"code":"replay_planned","events":{events},"is_complete":{is_complete},"first":[{event}]}}"#
        );
        Plan::read(&json).unwrap()
    };
    assert_eq!(plan(1, true).how_many(), "1 event");
    assert_eq!(plan(1234, false).how_many(), "at least 1,234 events");
    let table = "\
ARRIVED               EVENT  ID  STATE
2026-11-24T17:43:27Z  t          unknown
";
    assert_eq!(print_plan(&plan(1, true)), table);
    assert_eq!(print_plan(&plan(1234, true)), format!("{table}and 1,233 more\n"));
    // A search that was cut short may have found nothing yet.
    assert!(plan(0, true).is_empty() && !plan(0, false).is_empty());

    let order = |subscriptions: &[&str]| ReplayOrder {
        subscriptions: subscriptions.iter().map(|&name| name.to_owned()).collect(),
        ..ReplayOrder::default()
    };
    assert_eq!(order(&[]).to_whom(), "to every subscription that wants them");
    assert_eq!(order(&["shop", "search"]).to_whom(), "to shop, search");
}

#[test]
fn the_steps_of_an_erasure_are_added_up() {
    let steps = [
        r#"{"removed":{"events":3,"refusals":0,"claims":1,"spool":0,"dead_letters":1},"not_reached":["the queue A"],"cursor":"c"}"#,
        // A later version erases more.
        r#"{"removed":{"events":997,"claims":1,"photographs":2},"not_reached":["the queue A","the bucket B"],"cursor":null}"#,
    ];
    let mut erased = Erased::default();
    assert!(erased.is_empty());
    assert_eq!(erased.print(), "erased nothing\n");
    for step in steps {
        erased.add(&Step::read(step).unwrap());
    }
    assert!(!erased.is_empty());
    let expected = "\
erased 1,000 events, 2 claims, 1 dead letter, 2 photographs
not reached, so it may still be there:
  the queue A
  the bucket B
";
    assert_eq!(erased.print(), expected);
}

/// It would be repeated forever.
#[test]
fn an_erasure_can_be_stuck() {
    let step = |removed: u64, cursor: &str| {
        Step::read(&format!(r#"{{"removed":{{"events":{removed}}},"cursor":{cursor}}}"#)).unwrap()
    };
    for (why, step, began_with, is_stuck) in [
        ("nothing has changed", step(0, r#""c""#), Some("c"), true),
        ("it removes some at a time", step(1, r#""c""#), Some("c"), false),
        ("it looks elsewhere now", step(0, r#""d""#), Some("c"), false),
        ("it has begun", step(0, r#""c""#), None, false),
        ("it has ended", step(0, "null"), Some("c"), false),
        ("there was nothing", step(0, "null"), None, false),
    ] {
        assert_eq!(step.is_stuck(began_with), is_stuck, "{why}");
    }
}

#[test]
fn what_is_erased_is_named() {
    let object = Erasure::Object("product/4711".to_owned());
    assert_eq!(object.describe(), "all that is kept of product/4711");
    let event = Erasure::Event { source: "a".to_owned(), id: "1\n".to_owned() };
    assert_eq!(event.describe(), "all that is kept of event 1\\n from a");
}
