//! Searches, compared with a naive one.

use edge::{Receiver, Settings, event, wait_until};
use serde_json::Value;

use super::{ask, get, search, with_journal};

/// An event as it was sent, and the code that it got.
struct Sent {
    text: Value,
    code: String,
}

const TYPES: [&str; 4] = ["product", "document", "user", "product_text"];
const OPERATIONS: [&str; 3] = ["add", "modify", "remove"];
const SOURCES: [&str; 2] = ["elytra-pim", "https://other.example/pim?a=b&c=d"];

/// Sends events that differ in everything that can be searched for, and returns them, the newest first.
fn send_all(receiver: &Receiver, events: usize) -> Vec<Sent> {
    let mut random = fastrand::Rng::with_seed(events as u64);
    let mut sent = Vec::new();
    for number in 0..events {
        // Some ids come from two sources.
        let id = format!("id {}", number / 2 * 2);
        let text = event(&id, random.choice(TYPES).unwrap())
            .replace("elytra-pim", SOURCES[number % 2])
            .replace("modify", random.choice(OPERATIONS).unwrap())
            .replace("4711", &random.u8(0..5).to_string());
        let answer = receiver.post(text.clone()).send();
        sent.push(Sent { text: serde_json::from_str(&text).unwrap(), code: answer.code() });
    }
    sent.reverse();
    sent
}

impl Sent {
    fn identity(&self) -> (String, String) {
        identity(&self.text)
    }

    /// Whether a search with these parameters means it.
    fn is_meant(&self, parameters: &[(&str, String)]) -> bool {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        parameters.iter().all(|(name, value)| match *name {
            "event_type" => text(&self.text["eventtype"]) == *value,
            "object" => format!("product/{}", self.text["data"]["objectId"]) == *value,
            "code" => self.code == *value,
            "subscription" => {
                let type_ = text(&self.text["eventtype"]);
                let wanted: &[&str] = match &**value {
                    "products" => &["product", "product_text"],
                    _ => &["document", "product_text"],
                };
                wanted.contains(&&*type_)
            }
            name => text(&self.text[name]) == *value,
        })
    }
}

fn identity(event: &Value) -> (String, String) {
    let text = |name: &str| event[name].as_str().unwrap().to_owned();
    (text("source"), text("id"))
}

/// All events that a search finds, page by page. While it goes on, others arrive.
fn all_pages(receiver: &Receiver, query: &str, limit: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(receiver, &format!("/events?limit={limit}&{query}{cursor}"), "events");
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= limit);
        found.extend(events.iter().map(identity));
        let Some(next) = page["cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
        let late = event(&format!("late {}", fastrand::u64(..)), "customer");
        assert_eq!(receiver.post(late).send().status, 200);
    }
}

#[test]
fn find_what_a_naive_one_finds() {
    let settings = with_journal(Settings::standard()).with_webhook_field("ledger_shards = 4");
    let receiver = Receiver::start(&settings);
    let sent = send_all(&receiver, 120);
    wait_until("all are recorded", || {
        let all = search(&receiver, "limit=1000");
        (all.len() == sent.len()).then_some(())
    });
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..60 {
        let mut parameters: Vec<(&str, String)> = Vec::new();
        for name in
            ["id", "source", "object", "type", "event_type", "operation", "code", "subscription"]
        {
            if random.u8(0..4) > 0 {
                continue;
            }
            let value = match name {
                "id" => format!("id {}", random.u8(0..60) * 2),
                "source" => (*random.choice(&SOURCES).unwrap()).to_owned(),
                "object" => format!("product/{}", random.u8(0..6)),
                "type" => format!("com.elytra.{}", random.choice(TYPES).unwrap()),
                "event_type" => (*random.choice(&TYPES).unwrap()).to_owned(),
                "operation" => (*random.choice(&OPERATIONS).unwrap()).to_owned(),
                "code" => (*random.choice(&["accepted", "ignored"]).unwrap()).to_owned(),
                _ => (*random.choice(&["products", "archive"]).unwrap()).to_owned(),
            };
            parameters.push((name, value));
        }
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
        let mut found = all_pages(&receiver, &query, random.usize(1..40));
        found.retain(|(_, id)| !id.starts_with("late "));
        let mut expected: Vec<_> =
            sent.iter().filter(|one| one.is_meant(&parameters)).map(Sent::identity).collect();
        // What is ignored is written after the answer, in another order.
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
}

/// The newest come first, also across shards.
#[test]
fn come_in_order() {
    let settings = with_journal(Settings::standard()).with_webhook_field("ledger_shards = 4");
    let receiver = Receiver::start(&settings);
    let ids: Vec<_> = (0..50).map(|number| format!("{number:02}")).collect();
    for id in &ids {
        assert_eq!(receiver.post(event(id, "product")).send().status, 202);
    }
    let found = all_pages(&receiver, "event_type=product", 7);
    let found: Vec<_> = found.into_iter().map(|(_, id)| id).collect();
    let mut expected = ids;
    expected.reverse();
    assert_eq!(found, expected);
}

#[test]
fn say_what_is_wrong_with_them() {
    let receiver = Receiver::start(&with_journal(Settings::standard()));
    let cases = [
        ("object=4711", "object: expected <objectType>/<objectId>, such as product/4711"),
        ("code=acepted", "unknown code \"acepted\", did you mean \"accepted\"?"),
        ("event_type=prodct", "unknown event_type \"prodct\", did you mean \"product\"?"),
        ("operation=modfy", "unknown operation \"modfy\", did you mean \"modify\"?"),
        ("subscription=product", "unknown subscription \"product\", did you mean \"products\"?"),
        ("cursor=1", "cursor: expected the cursor of the previous page"),
        ("limit=1001", "limit: expected a whole number from 1 to 1000"),
        ("evnt_type=product", "unknown parameter \"evnt_type\", did you mean \"event_type\"?"),
        (
            "since=yesterday",
            "since: expected a time in RFC 3339, such as 2025-12-31T04:19:30Z, or how long ago, such as 90s, 15m, 1h or 7d",
        ),
    ];
    for (query, detail) in cases {
        let answer = ask(&receiver, "GET", &format!("/events?{query}"), "");
        assert_eq!((answer.status, &*answer.code()), (400, "bad_query"), "{query}");
        assert_eq!(answer.json()["detail"], detail, "{query}");
    }
    for (path, status, code) in [
        ("/events/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 404, "no_such_event"),
        ("/events/4711", 400, "bad_query"),
        ("/events/", 404, "not_found"),
        ("/replays/x/y/z", 404, "not_found"),
    ] {
        let answer = ask(&receiver, "GET", path, "");
        assert_eq!((answer.status, &*answer.code()), (status, code), "{path}");
    }
    let answer = ask(&receiver, "PUT", "/events", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, DELETE")));
}
