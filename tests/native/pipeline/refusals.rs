//! Requests that are refused before anything is forwarded, and which problem is reported first.

use elytra_webhooks::config::{Bindings, Config};

use super::{
    Expected, Head, Memory, Request, WEBHOOK, ask, authorized, check, check_answer, configure,
    event,
};

#[track_caller]
fn refuse(why: &str, request: Request, expected: &Expected<'_>) {
    assert_eq!(check(why, request, expected), [], "{why}: nothing is forwarded");
}

#[test]
fn there_is_nothing_elsewhere() {
    for path in ["/", "/webhook/", "/webhooks", "/Webhook", "/health/", "//webhook", ""] {
        let mut request = Request::event("");
        request.head = request.head.path(path);
        refuse(
            "everything else is 404",
            request,
            &Expected {
                status: 404,
                headers: "",
                body: r#"{"type":"urn:elytra-webhooks:not_found","title":"Not found","status":404,"code":"not_found","detail":"there is nothing at this path; events go to /webhook, without a trailing slash"}"#,
                log: r#"{"outcome":"refused","code":"not_found","status":404,"reasons":["there is nothing at this path; events go to /webhook, without a trailing slash"],"milliseconds":0}"#,
            },
        );
    }
}

#[test]
fn a_broken_configuration_lets_nobody_in_and_tells_nothing() {
    let broken = Config::from_bindings(&Bindings::new()).unwrap_err();
    let memory = Memory::default();
    let expected = Expected {
        status: 503,
        headers: "retry-after: 60",
        body: r#"{"type":"urn:elytra-webhooks:broken_configuration","title":"The receiver's configuration is broken","status":503,"code":"broken_configuration","detail":"the receiver is not configured correctly; its log says why"}"#,
        log: r#"{"outcome":"failed","code":"broken_configuration","status":503,"reasons":["WEBHOOK: missing","SUBSCRIPTION_<NAME>: missing: without a subscription every event would be ignored"],"milliseconds":0}"#,
    };
    for head in [authorized(), Head::post(), Head::post().method("DELETE")] {
        let answer = ask(Err(&broken), Request::new(head, event("")), &memory);
        check_answer("before everything else", &answer, &expected);
        assert_eq!(answer.polls, 0);
    }
    let health = Head::post().method("GET").path("/health");
    let answer = ask(Err(&broken), Request::new(health, ""), &memory);
    check_answer("/health tells it", &answer, &expected);
    assert_eq!(memory.held(), []);
}

