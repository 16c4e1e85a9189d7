//! What holds for all filters and all events.

use elytra_events::CloudEvent;
use elytra_webhooks::plan::Plan;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{read, wants};
use crate::support::property;

const NAMES: [&str; 13] = [
    "type",
    "subject",
    "source",
    "time",
    "region",
    "urgent",
    "object.type",
    "object.id",
    "data.a",
    "data.a.b",
    "data.a.c",
    "data.objectId",
    "data.objectType",
];

/// One that is true, one that needs an attribute, and some that never are true.
const EXPRESSIONS: [&str; 5] = ["TRUE", "region = 'a'", "FALSE", "1 / 0 = 0", "id"];

/// Texts so similar that they sometimes match.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[ab]{1,2}", 1 => select(vec!["true", "7", "1.5"]).prop_map(str::to_owned)]
}

fn filter() -> impl Strategy<Value = Value> {
    let comparison = (
        select(vec!["exact", "prefix", "suffix"]),
        btree_map(select(NAMES.to_vec()).prop_map(str::to_owned), word(), 1..3),
    );
    let leaf = prop_oneof![
        8 => comparison.prop_map(|(dialect, clauses)| json!({ dialect: clauses })),
        1 => select(EXPRESSIONS.to_vec()).prop_map(|sql| json!({ "sql": sql })),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|filters| json!({ "all": filters })),
            vec(inner.clone(), 1..4).prop_map(|filters| json!({ "any": filters })),
            inner.prop_map(|filter| json!({ "not": filter })),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        8 => word().prop_map(Value::from),
        1 => select(vec![json!(7), json!(1.5), json!(true), json!(null), json!(["a"])]),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        btree_map(select(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]), inner, 0..3)
            .prop_map(|members| json!(members))
    })
}

/// An event with some of the attributes that the filters name.
fn event() -> impl Strategy<Value = Value> {
    let data = option::weighted(
        0.8,
        btree_map(
            select(vec!["a", "objectType", "objectId", "x"]).prop_map(str::to_owned),
            value(),
            0..4,
        ),
    );
    (word(), option::of(word()), option::of(word()), option::of(any::<bool>()), data).prop_map(
        |(type_, subject, region, urgent, data)| {
            let mut event =
                json!({ "specversion": "1.0", "id": "1", "source": "a", "type": type_ });
            event["subject"] = json!(subject);
            event["region"] = json!(region);
            event["urgent"] = json!(urgent);
            if let Some(data) = data {
                event["data"] = json!(data);
            }
            event
        },
    )
}

/// The text of what a filter names, looked up in the event as `serde_json` reads it.
fn text(name: &str, event: &Value) -> Option<String> {
    let (value, is_object) = match name.strip_prefix("object.") {
        Some("type") => (&event["data"]["objectType"], true),
        Some(_) => (&event["data"]["objectId"], true),
        None => (event.pointer(&format!("/{}", name.replace('.', "/")))?, false),
    };
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if is_object => {
            (name == "object.id" && number.is_i64()).then(|| number.to_string())
        }
        Value::Number(_) | Value::Bool(_) if !is_object => Some(value.to_string()),
        _ => None,
    }
}

/// A naive implementation of the filters, which works on JSON values.
fn is_met(filter: &Value, event: &Value) -> bool {
    let (dialect, value) = filter.as_object().unwrap().iter().next().unwrap();
    let filters = || value.as_array().unwrap().iter();
    let each = |holds: fn(&str, &str) -> bool| {
        value.as_object().unwrap().iter().all(|(name, value)| {
            text(name, event).is_some_and(|text| holds(&text, value.as_str().unwrap()))
        })
    };
    match &**dialect {
        "exact" => each(|text, value| text == value),
        "prefix" => each(|text, value| text.starts_with(value)),
        "suffix" => each(|text, value| text.ends_with(value)),
        "all" => filters().all(|filter| is_met(filter, event)),
        "any" => filters().any(|filter| is_met(filter, event)),
        "not" => !is_met(value, event),
        _ => value == EXPRESSIONS[0] || (value == EXPRESSIONS[1] && event["region"] == "a"),
    }
}

