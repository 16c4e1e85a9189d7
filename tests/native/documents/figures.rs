//! A figure that stands in several documents is the same in each, and the same as the constant.

use cesql::{MAX_COST, MAX_DEPTH, MAX_LENGTH};
use elytra_events::http::MAX_HEADER_BYTES;
use elytra_events::{EventType, Known as _, MAX_VIOLATIONS};
use elytra_webhooks::body::BODY_BYTES_PER_MS;
use elytra_webhooks::capacity::MAX_HELD_BYTES;
use elytra_webhooks::config::{LEDGER_SHARDS, MAX_BATCH_EVENTS, MAX_BODY_BYTES};
use elytra_webhooks::filter::{MAX_FILTER_DEPTH, MAX_FILTERS};
use elytra_webhooks::jobs::{STEP_LETTERS, STEP_MS};
use elytra_webhooks::journal::{MAX_DATABASE_BYTES, MAX_REFUSALS as KEPT_REFUSALS};
use elytra_webhooks::ledger::{MAX_CLAIMS, MAX_RECORDS};
use elytra_webhooks::limits::{
    MAX_CONNECTIONS, MAX_KV_KEY_BYTES, MAX_KV_METADATA_BYTES, MAX_KV_VALUE_BYTES,
    MAX_QUEUE_EVENT_BYTES, MAX_SEND_BATCH_MESSAGES, MAX_WEBHOOK_EVENT_BYTES,
};
use elytra_webhooks::log::MAX_LOGGED_EVENT_BYTES;
use elytra_webhooks::operator::dead_letters::LIST_PAGES;
use elytra_webhooks::operator::{DEFAULT_LIMIT, MAX_LIMIT};
use elytra_webhooks::outcome::MAX_LOGGED_VIOLATIONS;
use elytra_webhooks::plan::SLOW_WRITE_MS;
use elytra_webhooks::spool::aside::MAX_REFUSALS;
use elytra_webhooks::text::MAX_REPEATED_CHARACTERS;
use elytra_webhooks::times::CLAIM_GRACE_MS;
use elytra_webhooks::vars::{
    EXPIRATION_TTL, LEAST_SECRET_BYTES, MAX_VAR_BYTES, QUEUE_RETENTION_SECONDS,
};

use super::{read, with_commas};

/// A phrase with a figure, and the documents it is in.
type Figure = (String, &'static [&'static str]);

/// Each phrase that is missing from one of its documents, wherever their lines end.
fn missing(figures: &[Figure], read: impl Fn(&str) -> String) -> Vec<String> {
    let has = |document: &str, phrase: &str| {
        let text = read(document);
        text.split_whitespace().collect::<Vec<_>>().join(" ").contains(phrase)
    };
    let each = figures
        .iter()
        .flat_map(|(phrase, documents)| documents.iter().map(move |document| (*document, phrase)));
    let missing = each.filter(|(document, phrase)| !has(document, phrase));
    missing.map(|(document, phrase)| format!("{document} does not say {phrase:?}")).collect()
}

/// The numbers in a row of the table with this column, in the order of the columns.
fn row<'t>(document: &'t str, column: &str, name: &str) -> Option<Vec<&'t str>> {
    let mut lines = document.lines().skip_while(|line| !line.contains(column));
    let row = lines.find(|line| line.is_empty() || line.starts_with(&format!("| {name} |")))?;
    let cells = row.trim_matches('|').split('|').skip(1).map(str::trim);
    Some(cells.collect::<Vec<_>>()).filter(|cells| !cells.is_empty())
}

