//! The history of an event: a line for each thing that happened to it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use elytra_events::names;

/// Something that happened to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line<'l> {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub what: What<'l>,
}

/// What happened to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What<'l> {
    /// It came, for the first time or again.
    Received(Received<'l>),
    /// An HTTP destination was called.
    Attempted(Attempt<'l>),
    /// It was stored as a dead letter.
    Stored {
        /// The subscription.
        subscription: Cow<'l, str>,
        /// The id of the dead letter.
        dead_letter: Cow<'l, str>,
    },
    /// An operator sent its dead letter again.
    Redriven {
        /// The subscription.
        subscription: Cow<'l, str>,
        /// The id of the dead letter.
        dead_letter: Cow<'l, str>,
        /// Who did: a person, or the binding of a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Cow<'l, str>>,
    },
    /// An operator deleted its dead letter.
    Deleted {
        /// The subscription.
        subscription: Cow<'l, str>,
        /// The id of the dead letter.
        dead_letter: Cow<'l, str>,
        /// Who did: a person, or the binding of a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Cow<'l, str>>,
    },
    /// A queue took it from the spool.
    Drained {
        /// The binding of the queue.
        queue: Cow<'l, str>,
        /// The subscriptions whose events go to the queue.
        subscriptions: Vec<Cow<'l, str>>,
    },
    /// A replay sent it again.
    Replayed {
        /// The id of the replay.
        replay: Cow<'l, str>,
        /// What became of it.
        subscriptions: Vec<SubscriptionState<'l>>,
    },
    /// Something that a later version wrote.
    #[serde(other)]
    Unknown,
}

/// How an event came, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received<'l> {
    /// The code in the answer.
    pub code: Cow<'l, str>,
    /// The mode of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Cow<'l, str>>,
    /// The name of the secret that the caller presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Cow<'l, str>>,
    /// The request's `cf-ray`, which Workers Logs have too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ray: Option<Cow<'l, str>>,
    /// The IP address that Cloudflare saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_address: Option<Cow<'l, str>>,
    /// `User-Agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Cow<'l, str>>,
    /// Tells apart what an isolate records in the same millisecond. A line that is there already is not written again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub number: u64,
    /// What became of it, for each subscription.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionState<'l>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A call to an HTTP destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt<'l> {
    /// The subscription.
    pub subscription: Cow<'l, str>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// `delivered`, `retried` or `dead`.
    pub result: Cow<'l, str>,
    /// The code of the [`Cause`](crate::delivery::Cause), unless it was delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cow<'l, str>>,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The cause in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'l, str>>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The delay before the next attempt, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u64>,
    /// Whether an operator had sent a dead letter again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redrive: bool,
    /// The id of the replay that sent it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Cow<'l, str>>,
}

names! {
    /// What became of an event for a subscription.
    pub enum State {
        Held = "held",
        HeldBefore = "held_before",
        Superseded = "superseded",
        Spooled = "spooled",
        UnderWay = "under_way",
        Failed = "failed",
        Unwanted = "unwanted",
        Drained = "drained",
        Delivered = "delivered",
        Retried = "retried",
        Dead = "dead",
        Redriven = "redriven",
        Deleted = "deleted",
    }
}

/// What became of an event for a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionState<'l> {
    /// The subscription.
    pub subscription: Cow<'l, str>,
    /// The name of the [`State`].
    pub fate: Cow<'l, str>,
    /// The code of the reason why it is unwanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'l, str>>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'l, str>>,
}
