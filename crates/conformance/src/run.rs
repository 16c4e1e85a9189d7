//! From one request to the next.

use std::collections::BTreeMap;

use crate::answer::Answer;
use crate::case::Case;
use crate::cases::{BASELINE, cases};
use crate::options::Options;
use crate::report::{Finding, Report};
use crate::request::Request;
use crate::verdict::Verdict;

/// A run of all cases against one receiver.
#[derive(Debug)]
pub struct Run {
    cases: Vec<Case>,
    /// The index of the case whose requests are being sent.
    at: usize,
    /// The answers to its requests so far.
    answers: Vec<Answer>,
    /// The answer to the first case, if that was not right.
    refusal: Option<Answer>,
    /// Of the cases so far.
    verdicts: BTreeMap<&'static str, Verdict>,
}

impl Run {
    /// A run with these options.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            cases: cases(options),
            at: 0,
            answers: Vec::new(),
            refusal: None,
            verdicts: BTreeMap::new(),
        }
    }

    /// The request to send next. `None` if there is nothing left to ask, which is so after the first
    /// case if the receiver does not even accept a plain event.
    #[must_use]
    pub fn next_request(&self) -> Option<&Request> {
        if self.refusal.is_some() {
            return None;
        }
        self.case()?.request(self.answers.len())
    }

    /// The case that the next request belongs to.
    #[must_use]
    pub fn case(&self) -> Option<&Case> {
        self.cases.get(self.at)
    }

    /// Takes the answer to that request.
    pub fn take(&mut self, answer: Answer) {
        let Some(case) = self.cases.get(self.at) else { return };
        self.answers.push(answer);
        let verdict = case.judge(&self.answers);
        // What is wrong already gets no better.
        let is_over = self.answers.len() >= case.requests().len();
        if !is_over && !matches!(verdict, Verdict::Wrong(_)) {
            return;
        }
        if case.id == BASELINE && verdict != Verdict::Right {
            self.refusal = self.answers.last().cloned();
        }
        self.conclude(verdict);
        // Cases without requests of their own, or whose requests would mean nothing.
        while let Some(why) = self.case().and_then(|case| self.reason_to_skip(case)) {
            self.conclude(Verdict::NotApplicable(why));
        }
    }

    fn conclude(&mut self, verdict: Verdict) {
        if let Some(case) = self.cases.get(self.at) {
            self.verdicts.insert(case.id, verdict);
        }
        self.answers.clear();
        self.at = self.at.saturating_add(1);
    }

    fn reason_to_skip(&self, case: &Case) -> Option<String> {
        if self.refusal.is_some() {
            return Some(format!("`{BASELINE}` is not right, so nothing else was tried"));
        }
        if case.requests().len() == 0 {
            return Some("no credentials were given that could be left out".to_owned());
        }
        let needed = case.needs()?;
        let is_right = self.verdicts.get(needed) == Some(&Verdict::Right);
        (!is_right).then(|| format!("it builds on `{needed}`, which is not right"))
    }

    /// How many cases are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.at
    }

    /// How many cases there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.cases.len()
    }

    /// What was found. Cases that are not done are not applicable.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let unsent = || Verdict::NotApplicable("its requests were not sent".to_owned());
        let finding = |case: Case| Finding {
            verdict: self.verdicts.remove(case.id).unwrap_or_else(unsent),
            case,
        };
        Report { findings: self.cases.into_iter().map(finding).collect(), refusal: self.refusal }
    }
}
