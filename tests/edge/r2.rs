//! R2: one object per event, unchanged, with the attributes as metadata.

use edge::{R2Object, Receiver, Settings, event};

use crate::durability::large;

/// Every event goes to a bucket, under a prefix.
fn archive() -> Receiver {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 8_388_608

        [vars.SUBSCRIPTION_ARCHIVE]
        r2 = { binding = "ARCHIVE", prefix = "elytra/" }
        "#,
    );
    Receiver::start(&settings.with_secret("TOKEN", "right-token").with_r2("ARCHIVE"))
}

/// Returns the only object, which must have this key.
#[track_caller]
fn only_object(receiver: &Receiver, key: &str) -> R2Object {
    let mut objects = receiver.r2_of("ARCHIVE");
    assert_eq!(objects.keys().collect::<Vec<_>>(), [key]);
    objects.remove(key).unwrap()
}

#[test]
fn an_object_has_the_event_and_its_attributes() {
    let receiver = archive();
    let text = event("a b/ä", "product").replace(r#","data""#, r#", "subject":"50 % ä😀", "data""#);
    let answer = receiver.post(text.as_str()).send();
    assert_eq!(answer.status, 202, "{}", answer.body);
    let object = only_object(&receiver, "elytra/2025-12-31/archive/elytra-pim/a%20b%2F%C3%A4");
    assert_eq!(object.body, text);
    assert_eq!(object.content_type, "application/cloudevents+json");
    let metadata = [
        ("specversion", "1.0"),
        ("id", "a%20b/%C3%A4"),
        ("source", "elytra-pim"),
        ("type", "com.elytra.product"),
        ("subject", "50%20%25%20%C3%A4%F0%9F%98%80"),
        ("time", "2025-12-31T04:19:30.860984129+01:00"),
        ("eventtype", "product"),
        ("operation", "modify"),
    ];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(object.metadata, metadata.into());
}

/// The event is far larger than a queue or a Durable Object takes, and its attributes do not all fit in the
/// metadata. R2 would refuse metadata that is too large.
#[test]
fn a_large_event_with_large_attributes() {
    let receiver = archive();
    let subject = "é".repeat(8_000);
    let fields = format!(r#""time":"2025-12-31T23:30:00-01:00", "subject":"{subject}", "data""#);
    let text = large("1", 8_000_000).replacen(r#""data""#, &fields, 1);
    let answer = receiver.post(text.as_str()).send();
    assert_eq!(answer.status, 202, "{}", answer.body);
    let object = only_object(&receiver, "elytra/2026-01-01/archive/elytra-pim/1");
    assert!(object.body == text, "byte for byte");
    let names: Vec<_> = object.metadata.keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "source", "specversion", "time", "type"]);

    // As many attributes as fit. R2 would refuse them if it counted differently.
    let value = "x".repeat(99);
    let fields: Vec<_> = (100..250).map(|number| format!(r#""a{number}":"{value}""#)).collect();
    let fields = format!(r#"{},"data""#, fields.join(","));
    let text = event("2", "product").replace(r#""data""#, &fields);
    let answer = receiver.post(text.as_str()).send();
    assert_eq!(answer.status, 202, "{}", answer.body);
    let object = &receiver.r2_of("ARCHIVE")["elytra/2025-12-31/archive/elytra-pim/2"];
    assert!((60..80).contains(&object.metadata.len()), "{}", object.metadata.len());
}

#[test]
fn a_batch_is_an_object_for_each_event() {
    let receiver = archive();
    let [one, two] = ["1", "2"].map(|id| event(id, "product"));
    let batch = format!("[{one},{two}]");
    for _ in 0..2 {
        let call = receiver.post(batch.as_str());
        let answer = call.header("content-type", "application/cloudevents-batch+json").send();
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let objects = receiver.r2_of("ARCHIVE");
    let found: Vec<_> = objects.into_values().map(|object| object.body).collect();
    assert_eq!(found, [one, two], "sent twice, and replaced");
}
