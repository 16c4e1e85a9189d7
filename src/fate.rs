//! The result for each event of a request.

use crate::platform::BindingError;
use crate::subscription::Mismatch;

/// The fates of the events of a request, in the order of the events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fates<'c>(Vec<Fate<'c>>);

/// What happened to an event, as lists of the names of subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate<'c> {
    /// Subscriptions whose destinations hold the event since this request.
    pub held_now: Vec<&'c str>,
    /// Subscriptions whose destinations hold a newer state of the same object.
    pub superseded: Vec<&'c str>,
    /// Subscriptions whose destinations already held the event before this request.
    pub held_before: Vec<&'c str>,
    /// Subscriptions for which the spool holds the event, each with the error of its queue.
    pub spooled: Vec<(&'c str, BindingError)>,
    /// Subscriptions to which another request is forwarding the event.
    pub under_way: Vec<&'c str>,
    /// Subscriptions whose destinations failed, each with the error.
    pub failed: Vec<(&'c str, BindingError)>,
    /// Subscriptions that do not want the event, each with the reason. If another one wants it, they are known only if
    /// they are recorded, and the answer does not name them.
    pub unwanted: Vec<(&'c str, Mismatch)>,
}

/// The summary of a fate. The kind of a request is the greatest of the kinds of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FateKind {
    /// No subscription wants the event.
    Ignored,
    /// The destinations of all subscriptions that want the event already held it.
    Duplicate,
    /// A destination or the spool holds the event since this request, or a destination holds something newer.
    Accepted,
    /// Another request is forwarding the event.
    UnderWay,
    /// A destination failed.
    Undelivered,
}

impl<'c> Fates<'c> {
    /// The fates, in the order of the events.
    #[must_use]
    pub fn new(fates: Vec<Fate<'c>>) -> Self {
        Self(fates)
    }

    /// The kind of the request. A request without events is ignored.
    #[must_use]
    pub fn kind(&self) -> FateKind {
        self.iter().map(Fate::kind).max().unwrap_or(FateKind::Ignored)
    }

    /// Iterates over the fates.
    pub fn iter(&self) -> impl Iterator<Item = &Fate<'c>> {
        self.0.iter()
    }

    /// The fates as a list.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fate<'c>> {
        self.0
    }
}

impl<'c> Fate<'c> {
    /// The kind of this fate.
    #[must_use]
    pub fn kind(&self) -> FateKind {
        let is_held =
            !self.held_now.is_empty() || !self.spooled.is_empty() || !self.superseded.is_empty();
        if !self.failed.is_empty() {
            FateKind::Undelivered
        } else if !self.under_way.is_empty() {
            FateKind::UnderWay
        } else if is_held {
            FateKind::Accepted
        } else if !self.held_before.is_empty() {
            FateKind::Duplicate
        } else {
            FateKind::Ignored
        }
    }

    /// Why no subscription wants the event. Empty if any does.
    #[must_use]
    pub fn why_ignored(&self) -> &[(&'c str, Mismatch)] {
        if self.kind() == FateKind::Ignored { &self.unwanted } else { &[] }
    }

    /// `subscriptions` in the answer and the log: those that hold an event which is wherever it should be. `None`
    /// for any other event.
    #[must_use]
    pub fn subscriptions(&self) -> Option<Vec<&'c str>> {
        let is_served = matches!(self.kind(), FateKind::Accepted | FateKind::Duplicate);
        is_served.then(|| self.holders())
    }

    /// `held` in the answer and the log: those that hold an event which is still missing somewhere. `None` for any
    /// other event.
    #[must_use]
    pub fn held(&self) -> Option<Vec<&'c str>> {
        let is_missing = matches!(self.kind(), FateKind::Undelivered | FateKind::UnderWay);
        is_missing.then(|| self.holders())
    }

    /// All subscriptions whose destinations, or the spool for them, hold the event, sorted by name.
    fn holders(&self) -> Vec<&'c str> {
        let spooled = self.spooled.iter().map(|(name, _)| name);
        let mut holders: Vec<_> =
            self.held_now.iter().chain(&self.held_before).chain(spooled).copied().collect();
        holders.sort_unstable();
        holders
    }
}

impl FateKind {
    /// The stable code, as it appears in answers and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Duplicate => "duplicate",
            Self::Accepted => "accepted",
            Self::UnderWay => "under_way",
            Self::Undelivered => "undelivered",
        }
    }

    /// A sentence for the sender, if the code needs one.
    #[must_use]
    pub fn detail(self) -> Option<&'static str> {
        match self {
            Self::Ignored => Some("no subscription wants this event"),
            Self::Duplicate => Some("every subscription that wants this event already has it"),
            Self::Accepted | Self::UnderWay | Self::Undelivered => None,
        }
    }
}
