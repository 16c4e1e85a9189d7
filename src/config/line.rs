//! The log line about a configuration that is valid but has warnings.

use serde::Serialize;

use crate::text::shorten;
use crate::vars::ConfigError;

/// The warnings about the configuration, logged once per isolate.
#[derive(Debug, Serialize)]
pub struct ConfigLine {
    /// `configured`.
    outcome: &'static str,
    /// `warnings`.
    code: &'static str,
    /// The warnings, each with its path.
    reasons: Vec<String>,
}

impl ConfigLine {
    /// The line for these warnings, or `None` if there are none.
    #[must_use]
    pub fn new(warnings: &[ConfigError]) -> Option<Self> {
        let reasons: Vec<_> = warnings.iter().map(|warning| shorten(warning.to_string())).collect();
        let line = Self { outcome: "configured", code: "warnings", reasons };
        (!line.reasons.is_empty()).then_some(line)
    }

    /// The line as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing a struct of strings cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
