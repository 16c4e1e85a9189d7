//! `JOURNAL`: what is kept of events, and for how long.

use elytra_webhooks::config::{Binding, Bindings, Config, JournalSettings, RETENTION_DAYS};
use proptest::option;
use proptest::prelude::*;

use super::{accept, bindings, json, text, with};
use crate::support::property;

const DAY_MS: u64 = 86_400_000;

/// Bindings with a `JOURNAL` of these fields.
fn journal(fields: &str) -> Bindings {
    with("JOURNAL", json(&format!("{{{fields}}}")))
}

fn found(bindings: &Bindings) -> Vec<String> {
    let mistakes = Config::from_bindings(bindings).err().map(|broken| broken.mistakes);
    mistakes.unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn refuse(why: &str, fields: &str, expected: &[&str]) {
    assert_eq!(found(&journal(fields)), expected, "{why}");
}

#[test]
fn it_says_what_is_kept_and_for_how_long() {
    assert_eq!(accept("without the table there is none", &bindings()).journal, None);
    for (why, fields, days, body_days) in [
        ("an empty table is enough", "", 7, Some(7)),
        ("texts are kept as long as their events", r#""retention_days":30"#, 30, Some(30)),
        ("or shorter", r#""retention_days":30,"body_retention_days":2"#, 30, Some(2)),
        ("the default of the one limits the other", r#""body_retention_days":7"#, 7, Some(7)),
        ("the shortest", r#""retention_days":1,"body_retention_days":1"#, 1, Some(1)),
        ("the longest", r#""retention_days":90,"body_retention_days":90"#, 90, Some(90)),
        ("the default, written out", r#""bodies":true"#, 7, Some(7)),
        ("texts can be personal data", r#""bodies":false"#, 7, None),
        (
            "what became of an event is kept anyway",
            r#""bodies":false,"retention_days":90"#,
            90,
            None,
        ),
    ] {
        let expected = JournalSettings {
            retention_ms: days * DAY_MS,
            body_retention_ms: body_days.map(|days: u64| days * DAY_MS),
        };
        assert_eq!(accept(why, &journal(fields)).journal, Some(expected), "{why}");
    }
}

#[test]
fn days_are_whole_and_within_bounds() {
    for days in ["0", "91", "-1", "1.5", "7.0", "\"7\"", "null", "true"] {
        for field in ["retention_days", "body_retention_days"] {
            let mistake = format!("JOURNAL.{field}: expected a whole number from 1 to 90");
            refuse("the bounds are documented", &format!("\"{field}\":{days}"), &[&mistake]);
        }
    }
    for value in ["1", "\"false\"", "null", "[]"] {
        let mistake = "JOURNAL.bodies: expected true or false";
        refuse("a string is not false", &format!("\"bodies\":{value}"), &[mistake]);
    }
}

#[test]
fn no_text_outlives_its_event() {
    let longer = |days: u64| {
        format!(
            "JOURNAL.body_retention_days: expected at most {days}: no text is kept longer than its \
             event (retention_days)"
        )
    };
    for (why, fields, days) in [
        ("by a day", r#""retention_days":30,"body_retention_days":31"#, 30),
        ("the default counts as well", r#""body_retention_days":8"#, 7),
        ("whichever comes first", r#""body_retention_days":90,"retention_days":1"#, 1),
    ] {
        refuse(why, fields, &[&longer(days)]);
    }
    refuse(
        "nobody knows what is meant by the other, so nothing is said of it",
        r#""retention_days":100,"body_retention_days":30"#,
        &["JOURNAL.retention_days: expected a whole number from 1 to 90"],
    );
}

#[test]
fn what_is_not_kept_has_no_duration() {
    let mistake = "JOURNAL.body_retention_days: not allowed with bodies = false";
    for (why, days) in [
        ("one of the two is a mistake", "7"),
        ("it is not compared either", "90"),
        ("it has to be removed, whatever it is", "0"),
        ("of any type", "\"7\""),
    ] {
        refuse(why, &format!(r#""bodies":false,"body_retention_days":{days}"#), &[mistake]);
    }
    refuse(
        "nobody knows whether texts are meant to be kept",
        r#""bodies":"no","body_retention_days":7"#,
        &["JOURNAL.bodies: expected true or false"],
    );
}

#[test]
fn it_needs_the_ledger() {
    let without = |name: &str, binding: Option<Binding>| {
        let mut bindings = journal("");
        bindings.remove("LEDGER");
        bindings.extend(binding.map(|binding| (name.to_owned(), binding)));
        found(&bindings)
    };
    let missing = "JOURNAL: no Durable Object namespace is bound as \"LEDGER\"";
    assert_eq!(without("", None), [missing], "nothing would be kept");
    assert_eq!(
        without("LEDGERS", Some(Binding::DurableObject)),
        [format!("{missing}, did you mean \"LEDGERS\"?")],
        "its name is fixed"
    );
    assert_eq!(
        without("LEDGER", Some(Binding::Kv)),
        ["JOURNAL: \"LEDGER\" is bound to a KV namespace, expected a Durable Object namespace"],
        "of another kind"
    );
    let config = accept("the journal alone uses the ledger", &journal(""));
    assert_eq!(config.receiver.times.dedupe_window_ms, None);
    assert!(config.journal.is_some() && config.stores.ledger.is_some());
}

#[test]
fn names_that_are_unknown_come_with_the_nearest() {
    for (why, field, nearest) in [
        ("singular for plural", "retention_day", "retention_days"),
        ("singular for plural", "body", "bodies"),
        ("the plural of the other field", "bodies_retention_days", "body_retention_days"),
        ("fields have a case", "RETENTION_DAYS", "retention_days"),
    ] {
        let mistake = format!("JOURNAL.{field}: unknown field, did you mean {nearest:?}?");
        refuse(why, &format!("\"{field}\":1"), &[&mistake]);
    }
    refuse("nothing is near", r#""shards":4"#, &["JOURNAL.shards: unknown field"]);
    for (why, name) in [
        ("a slip of the pen would switch it off", "JOURNALS"),
        ("vars have a case", "journal"),
        ("a word too many", "THE_JOURNAL"),
        ("a letter too few", "JOURAL"),
    ] {
        let mistake = format!("{name}: unknown var, did you mean \"JOURNAL\"?");
        assert_eq!(found(&with(name, json("{}"))), [mistake], "{why}");
    }
    for (why, binding) in
        [("a list", json("[]")), ("a string", text("{}")), ("a switch", json("true"))]
    {
        assert_eq!(found(&with("JOURNAL", binding)), ["JOURNAL: expected a table"], "{why}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let mut bindings =
        journal(r#""retention_days":0,"bodies":false,"body_retention_days":1,"texts":true"#);
    bindings.remove("LEDGER");
    assert_eq!(
        found(&bindings),
        [
            "JOURNAL: no Durable Object namespace is bound as \"LEDGER\"",
            "JOURNAL.retention_days: expected a whole number from 1 to 90",
            "JOURNAL.body_retention_days: not allowed with bodies = false",
            "JOURNAL.texts: unknown field",
        ]
    );
}

/// Without `ADMIN` nobody can read the journal, but it is there when somebody can: that is how it is shipped.
#[test]
fn a_journal_without_an_operator_is_no_warning() {
    assert_eq!(accept("no ADMIN", &journal("")).warnings, []);
}

/// Whatever the fields are, a journal is accepted exactly if it is within its bounds.
#[test]
fn what_is_accepted_is_within_bounds() {
    let days = || option::of(0..=RETENTION_DAYS.most + 1);
    property((days(), option::of(any::<bool>()), days()), |(days, bodies, body_days)| {
        let fields = [
            days.map(|days| format!("\"retention_days\":{days}")),
            bodies.map(|bodies| format!("\"bodies\":{bodies}")),
            body_days.map(|days| format!("\"body_retention_days\":{days}")),
        ];
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        let is_within = |days: u64| (RETENTION_DAYS.least..=RETENTION_DAYS.most).contains(&days);
        let kept = days.unwrap_or(RETENTION_DAYS.default);
        let texts = body_days.unwrap_or(kept);
        let is_right = if bodies == Some(false) {
            is_within(kept) && body_days.is_none()
        } else {
            is_within(kept) && is_within(texts) && texts <= kept
        };
        match Config::from_bindings(&journal(&fields.join(","))) {
            Ok(config) => {
                assert!(is_right, "{fields:?}");
                let expected = JournalSettings {
                    retention_ms: kept * DAY_MS,
                    body_retention_ms: (bodies != Some(false)).then_some(texts * DAY_MS),
                };
                assert_eq!(config.journal, Some(expected), "{fields:?}");
            }
            Err(broken) => assert!(!is_right && !broken.mistakes.is_empty(), "{fields:?}"),
        }
    });
}
