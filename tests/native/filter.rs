//! Filters: one case for each rule of the CloudEvents Subscriptions specification, and the list of them
//! in `docs/filter-rules.md`, which is written from here; what is ours; properties of any filter.

mod data;
mod dialects;
mod guide;
mod properties;
mod reasons;

use std::collections::BTreeMap;

use elytra_events::CloudEvent;
use elytra_webhooks::config::{Binding, Bindings, Config, ConfigError};
use elytra_webhooks::subscription::Mismatch;
use test_support::{Rules, test_rules};

use crate::support::event;

const RULES: Rules = Rules {
    package: env!("CARGO_MANIFEST_DIR"),
    folder: "tests/native/filter",
    command: "cargo test --test native filter",
    document: "docs/filter-rules.md",
    head: "# The rules of filters, and the test of each\n\n\
         `UPDATE_DOCS=1 cargo test --test native filter` writes this list. `cargo test` fails if a \
         rule is broken or the\nlist is out of date. Sections are those of the CloudEvents \
         Subscriptions API 0.1-wip. \"Ours\" is what we add, and\nwhere we differ. [Filters](filters.md) \
         explains how to use them, and [the rules of CESQL](../crates/cesql/RULES.md) what an expression of `sql`\nmeans.\n",
    files: &[("dialects", "Filters and their dialects", dialects::CASES)],
};

test_rules!(RULES);

