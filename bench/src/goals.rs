//! What the receiver is meant to cost, and whether it does.

use serde::Serialize;

use crate::case::{
    CASES, CONNECTIONS, FILTERED, FILTERED_LARGE, FORWARDED, FORWARDED_BATCH, FORWARDED_BINARY,
    FORWARDED_LARGE,
};
use crate::contestant::{Contestant, FLOOR};
use crate::rounds::{Place, Results};
use crate::scale::{self, Scale};
use crate::statistics::Spread;
use crate::table::{Table, figure, spread};

/// A goal, and what was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Goal {
    what: String,
    connections: usize,
    most: f64,
    measured: Spread,
    is_met: bool,
}

/// Every goal for which there are figures.
pub(crate) fn goals(results: &Results, scale: &Scale) -> Vec<Goal> {
    let mut goals = of_the_rounds(results);
    let of_the_scale = [
        ("100 subscriptions: one", 1.1, scale.subscriptions(100)),
        ("1,000 subscriptions: one", 1.1, scale.subscriptions(1_000)),
        ("an event in a batch of 100: in one of 1", 1.0, scale.batch(100)),
        ("a KB more, up to 1,000: up to 100", 1.1, scale.kilobyte(1_000, 100)),
    ];
    for (what, most, measured) in of_the_scale {
        if let Some(measured) = measured {
            goals.push(Goal::new(what.to_owned(), scale::CONNECTIONS, most, measured));
        }
    }
    goals
}

fn of_the_rounds(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    for connections in CONNECTIONS {
        for (name, most) in [(FILTERED, 1.0), (FILTERED_LARGE, 1.5)] {
            let place = place(Contestant::Receiver, name, connections);
            if let Some(measured) = results.ratio_to_floor(place) {
                let what = format!("{name}: an empty workers-rs Worker");
                goals.push(Goal::new(what, connections, most, measured));
            }
        }
        for name in [FORWARDED, FORWARDED_BINARY, FORWARDED_LARGE, FORWARDED_BATCH] {
            let (ours, theirs) = (Contestant::Receiver, Contestant::HonoZod);
            if let Some(measured) = compared(results, ours, theirs, (name, connections), DIVIDED) {
                goals.push(Goal::new(format!("{name}: Hono + Zod"), connections, 1.0, measured));
            }
        }
        let most_added = if connections == 1 { 700.0 } else { 450.0 };
        for (name, how, what, most) in [
            (FORWARDED, SUBTRACTED, "deduplicating, µs added", most_added),
            (FORWARDED_BATCH, DIVIDED, "deduplicating: without", 3.0),
        ] {
            let (with, without) = (Contestant::Deduplicating, Contestant::Receiver);
            if let Some(measured) = compared(results, with, without, (name, connections), how) {
                goals.push(Goal::new(format!("{name}, {what}"), connections, most, measured));
            }
        }
        for (name, without, how, what, most) in [
            (FORWARDED, Contestant::Deduplicating, SUBTRACTED, "µs added by the journal", 100.0),
            (FILTERED, Contestant::Receiver, DIVIDED, "with the journal: without", 1.05),
        ] {
            let case = (name, connections);
            if let Some(measured) = compared(results, Contestant::AsShipped, without, case, how) {
                goals.push(Goal::new(format!("{name}, {what}"), connections, most, measured));
            }
        }
        for name in [FILTERED, FILTERED_LARGE] {
            if let Some(measured) = share_of_peer(results, name, connections) {
                let what =
                    format!("{name}, added to the empty Worker: what Hono + Zod adds to its own");
                goals.push(Goal::new(what, connections, 0.5, measured));
            }
        }
    }
    goals
}

const DIVIDED: fn(f64, f64) -> f64 = |one, other| one / other;
const SUBTRACTED: fn(f64, f64) -> f64 = |one, other| one - other;

/// The CPU time of one contestant, compared with that of another one in the same round.
fn compared(
    results: &Results,
    one: Contestant,
    other: Contestant,
    (case, connections): (&str, usize),
    compare: fn(f64, f64) -> f64,
) -> Option<Spread> {
    let one = results.rounds(place(one, case, connections)).iter();
    let other = results.rounds(place(other, case, connections)).iter();
    Spread::of(one.zip(other).map(|(one, other)| compare(one.cpu_us, other.cpu_us)))
}

/// What the receiver adds to its floor, as a multiple of what the peer adds to its own.
fn share_of_peer(results: &Results, case: &str, connections: usize) -> Option<Spread> {
    let added = |contestant, floor| {
        let figures = results.rounds(place(contestant, case, connections)).iter();
        let floor = results.rounds(place(floor, case, connections)).iter();
        figures.zip(floor).map(|(figures, floor)| figures.cpu_us - floor.cpu_us)
    };
    let ours = added(Contestant::Receiver, FLOOR);
    let theirs = added(Contestant::HonoZod, Contestant::EmptyJs);
    // A peer that seems to cost less than nothing was disturbed, and cannot be compared with.
    let both = ours.zip(theirs).filter(|(_, theirs)| *theirs > 0.0);
    Spread::of(both.map(|(ours, theirs)| ours / theirs))
}

fn place(contestant: Contestant, case: &str, connections: usize) -> Place {
    let case = CASES.iter().position(|other| other.name == case);
    Place { contestant, case: case.expect("the case is one of them"), connections }
}

impl Goal {
    fn new(what: String, connections: usize, most: f64, measured: Spread) -> Self {
        Self { what, connections, most, measured, is_met: measured.median <= most }
    }
}

/// The goals as a table.
pub(crate) fn table(goals: &[Goal]) -> Table {
    let mut table = Table::new([
        "what: as a multiple of what, unless it says otherwise",
        ">connections",
        ">at most",
        ">measured",
        "",
    ]);
    for goal in goals {
        let Goal { what, connections, most, measured, is_met } = goal;
        let verdict = if *is_met { "met" } else { "not met" };
        table.row([
            what.clone(),
            connections.to_string(),
            figure(*most),
            spread(*measured),
            verdict.to_owned(),
        ]);
    }
    table
}
