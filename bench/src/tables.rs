//! The tables of the rounds, and of what is uploaded.

use crate::case::{CASES, CONNECTIONS, FORWARDED};
use crate::contestant::Contestant;
use crate::measure::Figures;
use crate::rounds::{Place, Results};
use crate::start::Start;
use crate::table::{Table, cell, figure, spread};

/// Everything that was measured of each contestant in each case.
pub(crate) fn long(results: &Results) -> Table {
    let mut table = Table::new([
        "case",
        ">connections",
        "",
        ">CPU µs/request",
        ">CPU µs/event",
        ">x floor",
        ">requests/s",
        ">p50 ms",
        ">p99 ms",
        ">load generator, CPU µs/request",
    ]);
    for place in results.places() {
        let case = &CASES[place.case];
        let median = |figure: fn(&Figures) -> f64| {
            cell(results.spread(place, figure), |spread| self::figure(spread.median))
        };
        let cpu = results.spread(place, |figures| figures.cpu_us);
        let events = case.events as f64;
        table.row([
            case.name.to_owned(),
            place.connections.to_string(),
            place.contestant.name().to_owned(),
            cell(cpu, spread),
            cell(cpu, |cpu| figure(cpu.median / events)),
            cell(results.ratio_to_floor(place), spread),
            median(|figures| figures.requests_per_second),
            median(|figures| figures.p50_ms),
            median(|figures| figures.p99_ms),
            median(|figures| figures.load_generator_cpu_us),
        ]);
    }
    table
}

/// The CPU time alone: a row for each case, a column for each contestant.
pub(crate) fn short(results: &Results) -> Table {
    let contestants: Vec<_> = contestants(results).collect();
    let names: Vec<_> =
        contestants.iter().map(|contestant| format!(">{}", contestant.name())).collect();
    let head = ["CPU µs per request (x the floor)", ">connections"];
    let mut table = Table::new(head.into_iter().chain(names.iter().map(String::as_str)));
    for (number, case) in CASES.iter().enumerate() {
        for connections in CONNECTIONS {
            let place = |contestant| Place { contestant, case: number, connections };
            let cpu = |contestant| {
                results.spread(place(contestant), |figures| figures.cpu_us).map(|cpu| cpu.median)
            };
            if contestants.iter().all(|contestant| cpu(*contestant).is_none()) {
                continue;
            }
            let cells = contestants.iter().map(|contestant| {
                let ratio = results.ratio_to_floor(place(*contestant));
                let ratio = cell(ratio, |ratio| format!(" ({})", figure(ratio.median)));
                cell(cpu(*contestant), |cpu| figure(cpu) + &ratio)
            });
            let head = |name: String| [name, connections.to_string()].into_iter();
            table.row(head(case.name.to_owned()).chain(cells));
            if case.events > 1 {
                let for_each = |cpu: f64| figure(cpu / case.events as f64);
                let cells = contestants.iter().map(|contestant| cell(cpu(*contestant), for_each));
                table.row(head("the same, per event".to_owned()).chain(cells));
            }
        }
    }
    table
}

/// Throughput and latency where an event is forwarded: a row for each contestant.
pub(crate) fn throughput(results: &Results) -> Table {
    let head = [
        FORWARDED,
        ">connections",
        ">requests/s",
        ">p50 ms",
        ">p99 ms",
        ">load generator, CPU µs/request",
    ];
    let mut table = Table::new(head);
    let is_it = |place: &Place| CASES[place.case].name == FORWARDED;
    for place in results.places().filter(is_it) {
        let median = |figure: fn(&Figures) -> f64| {
            cell(results.spread(place, figure), |spread| self::figure(spread.median))
        };
        table.row([
            place.contestant.name().to_owned(),
            place.connections.to_string(),
            median(|figures| figures.requests_per_second),
            median(|figures| figures.p50_ms),
            median(|figures| figures.p99_ms),
            median(|figures| figures.load_generator_cpu_us),
        ]);
    }
    table
}

fn contestants(results: &Results) -> impl Iterator<Item = Contestant> {
    Contestant::ALL
        .into_iter()
        .filter(|contestant| results.places().any(|place| place.contestant == *contestant))
}

/// What is uploaded, how long it is active when it starts, and what it holds in memory at the end.
pub(crate) fn size_and_start(results: &Results, starts: &[Start]) -> Table {
    let mut table =
        Table::new(["", ">upload KiB", ">gzipped KiB", ">active at start ms", ">memory MiB"]);
    for contestant in Contestant::ALL {
        let start = starts.iter().find(|start| start.contestant == contestant);
        let resident = results.resident.iter().find(|(other, _)| *other == contestant);
        if start.is_none() && resident.is_none() {
            continue;
        }
        table.row([
            contestant.name().to_owned(),
            cell(start, |start| figure(start.size.raw_kib)),
            cell(start, |start| figure(start.size.gzip_kib)),
            cell(start.and_then(|start| start.active_ms), spread),
            cell(resident, |(_, bytes)| figure(*bytes as f64 / f64::from(1 << 20))),
        ]);
    }
    table
}