#[test]
fn matching_agrees_with_a_naive_implementation() {
    let subscriptions = vec(vec(filter(), 0..3), 1..5);
    property((subscriptions, event()), |(subscriptions, event)| {
        let filters: Vec<_> =
            subscriptions.iter().map(|filters| json!(filters).to_string()).collect();
        let filters: Vec<_> = filters.iter().map(|text| &**text).collect();
        let config = read(&filters).unwrap();
        let wanted = wants(&config, &event.to_string());
        for (wanted, filters) in wanted.iter().zip(&subscriptions) {
            let expected = filters.iter().all(|filter| is_met(filter, &event));
            assert_eq!(wanted.is_ok(), expected, "{event} and {filters:?}: {wanted:?}");
            if let Err(mismatch) = wanted {
                // The path leads to an existing filter.
                let told = mismatch.to_string();
                let index = told.strip_prefix("filters[").and_then(|told| told.split(']').next());
                let index: usize = index.unwrap().parse().unwrap();
                assert!(!is_met(&filters[index], &event), "{told}");
                let before = filters.iter().take(index);
                assert!(before.into_iter().all(|filter| is_met(filter, &event)), "{told}");
            }
        }
        // The plan contains exactly what each subscription wants on its own.
        let text = event.to_string();
        let events = [CloudEvent::from_json(&text).unwrap()];
        let planned = Plan::new(&config.subscriptions, &events).wanting(0);
        let names = config.subscriptions.iter().map(|subscription| &*subscription.name);
        let expected = names.zip(&wanted).filter(|(_, wanted)| wanted.is_ok());
        assert_eq!(planned, expected.map(|(name, _)| name).collect::<Vec<_>>());
    });
}

#[test]
fn not_is_always_the_opposite() {
    property((filter(), event()), |(filter, event)| {
        let plain = json!([filter]).to_string();
        let opposite = json!([{ "not": filter }]).to_string();
        let twice = json!([{ "not": { "not": filter } }]).to_string();
        let config = read(&[&plain, &opposite, &twice]).unwrap();
        let wanted: Vec<_> = wants(&config, &event.to_string()).iter().map(Result::is_ok).collect();
        assert!(wanted[0] != wanted[1] && wanted[0] == wanted[2], "{filter} and {event}");
    });
}

/// Any JSON value, built from the words of filters and others.
fn anything() -> impl Strategy<Value = Value> {
    let words = vec![
        "exact",
        "prefix",
        "suffix",
        "all",
        "any",
        "not",
        "sql",
        "data.a",
        "object.id",
        "id",
        "x Y",
        "data..",
        "",
        "TRUE",
        "(",
        "data.",
    ];
    let key = prop_oneof![8 => select(words).prop_map(str::to_owned), 1 => ".{0,3}"];
    let leaf = prop_oneof![
        key.clone().prop_map(Value::from),
        Just(json!(null)),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(key.clone(), inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

#[test]
fn any_json_is_a_filter_or_a_mistake() {
    property((vec(anything(), 0..3), event(), anything()), |(filters, mut event, data)| {
        event["data"] = data;
        match read(&[&json!(filters).to_string()]) {
            Ok(config) => {
                let text = event.to_string();
                let event = CloudEvent::from_json(&text).unwrap();
                let view = config.subscriptions.view(&event);
                let _ = config.subscriptions[0].wants(&view).map_err(|told| told.to_string());
            }
            Err(mistakes) => {
                let is_inside = |path: &str| path.starts_with("SUBSCRIPTION_0.filters");
                assert!(mistakes.iter().all(|mistake| is_inside(&mistake.path)), "{mistakes:?}");
            }
        }
    });
}
