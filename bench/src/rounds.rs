//! The rounds: every contestant in every case, one after the other, and that again and again, so that
//! what disturbs the machine for a while disturbs all of them.

use serde::Serialize;

use crate::case::{CASES, CONNECTIONS, Case};
use crate::contestant::{Contestant, FLOOR};
use crate::lab::{Lab, Sink};
use crate::measure::{Figures, Ids, Target};
use crate::process::Process;
use crate::statistics::Spread;
use crate::upload::Upload;
use crate::{Arguments, say};

/// A contestant that runs.
struct Running {
    contestant: Contestant,
    process: Process,
}

/// A contestant in a case, over so many connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) contestant: Contestant,
    /// The case, by its number.
    pub(crate) case: usize,
    pub(crate) connections: usize,
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The figures of each place, round by round.
    places: Vec<(Place, Vec<Figures>)>,
    /// What each contestant held in memory at the end.
    pub(crate) resident: Vec<(Contestant, u64)>,
}

/// One row of `target/bench.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Row<'a> {
    contestant: &'static str,
    case: &'static str,
    connections: usize,
    cpu_us: Spread,
    ratio_to_floor: Option<Spread>,
    rounds: &'a [Figures],
}

/// Runs them all.
pub(crate) fn run(
    lab: &Lab,
    arguments: &Arguments,
    uploads: &[(Contestant, Option<Upload>)],
) -> Results {
    if cases(arguments).next().is_none() {
        return Results::default();
    }
    let sink = Sink::start(lab, "sink");
    let running: Vec<_> = uploads
        .iter()
        .filter(|(contestant, _)| arguments.has_contestant(*contestant))
        .map(|(contestant, upload)| Running {
            contestant: *contestant,
            process: contestant.start(lab, upload.as_ref(), &sink),
        })
        .collect();
    let mut results = Results::default();
    let mut ids = Ids::default();
    say("warm-up");
    let mut plan = Vec::new();
    for (case, connections) in cases(arguments) {
        for running in running.iter().filter(|running| running.contestant.takes(&CASES[case])) {
            let target = running.target(&sink, &CASES[case], connections);
            let requests = target.calibrate(lab, &mut ids, arguments.seconds);
            target.check_message();
            target.check_recognizes(lab, &mut ids);
            let place = Place { contestant: running.contestant, case, connections };
            plan.push((place, requests));
            results.places.push((place, Vec::new()));
        }
    }
    for round in 0..usize::from(arguments.rounds) {
        say(&format!("round {} of {}", round + 1, arguments.rounds));
        for (case, connections) in cases(arguments) {
            // Nobody always comes first.
            let start = round % running.len();
            for running in running[start..].iter().chain(&running[..start]) {
                let place = Place { contestant: running.contestant, case, connections };
                let planned = plan.iter().find(|(other, _)| *other == place);
                let Some((_, requests)) = planned else { continue };
                let target = running.target(&sink, &CASES[case], connections);
                results.add(place, target.measure(lab, &mut ids, *requests));
            }
        }
    }
    // One that none of the cases is for has done nothing.
    let is_measured =
        |running: &&Running| plan.iter().any(|(place, _)| place.contestant == running.contestant);
    let resident = |running: &Running| (running.contestant, running.process.resident());
    results.resident = running.iter().filter(is_measured).map(resident).collect();
    results
}

fn cases(arguments: &Arguments) -> impl Iterator<Item = (usize, usize)> {
    let cases = (0..CASES.len()).filter(|case| arguments.has_case(&CASES[*case]));
    cases.flat_map(|case| CONNECTIONS.map(|connections| (case, connections)))
}

impl Running {
    fn target<'a>(&'a self, sink: &'a Sink, case: &'a Case, connections: usize) -> Target<'a> {
        Target {
            name: format!("{} ({}, {connections} connections)", self.contestant.name(), case.name),
            process: &self.process,
            sink,
            case,
            connections,
            status: self.contestant.status(case),
            messages: self.contestant.messages(case),
            wants_fresh_ids: self.contestant.wants_fresh_ids(),
        }
    }
}

impl Results {
    fn add(&mut self, place: Place, figures: Figures) {
        let rounds = self.places.iter_mut().find(|(other, _)| *other == place);
        rounds.expect("every place is known").1.push(figures);
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.places.iter().map(|(place, _)| *place)
    }

    /// The figures of a place, round by round; none, if it was not measured.
    pub(crate) fn rounds(&self, place: Place) -> &[Figures] {
        let rounds = self.places.iter().find(|(other, _)| *other == place);
        rounds.map(|(_, rounds)| rounds.as_slice()).unwrap_or_default()
    }

    /// What one of the figures comes to.
    pub(crate) fn spread(&self, place: Place, figure: impl Fn(&Figures) -> f64) -> Option<Spread> {
        Spread::of(self.rounds(place).iter().map(figure))
    }

    /// The CPU time, as a multiple of that of the floor in the same round.
    pub(crate) fn ratio_to_floor(&self, place: Place) -> Option<Spread> {
        let floor = self.rounds(Place { contestant: FLOOR, ..place });
        let both = self.rounds(place).iter().zip(floor);
        Spread::of(both.map(|(figures, floor)| figures.cpu_us / floor.cpu_us))
    }

    /// The largest share of requests, in percent, whose events a contestant with fresh ids had seen.
    pub(crate) fn most_repeated(&self) -> Option<f64> {
        let fresh = |place: &Place| place.contestant.wants_fresh_ids();
        let places = self.places().filter(fresh);
        let share = |figures: &Figures| 100.0 * figures.repeated as f64 / figures.requests as f64;
        let shares = places.filter_map(|place| self.spread(place, share));
        shares.map(|share| share.most).max_by(f64::total_cmp)
    }

    /// Everything, for other programs.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let row = |place: Place| {
            Some(Row {
                contestant: place.contestant.name(),
                case: CASES[place.case].name,
                connections: place.connections,
                cpu_us: self.spread(place, |figures| figures.cpu_us)?,
                ratio_to_floor: self.ratio_to_floor(place),
                rounds: self.rounds(place),
            })
        };
        self.places().filter_map(row).collect()
    }
}
