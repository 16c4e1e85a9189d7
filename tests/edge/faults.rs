//! A failing destination: the sender is told to retry, and learns exactly what failed.

use edge::{
    Asked, Calls, Fault, Latency, ParseLatencyError, Reason, Receiver, Settings, Shop, Sink, event,
};
use serde_json::json;

#[test]
fn a_failing_destination() {
    let receiver = Receiver::start(&Settings::standard());

    // The queue fails, KV holds the event.
    receiver.fail(&[Fault::fail("EVENTS_QUEUE")]);
    let answer = receiver.post(event("1", "product_text")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let body = answer.json();
    assert_eq!(body["code"], "undelivered");
    assert_eq!(body["detail"], "not every destination holds the event; send it again");
    assert_eq!((&body["failed"], &body["held"]), (&json!(["products"]), &json!(["archive"])));
    assert_eq!(receiver.kv().len(), 1);
    assert!(receiver.received_so_far().is_empty());

    // KV fails, the queue holds the event.
    receiver.fail(&[Fault::fail("EVENTS_KV")]);
    let answer = receiver.post(event("2", "product_text")).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["archive"]), &json!(["products"])));
    assert_eq!(receiver.received(1), [event("2", "product_text")]);

    // Both fail.
    receiver.fail(&[Fault::fail("EVENTS_KV"), Fault::fail("EVENTS_QUEUE")]);
    let answer = receiver.post(event("3", "product_text")).send();
    assert_eq!(answer.status, 503);
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["archive", "products"]), &json!([])));

    // The errors of the bindings are in the log, not in the answer.
    assert!(!answer.body.contains("injected"), "{}", answer.body);
    let log = receiver.log(3);
    assert_eq!(log[2]["outcome"], "failed");
    let reasons = log[2]["reasons"].to_string();
    assert!(reasons.contains("archive: ") && reasons.contains("KV PUT failed"), "{reasons}");
    assert!(reasons.contains("products: ") && reasons.contains("Too Many Requests"), "{reasons}");

    // The sender retries, and everything succeeds.
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("3", "product_text")).send().status, 202);
    assert_eq!(receiver.received(2).len(), 2);
    assert_eq!(receiver.kv().len(), 2);
}

#[test]
fn a_hanging_destination() {
    let receiver = Receiver::start(&Settings::standard());
    receiver.fail(&[Fault::hang("EVENTS_QUEUE")]);

    let answer = receiver.post(event("1", "product_text")).send();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let body = answer.json();
    assert_eq!((&body["failed"], &body["held"]), (&json!(["products"]), &json!(["archive"])));
    let line = &receiver.log(1)[0];
    assert_eq!(line["reasons"], json!(["products: no answer before the deadline"]));

    // Nothing of it remains, and the next event goes through.
    receiver.fail(&[]);
    assert_eq!(receiver.post(event("2", "product_text")).send().status, 202);
    assert_eq!(receiver.received(1), [event("2", "product_text")]);
}

/// Tests the faults themselves, so that a test that relies on them does not pass by mistake.
#[test]
fn faults_are_what_they_say() {
    let receiver = Receiver::start(&Settings::standard());
    let status = |id: &str| receiver.post(event(id, "product_text")).send().status;

    // The call takes effect, but its answer is lost, with an unusual error, and only once.
    receiver.fail(&[
        Fault::lost("EVENTS_KV").on("put").times(1).because(Reason::InternalServerError),
        Fault::lost("EVENTS_QUEUE").times(1),
    ]);
    assert_eq!([status("1"), status("2")], [503, 202]);
    let [first, second] = ["1", "2"].map(|id| event(id, "product_text"));
    // The queue is tried again, and gets the first one twice.
    assert_eq!(receiver.received(3), [&*first, &*first, &*second]);
    assert_eq!(receiver.kv().len(), 2);
    let reasons = receiver.log(1)[0]["reasons"].to_string();
    assert!(reasons.contains("KV PUT failed: 500 Internal Server Error"), "{reasons}");

    // After one successful call, the call takes effect and never returns.
    receiver.fail(&[Fault::late("EVENTS_QUEUE").after(1)]);
    assert_eq!([status("3"), status("4")], [202, 503]);
    assert_eq!(receiver.received(5).len(), 5);
    let calls = Calls { calls: 5, failed: 1, hanging: 1, ..Calls::default() };
    assert_eq!(receiver.calls("EVENTS_QUEUE"), calls);

    // A fault of another method than the one that is called.
    receiver
        .fail(&[Fault::fail("EVENTS_KV").on("get"), Fault::hang("EVENTS_QUEUE").on("sendBatch")]);
    assert_eq!(status("5"), 202);

    // At random, but always the same for the same seed.
    let statuses = || {
        receiver.fail(&[Fault::fail("EVENTS_KV").probability(0.5, 7)]);
        (0..20).map(|id| status(&id.to_string())).collect::<Vec<_>>()
    };
    let by_chance = statuses();
    assert!(by_chance.contains(&202) && by_chance.contains(&503), "{by_chance:?}");
    assert_eq!(statuses(), by_chance);
}

