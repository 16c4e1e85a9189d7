//! What is sent, and what is said of the answers.

use clap::{Args as _, FromArgMatches as _};
use elytra_events::CloudEvent;

use super::{Sending, TriggerArguments, trigger};
use crate::host::{FetchError, HttpAnswer};
use crate::memory::{Memory, run};
use crate::{Exit, Result};

const CONFIG: &str = "[vars.WEBHOOK]\nauth_type = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }\nmax_batch_events = 100\n\
                      [vars.SUBSCRIPTION_A]\nqueue = \"Q\"\n[[queues.producers]]\nbinding = \"Q\"\nqueue = \"q\"\n";

const SECRETS: &str = "ELYTRA_TOKEN=local-secret\n";

fn host() -> Memory {
    Memory::default().with("wrangler.toml", CONFIG).with(".dev.vars", SECRETS)
}

fn parsed(line: &str) -> std::result::Result<TriggerArguments, clap::Error> {
    let command = TriggerArguments::augment_args(clap::Command::new("trigger"));
    let matches =
        command.try_get_matches_from(std::iter::once("trigger").chain(line.split_whitespace()))?;
    TriggerArguments::from_arg_matches(&matches)
}

#[track_caller]
fn sendings(host: &Memory, line: &str) -> Vec<Sending> {
    parsed(line).expect(line).sendings(host, 100).expect(line)
}

fn text(sending: &Sending) -> &str {
    std::str::from_utf8(&sending.body).expect("UTF-8")
}

fn header<'s>(sending: &'s Sending, name: &str) -> Option<&'s str> {
    let mut headers = sending.headers.iter();
    headers.find(|(other, _)| other == name).map(|(_, value)| &**value)
}

#[test]
fn every_type_and_operation_is_a_valid_event_that_is_understood() {
    let sent = sendings(&host(), "--all");
    assert_eq!(sent.len(), 73 * 5);
    for sending in &sent {
        let event = CloudEvent::from_json(text(sending)).expect("a valid event");
        let (type_, operation) = (event.event_type(), event.operation());
        assert!(type_.is_some_and(|one| one.known().is_some()), "{}", text(sending));
        assert!(operation.is_some_and(|one| one.known().is_some()), "{}", text(sending));
        assert!(event.object().is_named(), "{}", text(sending));
    }
}

#[test]
fn a_batch_has_no_more_events_than_the_receiver_takes() {
    let sent = sendings(&host(), "--all --mode batch");
    let counts: Vec<_> =
        sent.iter().map(|one| text(one).matches("\"specversion\"").count()).collect();
    assert_eq!(counts, [100, 100, 100, 65]);
    assert_eq!(
        header(&sent[0], "content-type"),
        Some("application/cloudevents-batch+json; charset=UTF-8")
    );
}

