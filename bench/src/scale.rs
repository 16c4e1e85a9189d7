//! What an event costs as everything grows: the subscriptions, the batch, the event.

use serde::Serialize;

use crate::case::{Case, Fate, Mode};
use crate::lab::{Lab, Sink};
use crate::measure::{Ids, Target};
use crate::process::Process;
use crate::receiver::with_subscriptions;
use crate::statistics::Spread;
use crate::table::{Table, cell, figure, spread};
use crate::workerd::Worker;
use crate::{Arguments, say};

/// What this part is called.
pub(crate) const NAME: &str = "scale";

/// How many subscriptions there are. Cloudflare lets a Worker have 128 variables, workerd any number.
const SUBSCRIPTIONS: [usize; 4] = [1, 10, 100, 1_000];

/// How many events are in a batch.
const BATCHES: [usize; 3] = [1, 10, 100];

/// How large an event is, in KB.
const KILOBYTES: [usize; 4] = [1, 10, 100, 1_000];

/// Enough to keep it busy, and not so many that the bodies fill its memory.
pub(crate) const CONNECTIONS: usize = 16;

/// What grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Subscriptions,
    Batch,
    Event,
}

/// How far it has grown, and what an event costs there, round by round.
#[derive(Debug, Serialize)]
struct Point {
    what: What,
    size: usize,
    /// The CPU time of an event, in microseconds.
    cpu_us: Vec<f64>,
}

/// Every point, in the order in which things grow.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Scale(Vec<Point>);

/// A point, and what is measured for it.
struct Measured<'a> {
    point: Point,
    case: Case,
    process: &'a Process,
    requests: usize,
}

/// Measures every point, round by round.
pub(crate) fn scale(lab: &Lab, arguments: &Arguments, upload: &Worker) -> Scale {
    if !arguments.has(NAME) {
        return Scale::default();
    }
    say(NAME);
    let sink = Sink::start(lab, "sink-of-scale");
    let start = |name: &str, subscriptions| {
        lab.start(name, with_subscriptions(upload, subscriptions), Some(&sink))
    };
    let subscriptions =
        SUBSCRIPTIONS.map(|number| (number, start(&format!("subscriptions-{number}"), number)));
    // Those beside which it is measured have served nothing else.
    let other = start("batches-and-events", 1);
    let mut measured = points(&subscriptions, &other);
    let mut ids = Ids::default();
    for measured in &mut measured {
        measured.requests = measured.target(&sink).calibrate(lab, &mut ids, arguments.seconds);
    }
    for _ in 0..arguments.rounds {
        for measured in &mut measured {
            let figures = measured.target(&sink).measure(lab, &mut ids, measured.requests);
            measured.point.cpu_us.push(figures.cpu_us / measured.case.events as f64);
        }
    }
    Scale(measured.into_iter().map(|measured| measured.point).collect())
}

fn points<'a>(processes: &'a [(usize, Process)], other: &'a Process) -> Vec<Measured<'a>> {
    let one = Case::of("one event", Mode::Structured, 1_000, Fate::Forwarded);
    let point = |what, size, case, process| Measured {
        point: Point { what, size, cpu_us: Vec::new() },
        case,
        process,
        requests: 0,
    };
    let subscriptions = processes
        .iter()
        .map(|(subscriptions, process)| point(What::Subscriptions, *subscriptions, one, process));
    let batches = BATCHES.map(|events| {
        let case = Case { events, ..Case::of("a batch", Mode::Batch, 1_000, Fate::Forwarded) };
        point(What::Batch, events, case, other)
    });
    // The largest do not fit in a queue; nobody wants them, so that only reading them is measured.
    let events = KILOBYTES.map(|kilobytes| {
        let bytes = kilobytes * 1_000;
        let case = Case::of("a large event", Mode::Structured, bytes, Fate::Filtered);
        point(What::Event, kilobytes, case, other)
    });
    subscriptions.chain(batches).chain(events).collect()
}

impl Measured<'_> {
    fn target<'a>(&'a self, sink: &'a Sink) -> Target<'a> {
        Target {
            name: format!("scale: {}", self.point.name()),
            process: self.process,
            sink,
            case: &self.case,
            connections: CONNECTIONS,
            status: self.case.status(),
            messages: self.case.messages(),
            wants_fresh_ids: false,
        }
    }
}

impl Point {
    fn name(&self) -> String {
        let size = figure(self.size as f64);
        let size = size.trim_end_matches(".00").trim_end_matches(".0");
        match self.what {
            What::Subscriptions if self.size == 1 => "1 subscription".to_owned(),
            What::Subscriptions => format!("{size} subscriptions, one of which wants it"),
            What::Batch => format!("in a batch of {size} x 1 KB"),
            What::Event => format!("{size} KB, filtered"),
        }
    }
}

impl Scale {
    /// What an event costs beside so many subscriptions, as a multiple of one.
    pub(crate) fn subscriptions(&self, size: usize) -> Option<Spread> {
        self.ratio(What::Subscriptions, size)
    }

    /// What an event in a batch of this size costs, as a multiple of one of its own.
    pub(crate) fn batch(&self, size: usize) -> Option<Spread> {
        self.ratio(What::Batch, size)
    }

    /// What a KB more costs between this size and the one before, as a multiple of the same for another.
    pub(crate) fn kilobyte(&self, size: usize, other: usize) -> Option<Spread> {
        let (one, other) = (self.for_each_kb(size)?, self.for_each_kb(other)?);
        Spread::of(one.iter().zip(&other).map(|(one, other)| one / other))
    }

    fn ratio(&self, what: What, size: usize) -> Option<Spread> {
        let first = self.0.iter().find(|point| point.what == what)?;
        let point = self.0.iter().find(|point| point.what == what && point.size == size)?;
        Spread::of(point.cpu_us.iter().zip(&first.cpu_us).map(|(cpu, first)| cpu / first))
    }

    /// What a KB more costs, from the size before to this one, round by round.
    fn for_each_kb(&self, size: usize) -> Option<Vec<f64>> {
        let mut events = self.0.iter().filter(|point| point.what == What::Event);
        let mut before = events.next()?;
        let point = loop {
            let point = events.next()?;
            if point.size == size {
                break point;
            }
            before = point;
        };
        let grown = (point.size - before.size) as f64;
        let both = point.cpu_us.iter().zip(&before.cpu_us);
        Some(both.map(|(cpu, before)| (cpu - before) / grown).collect())
    }

    /// The points as a table.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new(["an event", ">CPU µs", ">x the first", ">CPU µs per KB more"]);
        for point in &self.0 {
            let is_event = point.what == What::Event;
            let per_kb = is_event.then(|| self.for_each_kb(point.size)).flatten();
            table.row([
                point.name(),
                cell(Spread::of(point.cpu_us.iter().copied()), spread),
                cell(self.ratio(point.what, point.size), spread),
                cell(per_kb.and_then(Spread::of), spread),
            ]);
        }
        table
    }
}