/// One binding of each kind that an event meets. The last one is called by the consumer.
const BINDINGS: [&str; 5] = ["EVENTS_QUEUE", "EVENTS_KV", "ARCHIVE_R2", "LEDGER", "SHOP"];

/// Every event goes to a destination of each kind.
fn everywhere(shop: &Shop, sink: &Sink) -> Settings {
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        dedupe_window_seconds = 3600
        time_budget_ms = 30_000

        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"

        [vars.SUBSCRIPTION_ARCHIVE]
        kv = { binding = "EVENTS_KV" }

        [vars.SUBSCRIPTION_VAULT]
        r2 = { binding = "ARCHIVE_R2" }

        [vars.SUBSCRIPTION_SHOP]
        service = "SHOP"
        "#;
    Settings::new(vars)
        .with_secret("TOKEN", "right-token")
        .with_r2("ARCHIVE_R2")
        .with_ledger()
        .with_webhooks()
        .with_service(shop)
        .with_sink(sink)
}

/// Tests the latency itself: without it, a figure of the soak would be that of the machine alone.
#[test]
fn a_latency_delays_every_call_that_no_fault_takes() {
    let (shop, sink) = (Shop::open(), Sink::start());
    let receiver = Receiver::start(&everywhere(&shop, &sink));
    let forward = |id: &str| {
        assert_eq!(receiver.post(event(id, "product")).send().status, 202);
        let message = sink.take_messages("DELIVERIES").remove(0);
        assert_eq!(receiver.consume(&[(&message, 1)]), [Asked::Ack]);
    };
    let calls = || BINDINGS.map(|binding| receiver.calls(binding));

    // None by default.
    forward("1");
    let prompt = calls();
    for (binding, calls) in BINDINGS.iter().zip(prompt) {
        assert!(calls.calls > 0 && calls.delayed == 0, "{binding}: {calls:?}");
    }

    receiver.delay(Some("200-200".parse().unwrap()));
    forward("2");
    let delayed = calls();
    for ((binding, before), now) in BINDINGS.iter().zip(prompt).zip(delayed) {
        assert_eq!(now.delayed, now.calls - before.calls, "{binding}: {now:?}");
        assert_eq!(now.delay_ms, 200 * now.delayed as u64, "{binding}: {now:?}");
    }
    // The claim, the destinations and the record of it follow each other, and a timer may be early.
    let line = receiver.log(3).into_iter().find(|line| line["id"] == "2").unwrap();
    assert!(line["milliseconds"].as_u64().unwrap() >= 400, "{line}");

    // A call that fails does not wait.
    receiver.fail(&[Fault::fail("EVENTS_KV")]);
    assert_eq!(receiver.post(event("3", "product")).send().status, 503);
    let [_, before, ..] = delayed;
    let failed = Calls { calls: before.calls + 1, failed: 1, ..before };
    assert_eq!(receiver.calls("EVENTS_KV"), failed);

    // It ends.
    receiver.fail(&[]);
    receiver.delay(None);
    let before = calls();
    forward("4");
    for ((binding, before), now) in BINDINGS.iter().zip(before).zip(calls()) {
        assert!(now.calls > before.calls, "{binding}: {now:?}");
        assert_eq!(now.delayed, before.delayed, "{binding}: {now:?}");
    }
}

#[test]
fn a_latency_is_random_but_always_the_same_for_the_same_seed() {
    const EVENTS: u64 = 20;
    let receiver = Receiver::start(&Settings::standard());
    let waits = |seed| {
        receiver.delay(Some("1-10".parse::<Latency>().unwrap().seed(seed)));
        let mut waits = Vec::new();
        for id in 0..EVENTS {
            let before = receiver.calls("EVENTS_KV").delay_ms;
            let answer = receiver.post(event(&id.to_string(), "document")).send();
            assert_eq!(answer.status, 202);
            waits.push(receiver.calls("EVENTS_KV").delay_ms - before);
        }
        waits
    };
    let by_chance = waits(7);
    assert!(by_chance.iter().all(|wait| (1..=10).contains(wait)), "{by_chance:?}");
    assert!(by_chance.iter().any(|wait| *wait <= 5), "{by_chance:?}");
    assert!(by_chance.iter().any(|wait| *wait > 5), "{by_chance:?}");
    assert_eq!(waits(7), by_chance);
    assert_ne!(waits(8), by_chance);
}

#[test]
fn a_latency_is_two_bounds() {
    let parse = |text: &str| text.parse::<Latency>().map(|latency| latency.to_string());
    for text in ["5-50", "0-0", "7-7", "0-65535"] {
        assert_eq!(parse(text), Ok(text.to_owned()));
    }
    for (text, error) in [
        ("", ParseLatencyError::NoRange),
        ("50", ParseLatencyError::NoRange),
        ("5-", ParseLatencyError::NoMilliseconds),
        ("-5-50", ParseLatencyError::NoMilliseconds),
        ("5ms-50ms", ParseLatencyError::NoMilliseconds),
        // More than a minute is more than any time budget.
        ("0-65536", ParseLatencyError::NoMilliseconds),
        ("50-5", ParseLatencyError::Reversed),
    ] {
        assert_eq!(parse(text), Err(error), "{text:?}");
    }
}
