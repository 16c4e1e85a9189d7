//! The baseline of the counts: a file with a line for each benchmark.

use std::fmt;

use super::Counts;

/// How far a count may deviate, in percent.
const TOLERANCE: u64 = 5;

/// The head of the file.
const HEAD: &str = "\
# The instructions of each benchmark in bench/benches/instructions.rs, as callgrind counts them.
# Written by `cargo xtask instructions --update`; `cargo xtask test` compares with it.
";

/// The counts, and the compiler they were made with. Other compilers lead to other counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Baseline {
    pub(super) compiler: String,
    pub(super) counts: Counts,
}

impl Baseline {
    /// Parses the file.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let compiler = lines.next()?.to_owned();
        let counts = lines.map(|line| {
            let (name, count) = line.split_once(' ')?;
            Some((name.to_owned(), count.trim_start().parse().ok()?))
        });
        Some(Self { compiler, counts: counts.collect::<Option<_>>()? })
    }

    /// Returns a line for each benchmark, and a sentence for each that deviates too much. A
    /// benchmark that became cheaper counts too. If the baseline kept the old count, a later
    /// increase could go unnoticed.
    pub(super) fn compare(&self, counts: &Counts) -> (Vec<String>, Vec<String>) {
        let mut lines = Vec::new();
        let mut deviations = Vec::new();
        for (name, &count) in counts {
            let Some(&expected) = self.counts.get(name) else {
                lines.push(line(name, count, "new"));
                deviations.push(format!("{name} is not in the baseline"));
                continue;
            };
            let change = 100.0 * (f64::from(count) / f64::from(expected) - 1.0);
            lines.push(line(name, count, &format!("{change:+.1} %")));
            if 100 * u64::from(count.abs_diff(expected)) > TOLERANCE * u64::from(expected) {
                let verb = if count > expected { "grew" } else { "fell" };
                deviations.push(format!(
                    "{name} {verb} by {:.1} %, from {expected} instructions to {count}",
                    change.abs()
                ));
            }
        }
        let gone = self.counts.keys().filter(|name| !counts.contains_key(*name));
        deviations.extend(gone.map(|name| format!("{name} is in the baseline, but was not run")));
        (lines, deviations)
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}{}", self.compiler)?;
        self.counts.iter().try_for_each(|(name, count)| writeln!(f, "{}", line(name, *count, "")))
    }
}

fn line(name: &str, count: u32, change: &str) -> String {
    format!("{name:<40}{count:>10}{change:>10}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Counts};

    fn counts(counts: &[(&str, u32)]) -> Counts {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    fn baseline() -> Baseline {
        let counts = counts(&[("answer.filtered", 1_000), ("decode.batch", 70_000)]);
        Baseline { compiler: "rustc 1.95.0 for x86_64-unknown-linux-gnu".to_owned(), counts }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = baseline().to_string();
        assert_eq!(Baseline::parse(&text), Some(baseline()), "{text}");
    }

    #[test]
    fn a_broken_file_is_not_read() {
        for text in ["", "rustc\nanswer\n", "rustc\nanswer x\n", "rustc\nanswer 1 2\n"] {
            assert_eq!(Baseline::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn five_percent_more_or_less_are_the_same() {
        for count in [950, 1_000, 1_050] {
            let counted = counts(&[("answer.filtered", count), ("decode.batch", 70_000)]);
            assert_eq!(baseline().compare(&counted).1, [""; 0], "{count}");
        }
    }

    #[test]
    fn more_is_a_deviation_and_less_too() {
        let counted = counts(&[("answer.filtered", 1_051), ("decode.batch", 35_000)]);
        let (lines, deviations) = baseline().compare(&counted);
        let expected = [
            "answer.filtered grew by 5.1 %, from 1000 instructions to 1051",
            "decode.batch fell by 50.0 %, from 70000 instructions to 35000",
        ];
        assert_eq!(deviations, expected);
        assert!(lines[0].ends_with("1051    +5.1 %"), "{lines:?}");
    }

    #[test]
    fn a_benchmark_that_came_or_went_is_one() {
        let counted = counts(&[("answer.filtered", 1_000), ("answer.refused", 1)]);
        let expected = [
            "answer.refused is not in the baseline",
            "decode.batch is in the baseline, but was not run",
        ];
        assert_eq!(baseline().compare(&counted).1, expected);
    }
}
