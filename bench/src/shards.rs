//! What deduplication costs with more or fewer shards: all connections meet in one, or a batch asks eight.

use serde::Serialize;

use crate::case::{CASES, CONNECTIONS, Case, FORWARDED, FORWARDED_BATCH};
use crate::lab::{Lab, Sink};
use crate::measure::{Figures, Ids, Target};
use crate::process::Process;
use crate::receiver::{deduplicating, receiver};
use crate::statistics::Spread;
use crate::table::{Table, cell, figure, spread};
use crate::workerd::Worker;
use crate::{Arguments, say};

/// What this part is called.
pub(crate) const NAME: &str = "shards";

/// How many there are. Without any, nothing is deduplicated.
const SHARDS: [usize; 5] = [0, 1, 2, 4, 8];

/// What was measured with so many shards, round by round.
#[derive(Debug, Serialize)]
struct Point {
    shards: usize,
    case: &'static str,
    connections: usize,
    rounds: Vec<Figures>,
}

/// Every point.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Shards(Vec<Point>);

/// Measures every point, round by round.
pub(crate) fn shards(lab: &Lab, arguments: &Arguments, upload: &Worker) -> Shards {
    if !arguments.has(NAME) {
        return Shards::default();
    }
    say(NAME);
    let sink = Sink::start(lab, "sink-of-shards");
    let start = |shards: usize| {
        let worker = match shards {
            0 => receiver(upload),
            shards => deduplicating(upload, Some(shards)),
        };
        lab.start(&format!("shards-{shards}"), worker, Some(&sink))
    };
    let processes = SHARDS.map(|shards| (shards, start(shards)));
    let mut ids = Ids::default();
    let mut plan = Vec::new();
    for case in [FORWARDED, FORWARDED_BATCH] {
        let case = CASES.iter().find(|other| other.name == case).expect("it is one of them");
        for connections in CONNECTIONS {
            for (shards, process) in &processes {
                let target = target(*shards, process, &sink, case, connections);
                let requests = target.calibrate(lab, &mut ids, arguments.seconds);
                let name = case.name;
                let point = Point { shards: *shards, case: name, connections, rounds: Vec::new() };
                plan.push((point, target, requests));
            }
        }
    }
    for _ in 0..arguments.rounds {
        for (point, target, requests) in &mut plan {
            point.rounds.push(target.measure(lab, &mut ids, *requests));
        }
    }
    Shards(plan.into_iter().map(|(point, ..)| point).collect())
}

fn target<'a>(
    shards: usize,
    process: &'a Process,
    sink: &'a Sink,
    case: &'a Case,
    connections: usize,
) -> Target<'a> {
    Target {
        name: format!("{shards} shards ({}, {connections} connections)", case.name),
        process,
        sink,
        case,
        connections,
        status: case.status(),
        messages: case.messages(),
        wants_fresh_ids: shards > 0,
    }
}

impl Shards {
    fn rounds(&self, shards: usize, case: &str, connections: usize) -> Option<&[Figures]> {
        let is_it = |point: &&Point| {
            (point.shards, point.case, point.connections) == (shards, case, connections)
        };
        self.0.iter().find(is_it).map(|point| &*point.rounds)
    }

    /// The CPU time of a request with so many shards, compared with the same without deduplication.
    fn compared(
        &self,
        shards: usize,
        case: &str,
        connections: usize,
        compare: fn(f64, f64) -> f64,
    ) -> Option<Spread> {
        let with = self.rounds(shards, case, connections)?.iter();
        let without = self.rounds(0, case, connections)?.iter();
        Spread::of(with.zip(without).map(|(with, without)| compare(with.cpu_us, without.cpu_us)))
    }

    /// The points as a table.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new([
            "",
            ">shards",
            ">connections",
            ">CPU µs/request",
            ">µs more than without",
            ">x without",
            ">events/s",
            ">p50 ms",
            ">p99 ms",
        ]);
        for Point { shards, case, connections, rounds } in &self.0 {
            let median = |figure: fn(&Figures) -> f64| {
                cell(Spread::of(rounds.iter().map(figure)), |spread| self::figure(spread.median))
            };
            let events =
                CASES.iter().find(|other| other.name == *case).map_or(1, |case| case.events);
            let a_second = rounds.iter().map(|round| round.requests_per_second * events as f64);
            let more = self.compared(*shards, case, *connections, |with, without| with - without);
            let ratio = self.compared(*shards, case, *connections, |with, without| with / without);
            table.row([
                (*case).to_owned(),
                if *shards == 0 { "none".to_owned() } else { shards.to_string() },
                connections.to_string(),
                median(|figures| figures.cpu_us),
                cell(more.filter(|_| *shards > 0), spread),
                cell(ratio.filter(|_| *shards > 0), spread),
                cell(Spread::of(a_second), |spread| figure(spread.median)),
                median(|figures| figures.p50_ms),
                median(|figures| figures.p99_ms),
            ]);
        }
        table
    }
}
