//! Checks how the cost of an event grows with everything else.

use super::Counts;
use crate::{Error, Result};

/// Two counts of the same thing, at a small and at a large scale.
struct Scale {
    /// What is compared.
    says: &'static str,
    /// The benchmark at the small scale, and how many units it has.
    little: (&'static str, u32),
    /// The benchmark at the large scale, and how many units it has.
    much: (&'static str, u32),
    /// How many times the cost of a small-scale unit a large-scale unit may have.
    most: f64,
}

const SCALES: [Scale; 6] = [
    Scale {
        says: "an event with 1,000 subscriptions, against 1",
        little: ("answer.subscriptions_1", 1),
        much: ("answer.subscriptions_1000", 1),
        most: 1.10,
    },
    // There is one bit per subscription, which shows more clearly here than in a whole request.
    Scale {
        says: "finding the one of 1,000 whose filter wants an operation, against 1",
        little: ("find_subscriptions.filter_on_operation", 1),
        much: ("find_subscriptions.filters_1000", 1),
        most: 1.50,
    },
    // All filters share one look at the data.
    Scale {
        says: "an event of 105 KB with 100 filters on its data, against 1",
        little: ("find_subscriptions.filters_on_data_1", 1),
        much: ("find_subscriptions.filters_on_data_100", 1),
        most: 1.10,
    },
    Scale {
        says: "an event in a batch of 100, against one of 1",
        little: ("answer.filtered_batch_of_1", 1),
        much: ("answer.filtered_batch_of_100", 100),
        most: 1.0,
    },
    // Each name is compared with a few others, not with all.
    Scale {
        says: "an event with 240 long names of attributes, against 15 that are as long together",
        little: ("decode.long_names_15", 1),
        much: ("decode.long_names_240", 1),
        most: 2.0,
    },
    Scale {
        says: "a KB of an event of 1,000 KB, against one of 100 KB",
        little: ("answer.filtered_100_kb", 100),
        much: ("answer.filtered_1000_kb", 1_000),
        most: 1.10,
    },
];

/// Returns a line for each scale, and a sentence for each that grows too much.
pub(super) fn check(counts: &Counts) -> Result<(Vec<String>, Vec<String>)> {
    let mut lines = Vec::new();
    let mut excesses = Vec::new();
    for scale in &SCALES {
        let ratio = unit(counts, scale.much)? / unit(counts, scale.little)?;
        let Scale { says, most, .. } = scale;
        lines.push(format!("{says}: {ratio:.2} times the instructions, at most {most:.2}"));
        if ratio > *most {
            excesses.push(format!(
                "{says} takes {ratio:.2} times the instructions, more than {most:.2}"
            ));
        }
    }
    Ok((lines, excesses))
}

/// The instructions of one unit.
fn unit(counts: &Counts, (name, units): (&str, u32)) -> Result<f64> {
    let count = counts.get(name).ok_or_else(|| {
        Error::new(format!("{name} was not run, which a scale in xtask/src/instructions/ needs"))
    })?;
    Ok(f64::from(*count) / f64::from(units))
}

#[cfg(test)]
mod tests {
    use super::{Counts, SCALES, check};

    /// Counts in which a large-scale unit costs this many times as much as a small-scale one.
    fn counts(times: u32) -> Counts {
        let little = SCALES.iter().map(|scale| (scale.little.0.to_owned(), 1_000 * scale.little.1));
        let much =
            SCALES.iter().map(|scale| (scale.much.0.to_owned(), 1_000 * times * scale.much.1));
        little.chain(much).collect()
    }

    #[test]
    fn what_stays_flat_is_in_order() {
        let (lines, excesses) = check(&counts(1)).unwrap();
        assert_eq!((lines.len(), excesses.len()), (SCALES.len(), 0), "{excesses:?}");
    }

    #[test]
    fn what_grows_is_not() {
        let (_, excesses) = check(&counts(20)).unwrap();
        assert_eq!(excesses.len(), SCALES.len(), "{excesses:?}");
        assert!(excesses[0].contains("takes 20.00 times"), "{excesses:?}");
    }

    #[test]
    fn a_scale_whose_benchmark_is_gone_is_an_error() {
        let error = check(&Counts::new()).unwrap_err().to_string();
        assert!(error.starts_with("answer.subscriptions_1000 was not run"), "{error}");
    }
}
