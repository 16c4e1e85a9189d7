//! How what was found reads.

use std::fmt::Write as _;

use elytra_webhooks_operator::{Column, Fit, Table, WIDTH, wrapped};
use serde::Serialize;

use crate::answer::Answer;
use crate::case::{Case, Level};
use crate::verdict::{Mistake, Verdict};

/// How deep the second line of a case is indented.
const INDENT: &str = "         ";

/// What was found about a receiver.
#[derive(Debug, Clone)]
pub struct Report {
    pub(crate) findings: Vec<Finding>,
    /// The answer to the first case, if that was not right.
    pub(crate) refusal: Option<Answer>,
}

/// What one case found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The case.
    pub case: Case,
    /// What it found.
    pub verdict: Verdict,
}

/// How many cases had which verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Right.
    pub right: usize,
    /// Wrong where the rule is a MUST.
    pub wrong_must: usize,
    /// Wrong where the rule is a SHOULD.
    pub wrong_should: usize,
    /// Not applicable.
    pub not_applicable: usize,
}

/// Whether verdicts are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// For files, pipes, and whoever asked for no colours.
    None,
    /// For a terminal.
    Ansi,
}

impl Report {
    /// What was found, in the order of the cases.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many cases had which verdict.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { right: 0, wrong_must: 0, wrong_should: 0, not_applicable: 0 };
        for Finding { case, verdict } in &self.findings {
            let count = match (verdict, case.level) {
                (Verdict::Right, _) => &mut summary.right,
                (Verdict::Wrong(_), Level::Must) => &mut summary.wrong_must,
                (Verdict::Wrong(_), Level::Should) => &mut summary.wrong_should,
                (Verdict::NotApplicable(_), _) => &mut summary.not_applicable,
            };
            *count = count.saturating_add(1);
        }
        summary
    }

    /// Whether the receiver accepted a plain event. Otherwise the report says nothing about it but
    /// that.
    #[must_use]
    pub fn is_meaningful(&self) -> bool {
        self.refusal.is_none()
    }

    /// Whether it accepted a plain event, and nothing was wrong.
    #[must_use]
    pub fn is_right(&self) -> bool {
        let summary = self.summary();
        self.is_meaningful() && summary.wrong_must == 0 && summary.wrong_should == 0
    }

    /// The report for people: a table that is at most so many columns wide, if that is given, and a
    /// summary.
    #[must_use]
    pub fn print(&self, columns: Option<usize>, paint: Paint) -> String {
        if let Some(answer) = &self.refusal {
            return self.print_refusal(answer, columns, paint);
        }
        let shown: Vec<_> = self.findings.iter().collect();
        let mut out = table(&shown, columns, paint);
        let _ = write!(out, "\n{}\n", self.print_summary());
        out
    }

    /// The summary, on one line.
    fn print_summary(&self) -> String {
        let Summary { right, wrong_must, wrong_should, not_applicable } = self.summary();
        let wrong = wrong_must.saturating_add(wrong_should);
        let levels = if wrong == 0 {
            String::new()
        } else {
            format!(" ({wrong_must} MUST, {wrong_should} SHOULD)")
        };
        format!("{right} right, {wrong} wrong{levels}, {not_applicable} not applicable")
    }

    /// Where a plain event was not accepted, that is all there is to say.
    fn print_refusal(&self, answer: &Answer, columns: Option<usize>, paint: Paint) -> String {
        let first: Vec<_> = self.findings.iter().take(1).collect();
        let mut out = table(&first, columns, paint);
        let text = "A plain valid event was not accepted, so nothing else was tried.";
        let _ = write!(out, "\n{}", wrapped("", text, columns.unwrap_or(WIDTH)));
        out.push_str(&wrapped("", advice(answer), columns.unwrap_or(WIDTH)));
        if needs_credentials(answer) {
            // On a line of its own, so that it can be copied.
            out.push_str("\n    --header 'Authorization: Bearer …'\n");
        }
        out
    }

    /// The report as JSON, on one line. Its fields are stable:
    ///
    /// - `meaningful`: whether a plain event was accepted. Otherwise nothing else was tried.
    /// - `summary`: the numbers `right`, `wrong_must`, `wrong_should`, `not_applicable`.
    /// - `cases`: each with `id`, `group`, `level`, `section`, `link`, `says`, and `verdict`, which is
    ///   `right`, `wrong` or `not_applicable`. A wrong one also has `request`, `expected`, `got` and
    ///   `said`, one that is not applicable `why`.
    #[must_use]
    pub fn json(&self) -> String {
        let cases = self.findings.iter().map(Row::new).collect();
        let json = Json { meaningful: self.is_meaningful(), summary: self.summary(), cases };
        // It is made of texts and numbers, which have no way to fail.
        serde_json::to_string(&json).unwrap_or_default()
    }
}

