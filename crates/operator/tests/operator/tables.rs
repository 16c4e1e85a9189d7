//! Tables of events, refusals and replays.

use elytra_webhooks_operator::{
    EventTable, RefusalTable, clean, counted, json_line, print_replays, with_commas,
};
use serde_json::value::RawValue;

pub(crate) fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

const KEY: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz-_0123";

fn event(rest: &str) -> Box<RawValue> {
    raw(&format!(
        r#"{{"key":"{KEY}","arrived_at":1795542207985,"type":"com.elytra.product",{rest}}}"#
    ))
}

#[test]
fn a_row_says_what_an_event_is_and_what_became_of_it() {
    let events = [
        // Those that do not want it do not matter here.
        event(
            r#""event_type":"product","operation":"modify","object_type":"product","object_id":"4711","code":"accepted","subscriptions":[{"subscription":"search","fate":"unwanted","reason":"inactive"},{"subscription":"shop","fate":"delivered"}]"#,
        ),
        // Nobody wants it.
        event(
            r#""event_type":"todo","operation":"add","code":"ignored","subscriptions":[{"subscription":"shop","fate":"unwanted"}]"#,
        ),
        // Its object has another type.
        event(
            r#""event_type":"asset","object_type":"product","object_id":"1","code":"undelivered","subscriptions":[{"subscription":"shop","fate":"failed"}]"#,
        ),
        // It is not one of Elytra's.
        event(r#""code":"ignored""#),
        // A later version knows other fates, and other fields.
        event(
            r#""event_type":"product","code":"accepted","colour":{"red":1},"subscriptions":[{"subscription":"shop","fate":"teleported","to":["a"]}]"#,
        ),
        // Only what happened later is known.
        event(r#""received":0"#),
    ];
    let expected = "\
ARRIVED               EVENT                STATE            KEY
2026-11-24T17:43:27Z  product/4711 modify  shop delivered   AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  todo add             ignored          AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  asset product/1      shop failed      AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  com.elytra.product   ignored          AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  product              shop teleported  AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  com.elytra.product   unknown          AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
";
    assert_eq!(EventTable::default().rows(&events).unwrap(), expected);
}

/// The key stays whole, because it is copied.
#[test]
fn what_is_too_long_is_shortened() {
    let events = [
        event(
            r#""event_type":"product","operation":"modify","object_type":"product","object_id":"4711-4711-4711-4711-4711-4711","subscriptions":[{"subscription":"shop","fate":"delivered"},{"subscription":"search","fate":"retried"},{"subscription":"archive","fate":"held"}]"#,
        ),
        event(r#""event_type":"todo""#),
        // Each takes two columns.
        event(r#""event_type":"商品商品商品商品商品商品商品商品""#),
    ];
    let expected = "\
ARRIVED               EVENT                  STATE                  KEY
2026-11-24T17:43:27Z  product/4711-4711-47…  shop delivered, sear…  AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  todo                   unknown                AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
2026-11-24T17:43:27Z  商品商品商品商品商品…  unknown                AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
";
    assert_eq!(EventTable::default().rows(&events).unwrap(), expected);
}

/// Pages are printed as they come, so the first ones do not know how wide the others are.
#[test]
fn a_table_goes_on_without_another_header() {
    let mut table = EventTable::default();
    assert_eq!(table.rows(&[]).unwrap(), "", "an empty page needs no header");
    let first = "\
ARRIVED               EVENT  STATE    KEY
2026-11-24T17:43:27Z  a      ignored  AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
";
    assert_eq!(table.rows(&[event(r#""event_type":"a","code":"ignored""#)]).unwrap(), first);
    let second = "2026-11-24T17:43:27Z  longer  ignored  AbCdEfGhIjKlMnOpQrStUvWxYz-_0123\n";
    assert_eq!(table.rows(&[event(r#""event_type":"longer","code":"ignored""#)]).unwrap(), second);
    let third = "2026-11-24T17:43:27Z  b       ignored  AbCdEfGhIjKlMnOpQrStUvWxYz-_0123\n";
    assert_eq!(table.rows(&[event(r#""event_type":"b","code":"ignored""#)]).unwrap(), third);
}

#[test]
fn a_refusal_says_who_was_refused_and_why() {
    let refusals = [
        raw(
            r#"{"at":1795542207985,"code":"invalid_event","status":400,"detail":"found 2 violations","reasons":["id: must not be empty","source: missing"],"credential":"ELYTRA_TOKEN","client_address":"203.0.113.7"}"#,
        ),
        raw(
            r#"{"at":1795542207985,"code":"credentials_wrong","status":401,"detail":"the credentials are wrong","client_address":"2001:db8:1234:5678:9abc:def0:1234:5678","weather":"rain"}"#,
        ),
        raw(
            r#"{"at":1795542207985,"code":"too_fast","detail":"too many requests","reasons":["too many requests"]}"#,
        ),
    ];
    let expected = "\
TIME                  ANSWER              FROM                                    WHY
2026-11-24T17:43:27Z  400 invalid_event   203.0.113.7                             ELYTRA_TOKEN: fou…
2026-11-24T17:43:27Z  401 credentials_w…  2001:db8:1234:5678:9abc:def0:1234:5678  the credentials a…
2026-11-24T17:43:27Z  too_fast            -                                       too many requests
";
    let mut table = RefusalTable::default();
    assert_eq!(table.rows(&refusals).unwrap(), expected);
    let expected = "\
TIME                  ANSWER             FROM         WHY
2026-11-24T17:43:27Z  400 invalid_event  203.0.113.7  ELYTRA_TOKEN: found 2 violations: id: must no…
";
    assert_eq!(RefusalTable::default().rows(&refusals[..1]).unwrap(), expected);
    assert_eq!(counted(0), None);
    assert_eq!(counted(1).as_deref(), Some("1 request more came too fast, and were only counted"));
}

#[test]
fn a_replay_is_a_row() {
    let replays = [
        raw(
            r#"{"id":"1795542207985-aBcD_-12","state":"running","filter":{"object":"product/4711","since":1795542207985},"subscriptions":["shop"],"respect_filters":true,"events_per_second":10,"started_at":1795542207985,"events":1234,"is_complete":true,"sent":800,"not_sent":2}"#,
        ),
        // The search for all of its events was too long.
        raw(
            r#"{"id":"1795542207985-aBcD_-13","state":"paused","filter":{"source":"a"},"events_per_second":10,"started_at":1795542207985,"events":10000,"is_complete":false,"sent":0,"not_sent":0}"#,
        ),
        // A later version has another state.
        raw(
            r#"{"id":"1795542207985-aBcD_-14","state":"dreaming","keys":3,"events_per_second":10,"started_at":1795542207985,"events":3,"is_complete":true,"sent":0,"not_sent":0}"#,
        ),
    ];
    let expected = "\
STARTED               STATE     SENT                  EVENTS                  ID
2026-11-24T17:43:27Z  running   800/1,234, 2 not      object=product/4711 s…  1795542207985-aBcD_-12
2026-11-24T17:43:27Z  paused    0 of at least 10,000  source=a                1795542207985-aBcD_-13
2026-11-24T17:43:27Z  dreaming  0/3                   3 keys                  1795542207985-aBcD_-14
";
    assert_eq!(print_replays(&replays).unwrap(), expected);
}

/// What a sender writes may be meant for the terminal of an operator.
#[test]
fn nothing_reaches_the_terminal_that_moves_its_cursor() {
    for (text, expected) in [
        ("plain ünïcödé", "plain ünïcödé"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u{1b}[31mred", "\\u{1b}[31mred"),
        ("\u{9b}31m", "\\u{9b}31m"),
        // "Trojan Source": the text is shown in another order.
        ("a\u{202e}b", "a\\u{202e}b"),
        ("a\u{2066}b", "a\\u{2066}b"),
        ("\u{feff}\u{200b}", "\\u{feff}\\u{200b}"),
    ] {
        assert_eq!(clean(text), expected);
    }
}

#[test]
fn numbers_have_commas() {
    for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(with_commas(number), expected);
    }
}

/// NDJSON has no other line ends than those between its values.
#[test]
fn json_is_on_one_line() {
    assert_eq!(json_line("{\"a\":\r\n \"\\n\"}\n"), "{\"a\":   \"\\n\"}");
}
