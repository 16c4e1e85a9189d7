//! Tables of events, refusals and replays.

use elytra_webhooks_operator::{
    EventColumns, EventTable, RefusalTable, clean, counted, json_line, print_replays, with_commas,
};
use serde_json::value::RawValue;

pub(crate) fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

const KEY: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz-_0123";

fn event(rest: &str) -> Box<RawValue> {
    raw(&format!(
        r#"{{"key":"{KEY}","id":"id-1","arrived_at":1795542207985,"type":"com.elytra.product",{rest}}}"#
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
ARRIVED               EVENT                ID    STATE
2026-11-24T17:43:27Z  product/4711 modify  id-1  shop delivered
2026-11-24T17:43:27Z  todo add             id-1  ignored
2026-11-24T17:43:27Z  asset product/1      id-1  shop failed
2026-11-24T17:43:27Z  com.elytra.product   id-1  ignored
2026-11-24T17:43:27Z  product              id-1  shop teleported
2026-11-24T17:43:27Z  com.elytra.product   id-1  unknown
";
    assert_eq!(EventTable::new(EventColumns::Ids, Some(100)).rows(&events).unwrap(), expected);
}

/// The id stays whole, because it is copied. What is wrong comes first, because the rest may be cut.
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
ARRIVED               EVENT                      ID    STATE
2026-11-24T17:43:27Z  product/4711-4711-4711-4…  id-1  search retried, shop del…
2026-11-24T17:43:27Z  todo                       id-1  unknown
2026-11-24T17:43:27Z  商品商品商品商品商品商品…  id-1  unknown
";
    let mut narrow = EventTable::new(EventColumns::Ids, Some(80));
    assert_eq!(narrow.rows(&events).unwrap(), expected);
    let expected = "\
ARRIVED               EVENT                                         ID    STATE
2026-11-24T17:43:27Z  product/4711-4711-4711-4711-4711-4711 modify  id-1  search retried, shop delivered, archive held
";
    let mut endless = EventTable::new(EventColumns::Ids, None);
    assert_eq!(endless.rows(&events[..1]).unwrap(), expected);
}

/// What else a table can have.
#[test]
fn other_columns() {
    let events = [event(
        r#""event_type":"todo","code":"ignored","source":"pim","client_address":"203.0.113.7","user_agent":"Elytra/9.1""#,
    )];
    let expected = "\
ARRIVED               EVENT  ID    FROM         USER AGENT  STATE
2026-11-24T17:43:27Z  todo   id-1  203.0.113.7  Elytra/9.1  ignored
";
    let mut clients = EventTable::new(EventColumns::Clients, None);
    assert_eq!(clients.rows(&events).unwrap(), expected);
    let expected = "\
ARRIVED               EVENT  SOURCE  KEY                               STATE
2026-11-24T17:43:27Z  todo   pim     AbCdEfGhIjKlMnOpQrStUvWxYz-_0123  ignored
";
    let mut keys = EventTable::new(EventColumns::Keys, None);
    assert_eq!(keys.rows(&events).unwrap(), expected);
}

/// Pages are printed as they come, so the first ones do not know how wide the others are.
#[test]
fn a_table_goes_on_without_another_header() {
    let mut table = EventTable::new(EventColumns::Ids, Some(100));
    assert_eq!(table.rows(&[]).unwrap(), "", "an empty page needs no header");
    let first = "\
ARRIVED               EVENT  ID    STATE
2026-11-24T17:43:27Z  a      id-1  ignored
";
    assert_eq!(table.rows(&[event(r#""event_type":"a","code":"ignored""#)]).unwrap(), first);
    let second = "2026-11-24T17:43:27Z  longer  id-1  ignored\n";
    assert_eq!(table.rows(&[event(r#""event_type":"longer","code":"ignored""#)]).unwrap(), second);
    let third = "2026-11-24T17:43:27Z  b       id-1  ignored\n";
    assert_eq!(table.rows(&[event(r#""event_type":"b","code":"ignored""#)]).unwrap(), third);
}

#[test]
fn a_refusal_says_who_was_refused_and_why() {
    let refusals = [
        raw(
            r#"{"at":1795542207985,"code":"invalid_event","status":400,"detail":"found 2 violations","reasons":["id: must not be empty","source: missing"],"credential":"ELYTRA_TOKEN","client_address":"203.0.113.7","user_agent":"Elytra/9.1","path":"/webhook"}"#,
        ),
        raw(
            r#"{"at":1795542207985,"code":"credentials_wrong","status":401,"detail":"the credentials are wrong","client_address":"2001:db8:1234:5678:9abc:def0:1234:5678","weather":"rain"}"#,
        ),
        raw(
            r#"{"at":1795542207985,"code":"too_fast","detail":"too many requests","reasons":["too many requests"]}"#,
        ),
    ];
    let expected = "\
TIME                  ANSWER                 PATH      CREDENTIAL    FROM                                    WHY                                        USER AGENT
2026-11-24T17:43:27Z  400 invalid_event      /webhook  ELYTRA_TOKEN  203.0.113.7                             found 2 violations: id: must not be empty  Elytra/9.1
2026-11-24T17:43:27Z  401 credentials_wrong  -         -             2001:db8:1234:5678:9abc:def0:1234:5678  the credentials are wrong
2026-11-24T17:43:27Z  too_fast               -         -             -                                       too many requests
";
    assert_eq!(RefusalTable::new(None).rows(&refusals).unwrap(), expected);
    let expected = "\
TIME                  ANSWER          PATH      CREDENTIAL    FROM         WHY            USER AGENT
2026-11-24T17:43:27Z  400 invalid_e…  /webhook  ELYTRA_TOKEN  203.0.113.7  found 2 viol…  Elytra/9.1
";
    assert_eq!(RefusalTable::new(Some(100)).rows(&refusals[..1]).unwrap(), expected);
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
