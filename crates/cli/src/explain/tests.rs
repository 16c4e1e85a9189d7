//! Explanations with the shipped configuration, and with others.

use std::fs;
use std::path::Path;

use super::{Question, explain};
use crate::memory::Memory;
use crate::{Exit, Result as CliResult};

const EVENT: &str = r#"{"specversion":"1.0","id":"1","source":"elytra-pim","type":"com.elytra.product","operation":"modify","data":{"objectId":4711,"objectType":"product"}}"#;

/// A configuration that names secrets, none of which is set.
const CONFIG: &str = r#"
[vars.WEBHOOK]
auth_type = "bearer"
auth = [{ token = "ONE" }, { token = "TWO" }]
max_batch_events = 2

[vars.ADMIN]
auth_type = "basic"
auth = { username = "NAME", password = "PASSWORD" }

[vars.SUBSCRIPTION_SHOP]
filters = [{ exact = { "object.type" = "product" } }, { not = { exact = { "object.id" = "4711" } } }]
webhook = { url = "https://shop.example.com", auth_type = "apikey", auth = { api_key = "KEY" } }

[[queues.producers]]
binding = "DELIVERIES"
queue = "deliveries"

[[queues.producers]]
binding = "DEAD_LETTERS"
queue = "dead-letters"

[[kv_namespaces]]
binding = "DEAD"
"#;

/// A machine with the shipped configuration.
fn host() -> Memory {
    Memory::default().with("wrangler.toml", &read("wrangler.toml"))
}

/// A file of this repository.
fn read(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(name)).expect(name)
}

