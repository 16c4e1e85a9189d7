//! What happens while the clients work: bindings fail, workerd dies, and the terminal is told.

use std::thread;
use std::time::{Duration, Instant};

use edge::Receiver;
use fastrand::Rng;

use crate::clients::Clients;
use crate::sender::{CLIENTS, Sender};
use crate::{Arguments, say, scene};

/// How often it looks whether something is to be done.
const TICK: Duration = Duration::from_millis(20);

/// How often it tells how far it is.
const PROGRESS: Duration = Duration::from_secs(10);

/// When memory is measured, to be compared with that at the end.
const SETTLED: Duration = Duration::from_mins(1);

const KILOBYTE: u64 = 1_000;

/// One run, from the first request to the last.
pub(crate) struct Conductor<'a> {
    arguments: Arguments,
    receiver: &'a mut Receiver,
    sender: &'a Sender,
    clients: &'a Clients<'a>,
    /// When workerd is killed, told by how many events were taken; the next one last.
    deaths: Vec<usize>,
    restarts: u32,
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
            started: Instant::now(),
        }
    }

    /// Lets the clients work, until nothing is left to be sent and nothing fails any more.
    pub(crate) fn conduct(mut self) {
        self.fail();
        let clients = self.clients;
        thread::scope(|scope| {
            let _ends_with_us = StopAtTheEnd(clients);
            let workers: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| clients.work())).collect();
            let mut next_progress = PROGRESS;
            let mut is_settled = false;
            while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
                thread::sleep(TICK);
                self.die_if_due();
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
        self.say_progress();
        self.say_memory("at the end");
        self.receiver.fail(&[]);
    }

    /// Makes the bindings fail; after each restart otherwise than before.
    fn fail(&self) {
        let Arguments { faults, seed, .. } = self.arguments;
        let seed = seed.wrapping_add(self.restarts.wrapping_mul(1_000));
        self.receiver.fail(&scene::faults(faults, seed));
    }

    fn die_if_due(&mut self) {
        let taken = self.clients.taken_events();
        if self.deaths.pop_if(|death| *death <= taken).is_none() {
            return;
        }
        self.receiver.kill();
        self.receiver.restart();
        self.restarts += 1;
        self.fail();
        self.sender.redirect(self.receiver.base());
        say(&format!("workerd was killed after {taken} events, and started again"));
    }

    fn say_progress(&self) {
        let (p50, p99) = self.sender.latencies();
        say(&format!(
            "{:>4} s: {} events taken, {} acknowledged, p50 {p50} ms, p99 {p99} ms",
            self.started.elapsed().as_secs(),
            self.clients.taken_events(),
            self.clients.acknowledged_events(),
        ));
    }

    /// Tells how large the receiver is, since its last start. Its process grows with every request,
    /// and would if the Worker were empty; what counts is what the receiver itself has taken.
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

/// Stops the clients when it goes, lest they go on without a receiver where this thread panics.
struct StopAtTheEnd<'a>(&'a Clients<'a>);

impl Drop for StopAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// When workerd is killed: at some moment in each of equal stretches, the last one first.
fn deaths(Arguments { events, faults, restarts, seed }: Arguments) -> Vec<usize> {
    if faults == 0.0 {
        return Vec::new();
    }
    let mut rng = Rng::with_seed(seed.into());
    let stretch = events / restarts.max(1);
    (0..restarts).rev().map(|death| death * stretch + rng.usize(..stretch.max(1))).collect()
}
