//! The contract of web hooks (http-webhook), through the whole line.

use elytra_webhooks::config::{Bindings, Config};

use super::{Case, Check::Edge, Check::Here};
use crate::pipeline::{Answer, Memory, Request, TOKEN, WEBHOOK, ask, configure, known};
use crate::support::{Head, event};

const RESPONSE: &str = "http-webhook 2.2";
const QUERY: &str = "http-webhook 3.2";
const REQUEST: &str = "http-webhook 4.1";
const CONSENT: &str = "http-webhook 4.2";

fn config() -> Config {
    let fields =
        r#","allowed_origins":["elytra.example"],"allowed_rate":60,"rate_limit":"CALLS","auth""#;
    configure(
        &WEBHOOK.replace(r#","auth""#, fields),
        &[("A", r#"{"event_types":["product"],"queue":"QUEUE"}"#)],
    )
}

fn answer_from(memory: &Memory, head: Head, members: &str) -> Answer {
    ask(Ok(&config()), Request::new(head, event(members)), memory)
}

fn answer(head: Head, members: &str) -> Answer {
    answer_from(&Memory::default(), head, members)
}

fn product(head: Head) -> Answer {
    answer(head, r#""eventtype":"product""#)
}

fn has(answer: &Answer, header: &str) -> bool {
    answer.headers.lines().any(|line| line == header)
}

fn handshake(origin: &str) -> Answer {
    product(Head::post().method("OPTIONS").with("WebHook-Request-Origin", origin))
}

fn gives_consent(answer: &Answer) -> bool {
    answer.headers.contains("webhook-allowed")
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "webhook-no-redirect",
        section: RESPONSE,
        says: "no answer is a 3xx",
        check: Here(|| {
            for head in [known(), Head::post(), known().path("/"), known().path("/webhook/")] {
                for method in ["POST", "PUT", "PATCH", "GET", "HEAD", "OPTIONS", "DELETE"] {
                    let status = product(head.clone().method(method)).status;
                    assert!(!(300..400).contains(&status), "{method} {head:?}: {status}");
                }
            }
        }),
    },
    Case {
        rule: "webhook-202",
        section: RESPONSE,
        says: "202 for an event that is accepted and not yet processed",
        check: Here(|| assert_eq!(product(known()).status, 202)),
    },
    Case {
        rule: "webhook-200",
        section: RESPONSE,
        says: "200 with a content type for an event that is already dealt with, such \
               as one that no subscription wants",
        check: Here(|| {
            let ignored = answer(known(), "");
            assert_eq!(ignored.status, 200);
            assert!(has(&ignored, "content-type: application/json"), "{}", ignored.headers);
        }),
    },
    Case {
        rule: "webhook-415",
        section: RESPONSE,
        says: "415 for a format that cannot be read",
        check: Here(|| {
            assert_eq!(product(known().with("content-type", "text/plain")).status, 415);
        }),
    },
    Case {
        rule: "webhook-429",
        section: RESPONSE,
        says: "429 carries `Retry-After`",
        check: Here(|| {
            let memory = Memory::used_up(true);
            let refused = answer_from(&memory, known(), "");
            assert_eq!(refused.status, 429);
            assert!(has(&refused, "retry-after: 10"), "{}", refused.headers);
        }),
    },
    Case {
        rule: "webhook-410",
        section: RESPONSE,
        says: "410 means that the endpoint is retired; the receiver never sends it",
        check: Here(|| {
            let broken = Config::from_bindings(&Bindings::new()).unwrap_err();
            let request = Request::new(known(), "");
            assert_eq!(ask(Err(&broken), request, &Memory::default()).status, 503);
            assert_eq!(product(known().path("/old")).status, 404);
        }),
    },
    Case {
        rule: "webhook-content-length",
        section: "RFC 9112 6.3",
        says: "an event whose `Content-Length` does not match the body is not accepted",
        check: Edge("contract::framing::content_length_that_lies"),
    },
    Case {
        rule: "token-in-header",
        section: "http-webhook 3.1",
        says: "a bearer token in the `Authorization` header is accepted",
        check: Here(|| {
            assert_eq!(product(known()).status, 202);
            let wrong = Head::post().with("authorization", "Bearer presented-canary");
            assert_eq!(product(wrong).status, 401);
        }),
    },
    Case {
        rule: "token-in-query",
        section: QUERY,
        says: "so is a bearer token in the query parameter `access_token`",
        check: Here(|| {
            let query = |token| Head::post().query(&format!("a=b&access_token={token}&c"));
            assert_eq!(product(query(TOKEN)).status, 202);
            assert_eq!(product(query("presented-canary")).status, 401);
        }),
    },
    Case {
        rule: "token-in-query-private",
        section: QUERY,
        says: "a 2xx to the latter carries `Cache-Control: private`",
        check: Here(|| {
            let query = || Head::post().query(&format!("access_token={TOKEN}"));
            assert!(has(&product(query()), "cache-control: private"));
            assert!(has(&answer(query(), ""), "cache-control: private"));
            assert!(!product(known()).headers.contains("cache-control"));
        }),
    },
    Case {
        rule: "token-in-no-log",
        section: QUERY,
        says: "the parameter's value is not logged",
        check: Here(|| {
            // `ask` looks for both in the log and in the reply.
            for token in [TOKEN, "presented-canary"] {
                product(Head::post().query(&format!("access_token={token}")));
                let query = format!("access_token={token}");
                product(Head::post().query(&query).with("content-type", "text/plain"));
            }
        }),
    },
    Case {
        rule: "handshake-options",
        section: REQUEST,
        says: "`OPTIONS` with an allowed `WebHook-Request-Origin` gets consent",
        check: Here(|| assert!(gives_consent(&handshake("elytra.example")))),
    },
    Case {
        rule: "handshake-allowed-origin",
        section: "http-webhook 4.2.1",
        says: "`WebHook-Allowed-Origin` is that origin",
        check: Here(|| {
            let consent = handshake("elytra.example");
            assert!(has(&consent, "webhook-allowed-origin: elytra.example"));
        }),
    },
    Case {
        rule: "handshake-allowed-rate",
        section: "http-webhook 4.2.2",
        says: "`WebHook-Allowed-Rate` is a positive integer or `*`, and is always sent \
               with the origin",
        check: Here(|| {
            assert!(has(&handshake("elytra.example"), "webhook-allowed-rate: 60"));
            let fields = r#","allowed_origins":["o"],"allowed_rate":"*","auth""#;
            let config =
                configure(&WEBHOOK.replace(r#","auth""#, fields), &[("A", r#"{"queue":"QUEUE"}"#)]);
            let head = Head::post().method("OPTIONS").with("webhook-request-origin", "o");
            let any = ask(Ok(&config), Request::new(head, ""), &Memory::default());
            assert!(has(&any, "webhook-allowed-rate: *") && has(&any, "webhook-allowed-origin: o"));
        }),
    },
    Case {
        rule: "handshake-requested-rate",
        section: "http-webhook 4.1.4",
        says: "`WebHook-Request-Rate` is allowed; the answer is the configured rate",
        check: Here(|| {
            let head = Head::post().method("OPTIONS").with("webhook-request-rate", "1000");
            let consent = product(head.with("webhook-request-origin", "elytra.example"));
            assert!(has(&consent, "webhook-allowed-rate: 60"), "{}", consent.headers);
        }),
    },
    Case {
        rule: "handshake-allow",
        section: CONSENT,
        says: "the answer carries `Allow`, consent or not",
        check: Here(|| {
            for origin in ["elytra.example", "other.example"] {
                assert!(has(&handshake(origin), "allow: POST, PUT, PATCH, OPTIONS"));
            }
        }),
    },
    Case {
        rule: "handshake-no-consent",
        section: CONSENT,
        says: "without consent, neither header is sent",
        check: Here(|| {
            assert!(!gives_consent(&handshake("other.example")));
            assert!(!gives_consent(&product(Head::post().method("OPTIONS"))));
        }),
    },
    Case {
        rule: "handshake-whole-origin",
        section: "http-webhook 4.2.1",
        says: "origins are compared as a whole, never by prefix",
        check: Here(|| {
            for origin in ["elytra.example.evil.example", "elytra", "ELYTRA.example", "*", ""] {
                assert!(!gives_consent(&handshake(origin)), "{origin}");
            }
        }),
    },
    Case {
        rule: "handshake-no-callback",
        section: "http-webhook 4.1.3",
        says: "the callback's URL is never called, only destinations are",
        check: Here(|| {
            let memory = Memory::default();
            let head = Head::post().method("OPTIONS").with("webhook-request-origin", "o");
            let head = head.with("webhook-request-callback", "https://internal.example/");
            assert!(!answer_from(&memory, head, "").headers.contains("internal"));
            assert!(memory.held().is_empty());
        }),
    },
    Case {
        rule: "handshake-unauthenticated",
        section: "http-webhook 4",
        says: "the handshake requires no credentials and proves nothing",
        check: Here(|| {
            assert_eq!(handshake("elytra.example").status, 200);
            let sender = Head::post().with("webhook-request-origin", "elytra.example");
            assert_eq!(product(sender).status, 401, "an allowed origin is no credential");
        }),
    },
];
