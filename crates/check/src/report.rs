//! What was found, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::file::Span;
use crate::secrets::Secret;

/// What is wrong, or may be, at one place of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The environment that is affected. `None` for the top level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What it is about: the var, followed by its fields, as in the Worker's log, or a path in the file.
    pub path: String,
    /// What is wrong, with the nearest right name if there is one.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Whether the Worker itself finds this too when it starts.
    pub found_by_worker: bool,
}

/// Everything that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What must be corrected before the file is deployed, in the order of the lines.
    pub mistakes: Vec<Finding>,
    /// What is dangerous unless it is intended, in the order of the lines.
    pub warnings: Vec<Finding>,
    /// The secrets that must be set.
    pub secrets: Vec<Secret>,
}

impl Report {
    /// Everything in it as lines of text. `file` is the name by which the user knows the file.
    ///
    /// ```
    /// use elytra_webhooks_check::{Scope, check};
    ///
    /// let printed = check("[vars.WEBHOOK", Scope::All, |_| true).print("wrangler.toml");
    /// assert!(printed.starts_with("wrangler.toml:1:"), "{printed}");
    /// ```
    #[must_use]
    pub fn print(&self, file: &str) -> String {
        let mut text = String::new();
        let mistakes = self.mistakes.iter().map(|finding| ("mistake", finding));
        let warnings = self.warnings.iter().map(|finding| ("warning", finding));
        for (kind, finding) in mistakes.chain(warnings) {
            let Finding { line, column, environment, path, message, help, .. } = finding;
            let environment = environment.as_ref().map(|name| format!("[env.{name}] "));
            let environment = environment.unwrap_or_default();
            let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{file}:{line}:{column}: {kind}: {environment}{path}{message}");
            let _ = writeln!(text, "    {help}");
        }
        harmless(&text)
    }

    /// Everything in it as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: its keys are strings.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A text in which a terminal obeys nothing: what is quoted is somebody else's.
fn harmless(text: &str) -> String {
    let is_kept = |c: char| c == '\n' || !c.is_control();
    let mut harmless = String::with_capacity(text.len());
    for c in text.chars() {
        if is_kept(c) { harmless.push(c) } else { harmless.extend(c.escape_unicode()) }
    }
    harmless
}

/// Keeps one of several findings that differ only in the environment: what is inherited is found in each.
fn dedup(findings: &mut Vec<Finding>) {
    let place = |finding: &Finding| {
        (finding.line, finding.column, finding.path.clone(), finding.message.clone())
    };
    findings.dedup_by_key(|finding| place(finding));
}

/// What was found so far.
pub(crate) struct Findings<'t> {
    text: &'t str,
    environment: Option<String>,
    report: Report,
}

impl<'t> Findings<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, environment: None, report: Report::default() }
    }

    /// What follows is found in this environment.
    pub(crate) fn enter(&mut self, environment: Option<&str>) {
        self.environment = environment.map(str::to_owned);
    }

    /// Notes a mistake that only the file shows.
    pub(crate) fn mistake(
        &mut self,
        span: Span,
        path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = self.finding(span, path, message.into(), help.into(), false);
        self.report.mistakes.push(finding);
    }

    /// Notes a mistake that the Worker would report.
    pub(crate) fn mistake_of_worker(
        &mut self,
        span: Span,
        path: &str,
        message: String,
        help: String,
    ) {
        let finding = self.finding(span, path, message, help, true);
        self.report.mistakes.push(finding);
    }

    /// Notes something that may be intended.
    pub(crate) fn warn(
        &mut self,
        span: Span,
        path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let finding = self.finding(span, path, message.into(), help.into(), false);
        self.report.warnings.push(finding);
    }

    fn finding(
        &self,
        span: Span,
        path: &str,
        message: String,
        help: String,
        found_by_worker: bool,
    ) -> Finding {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let in_line = before.get(line_start..).unwrap_or_default();
        Finding {
            line: before.matches('\n').count() + 1,
            column: in_line.chars().count() + 1,
            environment: self.environment.clone(),
            path: path.to_owned(),
            message,
            help,
            found_by_worker,
        }
    }

    pub(crate) fn into_report(self, secrets: Vec<Secret>) -> Report {
        let mut report = Report { secrets, ..self.report };
        // Sorting is stable, so what is on the same line stays in order.
        report.mistakes.sort_by_key(|finding| (finding.line, finding.column));
        report.warnings.sort_by_key(|finding| (finding.line, finding.column));
        dedup(&mut report.mistakes);
        dedup(&mut report.warnings);
        report
    }
}