#[test]
fn other_methods_are_told_which_are_allowed() {
    for method in ["GET", "HEAD", "DELETE", "post", "TRACE"] {
        let request = Request::new(authorized().method(method), "");
        refuse(
            "RFC 9110 15.5.6: Allow must be there; methods have a case",
            request,
            &Expected {
                status: 405,
                headers: "allow: POST, PUT, PATCH, OPTIONS",
                body: &r#"{"type":"urn:elytra-webhooks:method_not_allowed","title":"Method not allowed","status":405,"code":"method_not_allowed","detail":"the method METHOD is not allowed here, expected POST, PUT, PATCH, OPTIONS"}"#.replace("METHOD", method),
                log: &r#"{"outcome":"refused","code":"method_not_allowed","status":405,"reasons":["the method METHOD is not allowed here, expected POST, PUT, PATCH, OPTIONS"],"milliseconds":0}"#.replace("METHOD", method),
            },
        );
    }
    refuse(
        "/health has others",
        Request::new(authorized().path("/health"), ""),
        &Expected {
            status: 405,
            headers: "allow: GET, HEAD",
            body: r#"{"type":"urn:elytra-webhooks:method_not_allowed","title":"Method not allowed","status":405,"code":"method_not_allowed","detail":"the method POST is not allowed here, expected GET, HEAD"}"#,
            log: r#"{"outcome":"refused","code":"method_not_allowed","status":405,"reasons":["the method POST is not allowed here, expected GET, HEAD"],"milliseconds":0}"#,
        },
    );
    let put =
        configure(r#"{"auth_type":"none","methods":["PUT"]}"#, &[("A", r#"{"queue":"QUEUE"}"#)]);
    let answer = ask(Ok(&put), Request::new(Head::post(), event("")), &Memory::default());
    assert_eq!((answer.status, answer.headers.lines().last()), (405, Some("allow: PUT, OPTIONS")));
}

#[test]
fn unknown_callers_are_challenged() {
    let missing = Expected {
        status: 401,
        headers: r#"www-authenticate: Bearer realm="elytra-webhooks""#,
        body: r#"{"type":"urn:elytra-webhooks:credentials_missing","title":"Credentials are missing","status":401,"code":"credentials_missing","detail":"no bearer credentials were sent"}"#,
        log: r#"{"outcome":"refused","code":"credentials_missing","status":401,"reasons":["no bearer credentials were sent"],"auth_type":"bearer","milliseconds":0}"#,
    };
    refuse(
        "peers' users ask for 401, not 400; RFC 9110 15.5.2: the challenge must be there",
        Request::new(Head::post(), event("")),
        &missing,
    );
    for value in ["", "Basic presented-canary", "presented-canary", "Bearer"] {
        refuse(
            "RFC 6750 section 3.1: no error code where no bearer credentials were presented",
            Request::new(Head::post().with("authorization", value), event("")),
            &missing,
        );
    }
    refuse(
        "RFC 6750 section 3.1: invalid_token",
        Request::new(Head::post().with("authorization", "Bearer presented-canary"), event("")),
        &Expected {
            status: 401,
            headers: r#"www-authenticate: Bearer realm="elytra-webhooks", error="invalid_token""#,
            body: r#"{"type":"urn:elytra-webhooks:credentials_wrong","title":"Credentials are wrong","status":401,"code":"credentials_wrong","detail":"the bearer credentials are not accepted"}"#,
            log: r#"{"outcome":"refused","code":"credentials_wrong","status":401,"reasons":["the bearer credentials are not accepted"],"auth_type":"bearer","milliseconds":0}"#,
        },
    );
}

/// Whoever is told of wrong credentials asks who called.
#[test]
fn the_log_says_where_a_refused_call_came_from() {
    let from = |head: Head| {
        head.with("cf-connecting-ip", "2001:db8::7").with("user-agent", "scanner\"/\u{1}1.0")
    };
    let ended = |head: Head| {
        let answer = ask(Ok(&super::config()), Request::new(head, event("")), &Memory::default());
        let (_, end) = answer.log.split_once(r#","auth_type""#).unwrap();
        end.to_owned()
    };
    let client = r#""client_address":"2001:db8::7","user_agent":"scanner\"/\u00011.0""#;
    let bearer = |token: &str| from(Head::post().with("authorization", token));
    for (why, head, expected) in [
        ("no credentials", from(Head::post()), format!(r#":"bearer",{client},"milliseconds":0}}"#)),
        (
            "wrong ones",
            bearer("Bearer presented-canary"),
            format!(r#":"bearer",{client},"milliseconds":0}}"#),
        ),
        (
            "whoever gets in is known by its credential",
            from(authorized()),
            r#":"bearer","credential":"TOKEN","milliseconds":0}"#.to_owned(),
        ),
        ("without the headers", Head::post(), r#":"bearer","milliseconds":0}"#.to_owned()),
        (
            "nobody fills the log with a header",
            Head::post().with("user-agent", &"é".repeat(300)),
            format!(r#":"bearer","user_agent":"{}…","milliseconds":0}}"#, "é".repeat(256)),
        ),
    ] {
        assert_eq!(ended(head), expected, "{why}");
    }
    // Of other refusals, the credentials or the path say enough.
    let elsewhere = from(Head::post()).path("/elsewhere");
    let answer = ask(Ok(&super::config()), Request::new(elsewhere, ""), &Memory::default());
    assert!(!answer.log.contains("client_address"), "{}", answer.log);
}

#[test]
fn each_kind_of_authentication_has_its_challenge() {
    let challenge = |auth: &str, head: Head| {
        let webhook = format!("{{{auth}}}");
        let config = configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)]);
        let answer = ask(Ok(&config), Request::new(head, event("")), &Memory::default());
        assert_eq!((answer.status, answer.polls), (401, 0), "{auth}");
        answer.headers.lines().last().unwrap().to_owned()
    };
    let basic = r#""auth_type":"basic","auth":{"username":"USER","password":"TOKEN"}"#;
    let apikey = r#""auth_type":"apikey","auth":{"api_key":"TOKEN"}"#;
    let expected = r#"www-authenticate: Basic realm="elytra-webhooks", charset="UTF-8""#;
    assert_eq!(challenge(basic, Head::post()), expected, "RFC 7617 2.1: basic senders wait for it");
    assert_eq!(challenge(basic, Head::post().with("authorization", "Basic eA==")), expected);
    let expected = r#"www-authenticate: ApiKey realm="elytra-webhooks""#;
    assert_eq!(challenge(apikey, Head::post()), expected);
    assert_eq!(challenge(apikey, Head::post().with("api-key", "presented-canary")), expected);
}

#[test]
fn unreadable_content_types_are_refused_unread() {
    let head = Head::post().with("authorization", "Bearer token-canary");
    refuse(
        "HTTP binding 3: an unknown format is 415, never taken for binary",
        Request::new(head.with("content-type", "application/cloudevents+avro"), event("")),
        &Expected {
            status: 415,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:unsupported_media_type","title":"Unsupported media type","status":415,"code":"unsupported_media_type","detail":"cannot read content type \"application/cloudevents+avro\", expected application/cloudevents+json, application/cloudevents-batch+json, application/json, or headers with ce-"}"#,
            log: r#"{"outcome":"refused","code":"unsupported_media_type","status":415,"reasons":["cannot read content type \"application/cloudevents+avro\", expected application/cloudevents+json, application/cloudevents-batch+json, application/json, or headers with ce-"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
}

#[test]
fn invalid_events_are_refused_with_every_fault() {
    refuse(
        "one fault, with what is known of the event",
        Request::event(r#""time":"now","data":"data-canary""#),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 1 violation","violations":[{"attribute":"time","code":"not_a_timestamp","message":"not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"structured","id":"1","source":"s","type":"t","reasons":["time: not an RFC 3339 timestamp: unexpected character 'n' at position 0, expected a digit"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    refuse(
        "several",
        Request::body(r#"{"specversion":"1.0","id":"1","id":"2","source":"s"}"#),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 2 violations","violations":[{"attribute":"id","code":"repeated","message":"occurs more than once"},{"attribute":"type","code":"missing","message":"required attribute is missing"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"structured","source":"s","reasons":["id: occurs more than once","type: required attribute is missing"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    refuse(
        "a fault of the whole has no attribute",
        Request::chunks(Vec::new()),
        &Expected {
            status: 400,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:invalid_event","title":"The event is invalid","status":400,"code":"invalid_event","detail":"found 1 violation","violations":[{"code":"no_body","message":"the body is empty, expected JSON"}]}"#,
            log: r#"{"outcome":"refused","code":"invalid_event","status":400,"mode":"structured","reasons":["the body is empty, expected JSON"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
}

#[test]
fn the_first_fault_of_the_line_is_told() {
    let small = r#""max_body_bytes":65536"#;
    let webhook = WEBHOOK.replace(r#","auth""#, &format!(r#",{small},"auth""#));
    let config = configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)]);
    let broken = Config::from_bindings(&Bindings::new()).unwrap_err();
    // Everything is wrong with this request, and is fixed step by step.
    let head = || Head::post().with("content-length", "65537");
    let wrong_type = |head: Head| head.with("content-type", "text/plain");
    let known = |head: Head| head.with("authorization", "Bearer token-canary");
    let steps = [
        ("a broken configuration first", Err(&broken), wrong_type(head()).method("GET"), 503),
        ("405 before 401", Ok(&config), wrong_type(head()).method("GET"), 405),
        ("401 before 415", Ok(&config), wrong_type(head()), 401),
        ("415 before 413", Ok(&config), known(wrong_type(head())), 415),
        ("413 before the first chunk", Ok(&config), known(head()), 413),
    ];
    for (why, config, head, status) in steps {
        let answer = ask(config, Request::new(head, "not an event"), &Memory::default());
        assert_eq!((answer.status, answer.polls), (status, 0), "{why}: the body is not read");
    }
    let request = Request::new(known(Head::post()), "not an event");
    assert_eq!(ask(Ok(&config), request, &Memory::default()).status, 400, "and then the event");
}
