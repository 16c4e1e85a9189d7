//! The latency of bindings that `worker/faults.mjs` gets: how long each call waits before it is
//! passed on.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// How long a call of any binding waits unless a fault takes it: at random, with equal probability
/// for each whole number of milliseconds between two bounds.
///
/// As text, the bounds are joined by a dash: `5-50`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Latency {
    least_ms: u16,
    most_ms: u16,
    seed: u32,
}

/// Why a text is no latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseLatencyError {
    /// There is no dash.
    NoRange,
    /// A bound is no whole number from 0 to 65,535.
    NoMilliseconds,
    /// The first bound is greater than the second.
    Reversed,
}

impl Latency {
    /// Sets the seed of the random generator. The default is 0.
    pub fn seed(self, seed: u32) -> Self {
        Self { seed, ..self }
    }
}

impl FromStr for Latency {
    type Err = ParseLatencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (least, most) = text.split_once('-').ok_or(ParseLatencyError::NoRange)?;
        let milliseconds =
            |bound: &str| bound.parse().map_err(|_| ParseLatencyError::NoMilliseconds);
        let (least_ms, most_ms) = (milliseconds(least)?, milliseconds(most)?);
        if least_ms > most_ms {
            return Err(ParseLatencyError::Reversed);
        }
        Ok(Self { least_ms, most_ms, seed: 0 })
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.least_ms, self.most_ms)
    }
}

impl fmt::Display for ParseLatencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRange => "expected two bounds joined by a dash, such as 5-50",
            Self::NoMilliseconds => "a bound is a whole number of milliseconds up to 65535",
            Self::Reversed => "the first bound is greater than the second",
        })
    }
}

impl std::error::Error for ParseLatencyError {}
