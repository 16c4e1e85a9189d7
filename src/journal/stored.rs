//! An event as the journal has it, and what is said of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::line::{Line, Received, State, SubscriptionState, What};
use super::note::Facts;
use crate::when::to_rfc3339;
use elytra_events::Known as _;

/// An event as a shard returns it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its place in the shard, which grows with time.
    pub seq: u64,
    /// Its key.
    pub key: String,
    /// The code of the last answer that meant something new. `None` if only what happened later is known.
    #[serde(default)]
    pub code: Option<String>,
    /// How often it came.
    pub received: u64,
    /// When it came last, in milliseconds since 1970.
    #[serde(default)]
    pub last_at: Option<u64>,
    /// What is known about it.
    pub facts: Facts<'static>,
    /// What happened to it.
    pub history: Vec<Line<'static>>,
    /// How many lines the history has lost.
    #[serde(default)]
    pub left_out: u64,
    /// Whether its text is kept.
    #[serde(default)]
    pub has_text: bool,
    /// Its text, if it was asked for.
    #[serde(default)]
    pub text: Option<String>,
}

/// What became of it for each subscription, by name.
type States = BTreeMap<String, SubscriptionState<'static>>;

fn put(states: &mut States, name: &str, state: State, reason: Option<&str>) {
    let new = SubscriptionState {
        subscription: name.to_owned().into(),
        fate: state.as_str().into(),
        code: None,
        reason: reason.map(|reason| reason.to_owned().into()),
    };
    states.insert(name.to_owned(), new);
}

/// Whether a request says something new with this state, after this one. One that met another request, or came after it,
/// does not, whichever of the two is written first.
fn is_news(new: Option<State>, before: Option<State>) -> bool {
    match new {
        Some(State::Unwanted | State::UnderWay) => before.is_none(),
        Some(State::HeldBefore) => matches!(before, None | Some(State::Unwanted | State::UnderWay)),
        _ => true,
    }
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Its key.
    pub key: String,
    /// When it first came, in RFC 3339.
    pub arrived_time: String,
    /// How often it came.
    pub received: u64,
    /// When it came last, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_received_at: Option<u64>,
    /// The same, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_received_time: Option<String>,
    /// The code of the last answer that meant something new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What is known about it.
    #[serde(flatten)]
    pub facts: Facts<'static>,
    /// The mode in which it first came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `cf-ray` of the request with which it first came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ray: Option<String>,
    /// The IP address from which it first came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_address: Option<String>,
    /// `User-Agent` of the request with which it first came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What became of it, for each subscription.
    pub subscriptions: Vec<SubscriptionState<'static>>,
    /// Whether its text is kept.
    pub has_text: bool,
}

impl StoredEvent {
    /// Puts the history in the order of time: what happened later may have been written first.
    pub fn sort(&mut self) {
        self.history.sort_by_key(|line| line.at);
    }

    /// What became of it in the end, for each subscription.
    #[must_use]
    pub fn states(&self) -> Vec<SubscriptionState<'static>> {
        let mut states = States::new();
        let mut lines: Vec<_> = self.history.iter().collect();
        lines.sort_by_key(|line| line.at);
        for line in lines {
            match &line.what {
                What::Received(Received { subscriptions, .. })
                | What::Replayed { subscriptions, .. } => {
                    for new in subscriptions {
                        let name = &*new.subscription;
                        let before =
                            states.get(name).and_then(|state| State::from_name(&state.fate));
                        if is_news(State::from_name(&new.fate), before) {
                            states.insert(name.to_owned(), new.clone());
                        }
                    }
                }
                What::Attempted(attempt) => {
                    let state = State::from_name(&attempt.result).unwrap_or(State::Retried);
                    put(&mut states, &attempt.subscription, state, attempt.reason.as_deref());
                }
                What::Redriven { subscription, .. } => {
                    put(&mut states, subscription, State::Redriven, None);
                }
                What::Deleted { subscription, .. } => {
                    put(&mut states, subscription, State::Deleted, None);
                }
                What::Drained { subscriptions, .. } => {
                    for name in subscriptions {
                        let state = states.get(&**name);
                        if state.is_some_and(|state| state.fate == State::Spooled.as_str()) {
                            put(&mut states, name, State::Drained, None);
                        }
                    }
                }
                What::Stored { .. } | What::Unknown => {}
            }
        }
        states.into_values().collect()
    }

    /// The event in a list.
    #[must_use]
    pub fn summary(self) -> Summary {
        let subscriptions = self.states();
        let first = self.history.iter().find_map(|line| match &line.what {
            What::Received(received) => Some(received.clone()),
            _ => None,
        });
        let first = first.unwrap_or_default();
        Summary {
            key: self.key,
            arrived_time: to_rfc3339(self.facts.arrived_at),
            received: self.received,
            last_received_at: self.last_at,
            last_received_time: self.last_at.map(to_rfc3339),
            code: self.code,
            facts: self.facts,
            mode: first.mode.map(Cow::into_owned),
            ray: first.ray.map(Cow::into_owned),
            client_address: first.client_address.map(Cow::into_owned),
            user_agent: first.user_agent.map(Cow::into_owned),
            subscriptions,
            has_text: self.has_text,
        }
    }
}
