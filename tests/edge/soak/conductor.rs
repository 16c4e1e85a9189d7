//! What happens while the clients work: bindings fail, workerd dies, the cron trigger runs, and
//! progress is printed. At the end, nothing fails any more, and the spool is drained.

use std::collections::HashSet;
use std::sync::mpsc::{self, Receiver as Channel, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use edge::Receiver;
use elytra_webhooks::spool::DRAIN_MS;
use fastrand::Rng;

use crate::clients::Clients;
use crate::scene::SPOOL;
use crate::sender::Sender;
use crate::{Arguments, say, scene};

/// How often it checks whether something is due.
const TICK: Duration = Duration::from_millis(20);

/// How often it prints progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// How often the cron trigger runs.
const CRON: Duration = Duration::from_secs(1);

/// How long draining the spool may take at the end. A drain that died has claimed its entries, so
/// the next one has to wait. A short run does not wait for that.
const DRAIN: Duration = Duration::from_millis(DRAIN_MS + 15_000);
const SHORT_DRAIN: Duration = Duration::from_secs(3);

/// How long the queue fails after each restart, so that the spool has something to do.
const OUTAGE: Duration = Duration::from_secs(2);

/// When memory is first measured, to be compared with the end.
const SETTLED: Duration = Duration::from_mins(1);

const KILOBYTE: u64 = 1_000;

/// What is known after a run.
pub(crate) struct Outcome {
    /// The messages that remain in the spool, which is acceptable only for a short run.
    pub(crate) spool: Vec<String>,
    /// How long the clients worked.
    pub(crate) took: Duration,
    /// The ids of the events of which the log says that the ledger failed.
    pub(crate) not_recorded: HashSet<String>,
}

/// A run, from the first request to the last.
pub(crate) struct Conductor<'a> {
    arguments: Arguments,
    receiver: &'a mut Receiver,
    sender: &'a Sender,
    clients: &'a Clients<'a>,
    /// When workerd is killed, as numbers of events taken. The next one is last.
    deaths: Vec<usize>,
    restarts: u32,
    not_recorded: HashSet<String>,
    /// When the queue works again.
    outage_ends: Option<Instant>,
    started: Instant,
}

impl<'a> Conductor<'a> {
    pub(crate) fn new(
        arguments: Arguments,
        receiver: &'a mut Receiver,
        sender: &'a Sender,
        clients: &'a Clients<'a>,
    ) -> Self {
        Self {
            arguments,
            receiver,
            sender,
            clients,
            deaths: deaths(arguments),
            restarts: 0,
            not_recorded: HashSet::new(),
            outage_ends: None,
            started: Instant::now(),
        }
    }

