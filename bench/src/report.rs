//! What is told in the end: tables for people, JSON for programs, and those of docs/performance.md.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::thread;

use serde_json::json;

use crate::deliveries::{self, Latencies};
use crate::goals::{self, goals};
use crate::lab::Lab;
use crate::rounds::Results;
use crate::scale::Scale;
use crate::shards::Shards;
use crate::start::Start;
use crate::table::{Table, figure};
use crate::{Arguments, say, tables};

/// Where the tables for people are kept.
const DOCUMENT: &str = "docs/performance.md";

/// They stand between these.
const BEGIN: &str = "<!-- cargo xtask bench -->\n";
const END: &str = "<!-- end -->";

/// Everything that was found out.
pub(crate) struct Report<'a> {
    pub(crate) arguments: &'a Arguments,
    pub(crate) results: Results,
    pub(crate) starts: Vec<Start>,
    pub(crate) scale: Scale,
    pub(crate) shards: Shards,
    pub(crate) deliveries: Vec<Latencies>,
}

impl Report<'_> {
    /// Prints the tables, and writes `target/bench.json` and, if asked for, the document.
    pub(crate) fn publish(&self, lab: &Lab) {
        let goals = goals(&self.results, &self.scale);
        let machine = machine(lab);
        let json = json!({
            "machine": machine,
            "rounds": self.arguments.rounds,
            "seconds": self.arguments.seconds,
            "measurements": self.results.rows(),
            "goals": goals,
            "size_and_start": self.starts,
            "scale": self.scale,
            "shards": self.shards,
            "deliveries": self.deliveries,
        });
        let root = lab.project().root();
        let text = serde_json::to_string_pretty(&json).unwrap();
        fs::write(root.join("target/bench.json"), text).unwrap();
        let goals = goals::table(&goals);
        let tables = [
            tables::size_and_start(&self.results, &self.starts),
            self.scale.table(),
            self.shards.table(),
            deliveries::table(&self.deliveries),
        ];
        let head = self.head(&machine);
        let long = [goals, tables::long(&self.results)];
        print(&document(&head, long.iter().chain(&tables)));
        if self.arguments.update {
            let [goals, _] = long;
            let short = [goals, tables::short(&self.results), tables::throughput(&self.results)];
            update(lab, &document(&head, short.iter().chain(&tables)));
        }
    }

    /// How it was measured, and on what.
    fn head(&self, machine: &str) -> String {
        let Arguments { rounds, seconds, .. } = self.arguments;
        let mut head = format!(
            "On {machine}: medians of {rounds} rounds (least to most), {seconds} s for each figure; \
             ratios are those within a round."
        );
        if let Some(percent) = self.results.most_repeated() {
            let _ = write!(
                head,
                " Where events are deduplicated, {} % of the requests or fewer were repetitions.",
                figure(percent)
            );
        }
        head
    }
}

/// The head and the tables that say something.
fn document<'t>(head: &str, tables: impl Iterator<Item = &'t Table>) -> String {
    let tables =
        tables.filter(|table| !table.is_empty()).map(|table| format!("\n{}", table.text()));
    format!("{head}\n{}", tables.collect::<String>())
}

/// What stands in the document before and behind the tables.
///
/// # Panics
///
/// If there is no place for them.
#[track_caller]
pub(crate) fn around_the_tables(lab: &Lab) -> (String, String) {
    let text = fs::read_to_string(lab.project().root().join(DOCUMENT)).unwrap();
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before.to_owned(), after.to_owned()))
    });
    parts.unwrap_or_else(|| {
        panic!("{DOCUMENT} has no lines {BEGIN:?} and {END:?} to write the tables between")
    })
}

fn update(lab: &Lab, document: &str) {
    let (before, after) = around_the_tables(lab);
    let text = format!("{before}{BEGIN}\n{document}\n{END}{after}");
    fs::write(lab.project().root().join(DOCUMENT), text).unwrap();
    say("the tables stand in docs/performance.md");
}

/// On what it was measured.
fn machine(lab: &Lab) -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model);
    let version = Command::new(lab.workerd()).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    format!("{cores} cores of {model}, {version}")
}

/// What other programs may read.
#[expect(clippy::print_stdout, reason = "the tables are what the benchmarks are for")]
fn print(text: &str) {
    println!("{text}");
}
