//! The soak test: many events while every binding fails now and then and workerd dies. At the end,
//! it checks that everything that was acknowledged is where it belongs. Other profiles send
//! what comes on a quiet day, or when much is edited at once.
//!
//! `cargo xtask soak` builds the receiver and runs this. In reading order: the profiles, the
//! traffic, the receiver's settings, the sender, the clients, the conductor, the verdict.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a soak fails by panicking, as a test does"
)]

mod profile;

mod traffic;

mod payload;

mod typical;

mod scene;

mod sender;

mod clients;

mod conductor;

mod deliveries;

mod verdict;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use edge::{Latency, Receiver, Shop, Sink};

use clients::Clients;
use conductor::{Conductor, Outcome, a_second};
use profile::Profile;
use sender::Sender;
use traffic::Traffic;

/// Sends many events to a receiver that fails and dies, and checks that none is lost.
#[derive(Parser, Debug, Clone, Copy)]
struct Arguments {
    /// What is sent, and how fast
    #[arg(long, value_enum, default_value_t = Profile::Soak)]
    profile: Profile,
    /// How many events to send; by default 1,000 on a quiet day, and 200,000 in a bulk edit
    #[arg(
        long,
        default_value_t = 100_000,
        default_value_ifs([("profile", "quiet", "1000"), ("profile", "bulk", "200000")])
    )]
    events: usize,
    /// The probability that a call to a binding fails; with 0, workerd is not killed either
    #[arg(long, default_value_t = 0.05)]
    faults: f64,
    /// How often workerd is killed and restarted during the run
    #[arg(long, default_value_t = 5)]
    restarts: usize,
    /// How many milliseconds a call of a binding waits unless a fault takes it: at random between
    /// two bounds, as in `5-50`; none if not given
    #[arg(long)]
    latency: Option<Latency>,
    /// How many clients send at the same time; by default 1 on a quiet day
    #[arg(long, default_value_t = 16, default_value_if("profile", "quiet", "1"))]
    clients: usize,
    /// The seed of the random generator: the same seed sends the same events; random if not given
    #[arg(long, default_value_t = fastrand::u32(..))]
    seed: u32,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { profile, events, faults, clients, seed, .. } = arguments;
    let latency =
        arguments.latency.map_or_else(|| "none".to_owned(), |range| format!("{range} ms"));
    say(&format!(
        "{events} events, faults {faults}, latency {latency}, {clients} clients, seed {seed}"
    ));

    let sink = Sink::start();
    let shop = Shop::open();
    let mut receiver = Receiver::start(&scene::settings(&sink, &shop, faults));
    scene::warm_up(&receiver, &sink);
    let traffic = Traffic::new(profile, seed, events);
    let sender = Sender::new(receiver.base(), clients, scene::time_budget(faults));
    let clients = Clients::new(&traffic, &sender);
    let outcome = Conductor::new(arguments, &mut receiver, &sender, &clients).conduct();
    if let Some(refusal) = clients.refusal() {
        say(&format!("refused, which is never right here: {refusal}"));
        return ExitCode::FAILURE;
    }

    let Outcome { spool, took, not_recorded } = outcome;
    let acknowledged = clients.acknowledged();
    let delivered = deliveries::deliver(&receiver, &sink, &shop, &spool, (faults, seed));
    let places = verdict::Found {
        receiver: &receiver,
        sink: &sink,
        spool: &spool,
        delivered,
        not_recorded: &not_recorded,
    };
    let verdict = verdict::verdict(places, &traffic, &acknowledged);
    let (p50, p99) = sender.latencies();
    let line = format!(
        "events={events} acknowledged={} lost={} duplicated={} not_recorded={} p50_ms={p50} p99_ms={p99} seed={seed} \
         events_per_second={} seconds={}",
        verdict.acknowledged,
        verdict.lost,
        verdict.duplicated,
        verdict.not_recorded,
        a_second(events, took),
        took.as_secs(),
    );
    print(&line);
    // A receiver that acknowledges hardly anything does not lose anything either.
    let is_telling = verdict.acknowledged * 10 >= events;
    if !is_telling {
        say("hardly anything was acknowledged, so that nothing was lost says nothing");
    }
    if verdict.lost == 0 && is_telling { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The output for other programs.
#[expect(clippy::print_stdout, reason = "the last line is the soak's result")]
fn print(line: &str) {
    println!("{line}");
}

/// Prints a line for the person at the terminal.
fn say(line: &str) {
    // There is no way to report that the terminal is gone.
    let _ = writeln!(std::io::stderr(), "{line}");
}
