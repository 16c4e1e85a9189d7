//! Subscriptions with an R2 bucket: valid configurations, and the mistakes in invalid ones.

use elytra_webhooks::config::{Binding, Bindings, Config};
use elytra_webhooks::destination::{Destination, MAX_PREFIX_BYTES, R2Destination};

use super::{accept, json, with};

/// `SUBSCRIPTION_A` with this `r2`.
fn r2(value: &str) -> Bindings {
    with("SUBSCRIPTION_A", json(&format!(r#"{{"r2":{value}}}"#)))
}

/// The same, with these fields in addition to the binding.
fn archive(fields: &str) -> Bindings {
    r2(&format!(r#"{{"binding":"ARCHIVE"{fields}}}"#))
}

#[track_caller]
fn refuse(why: &str, bindings: &Bindings, expected: &[&str]) {
    let mistakes = Config::from_bindings(bindings).expect_err(why).mistakes;
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
}

#[test]
fn a_bucket_and_a_prefix() {
    let long = "p".repeat(MAX_PREFIX_BYTES);
    for (why, fields, prefix) in [
        ("the date comes first", "", ""),
        ("the same", r#","prefix":"""#, ""),
        ("a folder", r#","prefix":"elytra/events/""#, "elytra/events/"),
        ("no folder", r#","prefix":"elytra-""#, "elytra-"),
        ("R2 takes any character", r#","prefix":"Übersicht 😀/""#, "Übersicht 😀/"),
        ("the longest", &format!(r#","prefix":"{long}""#), &*long),
    ] {
        let config = accept(why, &archive(fields));
        let expected = R2Destination { binding: "ARCHIVE".to_owned(), prefix: prefix.to_owned() };
        assert_eq!(config.subscriptions[0].destination, Destination::R2(expected), "{why}");
    }
}

#[test]
fn a_prefix_that_no_key_should_begin_with() {
    assert_eq!(MAX_PREFIX_BYTES, 256, "the message says so");
    let long = "p".repeat(257);
    let wide = "é".repeat(129);
    for (why, prefix, expected) in [
        ("a byte too many", format!("\"{long}\""), "at most 256 bytes"),
        ("bytes, not characters", format!("\"{wide}\""), "at most 256 bytes"),
        ("a folder without a name", "\"/elytra\"".to_owned(), "no slash at the beginning"),
        ("no XML can list it", "\"elytra\\n\"".to_owned(), "no control characters"),
        ("a number", "1".to_owned(), "a string"),
        ("null", "null".to_owned(), "a string"),
    ] {
        let mistake = format!("SUBSCRIPTION_A.r2.prefix: expected {expected}");
        refuse(why, &archive(&format!(r#","prefix":{prefix}"#)), &[&mistake]);
    }
}

#[test]
fn mistakes_of_a_bucket() {
    refuse("a name", &r2(r#""ARCHIVE""#), &["SUBSCRIPTION_A.r2: expected a table"]);
    refuse("no binding", &r2("{}"), &["SUBSCRIPTION_A.r2.binding: missing"]);
    refuse(
        "a typo",
        &r2(r#"{"binding":"ARCHIVES"}"#),
        &[
            "SUBSCRIPTION_A.r2.binding: no R2 bucket is bound as \"ARCHIVES\", did you mean \"ARCHIVE\"?",
        ],
    );
    refuse(
        "a binding of another kind",
        &r2(r#"{"binding":"EVENTS_KV"}"#),
        &[
            "SUBSCRIPTION_A.r2.binding: \"EVENTS_KV\" is bound to a KV namespace, expected an R2 bucket",
        ],
    );
    let mut kv = archive("");
    kv.insert("SUBSCRIPTION_A".to_owned(), json(r#"{"kv":{"binding":"ARCHIVE"}}"#));
    refuse(
        "the other way round",
        &kv,
        &[
            "SUBSCRIPTION_A.kv.binding: \"ARCHIVE\" is bound to an R2 bucket, expected a KV namespace",
        ],
    );
    refuse(
        "an object has no lifetime: the bucket's lifecycle rules have",
        &archive(r#","expiration_ttl":60"#),
        &["SUBSCRIPTION_A.r2.expiration_ttl: unknown field"],
    );
    refuse(
        "the nearest field",
        &archive(r#","prefx":"a""#),
        &["SUBSCRIPTION_A.r2.prefx: unknown field, did you mean \"prefix\"?"],
    );
    refuse(
        "all of them at once",
        &r2(r#"{"prefix":"/"}"#),
        &[
            "SUBSCRIPTION_A.r2.binding: missing",
            "SUBSCRIPTION_A.r2.prefix: expected no slash at the beginning",
        ],
    );
    let mut reserved = r2(r#"{"binding":"CLAIMS"}"#);
    reserved.insert("CLAIMS".to_owned(), Binding::R2);
    refuse(
        "large events of the Worker's own are there",
        &reserved,
        &[
            "SUBSCRIPTION_A.r2.binding: \"CLAIMS\" is reserved for the Worker itself, expected another binding",
            "CLAIMS: \"CLAIMS\" is bound to an R2 bucket, expected a KV namespace",
        ],
    );
}
