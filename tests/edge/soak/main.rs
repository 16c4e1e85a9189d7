//! The soak: many events while every binding fails now and then and workerd dies, and then the
//! question whether all that was acknowledged is where it belongs.
//!
//! `cargo xtask soak` builds the receiver and runs this. In reading order: the traffic, what the
//! receiver is started with, the sender, the clients, what happens meanwhile, the verdict.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a soak fails by panicking, as a test does"
)]

mod traffic;

mod payload;

mod scene;

mod sender;

mod clients;

mod conductor;

mod deliveries;

mod verdict;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use edge::{Receiver, Shop, Sink};

use clients::Clients;
use conductor::Conductor;
use sender::Sender;
use traffic::Traffic;

/// Sends many events to a receiver that fails and dies, and checks that none is lost.
#[derive(Parser, Debug, Clone, Copy)]
struct Arguments {
    /// How many events are sent
    #[arg(long, default_value_t = 100_000)]
    events: usize,
    /// The probability that a call of a binding fails; with 0, workerd is not killed either
    #[arg(long, default_value_t = 0.05)]
    faults: f64,
    /// How often workerd is killed and started again on the way
    #[arg(long, default_value_t = 5)]
    restarts: usize,
    /// How many clients send at the same time
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Where chance starts from: the same seed sends the same; random, where it is not given
    #[arg(long, default_value_t = fastrand::u32(..))]
    seed: u32,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { events, faults, clients, seed, .. } = arguments;
    say(&format!("{events} events, faults {faults}, {clients} clients, seed {seed}"));

    let sink = Sink::start();
    let shop = Shop::open();
    let mut receiver = Receiver::start(&scene::settings(&sink, &shop, faults));
    scene::warm_up(&receiver, &sink);
    let traffic = Traffic::new(seed, events);
    let sender = Sender::new(receiver.base(), clients, scene::time_budget(faults));
    let clients = Clients::new(&traffic, &sender);
    let spool = Conductor::new(arguments, &mut receiver, &sender, &clients).conduct();
    if let Some(refusal) = clients.refusal() {
        say(&format!("refused, which is never right here: {refusal}"));
        return ExitCode::FAILURE;
    }

    let acknowledged = clients.acknowledged();
    let delivered = deliveries::deliver(&receiver, &sink, &shop, &spool, (faults, seed));
    let places = verdict::Found { receiver: &receiver, sink: &sink, spool: &spool, delivered };
    let verdict = verdict::verdict(places, &traffic, &acknowledged);
    let (p50, p99) = sender.latencies();
    let line = format!(
        "events={events} acknowledged={} lost={} duplicated={} p50_ms={p50} p99_ms={p99} seed={seed}",
        verdict.acknowledged, verdict.lost, verdict.duplicated,
    );
    print(&line);
    // A receiver that acknowledges next to nothing loses nothing either.
    let is_telling = verdict.acknowledged * 10 >= events;
    if !is_telling {
        say("hardly anything was acknowledged, so that nothing was lost says nothing");
    }
    if verdict.lost == 0 && is_telling { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What other programs read.
#[expect(clippy::print_stdout, reason = "the last line is the soak's result")]
fn print(line: &str) {
    println!("{line}");
}

/// Tells the person at the terminal.
fn say(line: &str) {
    // A terminal that is gone cannot be told so.
    let _ = writeln!(std::io::stderr(), "{line}");
}
