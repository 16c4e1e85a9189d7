//! The token in the query, `access_token` (RFC 6750 section 2.3; http-webhook section 3.2).

use super::{Answer, Memory, Request, TOKEN, WEBHOOK, ask, check_answer, configure};
use super::{Expected, config};
use crate::support::{Head, event};

fn head(query: &str) -> Head {
    Head::post().query(query)
}

fn ask_product(head: Head, members: &str) -> Answer {
    ask(Ok(&config()), Request::new(head, event(members)), &Memory::default())
}

/// A document with this head is accepted with this secret.
#[track_caller]
fn accept(why: &str, head: Head, credential: &str, headers: &str) {
    check_answer(
        why,
        &ask_product(head, r#""eventtype":"document""#),
        &Expected {
            status: 202,
            headers,
            body: r#"{"code":"accepted","id":"1","subscriptions":["archive"]}"#,
            log: &format!(
                r#"{{"outcome":"accepted","code":"accepted","status":202,"mode":"structured","id":"1","source":"s","type":"t","event_type":"document","subscriptions":["archive"],"auth_type":"bearer","credential":"{credential}","milliseconds":0}}"#
            ),
        },
    );
}

#[track_caller]
fn refuse(why: &str, head: Head, code: &str) {
    let answer = ask_product(head, "");
    assert_eq!((answer.status, answer.polls), (401, 0), "{why}");
    assert!(answer.body.contains(&format!(r#""code":"{code}""#)), "{why}: {}", answer.body);
    assert!(!answer.headers.contains("cache-control"), "{why}: only a 2xx is private");
}

#[test]
fn a_token_in_the_query_lets_in() {
    let private = "cache-control: private";
    let query = |query: &str| head(query);
    accept("http-webhook 3.2", query(&format!("access_token={TOKEN}")), "TOKEN", private);
    accept("the next one while rotating", query("access_token=next-canary"), "TOKEN_NEXT", private);
    let among = "a=1&access_token=token-canary&b=access_token";
    accept("among others", query(among), "TOKEN", private);
    accept("percent-encoded", query("access_token=t%6Fken%2Dcanary"), "TOKEN", private);
    accept("its name as well", query("access%5Ftoken=token-canary"), "TOKEN", private);
    let basic = query("access_token=token-canary").with("authorization", "Basic eDp5");
    accept("a header of another scheme presents no token", basic, "TOKEN", private);
    let empty = query("access_token=token-canary").with("authorization", "");
    accept("nor does an empty one", empty, "TOKEN", private);
}

#[test]
fn a_header_goes_before_the_query() {
    let header = |token: &str| Head::post().with("authorization", &format!("Bearer {token}"));
    let both = header("next-canary").query("access_token=token-canary");
    accept("of two right ones the header's is named", both, "TOKEN_NEXT", "");
    let wrong_query = header(TOKEN).query("access_token=presented-canary");
    accept("a wrong one beside it is not looked at", wrong_query, "TOKEN", "");
    let wrong_header = header("presented-canary").query("access_token=token-canary");
    refuse("RFC 6750 2: no second try", wrong_header, "credentials_wrong");
}

#[test]
fn any_other_token_does_not() {
    refuse("wrong", head("access_token=presented-canary"), "credentials_wrong");
    refuse("empty", head("access_token="), "credentials_wrong");
    refuse("without a value", head("access_token"), "credentials_wrong");
    refuse("a prefix", head("access_token=token-canar"), "credentials_wrong");
    let twice = head("access_token=presented-canary&access_token=token-canary");
    refuse("of two the first counts", twice, "credentials_wrong");
    refuse("a plus is a space", head("access_token=token+canary"), "credentials_wrong");
    refuse("decoded once", head("access_token=token%252Dcanary"), "credentials_wrong");
    refuse("no query", head(""), "credentials_missing");
    refuse("another name", head("token=token-canary"), "credentials_missing");
    refuse("names have a case", head("Access_Token=token-canary"), "credentials_missing");
    refuse("a name that only begins so", head("access_token2=token-canary"), "credentials_missing");
}

#[test]
fn a_plus_in_a_token_is_sent_encoded() {
    let mut bindings = super::Bindings::new();
    let text = |text: &str| super::Binding::Text(text.to_owned());
    let json = |text: &str| super::Binding::Json(text.to_owned());
    bindings.insert("T".to_owned(), text("a+b c/=&é"));
    bindings.insert("Q".to_owned(), super::Binding::Queue);
    bindings.insert("SUBSCRIPTION_A".to_owned(), json(r#"{"queue":"Q"}"#));
    bindings.insert("WEBHOOK".to_owned(), json(r#"{"auth_type":"bearer","auth":{"token":"T"}}"#));
    let config = super::Config::from_bindings(&bindings).unwrap();
    for (query, status) in [("a%2Bb+c%2F%3D%26%C3%A9", 202), ("a%2Bb%20c/=%26é", 202), ("a+b", 401)]
    {
        let request = Request::new(head(&format!("access_token={query}")), event(""));
        assert_eq!(ask(Ok(&config), request, &Memory::default()).status, status, "{query}");
    }
}

#[test]
fn every_success_to_it_is_private_and_no_refusal() {
    let ignored = ask_product(head("access_token=token-canary"), r#""eventtype":"todo""#);
    assert_eq!(ignored.status, 200);
    assert!(ignored.headers.ends_with("cache-control: private"), "{}", ignored.headers);
    let invalid = ask_product(head("access_token=token-canary"), r#""time":"""#);
    assert_eq!((invalid.status, invalid.headers.contains("cache-control")), (400, false));
    let health = Request::new(head("access_token=token-canary").path("/health").method("GET"), "");
    let health = ask(Ok(&config()), health, &Memory::default());
    assert_eq!((health.status, health.headers.contains("cache-control")), (200, false));
}

#[test]
fn its_value_is_told_nowhere() {
    // `ask` searches the reply and the log for the canaries.
    let heads = [
        head("access_token=presented-canary"),
        head("access_token=token-canary").method("GET"),
        head("access_token=token-canary").path("/presented-canary"),
        head("access_token=token-canary").with("content-type", "text/plain"),
        head("access_token=token-canary").with("ce-specversion", "%"),
        head("access_token=token-canary").with("content-length", "99999999999"),
    ];
    for head in heads {
        assert!(ask_product(head, r#""time":"""#).status >= 400);
    }
}

#[test]
fn only_bearer_tokens_are_looked_for_in_the_query() {
    let kinds = [
        r#""auth_type":"basic","auth":{"username":"USER","password":"TOKEN"}"#,
        r#""auth_type":"apikey","auth":{"api_key":"TOKEN"}"#,
    ];
    for kind in kinds {
        let config = configure(&format!("{{{kind}}}"), &[("A", r#"{"queue":"QUEUE"}"#)]);
        for query in ["access_token=token-canary", "access_token=dXNlcjp0b2tlbi1jYW5hcnk%3D"] {
            let request = Request::new(head(query), event(""));
            let answer = ask(Ok(&config), request, &Memory::default());
            assert_eq!((answer.status, answer.polls), (401, 0), "{kind}");
            assert!(answer.body.contains("credentials_missing"), "{}", answer.body);
        }
    }
    let none = configure(r#"{"auth_type":"none"}"#, &[("A", r#"{"queue":"QUEUE"}"#)]);
    let request = Request::new(head("access_token=token-canary"), event(""));
    let answer = ask(Ok(&none), request, &Memory::default());
    assert_eq!((answer.status, answer.headers.contains("cache-control")), (202, false));
    assert!(WEBHOOK.contains("bearer"));
}
