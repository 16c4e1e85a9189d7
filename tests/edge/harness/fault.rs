//! Bindings that fail on demand: the faults that `worker/faults.mjs` gets, and the calls that it
//! counts.

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

/// A fault of a binding. Unless narrowed down, every call of every method fails.
///
/// If a binding has several faults, a call meets the first one that applies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use]
pub struct Fault {
    binding: String,
    /// Whether the operation takes effect.
    happens: bool,
    /// Whether the call returns, with an error.
    answers: bool,
    /// Whether the call continues when other faults are set.
    ends: bool,
    reason: Reason,
    method: Option<String>,
    text: Option<String>,
    after: u32,
    times: Option<u32>,
    probability: Option<f64>,
    seed: Option<u32>,
}

/// The error of a failing call, in Cloudflare's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A rate limit was exceeded.
    TooManyRequests,
    /// An error inside Cloudflare.
    InternalServerError,
    /// A Durable Object is full.
    StorageLimitExceeded,
}

/// The calls of a binding since the Worker's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Calls {
    /// The number of calls.
    pub calls: usize,
    /// How many of them failed because of a fault.
    pub failed: usize,
    /// How many of them a fault kept from returning, forever or for a while.
    pub hanging: usize,
    /// How many of them waited because of the latency.
    pub delayed: usize,
    /// How long they waited, all together, in milliseconds.
    pub delay_ms: u64,
}

impl Fault {
    /// The call fails and has no effect.
    pub fn fail(binding: &str) -> Self {
        Self::new(binding, false, true)
    }

    /// The call takes effect, but fails: its answer was lost.
    pub fn lost(binding: &str) -> Self {
        Self::new(binding, true, true)
    }

    /// The call has no effect, and never returns.
    pub fn hang(binding: &str) -> Self {
        Self::new(binding, false, false)
    }

    /// The call takes effect, and never returns.
    pub fn late(binding: &str) -> Self {
        Self::new(binding, true, false)
    }

    /// The call waits until other faults are set. Then it succeeds.
    pub fn hold(binding: &str) -> Self {
        Self { ends: true, ..Self::hang(binding) }
    }

    /// Applies only to this method, in JavaScript's spelling, such as `put`.
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Applies only to calls whose arguments contain this text. It must not have quotes, which JSON
    /// would escape.
    pub fn of(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }

    /// Applies only after this many successful calls.
    pub fn after(mut self, calls: u32) -> Self {
        self.after = calls;
        self
    }

    /// Applies only this often.
    pub fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// Applies only with this probability. The random generator starts with this seed, which a test
    /// prints.
    pub fn probability(mut self, probability: f64, seed: u32) -> Self {
        self.probability = Some(probability);
        self.seed = Some(seed);
        self
    }

    /// Sets the error. The default is [`Reason::TooManyRequests`].
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = reason;
        self
    }

    fn new(binding: &str, happens: bool, answers: bool) -> Self {
        Self {
            binding: binding.to_owned(),
            happens,
            answers,
            ends: false,
            reason: Reason::TooManyRequests,
            method: None,
            text: None,
            after: 0,
            times: None,
            probability: None,
            seed: None,
        }
    }
}

impl Reason {
    fn status_and_text(self) -> (u16, &'static str) {
        match self {
            Self::TooManyRequests => (429, "Too Many Requests"),
            Self::InternalServerError => (500, "Internal Server Error"),
            Self::StorageLimitExceeded => (507, "Storage Limit Exceeded"),
        }
    }
}

/// KV reports the status next to the text, and the others report only the text.
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (status, text) = self.status_and_text();
        let mut reason = serializer.serialize_struct("Reason", 2)?;
        reason.serialize_field("status", &status)?;
        reason.serialize_field("text", text)?;
        reason.end()
    }
}
