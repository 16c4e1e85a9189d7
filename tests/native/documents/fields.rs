//! `docs/configuration.md` has the bounds and the default of every field with a number, and
//! `wrangler.toml` has the same.

use std::collections::BTreeMap;

use elytra_webhooks::config::{
    BODY_TIMEOUT_MS, Binding, Bindings, Config, DEFAULT_CLAIMS_EXPIRATION_TTL, LEDGER_SHARDS,
    MAX_BATCH_EVENTS, MAX_BODY_BYTES, Mistake, RETENTION_DAYS,
};
use elytra_webhooks::destination::{DEFAULT_TOMBSTONE_TTL, RetryPolicy};
use elytra_webhooks::times::{CLOCK_TOLERANCE_SECONDS, TIME_BUDGET_MS};

use super::{read, with_commas};

/// Vars in which every number is out of its bounds.
const OUT_OF_BOUNDS: [(&str, &str); 4] = [
    (
        "WEBHOOK",
        r#"{"auth_type":"none","max_body_bytes":-1,"body_timeout_ms":-1,"max_batch_events":-1,
            "time_budget_ms":-1,"dedupe_window_seconds":-1,"ledger_shards":-1,"clock_tolerance_seconds":-1,
            "claims_expiration_ttl":-1}"#,
    ),
    ("JOURNAL", r#"{"retention_days":-1,"body_retention_days":-1}"#),
    (
        "SUBSCRIPTION_A",
        r#"{"kv":{"binding":"EVENTS","key":"object","expiration_ttl":-1,"tombstone_ttl":-1}}"#,
    ),
    (
        "SUBSCRIPTION_B",
        r#"{"webhook":{"url":"https://a.example","timeout_ms":-1,"retry":{"max_retries":-1,
            "initial_delay":-1,"backoff_multiplier":-1,"max_delay":-1}}}"#,
    ),
];

/// The bounds of each field, by the section of the document it is in and its name, as the
/// configuration reports them.
fn bounds() -> BTreeMap<(&'static str, String), (u64, u64)> {
    let mut bindings = Bindings::new();
    for (name, json) in OUT_OF_BOUNDS {
        bindings.insert(name.to_owned(), Binding::Json(json.to_owned()));
    }
    for name in ["EVENTS", "CLAIMS", "DEAD"] {
        bindings.insert(name.to_owned(), Binding::Kv);
    }
    for name in ["DELIVERIES", "DEAD_LETTERS"] {
        bindings.insert(name.to_owned(), Binding::Queue);
    }
    bindings.insert("LEDGER".to_owned(), Binding::DurableObject);
    let mistakes = Config::from_bindings(&bindings).unwrap_err().mistakes;
    let bounds = mistakes.into_iter().map(|error| {
        let place = match error.mistake {
            Mistake::OutOfRange { least, most } => (least, most),
            Mistake::NotBetween { least, most } => (least.into(), most.into()),
            other => panic!("{}: {other}", error.path),
        };
        let (var, field) = error.path.split_once('.').unwrap();
        let field = match var {
            "WEBHOOK" => ("`[vars.WEBHOOK]`", field),
            "JOURNAL" => ("`[vars.JOURNAL]`", field),
            _ => field.split_once('.').map(|(at, field)| (section(at), field)).unwrap(),
        };
        ((field.0, field.1.to_owned()), place)
    });
    bounds.collect()
}

fn section(destination: &str) -> &'static str {
    if destination == "kv" { "`kv`" } else { "`webhook`" }
}

/// The rows of the fields in a section: of each the default and the bounds.
fn rows(document: &str, section: &str) -> BTreeMap<String, (String, String)> {
    let heading = format!(" {section}");
    let lines =
        document.lines().skip_while(|line| !(line.starts_with('#') && line.ends_with(&heading)));
    let lines = lines.skip(1).take_while(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, default, bounds, ..] = *cells else { return None };
        Some((name.trim_matches('`').to_owned(), (default.to_owned(), bounds.to_owned())))
    });
    rows.collect()
}

/// What the document says otherwise, or not at all, of these bounds.
fn wrong_bounds(
    document: &str,
    bounds: &BTreeMap<(&'static str, String), (u64, u64)>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for ((section, field), (least, most)) in bounds {
        let expected = format!("{} to {}", with_commas(*least), with_commas(*most));
        match rows(document, section).get(field) {
            Some((_, bounds)) if bounds.starts_with(&expected) => {}
            Some((_, bounds)) => wrong.push(format!("{field}: {bounds:?} is not {expected:?}")),
            None => wrong.push(format!("{field} has no row in the section {section}")),
        }
    }
    wrong
}

