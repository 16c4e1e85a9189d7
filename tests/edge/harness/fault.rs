//! Bindings that fail on demand: what `worker/faults.mjs` is told, and what it counts.

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

/// A binding that fails: in every call of every method, unless it is narrowed down.
///
/// Of several faults of a binding, a call meets the first whose turn it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[must_use]
pub struct Fault {
    binding: String,
    /// Whether what is called for happens all the same.
    happens: bool,
    /// Whether the call ends, with an error.
    answers: bool,
    /// Whether the call goes on when other faults are set.
    ends: bool,
    reason: Reason,
    method: Option<String>,
    text: Option<String>,
    after: u32,
    times: Option<u32>,
    probability: Option<f64>,
    seed: Option<u32>,
}

/// What a failing call says, in Cloudflare's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A limit of calls in a time is reached.
    TooManyRequests,
    /// Something is wrong at Cloudflare.
    InternalServerError,
    /// A Durable Object is full.
    StorageLimitExceeded,
}

/// What a binding was called for so far, since the Worker's start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Calls {
    /// How many calls there were, in all.
    pub calls: usize,
    /// How many of them a fault made fail.
    pub failed: usize,
    /// How many of them a fault left without an answer, for ever or for a while.
    pub hanging: usize,
}

impl Fault {
    /// A call fails, and nothing has happened.
    pub fn fail(binding: &str) -> Self {
        Self::new(binding, false, true)
    }

    /// A call is done and fails all the same: its answer was lost.
    pub fn lost(binding: &str) -> Self {
        Self::new(binding, true, true)
    }

    /// A call is not done, and never answers.
    pub fn hang(binding: &str) -> Self {
        Self::new(binding, false, false)
    }

    /// A call is done, and never answers.
    pub fn late(binding: &str) -> Self {
        Self::new(binding, true, false)
    }

    /// A call is held up, until other faults are set; then it is done, and goes well.
    pub fn hold(binding: &str) -> Self {
        Self { ends: true, ..Self::hang(binding) }
    }

    /// Only this method, in JavaScript's spelling, such as `put`.
    pub fn on(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only where this text stands in what is sent or written; no quotes, which JSON would escape.
    pub fn of(mut self, text: &str) -> Self {
        self.text = Some(text.to_owned());
        self
    }

    /// Only after this many calls that go well.
    pub fn after(mut self, calls: u32) -> Self {
        self.after = calls;
        self
    }

    /// Only this often.
    pub fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// Only with this probability, by a generator that starts with this seed. A test prints it.
    pub fn probability(mut self, probability: f64, seed: u32) -> Self {
        self.probability = Some(probability);
        self.seed = Some(seed);
        self
    }

    /// With these words, where it answers; [`Reason::TooManyRequests`] where none are chosen.
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

/// KV tells the status beside the text, the others the text alone.
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (status, text) = self.status_and_text();
        let mut reason = serializer.serialize_struct("Reason", 2)?;
        reason.serialize_field("status", &status)?;
        reason.serialize_field("text", text)?;
        reason.end()
    }
}
