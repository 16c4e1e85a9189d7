//! One event and its history.

use elytra_webhooks_operator::{EventView, print_event};

fn print(entry: &str) -> String {
    print_event(&EventView::read(&format!(r#"{{"code":"event","entry":{entry}}}"#)).unwrap())
}

/// What is printed of the history that has this line alone.
fn line(line: &str) -> String {
    let printed = print(&format!(r#"{{"key":"k","history":[{line}]}}"#));
    let (_, history) = printed.split_once("\n2026-11-24\n").unwrap();
    history.trim_end().to_owned()
}

#[test]
fn an_event_that_took_some_time() {
    let entry = r#"{
        "key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","arrived_at":1795542207985,"received":2,"last_received_at":1795599000000,
        "code":"accepted","id":"385d27ef-ac6d-4d93-904b-ea9801fc1bde","source":"elytra-pim","type":"com.elytra.product",
        "event_type":"product","operation":"modify","object_type":"product","object_id":"4711","subject":"s",
        "time":"2026-11-24T18:43:27+01:00","mode":"structured","bytes":1345,"has_text":true,
        "subscriptions":[{"subscription":"search","fate":"unwanted","reason":"event type \"product\" is not in event_types"},{"subscription":"shop","fate":"delivered"}],
        "history":[
            {"at":1795542207985,"time":"2026-11-24T17:43:27.985Z","what":"received","code":"accepted","mode":"structured","credential":"ELYTRA_TOKEN","ray":"9a0c","client_address":"203.0.113.7","user_agent":"Elytra/1.0",
             "subscriptions":[{"subscription":"shop","fate":"held"},{"subscription":"search","fate":"unwanted","reason":"event type \"product\" is not in event_types"}]},
            {"at":1795542208016,"time":"..","what":"attempted","subscription":"shop","attempt":1,"result":"retried","cause":"status","status":503,"reason":"the server answered 503","milliseconds":31,"delay_seconds":60},
            {"at":1795599000000,"time":"..","what":"received","code":"duplicate","mode":"batch","subscriptions":[{"subscription":"shop","fate":"held_before"}]},
            {"at":1795599001500,"time":"..","what":"attempted","subscription":"shop","attempt":2,"result":"delivered","status":204,"milliseconds":1031}
        ],"history_left_out":1}"#;
    let expected = r#"id        385d27ef-ac6d-4d93-904b-ea9801fc1bde
source    elytra-pim
key       AbCdEfGhIjKlMnOpQrStUvWxYz-_0123
type      com.elytra.product
about     product/4711 modify
subject   s
time      2026-11-24T18:43:27+01:00
text      1,345 bytes, structured, kept: --json prints it
arrived   2026-11-24T17:43:27Z, 2 times, the last time at 2026-11-25T09:30:00Z
answered  accepted
now       search unwanted (event type "product" is not in event_types)
          shop delivered

2026-11-24
17:43:27.985  received   202 accepted by ELYTRA_TOKEN from 203.0.113.7 (Elytra/1.0): shop held,
                         search unwanted (event type "product" is not in event_types); ray 9a0c
17:43:28.016  attempted  shop: attempt 1, retried in 60 s, status 503 after 31 ms: the server
                         answered 503

2026-11-25
09:30:00.000  received   duplicate in a batch: shop held_before
(1 line left out)
09:30:01.500  attempted  shop: attempt 2, delivered, status 204 after 1,031 ms
"#;
    assert_eq!(print(entry), expected);
}

#[test]
fn each_line_is_readable() {
    let at = r#""at":1795542207985"#;
    for (why, json, expected) in [
        (
            "only the answer to a single event has a status of its own",
            r#""what":"received","code":"accepted","mode":"batch","credential":"T""#,
            "17:43:27.985  received  accepted in a batch by T",
        ),
        (
            "Elytra sends it again",
            r#""what":"received","code":"undelivered","mode":"binary","subscriptions":[{"subscription":"shop","fate":"failed","reason":"the queue failed"}]"#,
            "17:43:27.985  received  503 undelivered: shop failed (the queue failed)",
        ),
        (
            "a code that is new",
            r#""what":"received","code":"pondered""#,
            "17:43:27.985  received  pondered",
        ),
        (
            "a call without an answer has no status, and the cause says enough",
            r#""what":"attempted","subscription":"shop","attempt":36,"result":"dead","cause":"timeout","milliseconds":10000,"redrive":true"#,
            "17:43:27.985  attempted  shop: attempt 36, dead after 10,000 ms, redriven: timeout",
        ),
        (
            "a replay called",
            r#""what":"attempted","subscription":"shop","attempt":1,"result":"retried","delay_seconds":3600,"replay":"r""#,
            "17:43:27.985  attempted  shop: attempt 1, retried in 60 min, by replay r",
        ),
        (
            "a dead letter",
            r#""what":"stored","subscription":"shop","dead_letter":"shop/1/d""#,
            "17:43:27.985  stored  shop: dead letter shop/1/d",
        ),
        (
            "and what an operator did with it",
            r#""what":"redriven","subscription":"shop","dead_letter":"shop/1/d""#,
            "17:43:27.985  redriven  shop: an operator sent dead letter shop/1/d again",
        ),
        (
            "or did",
            r#""what":"deleted","subscription":"shop","dead_letter":"shop/1/d""#,
            "17:43:27.985  deleted  shop: an operator deleted dead letter shop/1/d",
        ),
        (
            "the spool",
            r#""what":"drained","queue":"PRODUCT_EVENTS","subscriptions":["shop"]"#,
            "17:43:27.985  drained  the queue PRODUCT_EVENTS took it from the spool",
        ),
        (
            "a replay",
            r#""what":"replayed","replay":"r","subscriptions":[{"subscription":"shop","fate":"held"}]"#,
            "17:43:27.985  replayed  by replay r: shop held",
        ),
        (
            "something that a later version knows",
            r#""time":"t","what":"archived","where":{"bucket":"B"}"#,
            r#"17:43:27.985  archived  {"where":{"bucket":"B"}}"#,
        ),
        (
            "something known that has changed",
            r#""what":"drained","queue":["A","B"]"#,
            r#"17:43:27.985  drained  {"queue":["A","B"]}"#,
        ),
        ("something without a name", r#""a":1"#, r#"17:43:27.985  unknown  {"a":1}"#),
        (
            "a sender that writes to the terminal",
            r#""what":"received","code":"accepted","user_agent":"\u001b[2J""#,
            r"17:43:27.985  received  202 accepted (\u{1b}[2J)",
        ),
    ] {
        assert_eq!(line(&format!("{{{at},{json}}}")), expected, "{why}");
    }
}

/// It can be copied only in one piece.
#[test]
fn a_long_id_stays_whole() {
    let letter = format!("shop/1795542207985/{}", "d".repeat(80));
    let json = format!(
        r#"{{"at":1795542207985,"what":"stored","subscription":"shop","dead_letter":"{letter}"}}"#
    );
    let expected =
        format!("17:43:27.985  stored  shop: dead letter\n                      {letter}");
    assert_eq!(line(&json), expected);
}

/// Nothing that the Worker leaves out is needed.
#[test]
fn an_event_of_which_little_is_known() {
    let expected = "\
key       k
text      not kept
arrived   1970-01-01T00:00:00Z
answered  unknown
";
    assert_eq!(print(r#"{"key":"k"}"#), expected);
}
