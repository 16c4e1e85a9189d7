//! Jobs: what the Worker does to dead letters by itself, step by step, after it was asked once.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::answer::{Failure, parse, parse_item};
use crate::dead_letters::LetterAction;
use crate::request::{DEAD_LETTERS, Request};
use crate::table::WIDTH;
use crate::text::{self, bar, clean, with_commas, wrapped};

/// How wide the names of the facts are.
const NAMES: usize = 10;

/// What an operator orders of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOrder {
    /// To stop before its next step.
    Stop,
    /// To go on where it stopped.
    Resume,
}

impl Request {
    /// One job.
    #[must_use]
    pub fn job(id: &str) -> Self {
        Self { query: vec![("id", id.to_owned())], ..Self::get(format!("{DEAD_LETTERS}/jobs")) }
    }

    /// Stops or resumes a job.
    #[must_use]
    pub fn order_job(id: &str, order: JobOrder) -> Self {
        let order = match order {
            JobOrder::Stop => "stop",
            JobOrder::Resume => "resume",
        };
        let path = format!("{DEAD_LETTERS}/jobs/{order}");
        Self { query: vec![("id", id.to_owned())], ..Self::post(path) }
    }
}

/// A job. What the Worker does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Its id: `<milliseconds>/<digest>`.
    pub id: String,
    /// What it does. `None` if that is unknown here.
    #[serde(deserialize_with = "known")]
    pub action: Option<LetterAction>,
    /// Which dead letters it is about.
    pub filter: Map<String, Value>,
    /// Who started it.
    pub by: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_at: u64,
    /// Whether it is at work: `running`, `finished`, `stopped` or `failed`.
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// How many it has sent again or deleted.
    #[serde(alias = "redriven", alias = "deleted")]
    pub done: u64,
    /// How many had been sent again or deleted before.
    pub already_sent: u64,
    /// How many it left to another request.
    pub under_way: u64,
    /// How many can never be sent again.
    pub stuck: u64,
    /// How many it has looked at, meant or not.
    pub looked_at: u64,
}

/// The action with this name, if it is known.
fn known<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<LetterAction>, D::Error> {
    Ok(LetterAction::deserialize(Value::deserialize(deserializer)?).ok())
}

impl Job {
    /// Whether it does nothing any more. A state that is unknown here is none of its end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(&*self.state, "finished" | "stopped" | "failed")
    }

    /// Whether it has finished, and there was no dead letter for it.
    #[must_use]
    pub fn found_nothing(&self) -> bool {
        self.state == "finished" && self.touched() == 0
    }

    /// How many dead letters it has dealt with, whatever came of it.
    fn touched(&self) -> u64 {
        [self.already_sent, self.under_way, self.stuck]
            .iter()
            .fold(self.done, |sum, number| sum.saturating_add(*number))
    }

    /// What it does to dead letters: `sent again`.
    fn done_word(&self) -> &'static str {
        self.action.map_or("done", LetterAction::done)
    }

    /// What came of dead letters besides those that were sent again or deleted. None of that is the same: what is
    /// stuck or left to others was not sent.
    fn others(&self) -> Vec<String> {
        let others = [
            (self.already_sent, "sent again or deleted before"),
            (self.under_way, "left to another request"),
            (self.stuck, "stuck, and can never be sent again"),
        ];
        let others = others.iter().filter(|(number, _)| *number > 0);
        others.map(|(number, what)| format!("{} {what}", with_commas(*number))).collect()
    }

    /// Why it is no success, in a sentence. `None` if it is one.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let left = Self { already_sent: 0, ..self.clone() }.others();
        match &*self.state {
            "finished" if left.is_empty() => None,
            "finished" => Some(format!("not all were {}: {}", self.done_word(), left.join("; "))),
            "stopped" => Some("the job was stopped".to_owned()),
            "failed" => Some("the job failed".to_owned()),
            state => Some(format!("the job is {}", clean(state))),
        }
    }

    /// Which dead letters it is about: `subscription=shop since=2026-11-24T17:43:27.000Z`.
    fn which(&self) -> String {
        let condition = |(name, value): (&String, &Value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        };
        self.filter.iter().map(condition).collect::<Vec<_>>().join(" ")
    }

    /// What it is, what it has done and why it failed: `finished: 1,234 sent again`.
    fn summary(&self) -> String {
        let mut parts = vec![format!("{} {}", with_commas(self.done), self.done_word())];
        parts.extend(self.others());
        parts.extend(self.reason.iter().map(|reason| format!("because: {reason}")));
        format!("{}: {}", self.state, parts.join("; "))
    }
}

/// An answer about one job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct JobView {
    /// The job.
    pub job: Job,
}

impl JobView {
    /// Reads an answer about one job: how far it is, or that it was stopped or resumed.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn read(body: &str) -> Result<Self, Failure> {
        parse(body)
    }
}

/// The progress of a job, in one line. `of` is how many dead letters it was started for, if that is known.
#[must_use]
pub fn print_job_progress(job: &Job, of: Option<u64>) -> String {
    let done = with_commas(job.done);
    let mut out = match of {
        Some(of) => {
            let bar =
                if job.state == "finished" { bar(1, 1) } else { bar(job.touched(), of.max(1)) };
            format!("{bar} {done}/{} {}", with_commas(of), job.done_word())
        }
        None => format!("{done} {}", job.done_word()),
    };
    let mut also = |number: u64, what: &str| {
        if number > 0 {
            // Writing to a string cannot fail.
            let _ = write!(out, ", {} {what}", with_commas(number));
        }
    };
    also(job.already_sent, "before");
    also(job.under_way, "left to others");
    also(job.stuck, "stuck");
    if job.state != "running" {
        let _ = write!(out, ", {}", clean(&job.state));
    }
    out
}

/// A job, for people.
#[must_use]
pub fn print_job(job: &Job) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&wrapped(&format!("{name:NAMES$}"), &clean(value), WIDTH));
        }
    };
    fact("job", &job.id);
    let reason = job.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    fact("state", &format!("{}{reason}", job.state));
    fact("letters", &job.which());
    fact("started", &text::time(job.started_at));
    fact("by", job.by.as_deref().unwrap_or_default());
    fact("result", &format!("{} {}", with_commas(job.done), job.done_word()));
    for other in job.others() {
        fact("", &other);
    }
    fact("looked at", &with_commas(job.looked_at));
    out
}

/// Jobs for people, each as the Worker wrote it: the id on a line of its own, since it is copied and as long as half a
/// line.
///
/// # Errors
///
/// One is something else.
pub fn print_jobs(items: &[Box<RawValue>]) -> Result<String, Failure> {
    let mut out = String::new();
    for item in items {
        let job: Job = parse_item(item)?;
        let verb = match job.action {
            Some(LetterAction::Redrive) => "redrive ",
            Some(LetterAction::Delete) => "delete ",
            None => "",
        };
        let _ = writeln!(out, "{}", clean(&job.id));
        let first = format!("  {}  ", text::time(job.started_at));
        let what = format!("{verb}{}, {}", job.which(), job.summary());
        out.push_str(&wrapped(&first, &clean(&what), WIDTH));
    }
    Ok(out)
}
