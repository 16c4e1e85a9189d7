//! Filters of every dialect on the real runtime, and what an operator learns about them.

use edge::{Answer, Call, Receiver, Settings};
use serde_json::{Value, json};

const ADMIN: &str = "Bearer admin-token";

/// A subscription for each dialect.
const SUBSCRIPTIONS: &str = r#"
    [vars.ADMIN]
    auth_type = "bearer"
    auth = { token = "ADMIN_TOKEN" }

    [vars.SUBSCRIPTION_ALL]
    filters = [{ all = [{ exact = { type = "com.elytra.product" } }, { prefix = { "object.id" = "47" } }] }]
    queue = "EVENTS_QUEUE"

    [vars.SUBSCRIPTION_ANY]
    filters = [{ any = [{ exact = { "data.objectData.locale" = "de" } }, { exact = { "data.objectData.locale" = "at" } }] }]
    queue = "EVENTS_QUEUE"

    [vars.SUBSCRIPTION_EXACT]
    filters = [{ exact = { subject = "Größe", "object.type" = "product" } }]
    queue = "EVENTS_QUEUE"

    [vars.SUBSCRIPTION_NOT]
    filters = [{ not = { exact = { eventtype = "product_import" } } }]
    kv = { binding = "EVENTS_KV" }

    [vars.SUBSCRIPTION_PREFIX]
    filters = [{ prefix = { source = "elytra-" } }]
    queue = "EVENTS_QUEUE"

    [vars.SUBSCRIPTION_SQL]
    filters = [{ sql = "operation = 'modify'" }]
    queue = "EVENTS_QUEUE"

    [vars.SUBSCRIPTION_SUFFIX]
    filters = [{ suffix = { type = ".product" } }]
    queue = "EVENTS_QUEUE"
    "#;

/// An event that every subscription wants.
const WANTED: &str = r#"{"specversion":"1.0","id":"1","source":"elytra-pim","type":"com.elytra.product",
    "subject":"Größe","operation":"modify","data":{"objectType":"product","objectId":4711,
    "objectData":{"locale":"de","price":1.50}}}"#;

/// An event that none of them wants.
const UNWANTED: &str = r#"{"specversion":"1.0","id":"2","source":"pim","type":"com.elytra.products",
    "eventtype":"product_import","operation":"add","data":{"objectType":"document","objectId":"4711",
    "objectData":{"locale":"en"}}}"#;

const NAMES: [&str; 7] = ["all", "any", "exact", "not", "prefix", "sql", "suffix"];

fn start(more: &str) -> Receiver {
    let vars = r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 65536
        max_batch_events = 3
        "#;
    let settings = Settings::new(vars).with_vars(more);
    let settings = settings.with_secret("TOKEN", "right-token");
    Receiver::start(&settings.with_secret("ADMIN_TOKEN", "admin-token"))
}

/// A request to explain this body.
fn ask<'r>(receiver: &'r Receiver, body: &str) -> Call<'r> {
    receiver.post(body).path("/explain").header("authorization", ADMIN)
}

