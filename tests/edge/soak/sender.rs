//! The sender, which retries as Elytra does, and the counts of the receiver's answers.

use std::fmt;
use std::sync::{Mutex, RwLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Deserialize;
use ureq::Agent;

use crate::traffic::Request;

/// How often Elytra retries.
const RETRIES: u32 = 5;

/// The delay before the first retry. It doubles each time.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// How much faster time passes here.
const TIME_LAPSE: u32 = 5;

/// How much longer than the receiver's time budget the sender waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A sender of events, with its connections.
pub(crate) struct Sender {
    agent: Agent,
    /// The receiver's current base URL.
    base: RwLock<String>,
    /// The response times, in microseconds.
    latencies: Mutex<Histogram<u64>>,
    tally: Mutex<Tally>,
}

/// The receiver's answers so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Events that the spool took.
    spooled: usize,
    /// Events that every destination already held.
    duplicates: usize,
    /// Answers that another request is forwarding an event.
    under_way: usize,
    /// 503 answers because a destination failed.
    undelivered: usize,
    /// Calls without an answer: workerd was dead, or took too long.
    unanswered: usize,
}

/// What is read of an answer: for a single event, a batch, or an event in a batch.
#[derive(Deserialize)]
struct Body {
    code: String,
    #[serde(default)]
    spooled: Vec<String>,
    #[serde(default)]
    events: Vec<Self>,
}

/// The receiver's answer to a request, if any.
enum Answer {
    Acknowledged,
    /// It failed or was unreachable. The request is retried.
    Failed,
    /// The request was refused, which must never happen here.
    Refused(String),
}

impl Sender {
    /// A sender for this many clients, to a receiver with this base URL and time budget.
    pub(crate) fn new(base: &str, clients: usize, time_budget: Duration) -> Self {
        // Each client may send twice at the same moment.
        let connections = 2 * clients;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(time_budget + TIMEOUT))
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .build();
        let latencies = Histogram::new(3).expect("3 is a number of digits");
        Self {
            agent: Agent::new_with_config(config),
            base: RwLock::new(base.to_owned()),
            latencies: Mutex::new(latencies),
            tally: Mutex::default(),
        }
    }

    /// Sets the receiver's new base URL.
    pub(crate) fn redirect(&self, base: &str) {
        base.clone_into(&mut self.base.write().unwrap());
    }

    /// Sends a request until it is acknowledged, or Elytra would give up. Returns whether it was
    /// acknowledged, or the answer if it was refused.
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

    /// The median and the 99th percentile of the response times, in milliseconds.
    pub(crate) fn latencies(&self) -> (u64, u64) {
        let latencies = self.latencies.lock().unwrap();
        let milliseconds = |quantile| (latencies.value_at_quantile(quantile) + 500) / 1_000;
        (milliseconds(0.5), milliseconds(0.99))
    }

    /// The receiver's answers so far.
    pub(crate) fn tally(&self) -> Tally {
        *self.tally.lock().unwrap()
    }

    /// Runs the receiver's cron trigger. Its result does not matter.
    pub(crate) fn ring(&self) {
        let url = format!("{}/test/cron", self.base.read().unwrap());
        if let Ok(mut response) = self.agent.get(url).call() {
            let _ = response.body_mut().read_to_string();
        }
    }

    fn send(&self, request: &Request) -> Answer {
        let answer = self.try_to_send(request);
        let mut tally = self.tally.lock().unwrap();
        match answer {
            Some((status @ (200..300 | 500..), body)) => {
                tally.count(&body);
                if status < 300 { Answer::Acknowledged } else { Answer::Failed }
            }
            Some((status, body)) => Answer::Refused(format!("{status} {body}")),
            None => {
                tally.unanswered += 1;
                Answer::Failed
            }
        }
    }

    /// Returns the status and body of the answer, if there is one.
    fn try_to_send(&self, request: &Request) -> Option<(u16, String)> {
        let url = format!("{}/webhook", self.base.read().unwrap());
        let mut call = self.agent.post(url).header("authorization", "Bearer right-token");
        for (name, value) in &request.headers.0 {
            call = call.header(name, value);
        }
        let started = Instant::now();
        let mut response = call.send(&request.body[..]).ok()?;
        let status = response.status().as_u16();
        let body = response.body_mut().read_to_string().ok()?;
        let microseconds = u64::try_from(started.elapsed().as_micros()).unwrap();
        self.latencies.lock().unwrap().record(microseconds).unwrap();
        Some((status, body))
    }
}

impl Tally {
    fn count(&mut self, body: &str) {
        // This answer is not ours: workerd is dying.
        let Ok(body) = serde_json::from_str::<Body>(body) else {
            self.unanswered += 1;
            return;
        };
        match &*body.code {
            "under_way" => self.under_way += 1,
            "undelivered" => self.undelivered += 1,
            _ => {}
        }
        let is_batch = !body.events.is_empty();
        for event in body.events.iter().chain((!is_batch).then_some(&body)) {
            self.spooled += usize::from(!event.spooled.is_empty());
            self.duplicates += usize::from(event.code == "duplicate");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spooled, duplicates, under_way, undelivered, unanswered } = self;
        write!(
            f,
            "{spooled} events spooled, {duplicates} answered as duplicates; {undelivered} answers \
             503 undelivered, {under_way} under way, {unanswered} none"
        )
    }
}