/// Reads subscriptions with these `filters`.
fn read(filters: &[&str]) -> Result<Config, Vec<ConfigError>> {
    let json = |text: &str| Binding::Json(text.to_owned());
    let mut bindings: Bindings = BTreeMap::from([
        ("WEBHOOK".to_owned(), json(r#"{"auth_type":"none"}"#)),
        ("QUEUE".to_owned(), Binding::Queue),
    ]);
    for (index, filters) in filters.iter().enumerate() {
        let subscription = format!(r#"{{"filters":{filters},"queue":"QUEUE"}}"#);
        bindings.insert(format!("SUBSCRIPTION_{index}"), json(&subscription));
    }
    Config::from_bindings(&bindings).map_err(|broken| broken.mistakes)
}

/// Whether each of the subscriptions wants an event, all in one view of it.
fn wants(config: &Config, event: &str) -> Vec<Result<(), Mismatch>> {
    let event = CloudEvent::from_json(event).unwrap();
    let view = config.subscriptions.view(&event);
    config.subscriptions.iter().map(|subscription| subscription.wants(&view)).collect()
}

/// Whether a subscription with these filters wants an event with these members.
#[track_caller]
fn check(why: &str, filters: &str, members: &str, expected: bool) {
    let config = read(&[filters]).unwrap_or_else(|mistakes| panic!("{why}: {mistakes:?}"));
    let wanted = wants(&config, &event(members));
    assert_eq!(wanted[0].is_ok(), expected, "{why}: {wanted:?}");
}

/// An event as Elytra sends it, with an extension of each type.
const EVENT: &str = r#""subject":"Größe/de","eventtype":"product","operation":"modify",
    "region":"","urgent":true,"priority":-7,"time":"2025-12-31T04:19:30.860984129+01:00",
    "datacontenttype":"application/json","dataschema":"urn:schema""#;

#[test]
fn an_attribute_is_compared_exactly() {
    let exact = |why, attributes: &str, expected| {
        check(why, &format!(r#"[{{"exact":{{{attributes}}}}}]"#), EVENT, expected);
    };
    exact("the same text", r#""subject":"Größe/de""#, true);
    exact("case counts", r#""subject":"größe/de""#, false);
    exact("a part is not the whole", r#""subject":"Größe""#, false);
    exact("nor is more than the whole", r#""subject":"Größe/de/""#, false);
    exact(
        "another normalization of Unicode is another text",
        r#""subject":"Gro\u0308\u00dfe/de""#,
        false,
    );
    exact("all keys must match", r#""subject":"Größe/de","type":"t""#, true);
    exact("the first does not", r#""subject":"x","type":"t""#, false);
    exact("the last does not", r#""subject":"Größe/de","type":"x""#, false);
    exact("an attribute that is absent", r#""partitionkey":"x""#, false);
    exact("an empty extension is no text that a filter can have", r#""region":"x""#, false);
}

#[test]
fn every_attribute_has_its_name() {
    let table = [
        ("id", "1"),
        ("source", "s"),
        ("specversion", "1.0"),
        ("type", "t"),
        ("datacontenttype", "application/json"),
        ("dataschema", "urn:schema"),
        ("subject", "Größe/de"),
        ("time", "2025-12-31T04:19:30.860984129+01:00"),
        ("eventtype", "product"),
        ("operation", "modify"),
        // Core, Type System: every type has a canonical string.
        ("urgent", "true"),
        ("priority", "-7"),
    ];
    for (name, value) in table {
        let filter = |value: &str| format!(r#"[{{"exact":{{"{name}":"{value}"}}}}]"#);
        check(name, &filter(value), EVENT, true);
        check(name, &filter("other"), EVENT, false);
        let absent = !["id", "source", "specversion", "type"].contains(&name);
        check(name, &filter(value), "", !absent);
    }
    let utc = r#"[{"exact":{"time":"2025-12-31T03:19:30.860984129Z"}}]"#;
    check("a time is its text, not its moment", utc, EVENT, false);
}

#[test]
fn a_prefix_begins_and_a_suffix_ends_a_text() {
    let table = [
        ("prefix", "Größe", true),
        ("prefix", "Größe/de", true),
        ("prefix", "Größe/de/", false),
        ("prefix", "größe", false),
        ("prefix", "de", false),
        ("prefix", "Gr", true),
        ("suffix", "/de", true),
        ("suffix", "Größe/de", true),
        ("suffix", "/Größe/de", false),
        ("suffix", "/DE", false),
        ("suffix", "Gr", false),
        ("suffix", "öße/de", true),
    ];
    for (dialect, value, expected) in table {
        let filters = format!(r#"[{{"{dialect}":{{"subject":"{value}"}}}}]"#);
        check("case counts, and where it stands", &filters, EVENT, expected);
        check("nothing begins or ends so", &filters, "", false);
    }
    let both = |subject: &str| {
        format!(r#"[{{"prefix":{{"type":"t","subject":"{subject}"}}}},{{"suffix":{{"id":"1"}}}}]"#)
    };
    check("all keys must match", &both("G"), EVENT, true);
    check("one does not", &both("H"), EVENT, false);
}

#[test]
fn a_list_of_filters_is_a_conjunction() {
    check("none at all", "[]", "", true);
    let yes = r#"{"exact":{"type":"t"}}"#;
    let no = r#"{"exact":{"type":"u"}}"#;
    for (filters, expected) in [
        (vec![yes], true),
        (vec![no], false),
        (vec![yes, yes], true),
        (vec![yes, no], false),
        (vec![no, yes], false),
    ] {
        let list = format!("[{}]", filters.join(","));
        check("the list itself", &list, "", expected);
        check("all", &format!(r#"[{{"all":{list}}}]"#), "", expected);
        check("not all", &format!(r#"[{{"not":{{"all":{list}}}}}]"#), "", !expected);
    }
}

#[test]
fn any_wants_one_of_its_filters() {
    let yes = r#"{"suffix":{"type":"t"}}"#;
    let no = r#"{"prefix":{"type":"u"}}"#;
    for (filters, expected) in [
        (vec![yes], true),
        (vec![no], false),
        (vec![no, yes], true),
        (vec![yes, no], true),
        (vec![no, no], false),
        (vec![yes, yes], true),
    ] {
        let list = filters.join(",");
        check("any", &format!(r#"[{{"any":[{list}]}}]"#), "", expected);
        check("not any", &format!(r#"[{{"not":{{"any":[{list}]}}}}]"#), "", !expected);
    }
}

#[test]
fn not_is_the_opposite() {
    check("what is not there is not it", r#"[{"not":{"exact":{"subject":"x"}}}]"#, "", true);
    check("twice is nothing", r#"[{"not":{"not":{"exact":{"type":"t"}}}}]"#, "", true);
    let de_morgan =
        r#"[{"not":{"any":[{"exact":{"type":"u"}},{"not":{"exact":{"source":"s"}}}]}}]"#;
    check("inside of others", de_morgan, "", true);
}

#[test]
fn an_expression_is_true_or_it_is_not() {
    check("true", r#"[{"sql":"TRUE"}]"#, "", true);
    check("false", r#"[{"sql":"FALSE"}]"#, "", false);
    check("it sees attributes", r#"[{"sql":"operation = 'modify'"}]"#, EVENT, true);
    check("of this event", r#"[{"sql":"operation = 'modify'"}]"#, r#""operation":"add""#, false);
    check("not", r#"[{"not":{"sql":"operation = 'link'"}}]"#, EVENT, true);
    check("beside others", r#"[{"exact":{"type":"t"}},{"sql":"FALSE"}]"#, "", false);
    for (why, sql) in [("an error", "missing = 'x'"), ("no boolean", "id")] {
        check(why, &format!(r#"[{{"sql":"{sql}"}}]"#), "", false);
        check("so its opposite is", &format!(r#"[{{"not":{{"sql":"{sql}"}}}}]"#), "", true);
    }
}

#[test]
fn filters_come_on_top_of_event_types_and_operations() {
    let bindings = BTreeMap::from([
        ("WEBHOOK".to_owned(), Binding::Json(r#"{"auth_type":"none"}"#.to_owned())),
        ("QUEUE".to_owned(), Binding::Queue),
        (
            "SUBSCRIPTION_A".to_owned(),
            Binding::Json(
                r#"{"event_types":["product"],"operations":["add"],"queue":"QUEUE",
                    "filters":[{"exact":{"subject":"x"}}]}"#
                    .to_owned(),
            ),
        ),
    ]);
    let config = Config::from_bindings(&bindings).unwrap();
    let code = |members: &str| {
        let wanted = wants(&config, &event(members)).remove(0);
        wanted.map_err(|mismatch| mismatch.code())
    };
    let table = [
        (r#""eventtype":"product","operation":"add","subject":"x""#, Ok(())),
        (r#""eventtype":"todo","operation":"add","subject":"x""#, Err("event_type_not_selected")),
        (
            r#""eventtype":"product","operation":"link","subject":"x""#,
            Err("operation_not_selected"),
        ),
        (r#""eventtype":"product","operation":"add","subject":"y""#, Err("filter_not_matched")),
        (r#""eventtype":"todo""#, Err("event_type_not_selected")),
        (r#""eventtype":"product","operation":"link""#, Err("operation_not_selected")),
    ];
    for (members, expected) in table {
        assert_eq!(code(members), expected, "{members}");
    }
}
