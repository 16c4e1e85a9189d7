//! What the documents say of the journal is what the code does.

use elytra_events::Known as _;
use elytra_webhooks::journal::{
    FLUSH_MS, MAX_HISTORY_BYTES, MAX_PENDING_REFUSALS, MAX_REFUSALS, State,
};
use elytra_webhooks::replay::{MAX_KEYS, MAX_LISTED_FAILURES, MAX_REPLAYS};

use super::{read, with_commas};

#[track_caller]
fn says(document: &str, phrase: &str) {
    let text = read(document).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(phrase), "{document} does not say {phrase:?}");
}

/// Whoever reads a fate at night must be told where the event is.
#[test]
fn every_fate_has_a_row() {
    for state in State::ALL {
        says("docs/operating.md", &format!("| `{}` | ", state.as_str()));
    }
}

#[test]
fn the_figures_are_those_of_the_code() {
    let n = |number: usize| with_commas(u64::try_from(number).unwrap());
    let figures = [
        format!("A history can have {} KiB", MAX_HISTORY_BYTES / 1_024),
        format!("The newest {} refusals are kept", n(MAX_REFUSALS)),
        format!("keeps at most {MAX_PENDING_REFUSALS} a second"),
        format!("the keys of 1 to {} events", n(MAX_KEYS)),
        format!("the first {} events that could not be sent", n(MAX_LISTED_FAILURES)),
        format!("until {MAX_REPLAYS} newer ones have started"),
    ];
    for phrase in figures {
        says("docs/http.md", &phrase);
    }
    says("docs/failures.md", &format!("keeps at most {MAX_PENDING_REFUSALS} a second"));
    // These are words in the documents.
    assert_eq!(FLUSH_MS, 1_000, "docs/operating.md: there after about a second");
    assert_eq!(MAX_REPLAYS, 100, "docs/operating.md: a hundred newer replays");
}
