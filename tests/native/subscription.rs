//! Which events a subscription wants, and why it does not want others.

use elytra_events::{CloudEvent, EventType, Known, Operation};
use elytra_webhooks::config::{Binding, Bindings, Config};
use elytra_webhooks::destination::{Destination, QueueDestination};
use elytra_webhooks::filter::{DataPaths, View};
use elytra_webhooks::plan::Plan;
use elytra_webhooks::subscription::{Mismatch, Subscription};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::{event, property};

fn subscription(event_types: &[EventType], operations: &[Operation]) -> Subscription {
    Subscription {
        name: "a".to_owned(),
        active: true,
        event_types: event_types.to_vec(),
        operations: operations.to_vec(),
        filters: Vec::new(),
        destination: Destination::Queue(QueueDestination { binding: "Q".to_owned() }),
        holder: "queue/Q".to_owned(),
    }
}

fn ask(subscription: &Subscription, event: &str) -> Result<(), Mismatch> {
    let event = CloudEvent::from_json(event).unwrap();
    subscription.wants(&View::new(&event, &DataPaths::default()))
}

/// Checks the code and the text of the reason.
#[track_caller]
fn check(
    why: &str,
    subscription: &Subscription,
    members: &str,
    expected: Result<(), (&str, &str)>,
) {
    let text = event(members);
    let result = ask(subscription, &text);
    let found = result.map_err(|mismatch| (mismatch.code(), mismatch.to_string()));
    let found = found.as_ref().copied().map_err(|(code, text)| (*code, &**text));
    assert_eq!(found, expected, "{why}");
}