#[track_caller]
fn explained(call: Call<'_>) -> Value {
    let answer = call.send();
    assert_eq!((answer.status, &*answer.code()), (200, "explained"), "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

/// The reason for each subscription that does not want an event.
fn reasons(verdicts: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let verdicts = verdicts.as_array().unwrap().iter();
    verdicts.map(|reported| (text(&reported["subscription"]), text(&reported["message"]))).collect()
}

#[test]
fn each_dialect_and_its_reasons() {
    let receiver = start(SUBSCRIPTIONS);

    // All of them want it.
    let answer = explained(ask(&receiver, WANTED));
    let verdicts: Vec<_> =
        NAMES.map(|name| json!({ "subscription": name, "matches": true })).into();
    let expected = json!({
        "code": "explained",
        "mode": "structured",
        "events": [{
            "attributes": {
                "specversion": "1.0", "id": "1", "source": "elytra-pim",
                "type": "com.elytra.product", "subject": "Größe", "operation": "modify",
            },
            "event_type": "product",
            "operation": "modify",
            "object_type": "product",
            "object_id": "4711",
            "data": { "member": "data", "bytes": 87 },
            "bytes": WANTED.len(),
            "subscriptions": verdicts,
        }],
    });
    assert_eq!(answer, expected);

    // None of them wants it, each for its own reason.
    let answer = explained(ask(&receiver, UNWANTED));
    let reported = reasons(&answer["events"][0]["subscriptions"]);
    let expected = [
        r#"filters[0].all[0].exact: type is "com.elytra.products", not "com.elytra.product""#,
        r#"filters[0].any: none of 2 filters match, the first: data.objectData.locale is "en", not "de""#,
        r#"filters[0].exact: object.type is "document", not "product""#,
        r#"filters[0].not.exact: eventtype is "product_import""#,
        r#"filters[0].prefix: source is "pim", and does not begin with "elytra-""#,
        "filters[0].sql: ",
        r#"filters[0].suffix: type is "com.elytra.products", and does not end with ".product""#,
    ];
    assert_eq!(reported.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), NAMES);
    for ((name, message), expected) in reported.iter().zip(expected) {
        // The message of an expression continues after its position.
        let is_reported = message.starts_with(expected) && message.len() > expected.len();
        assert!(if name == "sql" { is_reported } else { message == expected }, "{name}: {message}");
    }

    // Only one subscription.
    let answer = explained(ask(&receiver, UNWANTED).path("/explain?subscription=prefix"));
    assert_eq!(answer["events"][0]["subscriptions"].as_array().map(Vec::len), Some(1));

    // Nothing was forwarded, and the log says only who asked about which event.
    assert!(receiver.received_so_far().is_empty() && receiver.kv().is_empty());
    let log = receiver.log(3);
    assert_eq!(
        (&log[1]["outcome"], &log[1]["id"], &log[1]["credential"]),
        (&json!("explained"), &json!("2"), &json!("ADMIN_TOKEN"))
    );

    // `/webhook` and its log give the same reasons.
    let answer = receiver.post(UNWANTED).send();
    assert_eq!((answer.status, &*answer.code()), (200, "ignored"), "{}", answer.body);
    assert_eq!(reasons(&answer.json()["reasons"]), reported);
    let words: Vec<_> = reported.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
    assert_eq!(receiver.log(4)[3]["reasons"], json!(words));
    let answer = receiver.post(WANTED).send();
    assert_eq!((answer.status, answer.json()["subscriptions"].clone()), (202, json!(NAMES)));
}

#[test]
fn modes_and_wrong_inputs() {
    let receiver = start(SUBSCRIPTIONS);
    let binary = ask(&receiver, "not JSON")
        .header("content-type", "text/plain")
        .header("ce-specversion", "1.0")
        .header("ce-id", "3")
        .header("ce-source", "elytra-pim")
        .header("ce-type", "com.elytra.document")
        .header("ce-subject", "Gr%C3%B6%C3%9Fe");
    let answer = explained(binary);
    assert_eq!(
        (&answer["mode"], &answer["events"][0]["event_type"]),
        (&json!("binary"), &json!("document"))
    );
    assert_eq!(answer["events"][0]["attributes"]["subject"], "Größe");

    let batch = ask(&receiver, &format!(r#"[{WANTED},{{"id":"x"}}]"#));
    let answer = explained(batch.header("content-type", "application/cloudevents-batch+json"));
    assert_eq!(
        (&answer["mode"], &answer["events"][0]["object_id"]),
        (&json!("batch"), &json!("4711"))
    );
    let missing = |attribute: &str| json!({ "attribute": attribute, "code": "missing", "message": "required attribute is missing" });
    let violations = ["specversion", "source", "type"].map(missing);
    assert_eq!(answer["events"][1], json!({ "id": "x", "violations": violations }));

    let refused = |why: &str, call: Call<'_>, status: u16, code: &str| {
        let answer: Answer = call.send();
        assert_eq!((answer.status, &*answer.code()), (status, code), "{why}: {}", answer.body);
    };
    let call = || ask(&receiver, WANTED);
    refused(
        "a sender's token",
        call().header("authorization", "Bearer right-token"),
        401,
        "credentials_wrong",
    );
    refused("none", call().without("authorization"), 401, "credentials_missing");
    refused("the reverse", call().path("/webhook"), 401, "credentials_wrong");
    refused("a method", call().method("PUT"), 405, "method_not_allowed");
    refused("a method without a body", call().method("GET"), 405, "method_not_allowed");
    refused(
        "a content type",
        call().header("content-type", "text/plain"),
        415,
        "unsupported_media_type",
    );
    refused(
        "an encoding",
        call().header("content-encoding", "gzip"),
        415,
        "unsupported_content_encoding",
    );
    refused("a subscription", call().path("/explain?subscription=prefx"), 400, "bad_query");
    refused("a parameter", call().path("/explain?id=1"), 400, "bad_query");
    let large = " ".repeat(65_537);
    refused("too much", ask(&receiver, &large), 413, "body_too_large");
    refused("too much, unannounced", ask(&receiver, &large).chunked(), 413, "body_too_large");
    let many =
        ask(&receiver, "[1,2,3,4]").header("content-type", "application/cloudevents-batch+json");
    refused("too many", many, 413, "batch_too_large");
    assert!(receiver.received_so_far().is_empty() && receiver.kv().is_empty());
}

#[test]
fn without_an_operator_there_is_nothing() {
    let receiver = start("[vars.SUBSCRIPTION_A]\nqueue = \"EVENTS_QUEUE\"\n");
    for call in [ask(&receiver, WANTED), receiver.post(WANTED).path("/explain")] {
        let answer = call.send();
        assert_eq!((answer.status, &*answer.code()), (404, "not_found"), "{}", answer.body);
    }
}

#[test]
fn wrong_filters_are_in_the_log() {
    let receiver = start(
        r#"
        [vars.SUBSCRIPTION_A]
        filters = [{ exakt = { id = "1" } }, { any = [{ prefix = { data.objectId = "4" } }] }, { not = { sql = "" } }]
        queue = "EVENTS_QUEUE"
        "#,
    );
    let answer = receiver.post(WANTED).send();
    assert_eq!((answer.status, &*answer.code()), (503, "broken_configuration"));
    let expected = [
        r#"SUBSCRIPTION_A.filters[0].exakt: unknown dialect, did you mean "exact"?"#,
        "SUBSCRIPTION_A.filters[1].any[0].prefix.data: expected a string; put a name that contains dots in quotes",
        "SUBSCRIPTION_A.filters[2].not.sql: must not be empty",
    ];
    assert_eq!(receiver.log(1)[0]["reasons"], json!(expected));
}
