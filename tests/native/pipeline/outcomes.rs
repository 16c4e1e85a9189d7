//! Successes: accepted, ignored, healthy.

use super::{Expected, Head, Held, Request, authorized, check, event};

#[test]
fn an_event_is_accepted_when_every_destination_holds_it() {
    let members =
        r#""eventtype":"product","operation":"add","data":{"name":"data-canary", "n":1.0}"#;
    let held = check(
        "202, naming the subscriptions",
        Request::event(members),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["archive","products"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"product","operation":"add","subscriptions":["archive","products"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    let value = event(members);
    let expected = [
        Held {
            binding: "KV".to_owned(),
            key: Some("archive/s/1".to_owned()),
            value: value.clone(),
        },
        Held { binding: "QUEUE".to_owned(), key: None, value },
    ];
    assert_eq!(held, expected, "both hold the very text that came");
}

#[test]
fn only_what_matches_is_served() {
    let held = check(
        "one of three",
        Request::event(r#""eventtype":"document""#),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["archive"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"document","subscriptions":["archive"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(held.len(), 1);
}

#[test]
fn the_secret_that_matched_is_in_the_log() {
    let head = Head::post().with("authorization", "Bearer next-canary");
    check(
        "peers' users ask which secret is still in use",
        Request::new(head, event(r#""eventtype":"document""#)),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["archive"]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"document","subscriptions":["archive"],"auth_type":"bearer","credential":"TOKEN_NEXT","milliseconds":0}"#,
        },
    );
}

#[test]
fn an_event_nobody_wants_is_ignored_with_the_reasons() {
    let held = check(
        "no event is dropped without a trace; a 4xx would suspend the sender",
        Request::event(r#""eventtype":"todo""#),
        &Expected {
            status: 200,
            headers: "",
            body: r#"{"code":"ignored","id":"1","detail":"no subscription wants this event","reasons":[{"subscription":"archive","code":"event_type_not_selected","message":"event type \"todo\" is not in event_types"},{"subscription":"off","code":"inactive","message":"the subscription is not active"},{"subscription":"products","code":"event_type_not_selected","message":"event type \"todo\" is not in event_types"}]}"#,
            log: r#"{"outcome":"ignored","code":"ignored","status":200,"mode":"structured","id":"1","source":"s","type":"t","event_type":"todo","reasons":["archive: event type \"todo\" is not in event_types","off: the subscription is not active","products: event type \"todo\" is not in event_types"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(held, []);
}

#[test]
fn unknown_names_are_noticed_and_never_refused() {
    let all = super::configure(r#"{"auth_type":"none"}"#, &[("ALL", r#"{"queue":"QUEUE"}"#)]);
    let memory = super::Memory::default();
    let request = Request::new(Head::post(), event(r#""eventtype":"spaceship","operation":"Fly""#));
    super::check_answer(
        "unknown values are kept as they came and reported as unknown",
        &super::ask(Ok(&all), request, &memory),
        &Expected {
            status: 202,
            headers: "",
            body: r#"{"code":"accepted","id":"1","subscriptions":["all"],"notices":[{"code":"unknown_event_type","message":"unknown event type \"spaceship\""},{"code":"unknown_operation","message":"unknown operation \"Fly\""}]}"#,
            log: r#"{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"spaceship","operation":"Fly","subscriptions":["all"],"notices":["unknown_event_type","unknown_operation"],"auth_type":"none","milliseconds":0}"#,
        },
    );
    assert_eq!(memory.held()[0].value, event(r#""eventtype":"spaceship","operation":"Fly""#));
    check(
        "in an event that is ignored as well",
        Request::event(r#""eventtype":"spaceship""#),
        &Expected {
            status: 200,
            headers: "",
            body: r#"{"code":"ignored","id":"1","detail":"no subscription wants this event","reasons":[{"subscription":"archive","code":"event_type_not_selected","message":"event type \"spaceship\" is not in event_types"},{"subscription":"off","code":"inactive","message":"the subscription is not active"},{"subscription":"products","code":"event_type_not_selected","message":"event type \"spaceship\" is not in event_types"}],"notices":[{"code":"unknown_event_type","message":"unknown event type \"spaceship\""}]}"#,
            log: r#"{"outcome":"ignored","code":"ignored","status":200,"mode":"structured","id":"1","source":"s","type":"t","event_type":"spaceship","reasons":["archive: event type \"spaceship\" is not in event_types","off: the subscription is not active","products: event type \"spaceship\" is not in event_types"],"notices":["unknown_event_type"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
}

#[test]
fn health_tells_that_the_configuration_stands() {
    let healthy = Expected {
        status: 200,
        headers: "",
        body: r#"{"code":"healthy"}"#,
        log: r#"{"outcome":"healthy","code":"healthy","status":200,"milliseconds":0}"#,
    };
    let health = |method| Request::new(Head::post().method(method).path("/health"), "");
    check("no credentials are needed", health("GET"), &healthy);
    check("RFC 9110 9.3.2: HEAD wherever GET", health("HEAD"), &healthy);
}

#[test]
fn every_method_of_the_configuration_brings_events() {
    for method in ["POST", "PUT", "PATCH"] {
        let mut request = Request::event(r#""eventtype":"document""#);
        request.head = request.head.method(method);
        let answer = super::ask(Ok(&super::config()), request, &super::Memory::default());
        assert_eq!(answer.status, 202, "{method} is one of Elytra's three");
    }
}

#[test]
fn an_event_comes_under_any_content_type_that_elytra_may_use() {
    let head = || Head::post().with("authorization", "Bearer token-canary");
    let heads = [
        head().with("content-type", "application/json"),
        head().with("content-type", "Application/JSON; charset=UTF-8"),
        head(),
        head().with("content-type", ""),
        authorized().with("ce-specversion", "1.0").with("ce-id", "another: the body decides"),
    ];
    for head in heads {
        let why = format!("HTTP binding 3: {head:?}");
        let request = Request::new(head, event(r#""eventtype":"document""#));
        let answer = super::ask(Ok(&super::config()), request, &super::Memory::default());
        assert_eq!(
            answer.body, r#"{"code":"accepted","id":"1","subscriptions":["archive"]}"#,
            "{why}"
        );
    }
}