#[test]
fn binary_mode_has_the_attributes_in_headers() {
    let sent = sendings(
        &host(),
        "--mode binary --object document/a --event-type document --operation add",
    );
    let [sending] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(header(sending, "ce-type"), Some("com.elytra.document"));
    assert_eq!(header(sending, "ce-operation"), Some("add"));
    assert_eq!(header(sending, "content-type"), Some("application/json"));
    assert_eq!(text(sending), r#"{"objectId":"a","objectType":"document"}"#);
}

#[test]
fn a_file_is_sent_as_it_is() {
    let cases: [(&str, &str, &str, &str); 4] = [
        ("an event", "{ \"id\": 1.0 }\n", "structured", "{ \"id\": 1.0 }\n"),
        ("a batch", " [{}]", "structured", " [{}]"),
        ("an event as a batch", "{}", "batch", "[{}]"),
        ("no JSON at all: the receiver says what is wrong", "id=1", "structured", "id=1"),
    ];
    for (why, file, mode, expected) in cases {
        let host = host().with("event.json", file);
        let sent = sendings(&host, &format!("--file event.json --mode {mode}"));
        assert_eq!(sent.iter().map(text).collect::<Vec<_>>(), [expected], "{why}");
    }
    let host = host().with("event.json", "{}");
    let binary = parsed("--file event.json --mode binary").expect("arguments").sendings(&host, 100);
    assert_eq!(binary.expect_err("attributes are missing").exit(), Exit::Invalid);
}

#[test]
fn wrong_arguments_name_what_is_right() {
    let cases = [
        ("--event-type produkt", "did you mean \"product\"?"),
        ("--operation delete", "expected one of add, modify, remove, link, unlink"),
        ("--object 4711", "expected a type and an id, such as product/4711"),
        ("--all --file event.json", "cannot be used with"),
        ("--count 0", "0 is not in 1..=10000"),
    ];
    for (line, expected) in cases {
        let error = parsed(line).expect_err(line).to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

fn answered(host: &Memory, status: u16, body: &str) {
    let answer = HttpAnswer { status, body: body.as_bytes().to_vec(), ..HttpAnswer::default() };
    host.answers.borrow_mut().push(Ok(answer));
}

fn done(host: &Memory, line: &str) -> Result<()> {
    run(trigger(host, &parsed(line).expect(line)))
}

#[test]
fn the_answer_is_printed_and_is_the_exit_code() {
    let ignored = r#"{"code":"ignored","id":"1","detail":"no subscription wants this event","reasons":[{"subscription":"a","code":"c","message":"why"}]}"#;
    let invalid = r#"{"code":"invalid_event","detail":"found 1 violation","violations":[{"attribute":"id","code":"empty","message":"must not be empty"}]}"#;
    let batch = r#"{"code":"accepted","events":[{"code":"accepted","id":"1","subscriptions":["a"]},{"code":"duplicate","id":"2","subscriptions":["a","b"]}]}"#;
    let cases: [(u16, &str, &str, Option<Exit>); 9] = [
        (
            202,
            r#"{"code":"accepted","id":"1","subscriptions":["a"]}"#,
            "202 accepted  1  a\n",
            None,
        ),
        (202, batch, "202 accepted  1  a\n202 duplicate  2  a, b\n", None),
        (
            200,
            ignored,
            "200 ignored  1\n    no subscription wants this event\n    a: why\n",
            Some(Exit::Nothing),
        ),
        (
            400,
            invalid,
            "400 invalid_event\n    found 1 violation\n    id: must not be empty\n",
            Some(Exit::Invalid),
        ),
        (503, r#"{"code":"undelivered","id":"1"}"#, "503 undelivered  1\n", Some(Exit::Failed)),
        (429, r#"{"code":"too_many_requests"}"#, "429 too_many_requests\n", Some(Exit::Failed)),
        (200, "<h1>Home</h1>", "200 <h1>Home</h1>\n", Some(Exit::Failed)),
        (404, r#"{"code":"not_found"}"#, "404 not_found\n", Some(Exit::Failed)),
        (502, "<h1>\u{1b}[31mBad</h1>", "502 <h1>\\u{1b}[31mBad</h1>\n", Some(Exit::Failed)),
    ];
    for (status, body, printed, exit) in cases {
        let host = host();
        answered(&host, status, body);
        assert_eq!(done(&host, "").err().map(|error| error.exit()), exit, "{body}");
        assert_eq!(host.take_printed(), printed);
        let requests = host.requests.borrow();
        assert_eq!(requests[0].url, "http://localhost:8787/webhook");
        let credentials = ("authorization".to_owned(), "Bearer local-secret".to_owned());
        assert!(requests[0].headers.contains(&credentials));
        assert!(!requests[0].may_use_proxy);
    }
}

#[test]
fn errors_say_what_to_do_and_show_no_secret() {
    let unauthorized = host();
    answered(&unauthorized, 401, r#"{"code":"credentials_wrong"}"#);
    let refused = host();
    refused.answers.borrow_mut().push(Err(FetchError::Failed("connection refused".to_owned())));
    let no_secret = Memory::default().with("wrangler.toml", CONFIG);
    let bad_secrets =
        Memory::default().with("wrangler.toml", CONFIG).with(".dev.vars", "ELYTRA_TOKEN=\"a\nb\"");
    let cases = [
        (unauthorized, "", "does not accept the credentials: what it has as ELYTRA_TOKEN"),
        (refused, "", "start the Worker with `npm run dev`"),
        (no_secret, "", "ELYTRA_TOKEN is neither in .dev.vars nor in the environment"),
        (bad_secrets, "", "ELYTRA_TOKEN has characters that a header cannot have"),
        (
            host(),
            "--url https://webhooks.example.com",
            "ELYTRA_TOKEN is neither in .production.vars",
        ),
        (host(), "--secrets-file nowhere.vars", "cannot read nowhere.vars"),
        (host(), "--url http://webhooks.example.com", "the credentials would be sent unencrypted"),
    ];
    for (host, line, expected) in cases {
        let error = done(&host, line).expect_err(expected).to_string();
        assert!(error.contains(expected) && !error.contains("local-secret"), "{line}: {error}");
    }
}
