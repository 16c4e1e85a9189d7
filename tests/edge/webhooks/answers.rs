//! The effects of answers, and of missing answers.

use std::collections::BTreeSet;

use edge::{Asked, Receiver, Reply, Shop, Sink};
use serde_json::json;

use super::{ELYTRA, Letter, PATIENT, Stage, product, settings, subscription, timeout};

const DELIVERED: [&str; 7] = ["200", "201", "202", "203", "204", "206", "299"];

const REDIRECTS: [&str; 7] = ["300", "301", "302", "303", "304", "307", "308"];

const REFUSED: [&str; 14] = [
    "400", "401", "402", "403", "404", "405", "406", "407", "409", "411", "413", "422", "451",
    "499",
];

const TRIED_AGAIN: [&str; 12] =
    ["408", "425", "429", "500", "501", "502", "503", "504", "507", "511", "520", "599"];

/// The part of a URL that must stay secret.
const QUERY: &str = "token=hidden";

/// The status that the shop answers for an event.
fn status(id: &str) -> u16 {
    id.parse().unwrap()
}

#[test]
fn each_status() {
    let stage = Stage::new(&timeout(PATIENT));
    stage.shop.answer(|order| Reply::status(status(order.id())).body("whatever"));
    let ids = [&DELIVERED[..], &REDIRECTS, &REFUSED, &["410"], &TRIED_AGAIN].concat();
    let messages = stage.send_all(&ids);
    assert_eq!(messages.len(), ids.len());

    let asked = stage.consume(&messages);
    for (id, asked) in ids.iter().zip(asked) {
        let expected = if TRIED_AGAIN.contains(id) { Asked::Retry(1) } else { Asked::Ack };
        assert_eq!(asked, expected, "{id}");
    }
    let orders = stage.shop.orders_so_far();
    assert_eq!(orders.len(), ids.len());
    let called: BTreeSet<_> = orders.iter().map(|order| order.id().to_owned()).collect();
    assert_eq!(called, ids.iter().map(|id| (*id).to_owned()).collect());

    let letters = stage.take_letters();
    let dead = [&REDIRECTS[..], &REFUSED, &["410"]].concat();
    let mut expected: Vec<_> = dead.iter().map(|id| product(id)).collect();
    expected.sort_unstable();
    assert_eq!(
        letters.iter().map(|letter| &letter.event).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
    for Letter { why, event } in letters {
        let id = dead.iter().find(|id| event == product(id)).unwrap();
        let cause = match *id {
            "410" => "gone",
            id if REDIRECTS.contains(&id) => "redirect",
            _ => "status",
        };
        let reported =
            ["subscription", "cause", "status", "attempts"].map(|name| why[name].clone());
        assert_eq!(reported, [json!("shop"), json!(cause), json!(status(id)), json!(1)]);
    }
    for (id, outcome) in
        [("200", "delivered"), ("404", "dead"), ("410", "dead"), ("500", "retried")]
    {
        let line = stage.line_about(id);
        let about = ["object_type", "object_id"].map(|name| line[name].as_str());
        assert_eq!(about, ["product", "4711"].map(Some), "{line}");
        assert_eq!((&line["outcome"], &line["attempts"]), (&json!(outcome), &json!(1)), "{line}");
    }
    assert_eq!(stage.line_about("500")["delay_seconds"], 1);
    assert!(!stage.receiver.output().contains("whatever"), "an answer is in the log");
}

#[test]
fn redirects_are_not_followed() {
    let stage = Stage::new(&timeout(PATIENT));
    let other = Shop::open();
    let place = format!("{}/moved", other.url());
    let with_user = place.replace("//", &format!("//user:{QUERY}@"));
    let location = format!("{with_user}?{QUERY}#{QUERY}");
    stage.shop.answer(move |order| Reply::status(status(order.id())).header("Location", &location));
    let ids = ["301", "302", "303", "307", "308"];
    let asked = stage.consume(&stage.send_all(&ids));
    assert_eq!(asked, [Asked::Ack; 5]);

    assert_eq!(stage.shop.orders_so_far().len(), ids.len());
    assert_eq!(other.orders_so_far(), []);
    for (id, Letter { why, .. }) in ids.iter().zip(stage.take_letters()) {
        assert_eq!(
            (&why["cause"], &why["status"], &why["reason"]),
            (
                &json!("redirect"),
                &json!(status(id)),
                &json!(format!("the destination answered {id}, a redirect to {place}"))
            )
        );
        assert_eq!(stage.line_about(id)["reasons"], json!([why["reason"]]));
    }
    assert!(!stage.receiver.output().contains(QUERY), "a query is in the log");
}

#[test]
fn no_answer() {
    let (shop, closed, sink) = (Shop::open(), Shop::open(), Sink::start());
    let vars = [
        subscription("CLOSED", &closed, &(timeout(PATIENT) + ELYTRA)),
        subscription("PATIENT", &shop, &(timeout(PATIENT) + ELYTRA)),
        subscription("QUICK", &shop, &(timeout(300) + ELYTRA)),
    ];
    drop(closed);
    let receiver = Receiver::start(&settings().with_vars(&vars.concat()).with_sink(&sink));
    let stage = Stage { receiver, sink, shop };
    stage.shop.answer(|order| match order.id() {
        "held" => Reply::status(204).held(),
        _ => Reply::hang_up(),
    });
    let messages = [stage.send_all(&["held"]), stage.send_all(&["hangs-up"])].concat();
    let message = |subscription: &str, id: &str| {
        let (subscription, id) = (format!("\"{subscription}\""), format!("\"{id}\""));
        let mut messages = messages.iter();
        messages.find(|text| text.contains(&subscription) && text.contains(&id)).unwrap()
    };
    let cases = [
        (message("quick", "held"), "timeout", "the destination did not answer in time"),
        (message("patient", "hangs-up"), "connection", "no connection to the destination: "),
        (message("closed", "hangs-up"), "connection", "no connection to the destination: "),
    ];
    for (message, cause, reason) in cases {
        // The first attempt is retried, and the last one makes a dead letter.
        assert_eq!(stage.consume_one(message, 1), Asked::Retry(1), "{message}");
        assert_eq!(stage.consume_one(message, 6), Asked::Ack);
        let letters = stage.take_letters();
        assert_eq!(letters.len(), 1);
        let Letter { why, event } = &letters[0];
        assert_eq!(&**event, message.split_once('\n').unwrap().1);
        let reported = ["cause", "status", "attempts"].map(|name| why[name].clone());
        assert_eq!(reported, [json!(cause), json!(null), json!(6)]);
        assert!(why["reason"].as_str().unwrap().starts_with(reason), "{why}");
    }
    // The call that timed out is aborted.
    stage.shop.wait_until_given_up(2);
}

/// A 2xx means that the destination has the event, whatever happens to the body.
#[test]
fn bodies() {
    let stage = Stage::new(&timeout(PATIENT));
    stage.shop.answer(|order| match order.id() {
        "breaks-off" => Reply::status(200).body("{}").broken_off(),
        "endless" => Reply::status(200).endless(),
        _ => Reply::status(200).body(vec![b' '; 300_000]),
    });
    for id in ["breaks-off", "endless", "long", "next"] {
        let message = stage.send_all(&[id]).remove(0);
        assert_eq!(stage.consume_one(&message, 1), Asked::Ack, "{id}");
        assert_eq!(stage.line_about(id)["outcome"], "delivered", "{id}");
    }
    assert!(stage.take_letters().is_empty());
    // The connection is closed, and only the buffers of sockets and workerd were filled.
    stage.shop.wait_until_given_up(1);
    let bytes = stage.shop.endless_bytes();
    assert!(bytes < 16_000_000, "{bytes} bytes of an endless body were read");
}

/// The status and headers count, even if the body does not arrive in time.
#[test]
fn slow_bodies() {
    let stage = Stage::new(&timeout(2_000));
    stage.shop.answer(|order| {
        let reply = Reply::status(status(order.id())).body("{}").stalled();
        reply.header("Retry-After", "7")
    });
    let messages = stage.send_all(&["200", "404", "503"]);
    assert_eq!(stage.consume(&messages), [Asked::Ack, Asked::Ack, Asked::Retry(7)]);
    let letters = stage.take_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&letters[0].why["cause"], &letters[0].why["status"]),
        (&json!("status"), &json!(404))
    );
    stage.shop.wait_until_given_up(3);
}
