//! What an event costs in workerd: the receiver beside an empty Worker and beside peers that do the same.
//!
//! `cargo xtask bench` builds them and runs this. In reading order: what is sent, who is measured, what
//! is measured how, and what comes of it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on panics, which ends all that it started"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are not exact anyway"
)]

mod case;

mod event;

mod contestant;

mod receiver;

mod upload;

mod start;

mod lab;

mod workerd;

mod process;

mod load;

mod measure;

mod rounds;

mod statistics;

mod scale;

mod shards;

mod deliveries;

mod silence;

mod goals;

mod tables;

mod table;

mod report;

use std::process::ExitCode;

use clap::Parser;
use xtask::say;

use case::{CASES, Case};
use contestant::{Contestant, FLOOR};
use lab::Lab;
use report::Report;

/// Measures what an event costs in workerd.
#[derive(Parser, Debug)]
struct Arguments {
    /// How often everything is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// How long one measurement takes, about
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Only what has this in its name: a contestant, a case, or one of `size and start`, `scale`,
    /// `shards`, `deliveries`; can be given several times
    #[arg(long)]
    only: Vec<String>,
    /// Write the tables to docs/performance.md as well
    #[arg(long)]
    update: bool,
}

impl Arguments {
    /// Every name that something goes by.
    fn all_names() -> impl Iterator<Item = &'static str> {
        let contestants = Contestant::ALL.map(Contestant::name);
        let cases = CASES.map(|case| case.name);
        contestants.into_iter().chain(cases).chain([
            start::NAME,
            scale::NAME,
            shards::NAME,
            deliveries::NAME,
        ])
    }

    /// One of those asked for that nothing is called by.
    fn unknown(&self) -> Option<&str> {
        let is_known = |only: &&String| Self::all_names().any(|name| name.contains(only.as_str()));
        self.only.iter().find(|only| !is_known(only)).map(String::as_str)
    }

    /// Whether a part is wanted that has this name.
    fn has(&self, name: &str) -> bool {
        self.only.is_empty() || self.names(name)
    }

    /// All contestants, where none is named; the floor always.
    fn has_contestant(&self, contestant: Contestant) -> bool {
        let names = |contestant: Contestant| self.names(contestant.name());
        contestant == FLOOR || names(contestant) || !Contestant::ALL.into_iter().any(names)
    }

    /// All cases, where only contestants are named.
    fn has_case(&self, case: &Case) -> bool {
        let of_contestants = |only: &String| {
            Contestant::ALL.iter().any(|contestant| contestant.name().contains(only.as_str()))
        };
        self.only.iter().all(of_contestants) || self.names(case.name)
    }

    fn names(&self, name: &str) -> bool {
        self.only.iter().any(|only| name.contains(only.as_str()))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(unknown) = arguments.unknown() {
        let names: Vec<_> = Arguments::all_names().collect();
        say(&format!("nothing has {unknown:?} in its name; the names are: {}", names.join("; ")));
        return ExitCode::FAILURE;
    }
    let lab = Lab::open();
    if arguments.update {
        report::around_the_tables(&lab);
    }
    say("uploads");
    let receiver = Contestant::Receiver.upload(&lab).expect("it is a Worker");
    let upload = |contestant: Contestant| match contestant {
        Contestant::Receiver | Contestant::Deduplicating | Contestant::AsShipped => {
            Some(receiver.clone())
        }
        other => other.upload(&lab),
    };
    let uploads: Vec<_> = Contestant::ALL.map(|contestant| (contestant, upload(contestant))).into();
    let results = rounds::run(&lab, &arguments, &uploads);
    let starts = start::starts(&lab, &arguments, &uploads);
    let scale = scale::scale(&lab, &arguments, &receiver.worker);
    let shards = shards::shards(&lab, &arguments, &receiver.worker);
    let deliveries = deliveries::deliveries(&lab, &arguments, &receiver.worker);
    let report = Report { arguments: &arguments, results, starts, scale, shards, deliveries };
    report.publish(&lab);
    ExitCode::SUCCESS
}
