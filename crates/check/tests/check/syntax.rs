//! Text that is not TOML, or is something else than a configuration.

use proptest::prelude::*;

use crate::{GOOD, found, heads, mistakes};

#[test]
fn every_place_that_is_not_toml_is_named() {
    let report = found("name = \nmain = \"m\"\n[vars.WEBHOOK\n");
    let places: Vec<_> = report.mistakes.iter().map(|finding| finding.line).collect();
    assert_eq!(places, [1, 3], "{:?}", heads(&report.mistakes));
    assert!(report.mistakes.iter().all(|finding| finding.message.starts_with("not TOML: ")));
    mistakes(
        "a table twice",
        &format!("{GOOD}[triggers]\n"),
        &[
            "61:2: not TOML: duplicate key",
            "    Correct the line; https://toml.io shows how TOML is written.",
        ],
    );
}

#[test]
fn the_position_counts_characters() {
    let report = found("name = \"ä\" x\n");
    let finding = &report.mistakes[0];
    assert_eq!((finding.line, finding.column), (1, 12), "{finding:?}");
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        found(&text);
    }

    #[test]
    fn no_part_of_a_configuration_panics(from in 0..GOOD.len(), to in 0..GOOD.len()) {
        found(GOOD.get(from.min(to)..from.max(to)).unwrap_or_default());
    }
}
