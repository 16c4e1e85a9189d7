//! The answers to operators.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::dead::{Action, DeadLetterMetadata, Stuck};
use crate::jobs::Job;
use crate::message::DeadMessage;
use crate::when::to_rfc3339;

/// A page of dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeadLetterPage {
    /// The dead letters of the page.
    pub dead_letters: Vec<ListedDeadLetter>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A dead letter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedDeadLetter {
    /// Its key in `DEAD`.
    pub id: String,
    /// What is known about it.
    #[serde(flatten)]
    pub metadata: DeadLetterMetadata,
    /// `accepted_at`, in RFC 3339.
    pub accepted_time: String,
    /// `died_at`, in RFC 3339.
    pub died_time: String,
}

impl ListedDeadLetter {
    /// The dead letter with this id and metadata.
    pub(crate) fn new(id: String, metadata: DeadLetterMetadata) -> Self {
        let accepted_time = to_rfc3339(metadata.accepted_at);
        let died_time = to_rfc3339(metadata.died_at);
        Self { id, metadata, accepted_time, died_time }
    }
}

/// A complete dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its key in `DEAD`.
    pub id: String,
    /// What is known about it.
    pub why: DeadMessage<'static>,
    /// The event, byte for byte.
    pub event: String,
}

/// The result of a redrive, or of its first step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// The ids of the dead letters that were sent again, and deleted.
    pub redriven: Vec<String>,
    /// Those that had already been sent again or deleted, and are deleted now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub already_sent: Vec<String>,
    /// Those that another redrive is sending right now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<String>,
    /// Those that can never be sent again, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<Stuck>,
    /// Always `None`. Clients of version 0.1.0 repeat a redrive until it is.
    pub cursor: Option<String>,
    /// What continues on its own, unless a single dead letter was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobView>,
}

/// The result of deleting dead letters, or of the first step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeletedLetters {
    /// The ids of the dead letters that were deleted.
    pub deleted: Vec<String>,
    /// Those that had already been sent again or deleted, and are deleted now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub already_sent: Vec<String>,
    /// Those that another request is sending or deleting right now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<String>,
    /// What continues on its own, unless a single dead letter was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobView>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobView {
    /// `<started_at>/<digest>`.
    pub id: String,
    /// `redrive` or `delete`.
    pub action: &'static str,
    /// Which dead letters are meant.
    pub filter: FilterView,
    /// Who started it: a person, or the binding of a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it started, in milliseconds since 1970.
    pub started_at: u64,
    /// The same, in RFC 3339.
    pub started_time: String,
    /// `running`, `finished`, `stopped` or `failed`.
    pub state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many dead letters it has sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redriven: Option<usize>,
    /// How many dead letters it has deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<usize>,
    /// How many had already been sent again or deleted.
    pub already_sent: usize,
    /// How many were left to another request.
    pub under_way: usize,
    /// How many can never be sent again.
    pub stuck: usize,
    /// How many were looked at, meant or not.
    pub looked_at: usize,
}

/// Which dead letters are meant: the parameters of the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilterView {
    /// The subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The `id` of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The first time, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The time after the last one, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl JobView {
    /// What an operator sees of a job.
    pub(crate) fn new(job: &Job) -> Self {
        let done = Some(job.progress.done);
        let filter = job.filter.clone();
        Self {
            id: job.id.clone(),
            action: job.action.as_str(),
            filter: FilterView {
                subscription: filter.subscription,
                cause: filter.cause,
                event: filter.event,
                since: filter.since.map(to_rfc3339),
                until: filter.until.map(to_rfc3339),
            },
            by: job.by.clone(),
            started_at: job.started_at,
            started_time: to_rfc3339(job.started_at),
            state: job.state.as_str(),
            reason: job.reason.clone(),
            redriven: done.filter(|_| job.action == Action::Redrive),
            deleted: done.filter(|_| job.action == Action::Delete),
            already_sent: job.progress.already_sent,
            under_way: job.progress.under_way,
            stuck: job.progress.stuck,
            looked_at: job.progress.looked_at,
        }
    }
}

/// A page of jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JobPage {
    /// The jobs, the newest first.
    pub jobs: Vec<JobView>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A page of messages that were set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SetAsidePage {
    /// The messages, the oldest of each queue first.
    pub set_aside: Vec<SetAside>,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A message that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// `<queue>/<spooled_at>/<digest>`. This is not the id of the event.
    pub id: String,
    /// The binding of its queue.
    pub queue: String,
    /// When it was spooled, in milliseconds since 1970.
    pub spooled_at: u64,
    /// The same, in RFC 3339.
    pub spooled_time: String,
    /// How often its queue refused it while it took others.
    pub refused: u64,
    /// The reason for the last refusal, if it fit in the metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is known about its event: `id`, `source`, `type` and so on, as far as they fit in the
    /// metadata.
    pub event: Map<String, Value>,
}

impl SetAside {
    /// The message with this id and metadata.
    pub(crate) fn new(id: &str, metadata: Option<Value>) -> Self {
        let mut event = match metadata {
            Some(Value::Object(metadata)) => metadata,
            _ => Map::new(),
        };
        let refused = event.remove("refused").and_then(|refused| refused.as_u64());
        let reason = event.remove("reason");
        let (queue, rest) = id.split_once('/').unwrap_or((id, ""));
        let spooled_at = rest.split_once('/').and_then(|(time, _)| time.parse().ok());
        let spooled_at = spooled_at.unwrap_or_default();
        Self {
            id: id.to_owned(),
            queue: queue.to_owned(),
            spooled_at,
            spooled_time: to_rfc3339(spooled_at),
            refused: refused.unwrap_or_default(),
            reason: reason.and_then(|reason| reason.as_str().map(str::to_owned)),
            event,
        }
    }
}

/// A message that an operator sent or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// The id of the message.
    pub id: String,
    /// Whether it had already been sent, and was only deleted now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub already_sent: bool,
}

/// An object that was reset: the next event of it is written, whatever its `time`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reset {
    /// The object, as `<objectType>/<objectId>`.
    pub object: String,
    /// The subscriptions for which it was reset.
    pub subscriptions: Vec<String>,
}
