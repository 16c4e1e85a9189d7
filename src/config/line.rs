//! The log line of a configuration that is valid, but may not be what was meant.

use serde::Serialize;

use crate::text::shorten;
use crate::vars::ConfigError;

/// What the configuration is warned of, once for each isolate.
#[derive(Debug, Serialize)]
pub struct ConfigLine {
    /// `configured`.
    outcome: &'static str,
    /// `warnings`.
    code: &'static str,
    /// What they are, each with its place.
    reasons: Vec<String>,
}

impl ConfigLine {
    /// The line of these warnings; `None` where there are none.
    #[must_use]
    pub fn new(warnings: &[ConfigError]) -> Option<Self> {
        let reasons: Vec<_> = warnings.iter().map(|warning| shorten(warning.to_string())).collect();
        let line = Self { outcome: "configured", code: "warnings", reasons };
        (!line.reasons.is_empty()).then_some(line)
    }

    /// The line itself.
    #[must_use]
    pub fn to_json(&self) -> String {
        // It cannot fail to print: it is a struct.
        serde_json::to_string(self).unwrap_or_default()
    }
}