#[test]
fn the_bounds_are_those_of_the_configuration() {
    let document = read("docs/configuration.md");
    let bounds = bounds();
    let wrong = wrong_bounds(&document, &bounds);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Nor has the document any bounds that the configuration does not have.
    for section in ["`[vars.WEBHOOK]`", "`[vars.JOURNAL]`", "`kv`", "`webhook`"] {
        for (field, (_, shown)) in rows(&document, section) {
            let is_checked = bounds.contains_key(&(section, field.clone()));
            assert!(is_checked || !shown.contains(" to "), "{section} {field}: {shown}");
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_configuration() {
    let document = read("docs/configuration.md");
    let retry = RetryPolicy::ELYTRA;
    for (section, field, expected) in [
        ("`[vars.WEBHOOK]`", "max_body_bytes", MAX_BODY_BYTES.default),
        ("`[vars.WEBHOOK]`", "body_timeout_ms", BODY_TIMEOUT_MS.default),
        ("`[vars.WEBHOOK]`", "max_batch_events", MAX_BATCH_EVENTS.default),
        ("`[vars.WEBHOOK]`", "time_budget_ms", TIME_BUDGET_MS.default),
        ("`[vars.WEBHOOK]`", "ledger_shards", LEDGER_SHARDS.default),
        ("`[vars.WEBHOOK]`", "clock_tolerance_seconds", CLOCK_TOLERANCE_SECONDS.default),
        ("`[vars.WEBHOOK]`", "claims_expiration_ttl", DEFAULT_CLAIMS_EXPIRATION_TTL),
        ("`[vars.JOURNAL]`", "retention_days", RETENTION_DAYS.default),
        ("`kv`", "tombstone_ttl", DEFAULT_TOMBSTONE_TTL),
        ("`webhook`", "retry.max_retries", retry.max_retries.into()),
        ("`webhook`", "retry.initial_delay", retry.initial_delay),
        ("`webhook`", "retry.max_delay", retry.max_delay),
    ] {
        let rows = rows(&document, section);
        assert_eq!(rows[field].0, with_commas(expected), "{field}");
    }
}

/// There are two sets of defaults: without `retry`, and in a table.
#[test]
fn the_retry_policies_are_those_of_the_configuration() {
    let document = read("docs/configuration.md");
    for (name, policy) in [
        ("no `retry`", RetryPolicy::default()),
        ("`\"elytra\"`, and what a table leaves out", RetryPolicy::ELYTRA),
    ] {
        let row = format!(
            "| {name} | {} | {} | {:.1} | {} |",
            policy.max_retries,
            with_commas(policy.initial_delay),
            policy.backoff_multiplier,
            with_commas(policy.max_delay)
        );
        assert!(document.contains(&row), "{row}");
    }
}

/// `wrangler.toml` says it once more, in comments and with underscores.
#[test]
fn the_shipped_configuration_has_the_same_bounds() {
    let shipped = read("wrangler.toml");
    let underscored = |number: u64| with_commas(number).replace(',', "_");
    let mut checked = 0;
    for ((_, field), (least, most)) in bounds() {
        let line = shipped
            .lines()
            .find(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{field} = ")));
        if let Some(line) = line.filter(|line| line.contains(" to ")) {
            let expected = format!("{} to {}", underscored(least), underscored(most));
            assert!(line.contains(&expected), "{line:?} has not {expected:?}");
            checked += 1;
        }
    }
    assert!(checked >= 9, "{checked} lines have bounds");
}

#[test]
fn bounds_that_differ_are_named() {
    let document = "\
## `kv`

| field | type | default | bounds | meaning |
|---|---|---|---|---|
| `a` | seconds | 1 | 1 to 1,000 | |
| `b` | seconds | 1 | 1 to 2,000 | |

## Other

| `c` | seconds | 1 | 1 to 1,000 | |
";
    let bounds = ["a", "b", "c"].map(|field| (("`kv`", field.to_owned()), (1, 1_000)));
    assert_eq!(
        wrong_bounds(document, &bounds.into()),
        [r#"b: "1 to 2,000" is not "1 to 1,000""#, "c has no row in the section `kv`"]
    );
}