#[test]
fn the_figures_are_those_of_the_code() {
    let n = |number: usize| with_commas(u64::try_from(number).unwrap());
    let per_second = 1_000 / usize::try_from(SLOW_WRITE_MS).unwrap() * MAX_CONNECTIONS;
    let records = u64::try_from(MAX_RECORDS).unwrap();
    let figures: Vec<Figure> = vec![
        (format!("A table can hold {} bytes", n(MAX_VAR_BYTES)), &["docs/configuration.md"]),
        (
            format!("Each {} bytes that have arrived", with_commas(BODY_BYTES_PER_MS * 1_000)),
            &["docs/configuration.md"],
        ),
        (format!("{} (ten years)", with_commas(*EXPIRATION_TTL.end())), &["docs/configuration.md"]),
        (format!("at least {LEAST_SECRET_BYTES} bytes"), &["docs/configuration.md"]),
        (format!("fewer than {LEAST_SECRET_BYTES} bytes"), &["docs/configuration.md"]),
        (format!("| {MAX_FILTERS}, nested {MAX_FILTER_DEPTH} deep |"), &["docs/configuration.md"]),
        (format!("the newest {} of them", n(KEPT_REFUSALS)), &["docs/configuration.md"]),
        (
            format!("beyond {} GB, its oldest events", MAX_DATABASE_BYTES / 1_000_000_000),
            &["docs/configuration.md"],
        ),
        (format!("at most {} bytes and {MAX_DEPTH} levels", n(MAX_LENGTH)), &["docs/filters.md"]),
        (format!("{} steps", n(MAX_COST)), &["docs/filters.md"]),
        (format!("{} bytes", n(MAX_QUEUE_EVENT_BYTES)), &["docs/destinations.md"]),
        (format!("{} bytes", n(MAX_KV_KEY_BYTES)), &["docs/destinations.md"]),
        (format!("{} bytes", n(MAX_KV_METADATA_BYTES)), &["docs/destinations.md"]),
        (format!("{} bytes is refused", n(MAX_WEBHOOK_EVENT_BYTES)), &["docs/webhooks.md"]),
        (
            format!("{} bytes in the JSON format", n(MAX_KV_VALUE_BYTES)),
            &["docs/http.md", "CHANGELOG.md"],
        ),
        (format!("can have {} bytes in total", n(MAX_HEADER_BYTES)), &["docs/http.md"]),
        (format!("at most {MAX_VIOLATIONS}, and `violations_left_out`"), &["docs/http.md"]),
        (format!("more than {MAX_VIOLATIONS} violations"), &["docs/operating.md"]),
        (
            format!("after {MAX_REPEATED_CHARACTERS} characters"),
            &["docs/http.md", "docs/operating.md"],
        ),
        (format!("one call per {MAX_SEND_BATCH_MESSAGES} events"), &["docs/http.md"]),
        (format!("takes {SLOW_WRITE_MS} milliseconds"), &["docs/http.md"]),
        (format!("{} writes in four seconds", 4 * per_second), &["docs/http.md"]),
        (format!("{} MiB", MAX_HELD_BYTES / 1_024 / 1_024), &["docs/http.md"]),
        (format!("the faults after {MAX_LOGGED_VIOLATIONS}"), &["docs/operating.md"]),
        (
            format!("the events after {} KiB", MAX_LOGGED_EVENT_BYTES / 1_024),
            &["docs/operating.md"],
        ),
        (format!("1 to {}; by default {DEFAULT_LIMIT}", n(MAX_LIMIT)), &["docs/operating.md"]),
        (
            format!("{STEP_LETTERS} dead letters or {} seconds", STEP_MS / 1_000),
            &["docs/operating.md"],
        ),
        (format!("{} keys", n(LIST_PAGES * 1_000)), &["docs/operating.md"]),
        (
            format!("`max_body_bytes` can be at most {}", with_commas(MAX_BODY_BYTES.most)),
            &["CHANGELOG.md"],
        ),
        (format!("the {} names", EventType::ALL.len()), &["docs/event-types.md"]),
        (format!("A shard keeps {} records", n(MAX_RECORDS)), &["docs/performance.md"]),
        (format!("keeps track of {} claims", n(MAX_CLAIMS)), &["docs/performance.md"]),
        (format!("A ledger has up to {} shards", LEDGER_SHARDS.most), &["docs/performance.md"]),
        (
            format!("`max_batch_events` ({} at most)", with_commas(MAX_BATCH_EVENTS.most)),
            &["docs/performance.md"],
        ),
        // How long eight shards remember 1,000 events a second, and all of them 1,000 and 100,000.
        (
            format!("about {} seconds, whatever", n(8 * MAX_RECORDS / 1_000)),
            &["docs/performance.md"],
        ),
        (
            format!("for {} seconds. That", with_commas(LEDGER_SHARDS.most * records / 1_000)),
            &["docs/performance.md"],
        ),
        (
            format!("about {} seconds, which", LEDGER_SHARDS.most * records / 100_000),
            &["docs/performance.md"],
        ),
    ];
    let missing = missing(&figures, read);
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    // These are words in the documents.
    assert_eq!(MAX_REFUSALS, 5, "docs/operating.md: it has refused it in five runs");
    assert_eq!(CLAIM_GRACE_MS, 1_000, "docs/failures.md: one second after its time_budget_ms");
    assert_eq!(QUEUE_RETENTION_SECONDS, 4 * 24 * 3_600, "several documents: four days");
    assert_eq!(MAX_CONNECTIONS, 6, "docs/http.md: six run at a time");
}

#[test]
fn the_size_of_the_upload_is_the_same_twice() {
    let performance = read("docs/performance.md");
    let cells = row(&performance, "| upload KiB |", "elytra-webhooks").unwrap();
    let phrase = format!("The upload is {} KiB ({} KiB gzipped)", cells[0], cells[1]);
    let missing = missing(&[(phrase, &["README.md"])], read);
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_figure_that_differs_is_named() {
    let figures: [Figure; 2] = [
        ("holds 5,120 bytes".to_owned(), &["README.md", "CHANGELOG.md"]),
        ("the 74 names".to_owned(), &["README.md"]),
    ];
    let read = |name: &str| match name {
        "README.md" => "It holds\n5,120 bytes, and the 73 names.".to_owned(),
        _ => "It holds 5,000 bytes.".to_owned(),
    };
    assert_eq!(
        missing(&figures, read),
        [
            r#"CHANGELOG.md does not say "holds 5,120 bytes""#,
            r#"README.md does not say "the 74 names""#
        ]
    );
    let table =
        "|  | upload KiB |\n|---|---:|\n| ours, too | 1 |\n| ours | 1,124 | 436 |\n\n| other |\n";
    assert_eq!(row(table, "| upload KiB |", "ours"), Some(vec!["1,124", "436"]));
    assert_eq!(row(table, "| upload KiB |", "other"), None);
}