#[test]
fn a_subscription_selects_by_event_type_and_operation() {
    let all = subscription(&[], &[]);
    let product = subscription(&[EventType::Product, EventType::Document], &[]);
    let added = subscription(&[], &[Operation::Add]);
    let both = subscription(&[EventType::Product], &[Operation::Add]);
    let is_product = r#""eventtype":"product","operation":"modify""#;

    check("empty lists select all", &all, is_product, Ok(()));
    check("even what is unknown", &all, r#""eventtype":"x","operation":"y""#, Ok(()));
    check("even what is absent", &all, "", Ok(()));
    check("an event type of the list", &product, is_product, Ok(()));
    check(
        "another event type",
        &product,
        r#""eventtype":"todo""#,
        Err(("event_type_not_selected", r#"event type "todo" is not in event_types"#)),
    );
    check(
        "an unknown event type is never selected",
        &product,
        r#""eventtype":"Product""#,
        Err(("event_type_not_selected", r#"event type "Product" is not in event_types"#)),
    );
    check(
        "an absent one is told",
        &product,
        "",
        Err((
            "event_type_not_selected",
            "neither eventtype nor a type that begins with com.elytra. names an event type, and event_types is set",
        )),
    );
    check(
        "another operation",
        &added,
        is_product,
        Err(("operation_not_selected", r#"operation "modify" is not in operations"#)),
    );
    check(
        "an absent one is told",
        &added,
        r#""eventtype":"product""#,
        Err(("operation_not_selected", "the event has no operation, and operations is set")),
    );
    check("both must match", &both, r#""eventtype":"product","operation":"add""#, Ok(()));
    check(
        "of two reasons, the first is reported",
        &both,
        r#""eventtype":"todo","operation":"modify""#,
        Err(("event_type_not_selected", r#"event type "todo" is not in event_types"#)),
    );
}

#[test]
fn an_inactive_subscription_wants_nothing() {
    let inactive = Subscription { active: false, ..subscription(&[EventType::Product], &[]) };
    let reason = Err(("inactive", "the subscription is not active"));
    check("what it would want", &inactive, r#""eventtype":"product""#, reason);
    check("that it is inactive comes first", &inactive, "", reason);
}

#[test]
fn line_breaks_in_a_name_are_escaped() {
    let mismatch = Mismatch::EventType(Some("a\"\nb".to_owned()));
    assert_eq!(mismatch.to_string(), r#"event type "a\"\nb" is not in event_types"#);
}

#[test]
fn selection_agrees_with_a_naive_implementation() {
    let names = || {
        prop_oneof![
            3 => select(EventType::ALL.to_vec()).prop_map(|known| known.as_str().to_owned()),
            1 => "[a-z_]{1,8}",
        ]
    };
    let operations = prop_oneof![
        3 => select(Operation::ALL.to_vec()).prop_map(|known| known.as_str().to_owned()),
        1 => "[a-z]{1,8}",
    ];
    let subscriptions = (
        prop::bool::weighted(0.9),
        subsequence(EventType::ALL.to_vec(), 0..=73),
        subsequence(Operation::ALL.to_vec(), 0..=5),
    );
    let events = (option::of(names()), option::of(names()), option::of(operations));
    property((subscriptions, events), |((active, event_types, operations), event)| {
        let (type_, eventtype, operation) = event;
        let mut value = serde_json::json!({ "specversion": "1.0", "id": "1", "source": "s" });
        value["type"] = type_.as_ref().map_or("t".into(), |t| format!("com.elytra.{t}").into());
        value["eventtype"] = eventtype.clone().into();
        value["operation"] = operation.clone().into();
        let text = value.to_string();

        let effective_type = eventtype.or(type_);
        let selects = |names: &[&str], name: Option<String>| {
            names.is_empty() || name.is_some_and(|name| names.contains(&&*name))
        };
        let type_names: Vec<_> = event_types.iter().map(|known| known.as_str()).collect();
        let operation_names: Vec<_> = operations.iter().map(|known| known.as_str()).collect();
        let wants =
            active && selects(&type_names, effective_type) && selects(&operation_names, operation);

        let subscription = Subscription { active, ..subscription(&event_types, &operations) };
        let result = ask(&subscription, &text);
        assert_eq!(result.is_ok(), wants, "{text} gave {result:?}");
    });
}

/// Filters, many of which an event cannot meet.
const FILTERS: [&str; 10] = [
    r#"{"exact":{"subject":"x"}}"#,
    r#"{"exact":{"subject":"y","region":"a"}}"#,
    r#"{"exact":{"region":"b"}}"#,
    r#"{"exact":{"object.type":"product"}}"#,
    r#"{"exact":{"data.a":"1"}}"#,
    r#"{"all":[{"exact":{"data.a":"2"}}]}"#,
    r#"{"not":{"exact":{"subject":"x"}}}"#,
    r#"{"prefix":{"region":"a"}}"#,
    r#"{"sql":"EXISTS subject"}"#,
    r#"{"sql":"missing = 'x'"}"#,
];

/// However many subscriptions there are, an event goes to exactly those that want it, in their order.
#[test]
fn many_subscriptions_match_as_each_does_alone() {
    let one = (
        prop::bool::weighted(0.8),
        subsequence(vec!["product", "document", "todo"], 0..=3),
        subsequence(vec!["add", "remove"], 0..=2),
        vec(select(FILTERS.to_vec()), 0..=2),
    );
    // Including the boundaries of the index's 64-bit words.
    let count = prop_oneof![0..5_usize, 62..67_usize, 127..131_usize];
    let subscriptions = count.prop_flat_map(move |count| vec(one.clone(), count));
    let events = (
        option::of(select(vec!["product", "document", "todo", "user", "else"])),
        option::of(select(vec!["add", "remove", "link", "else"])),
        option::of(select(vec!["x", "y", "z"])),
        option::of(select(vec!["a", "b", "c"])),
        select(vec![
            "null",
            r#"{"a":1,"objectType":"product"}"#,
            r#"{"a":"2"}"#,
            r#"{"a":1,"a":1}"#,
        ]),
    );
    property((subscriptions, events), |(subscriptions, event)| {
        let webhook = r#"{"auth_type":"none"}"#.to_owned();
        let mut bindings = Bindings::from([
            ("WEBHOOK".to_owned(), Binding::Json(webhook)),
            (
                "SUBSCRIPTION_NOBODY".to_owned(),
                Binding::Json(r#"{"active":false,"queue":"Q"}"#.to_owned()),
            ),
            ("Q".to_owned(), Binding::Queue),
        ]);
        for (place, (active, event_types, operations, filters)) in subscriptions.iter().enumerate()
        {
            let filters = filters.join(",");
            let table = format!(
                r#"{{"active":{active},"event_types":{event_types:?},"operations":{operations:?},"filters":[{filters}],"queue":"Q"}}"#
            );
            bindings.insert(format!("SUBSCRIPTION_S{place:03}"), Binding::Json(table));
        }
        let config = Config::from_bindings(&bindings).unwrap();

        let (event_type, operation, subject, region, data) = event;
        let mut text = r#"{"specversion":"1.0","id":"1","source":"s","type":"t""#.to_owned();
        let attributes = [
            ("eventtype", event_type),
            ("operation", operation),
            ("subject", subject),
            ("region", region),
        ];
        for (name, value) in attributes {
            text.extend(value.map(|value| format!(r#","{name}":"{value}""#)));
        }
        text.extend([",\"data\":", data, "}"]);
        let events = [CloudEvent::from_json(&text).unwrap()];

        let all = &config.subscriptions;
        let view = all.view(&events[0]);
        let wants = |subscription: &&Subscription| subscription.wants(&view).is_ok();
        let expected: Vec<_> = all.iter().filter(wants).map(|wanting| &*wanting.name).collect();
        assert_eq!(Plan::new(all, &events).wanting(0), expected);
    });
}