    /// Lets the clients work until nothing is left to send and nothing fails any more.
    pub(crate) fn conduct(mut self) -> Outcome {
        self.fail();
        let (clients, sender) = (self.clients, self.sender);
        thread::scope(|scope| {
            let (_end, ended) = mpsc::channel();
            scope.spawn(move || ring(sender, &ended));
            let _ends_with_us = StopAtTheEnd(clients);
            let workers: Vec<_> =
                (0..self.arguments.clients).map(|_| scope.spawn(|| clients.work())).collect();
            let mut next_progress = PROGRESS;
            let mut is_settled = false;
            while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
                thread::sleep(TICK);
                self.die_if_due();
                self.end_outage_if_due();
                if self.started.elapsed() >= next_progress {
                    self.say_progress();
                    next_progress += PROGRESS;
                }
                if !is_settled && self.started.elapsed() >= SETTLED {
                    self.say_memory("after the first minute");
                    is_settled = true;
                }
            }
        });
        let took = self.started.elapsed();
        self.say_progress();
        say(&format!("{} events a second", a_second(self.arguments.events, took)));
        self.say_memory("at the end");
        self.receiver.fail(&[]);
        let spool = self.drain();
        self.read_log();
        Outcome { spool, took, not_recorded: self.not_recorded }
    }

    /// Runs the cron trigger until the spool is empty. Returns what is left if the run was too
    /// short to wait for that.
    fn drain(&self) -> Vec<String> {
        let is_short = self.started.elapsed() < SETTLED;
        let patience = if is_short { SHORT_DRAIN } else { DRAIN };
        let started = Instant::now();
        let mut spool = self.receiver.kv_of(SPOOL);
        let at_first = spool.len();
        while !spool.is_empty() && started.elapsed() < patience {
            self.receiver.run_cron();
            spool = self.receiver.kv_of(SPOOL);
            if !spool.is_empty() {
                thread::sleep(CRON);
            }
        }
        say(&format!(
            "the spool held {at_first} messages, and {} after {} s",
            spool.len(),
            started.elapsed().as_secs(),
        ));
        if is_short { spool.into_values().map(|entry| entry.value).collect() } else { Vec::new() }
    }

    /// Makes the bindings fail and slow, differently after each restart.
    fn fail(&self) {
        let Arguments { faults, seed, latency, .. } = self.arguments;
        let seed = seed.wrapping_add(self.restarts.wrapping_mul(1_000));
        self.receiver.fail(&scene::faults(faults, seed, self.outage_ends.is_some()));
        self.receiver.delay(latency.map(|latency| latency.seed(seed)));
    }

    fn end_outage_if_due(&mut self) {
        if self.outage_ends.is_some_and(|end| end <= Instant::now()) {
            self.outage_ends = None;
            self.fail();
        }
    }

    fn die_if_due(&mut self) {
        let taken = self.clients.taken_events();
        if self.deaths.pop_if(|death| *death <= taken).is_none() {
            return;
        }
        self.receiver.kill();
        self.read_log();
        self.receiver.restart();
        self.restarts += 1;
        self.outage_ends = Some(Instant::now() + OUTAGE);
        self.fail();
        self.sender.redirect(self.receiver.base());
        say(&format!("workerd was killed after {taken} events, and started again"));
    }

    /// Notes the events of which the log says that the ledger failed. A restart begins another log.
    fn read_log(&mut self) {
        let lines = self.receiver.lines_so_far();
        for line in lines.iter().filter(|line| line["ledger_failures"].is_array()) {
            let events = line["events"].as_array().into_iter().flatten().chain([line]);
            let ids = events.filter_map(|event| event["id"].as_str());
            self.not_recorded.extend(ids.map(str::to_owned));
        }
    }

    fn say_progress(&self) {
        let (p50, p99) = self.sender.latencies();
        say(&format!(
            "{:>4} s: {} events taken, {} acknowledged, {}; p50 {p50} ms, p99 {p99} ms",
            self.started.elapsed().as_secs(),
            self.clients.taken_events(),
            self.clients.acknowledged_events(),
            self.sender.tally(),
        ));
    }

    /// Prints how large the receiver is since its last start. Its process grows with every request,
    /// even with an empty Worker, so only the receiver's own memory counts.
    fn say_memory(&self, when: &str) {
        let process = self.receiver.workerd().last().map_or(0, |process| process.resident_bytes);
        let wasm = self.receiver.wasm_bytes();
        say(&format!(
            "memory {when}: {} KB in workerd, {} KB of them WebAssembly's",
            process / KILOBYTE,
            wasm / KILOBYTE,
        ));
    }
}

/// How many events there were a second.
pub(crate) fn a_second(events: usize, took: Duration) -> u128 {
    events as u128 * 1_000 / took.as_millis().max(1)
}

/// Runs the cron trigger now and then, until the other end of the channel is gone.
fn ring(sender: &Sender, ended: &Channel<()>) {
    while ended.recv_timeout(CRON) == Err(RecvTimeoutError::Timeout) {
        sender.ring();
    }
}

/// Stops the clients on drop, so that they do not continue without a receiver if this thread
/// panics.
struct StopAtTheEnd<'a>(&'a Clients<'a>);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// When workerd is killed: at a random moment around the middle of each of several equal intervals,
/// the last one first.
fn deaths(Arguments { events, faults, restarts, seed, .. }: Arguments) -> Vec<usize> {
    if faults == 0.0 {
        return Vec::new();
    }
    let mut rng = Rng::with_seed(seed.into());
    let stretch = events / restarts.max(1);
    (0..restarts)
        .rev()
        .map(|death| death * stretch + rng.usize(stretch / 4..=stretch / 4 * 3))
        .collect()
}