/// What to do about a plain event that was not accepted.
fn advice(answer: &Answer) -> &'static str {
    let status = match answer {
        Answer::None(_) => return "Check the URL, and whether the receiver is running.",
        Answer::Received(received) => received.status,
    };
    match status {
        300..=399 => "It redirects, which no receiver may. Check the URL.",
        404 | 405 => "Check the path of the URL: this one takes no events.",
        408 | 429 | 500.. => "It is not ready for events. Try again later.",
        _ if needs_credentials(answer) => {
            "It needs credentials, or other ones. Give them in a header:"
        }
        _ => "If it takes only some types of events, give one of those.",
    }
}

/// Whether the receiver turned the caller away.
fn needs_credentials(answer: &Answer) -> bool {
    matches!(answer, Answer::Received(received) if matches!(received.status, 401 | 403))
}

/// A row for each finding, and a second line where there is more to say.
fn table(findings: &[&Finding], columns: Option<usize>, paint: Paint) -> String {
    let column = |title, fit| Column { title, fit };
    let mut table = Table::new(
        &[
            column("", Fit::Whole),
            column("case", Fit::Whole),
            column("level", Fit::Whole),
            column("section", Fit::Short),
        ],
        columns,
    );
    let rows: Vec<_> = findings.iter().map(|finding| finding.cells().to_vec()).collect();
    let lines = table.rows(&rows);
    let mut lines = lines.lines();
    let mut out = lines.next().map_or_else(String::new, |header| format!("{header}\n"));
    for (line, finding) in lines.zip(findings) {
        let _ = writeln!(out, "{}", finding.painted(line, paint));
        out.push_str(&finding.explained(columns.unwrap_or(WIDTH)));
    }
    out
}

impl Finding {
    fn cells(&self) -> [String; 4] {
        let Case { id, level, section, .. } = self.case;
        [self.word(), id, level.as_str(), section.name].map(str::to_owned)
    }

    /// The verdict in a word.
    fn word(&self) -> &'static str {
        match self.verdict {
            Verdict::Right => "right",
            Verdict::Wrong(_) => "wrong",
            Verdict::NotApplicable(_) => "n/a",
        }
    }

    /// A line that begins with the verdict, which is coloured.
    fn painted(&self, line: &str, paint: Paint) -> String {
        let word = self.word();
        let colour = match self.verdict {
            Verdict::Right => 32,
            Verdict::Wrong(_) => 31,
            Verdict::NotApplicable(_) => 2,
        };
        match (paint, line.strip_prefix(word)) {
            (Paint::Ansi, Some(rest)) => format!("\u{1b}[{colour}m{word}\u{1b}[0m{rest}"),
            _ => line.to_owned(),
        }
    }

    /// What was expected and what came, or why nothing can be said.
    fn explained(&self, columns: usize) -> String {
        match &self.verdict {
            Verdict::Right => String::new(),
            Verdict::NotApplicable(why) => wrapped(INDENT, why, columns),
            Verdict::Wrong(mistake) => {
                wrapped(INDENT, self.case.says, columns)
                    + &wrapped(INDENT, &mistake.text(), columns)
            }
        }
    }
}

impl Mistake {
    /// On one line.
    fn text(&self) -> String {
        let Self { request, expected, got, said } = self;
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        format!("{request}: expected {expected}, got {got}{said}")
    }
}

#[derive(Serialize)]
struct Json<'a> {
    meaningful: bool,
    summary: Summary,
    cases: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'static str,
    group: &'static str,
    level: &'static str,
    section: &'static str,
    link: &'static str,
    says: &'static str,
    verdict: &'static str,
    #[serde(flatten)]
    more: More<'a>,
}

/// What there is to say about a verdict.
#[derive(Serialize)]
#[serde(untagged)]
enum More<'a> {
    Nothing {},
    Mistake { request: &'a str, expected: &'a str, got: &'a str, said: &'a str },
    Reason { why: &'a str },
}

impl<'a> Row<'a> {
    fn new(finding: &'a Finding) -> Self {
        let (verdict, more) = match &finding.verdict {
            Verdict::Right => ("right", More::Nothing {}),
            Verdict::Wrong(Mistake { request, expected, got, said }) => {
                ("wrong", More::Mistake { request, expected, got, said })
            }
            Verdict::NotApplicable(why) => ("not_applicable", More::Reason { why }),
        };
        let Case { id, group, level, section, says, .. } = finding.case;
        Self {
            id,
            group: group.title(),
            level: level.as_str(),
            section: section.name,
            link: section.link,
            says,
            verdict,
            more,
        }
    }
}
