//! The handshake of the CloudEvents web hooks: which origins get consent, and for which rate.

use elytra_events::http::Headers as _;
use elytra_webhooks::config::{Bindings, Config};

use super::{Expected, Memory, Request, WEBHOOK, ask, check_answer, configure};
use crate::support::Head;

/// The log line: which origin asked, and with what result.
fn log(head: &Head, consent: &str) -> String {
    let reason = match head.header("webhook-request-origin") {
        None => "no consent: no WebHook-Request-Origin was sent".to_owned(),
        Some(origin) if consent.is_empty() => {
            format!(r#"no consent: \"{origin}\" is not in allowed_origins"#)
        }
        Some(origin) => format!(r#"consent to \"{origin}\""#),
    };
    format!(
        r#"{{"outcome":"handshake","code":"handshake","status":200,"reasons":["{reason}"],"milliseconds":0}}"#
    )
}

/// A configuration whose `WEBHOOK` has these additional fields.
fn with(fields: &str) -> Config {
    let webhook = WEBHOOK.replace(r#","auth""#, &format!(r#",{fields}"auth""#));
    configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)])
}

fn allowing(rate: &str) -> Config {
    with(&format!(
        r#""allowed_origins":["elytra.example.com","https://Pim.example"],"allowed_rate":{rate},"#
    ))
}

fn options() -> Head {
    Head::post().method("OPTIONS")
}

/// The headers after the content type and `Allow`, one per line.
#[track_caller]
fn check(why: &str, config: &Config, head: Head, consent: &str) {
    let memory = Memory::used_up(true);
    let log = log(&head, consent);
    let answer = ask(Ok(config), Request::new(head, "any body"), &memory);
    check_answer(
        why,
        &answer,
        &Expected {
            status: 200,
            headers: &format!("allow: POST, PUT, PATCH, OPTIONS\n{consent}"),
            body: r#"{"code":"handshake"}"#,
            log: &log,
        },
    );
    assert_eq!(answer.polls, 0, "{why}: the body is not read");
    assert_eq!(memory.asked.into_inner(), [], "{why}: no rate limit is asked");
}

#[test]
fn an_allowed_origin_gets_consent() {
    let consent = "webhook-allowed-origin: elytra.example.com\nwebhook-allowed-rate: 120";
    let asked = || options().with("WebHook-Request-Origin", "elytra.example.com");
    check("http-webhook 4.2: both headers, no credentials", &allowing("120"), asked(), consent);
    let rated = asked().with("WebHook-Request-Rate", "1000");
    check("http-webhook 4.1.4: the rate is ours to say", &allowing("120"), rated, consent);
    let wrong = asked().with("authorization", "Bearer presented-canary").query("access_token=x");
    check("http-webhook 4: not authenticated", &allowing("120"), wrong, consent);
    let any_rate = "webhook-allowed-origin: elytra.example.com\nwebhook-allowed-rate: *";
    check("http-webhook 4.2.2: as fast as it likes", &allowing("\"*\""), asked(), any_rate);
    let most =
        "webhook-allowed-origin: elytra.example.com\nwebhook-allowed-rate: 18446744073709551615";
    check("a large number is printed whole", &allowing("18446744073709551615"), asked(), most);
    let second = options().with("webhook-request-origin", "https://Pim.example");
    let consent = "webhook-allowed-origin: https://Pim.example\nwebhook-allowed-rate: 1";
    check("the second of them, as it is written", &allowing("1"), second, consent);
    let event_type = asked().with("content-type", "application/cloudevents+avro");
    let consent = "webhook-allowed-origin: elytra.example.com\nwebhook-allowed-rate: 1";
    check("it brings no event, so it has no mode", &allowing("1"), event_type, consent);
}

#[test]
fn any_other_origin_gets_none() {
    let config = allowing("\"*\"");
    check("http-webhook 4.1.2: no origin is revealed", &config, options(), "");
    for (why, origin) in [
        ("another", "evil.example.com"),
        ("cloudevents.md: never by prefix", "elytra.example.com.evil.example"),
        ("a prefix of an allowed one", "elytra.example"),
        ("nor by suffix", "evil-elytra.example.com"),
        ("compared whole: the case", "Elytra.example.com"),
        ("a port", "elytra.example.com:443"),
        ("a scheme", "https://elytra.example.com"),
        ("the star is for answers", "*"),
        ("empty", ""),
        ("two of them", "elytra.example.com, https://Pim.example"),
    ] {
        check(why, &config, options().with("WebHook-Request-Origin", origin), "");
    }
    let twice = options().with("WebHook-Request-Origin", "elytra.example.com");
    let twice = twice.with("WebHook-Request-Origin", "elytra.example.com");
    check("a repeated header is not searched", &config, twice, "");
    let other = options().with("Origin", "elytra.example.com");
    check("what browsers send is another header", &config, other, "");
}

#[test]
fn without_allowed_origins_nobody_gets_consent() {
    let asked = options().with("WebHook-Request-Origin", "elytra.example.com");
    check("design: no consent by default", &with(""), asked.clone(), "");
    let nobody = with(r#""allowed_origins":[],"allowed_rate":"*","#);
    check("an empty list allows no origin", &nobody, asked, "");
}

#[test]
fn the_callback_is_never_called() {
    // Nothing in the platform could call it, and no answer mentions it.
    let head = options().with("WebHook-Request-Origin", "elytra.example.com");
    let head = head.with("WebHook-Request-Callback", "https://internal.example/presented-canary");
    let consent = "webhook-allowed-origin: elytra.example.com\nwebhook-allowed-rate: *";
    check("cloudevents.md: it is a blind SSRF", &allowing("\"*\""), head, consent);
}

#[test]
fn the_methods_are_those_of_the_configuration() {
    let answer = |webhook| {
        let config = configure(webhook, &[("A", r#"{"queue":"QUEUE"}"#)]);
        ask(Ok(&config), Request::new(options(), ""), &Memory::default())
    };
    let put = answer(r#"{"auth_type":"none","methods":["PUT"]}"#);
    assert_eq!(put.headers, "content-type: application/json\nallow: PUT, OPTIONS");
}

#[test]
fn a_broken_configuration_gives_no_consent() {
    let broken = Config::from_bindings(&Bindings::new()).unwrap_err();
    let answer = ask(Err(&broken), Request::new(options(), ""), &Memory::default());
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers, "content-type: application/problem+json\nretry-after: 60");
}

#[test]
fn elsewhere_there_is_no_handshake() {
    let config = allowing("\"*\"");
    let ask_at = |path| {
        let head = options().path(path).with("WebHook-Request-Origin", "elytra.example.com");
        ask(Ok(&config), Request::new(head, ""), &Memory::default()).status
    };
    assert_eq!(("/health", ask_at("/health")), ("/health", 405));
    assert_eq!(("/", ask_at("/")), ("/", 404));
}
