//! The sender: it comes again as Elytra does.

use std::sync::{Mutex, RwLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ureq::Agent;

use crate::traffic::Request;

/// How often Elytra comes again.
const RETRIES: u32 = 5;

/// After how long it does first; each time after twice as long.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// How much faster time runs here.
const TIME_LAPSE: u32 = 5;

/// How long it waits for an answer: far longer than the receiver's time budget.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The clients at once, and the connections that are kept.
pub(crate) const CLIENTS: usize = 20;

/// A sender of events, with its connections.
pub(crate) struct Sender {
    agent: Agent,
    /// Where the receiver listens now.
    base: RwLock<String>,
    /// How long the answers took, in microseconds.
    latencies: Mutex<Histogram<u64>>,
}

/// What the receiver said of a request, if it said anything.
enum Answer {
    Acknowledged,
    /// It failed, or cannot be reached: it is tried again.
    Failed,
    /// It was refused, which none of these requests ever may be.
    Refused(String),
}

impl Sender {
    pub(crate) fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .max_idle_connections(2 * CLIENTS)
            .max_idle_connections_per_host(2 * CLIENTS)
            .build();
        let latencies = Histogram::new(3).expect("3 is a number of digits");
        Self {
            agent: Agent::new_with_config(config),
            base: RwLock::new(base.to_owned()),
            latencies: Mutex::new(latencies),
        }
    }

    /// The receiver listens elsewhere now.
    pub(crate) fn redirect(&self, base: &str) {
        base.clone_into(&mut self.base.write().unwrap());
    }

    /// Sends a request until it is acknowledged, or Elytra would give up. Tells which, or what the
    /// receiver said when it refused.
    pub(crate) fn deliver(&self, request: &Request) -> Result<bool, String> {
        let mut delay = FIRST_DELAY / TIME_LAPSE;
        for retry in 0..=RETRIES {
            if retry > 0 {
                sleep(delay);
                delay *= 2;
            }
            match self.send(request) {
                Answer::Acknowledged => return Ok(true),
                Answer::Failed => {}
                Answer::Refused(answer) => return Err(answer),
            }
        }
        Ok(false)
    }

    /// The median and the 99th percentile of all answers, in milliseconds.
    pub(crate) fn latencies(&self) -> (u64, u64) {
        let latencies = self.latencies.lock().unwrap();
        let milliseconds = |quantile| (latencies.value_at_quantile(quantile) + 500) / 1_000;
        (milliseconds(0.5), milliseconds(0.99))
    }

    fn send(&self, request: &Request) -> Answer {
        let url = format!("{}/webhook", self.base.read().unwrap());
        let mut call = self.agent.post(url).header("authorization", "Bearer right-token");
        for (name, value) in &request.headers.0 {
            call = call.header(name, value);
        }
        let started = Instant::now();
        let Ok(mut response) = call.send(&request.body[..]) else { return Answer::Failed };
        let status = response.status().as_u16();
        let Ok(body) = response.body_mut().read_to_string() else { return Answer::Failed };
        let microseconds = u64::try_from(started.elapsed().as_micros()).unwrap();
        self.latencies.lock().unwrap().record(microseconds).unwrap();
        match status {
            200..300 => Answer::Acknowledged,
            429 | 500.. => Answer::Failed,
            _ => Answer::Refused(format!("{status} {body}")),
        }
    }
}