fn ask(host: &Memory, question: &Question) -> Result<String, String> {
    match explain(host, question) {
        Ok(()) => Ok(host.take_printed()),
        // What is explained is printed, whatever it says.
        Err(error) if error.to_string().is_empty() => Ok(host.take_printed()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn the_shipped_configuration_needs_no_secrets() {
    let host = host();
    let event = host.file("shipped.json", EVENT);
    let reported = ask(&host, &Question { event: event.clone(), ..Question::default() });
    let expected = r#"mode: structured

event:
  specversion: "1.0"
  id: "1"
  source: "elytra-pim"
  type: "com.elytra.product"
  operation: "modify"
  data: 40 bytes
understood as:
  event type: "product"
  operation: "modify"
  object type: "product"
  object id: "4711"
  size: 149 bytes of JSON
subscriptions:
  documents: no, event type "product" is not in event_types
  products: yes
"#;
    assert_eq!(reported.as_deref(), Ok(expected));

    let subscription = Some("products".to_owned());
    let reported = ask(&host, &Question { event, subscription, json: true, ..Question::default() });
    let reported: serde_json::Value = reported.expect("JSON").parse().expect("JSON");
    let verdicts = &reported["events"][0]["subscriptions"];
    assert_eq!(*verdicts, serde_json::json!([{ "subscription": "products", "matches": true }]));
    assert_eq!(reported["code"], "explained", "the JSON of the answer");
}

#[test]
fn a_clause_says_no_with_what_it_saw() {
    let host = host();
    let event = host.file("filtered.json", EVENT);
    let config = Some(host.file("filtered.toml", CONFIG));
    let reported =
        ask(&host, &Question { event, config, ..Question::default() }).expect("an explanation");
    let expected = "subscriptions:\n  shop: no, filters[1].not.exact: object.id is \"4711\"\n";
    assert!(reported.ends_with(expected), "{reported}");
}

#[test]
fn an_environment_has_subscriptions_of_its_own() {
    let host = host();
    let staging = "\n[env.staging.vars.WEBHOOK]\nauth_type = \"none\"\n\
                   [env.staging.vars.SUBSCRIPTION_ONE]\nqueue = \"ONE\"\n\
                   [[env.staging.queues.producers]]\nbinding = \"ONE\"\nqueue = \"one\"\n";
    let config = Some(host.file("environments.toml", &format!("{CONFIG}{staging}")));
    let event = host.file("environments.json", EVENT);
    let of = |env: Option<&str>| {
        let env = env.map(str::to_owned);
        ask(
            &host,
            &Question { event: event.clone(), config: config.clone(), env, ..Question::default() },
        )
    };
    let subscriptions = |reported: Result<String, String>| {
        let reported = reported.expect("an explanation");
        reported.split_once("subscriptions:\n").expect("subscriptions").1.to_owned()
    };
    assert_eq!(subscriptions(of(Some("staging"))), "  one: yes\n");
    assert!(subscriptions(of(None)).starts_with("  shop: no"));
    let error = of(Some("stagin")).expect_err("there is no such environment");
    assert!(error.contains("there is no [env.stagin], did you mean \"staging\"?"), "{error}");
}

#[test]
fn the_documents_show_what_is_printed() {
    let host = host();
    let between = |text: &str, begin: &str, end: &str| {
        let (_, rest) = text.split_once(begin).expect(begin);
        rest.split_once(end).expect(end).0.to_owned()
    };
    let operating = read("docs/operating.md");
    let (_, shown) = operating.split_once("<!-- explain").expect("the example");
    let event = between(shown, "\n```json\n", "\n```\n");
    let (_, rest) = shown.split_once("\n```console\n").expect("what is printed");
    let (printed, rest) = rest.split_once("```\n").expect("its end");
    let answer = between(rest, "\n```json\n", "```\n");
    let german = between(&read("docs/filters.md"), "\n[vars.SUBSCRIPTION_GERMAN]", "\n\n");
    let config = format!("{}\n[vars.SUBSCRIPTION_GERMAN]{german}\n", read("wrangler.toml"));
    let question = Question {
        event: host.file("documents.json", &(event + "\n")),
        config: Some(host.file("documents.toml", &config)),
        ..Question::default()
    };
    assert_eq!(ask(&host, &question).as_deref(), Ok(printed));
    let (_, asked) = rest.split_once("/explain?subscription=").expect("which one is asked about");
    let subscription = asked.split_once('\'').map(|(name, _)| name.to_owned());
    assert!(subscription.is_some(), "the URL ends");
    let question = Question { subscription, json: true, ..question };
    assert_eq!(ask(&host, &question), Ok(answer), "the answer to `POST /explain`");
}

#[test]
fn all_modes_are_explained() {
    let host = host();
    let config = Some(host.file("modes.toml", CONFIG));
    let header = ["ce-specversion: 1.0", "CE-ID: 7", "ce-source: s", "ce-type:t"];
    let header = header.map(str::to_owned).to_vec();
    let event = host.file("modes.bin", "\u{7f}");
    let content_type = Some("application/octet-stream".to_owned());
    let question =
        Question { event, header, content_type, config: config.clone(), ..Question::default() };
    let reported = ask(&host, &question).expect("an explanation");
    assert!(
        reported.starts_with("mode: binary\n") && reported.contains("\n  id: \"7\"\n"),
        "{reported}"
    );
    assert!(reported.contains("\n  data_base64: 4 bytes\n"), "{reported}");

    let event = host.file("batch.json", &format!(r#"[{EVENT},{{"id":"x"}}]"#));
    let content_type = Some("application/cloudevents-batch+json".to_owned());
    let reported = ask(&host, &Question { event, content_type, config, ..Question::default() });
    let reported = reported.expect("an explanation");
    let expected = "\nevent \"x\": not valid, so nothing in the request is forwarded\n  \
                    specversion: required attribute is missing\n";
    assert!(reported.starts_with("mode: batch\n") && reported.contains(expected), "{reported}");
}

#[test]
fn what_cannot_be_explained_is_an_error() {
    let host = host();
    let event = host.file("error.json", EVENT);
    let config = Some(host.file("error.toml", CONFIG));
    let refuse = |question: Question, expected: &str| {
        let error = ask(&host, &question).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    };
    let question =
        || Question { event: event.clone(), config: config.clone(), ..Question::default() };
    let subscription = Some("shp".to_owned());
    refuse(
        Question { subscription, ..question() },
        "unknown subscription \"shp\", did you mean \"shop\"?",
    );
    let content_type = Some("text/plain".to_owned());
    refuse(Question { content_type, ..question() }, "the request would be refused: cannot read");
    let header = vec!["ce-id".to_owned()];
    refuse(Question { header, ..question() }, "expected a name, a colon and a value");
    let batch = host.file("many.json", &format!("[{EVENT},{EVENT},{EVENT}]"));
    let content_type = Some("application/cloudevents-batch+json".to_owned());
    refuse(
        Question { event: batch, content_type, ..question() },
        "the batch has 3 events, but at most 2 are allowed",
    );
    let large = host.file("large.json", &" ".repeat(1_048_577));
    refuse(Question { event: large, ..question() }, "larger than 1048576 bytes (max_body_bytes)");
    refuse(Question { event: "nowhere.json".to_owned(), ..question() }, "cannot read nowhere.json");
    let wrong = CONFIG.replace("exact", "exakt").replace("max_batch_events = 2", "max = 2");
    let wrong = Some(host.file("wrong.toml", &wrong));
    let expected = [
        "SUBSCRIPTION_SHOP.filters[0].exakt: unknown dialect, did you mean \"exact\"?",
        "SUBSCRIPTION_SHOP.filters[1].not.exakt: unknown dialect",
        "WEBHOOK.max: unknown field",
    ];
    for expected in expected {
        refuse(Question { config: wrong.clone(), ..question() }, expected);
    }
    let wrong = Some(host.file("no.toml", "=\n"));
    refuse(Question { config: wrong, ..question() }, "no.toml:1:1: mistake: not TOML");
}

#[test]
fn the_exit_code_tells_an_invalid_event_from_an_unwanted_one() {
    let invalid = EVENT.replace("\"source\"", "\"sauce\"");
    let unwanted = EVENT.replace("product", "calendar");
    let cases: [(&str, &str, Option<Exit>); 4] = [
        ("wanted", EVENT, None),
        ("unwanted", &unwanted, Some(Exit::Nothing)),
        ("invalid", &invalid, Some(Exit::Invalid)),
        ("no event at all", "{", Some(Exit::Invalid)),
    ];
    for (why, event, expected) in cases {
        let host = Memory { input: event.to_owned(), ..host() };
        let question = Question { event: "-".to_owned(), ..Question::default() };
        let found: CliResult<()> = explain(&host, &question);
        assert_eq!(found.err().map(|error| error.exit()), expected, "{why}");
    }
}
