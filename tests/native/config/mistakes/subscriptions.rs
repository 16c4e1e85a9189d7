//! What can be wrong with a subscription.

use elytra_webhooks::config::Binding;

use super::super::{bindings, json, with};
use super::{check, subscription};

#[test]
fn fields_of_a_subscription() {
    let queue = r#""queue":"EVENTS_QUEUE""#;
    let also =
        |why, field: &str, expected| subscription(why, &format!("{queue},{field}"), expected);
    also(
        "a word instead of a boolean",
        r#""active":"yes""#,
        "SUBSCRIPTION_A.active: expected true or false",
    );
    also(
        "the nearest known name",
        r#""event_types":["todo","prodcut"]"#,
        "SUBSCRIPTION_A.event_types[1]: unknown name \"prodcut\", did you mean \"product\"?",
    );
    also(
        "of Elytra's five operations",
        r#""operations":["delete"]"#,
        "SUBSCRIPTION_A.operations[0]: unknown name \"delete\"",
    );
    also("null", r#""operations":null"#, "SUBSCRIPTION_A.operations: expected a list of names");
}

#[test]
fn each_subscription_has_one_destination() {
    subscription(
        "none",
        "",
        "SUBSCRIPTION_A: expected a destination: queue = \"<binding>\", kv = { binding = \"<binding>\" }, r2 = { binding = \"<binding>\" }, webhook = { url = \"<URL>\" } or service = \"<binding>\"",
    );
    subscription(
        "two",
        r#""queue":"EVENTS_QUEUE","kv":{"binding":"EVENTS_KV"}"#,
        "SUBSCRIPTION_A: expected only one of queue, kv, r2, webhook and service: a second destination needs a second subscription",
    );
    subscription("a table", r#""queue":{}"#, "SUBSCRIPTION_A.queue: expected a string");
    subscription("a name", r#""kv":"EVENTS_KV""#, "SUBSCRIPTION_A.kv: expected a table");
    subscription("no name", r#""kv":{}"#, "SUBSCRIPTION_A.kv.binding: missing");
    subscription(
        "a binding that does not exist",
        r#""queue":"EVENT_QUEUE""#,
        "SUBSCRIPTION_A.queue: no queue is bound as \"EVENT_QUEUE\", did you mean \"EVENTS_QUEUE\"?",
    );
    subscription(
        "only bindings of the right kind are suggested",
        r#""kv":{"binding":"QUEUE"}"#,
        "SUBSCRIPTION_A.kv.binding: no KV namespace is bound as \"QUEUE\"",
    );
    let least = "SUBSCRIPTION_A.kv.expiration_ttl: expected a whole number from 60 to 315360000";
    for ttl in ["59", "0", "-60", "60.5", "\"60\""] {
        let fields = format!(r#""kv":{{"binding":"EVENTS_KV","expiration_ttl":{ttl}}}"#);
        subscription("KV takes no less than 60 s", &fields, least);
    }
}

#[test]
fn a_destination_is_bound_to_its_kind() {
    let mut bindings = bindings();
    bindings.insert("ASSETS".to_owned(), Binding::Other("Fetcher".to_owned()));
    let found = [
        ("EVENTS_KV", "a KV namespace"),
        ("WEBHOOK", "a table or a list"),
        ("TOKEN", "a string"),
        ("ASSETS", "Fetcher"),
    ];
    for (binding, kind) in found {
        let subscription = json(&format!(r#"{{"queue":"{binding}"}}"#));
        bindings.insert("SUBSCRIPTION_A".to_owned(), subscription);
        let mistake =
            format!("SUBSCRIPTION_A.queue: \"{binding}\" is bound to {kind}, expected a queue");
        check("a binding of another kind", &bindings, &[&mistake]);
    }
    subscription(
        "the other way round",
        r#""kv":{"binding":"EVENTS_QUEUE"}"#,
        "SUBSCRIPTION_A.kv.binding: \"EVENTS_QUEUE\" is bound to a queue, expected a KV namespace",
    );
}

#[test]
fn subscription_names_are_unique() {
    let queue = r#"{"queue":"EVENTS_QUEUE"}"#;
    let long = format!("SUBSCRIPTION_{}", "N".repeat(65));
    for name in ["SUBSCRIPTION_", "SUBSCRIPTION_A-B", "SUBSCRIPTION_A/B", "SUBSCRIPTION_Ä", &long]
    {
        let mistake =
            format!("{name}: expected 1 to 64 letters, digits and underscores after SUBSCRIPTION_");
        check("names are part of keys", &with(name, json(queue)), &[&mistake]);
    }
    check(
        "in lower case they are the same, and would share their KV keys",
        &with("SUBSCRIPTION_a", json(queue)),
        &["SUBSCRIPTION_a: the same name as SUBSCRIPTION_A, ignoring case"],
    );
}
