//! What became of the events of a request.

use crate::platform::BindingError;
use crate::subscription::Mismatch;

/// What became of the events of a request, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fates<'c>(Vec<Fate<'c>>);

/// What became of an event, told by the names of the subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate<'c> {
    /// Their destinations hold it now.
    pub held: Vec<&'c str>,
    /// Their destinations hold something newer of the same object.
    pub superseded: Vec<&'c str>,
    /// Their destinations held it before this request.
    pub held_before: Vec<&'c str>,
    /// The spool holds it for them, each with the reason why its queue does not.
    pub spooled: Vec<(&'c str, BindingError)>,
    /// Another request is forwarding it to them.
    pub under_way: Vec<&'c str>,
    /// Their destinations failed, each with the reason.
    pub failed: Vec<(&'c str, BindingError)>,
    /// They do not want it, each with the reason; told where nobody wants it.
    pub unwanted: Vec<(&'c str, Mismatch)>,
}

/// What a fate comes to. That of a request is the greatest of its events'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FateKind {
    /// No subscription wants it.
    Ignored,
    /// All that want it held it before.
    Duplicate,
    /// Something holds it that did not before, or holds what is newer.
    Accepted,
    /// Another request is forwarding it.
    UnderWay,
    /// A destination failed.
    Undelivered,
}

impl<'c> Fates<'c> {
    /// These, in the order of their events.
    #[must_use]
    pub fn new(fates: Vec<Fate<'c>>) -> Self {
        Self(fates)
    }

    /// What the request comes to; one without events is ignored.
    #[must_use]
    pub fn kind(&self) -> FateKind {
        self.iter().map(Fate::kind).max().unwrap_or(FateKind::Ignored)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Fate<'c>> {
        self.0.iter()
    }

    /// All of them.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fate<'c>> {
        self.0
    }
}

impl<'c> Fate<'c> {
    /// What it comes to.
    #[must_use]
    pub fn kind(&self) -> FateKind {
        let is_held =
            !self.held.is_empty() || !self.spooled.is_empty() || !self.superseded.is_empty();
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

    /// All subscriptions for which something holds it, now or before, in the order of their names.
    #[must_use]
    pub fn holders(&self) -> Vec<&'c str> {
        let spooled = self.spooled.iter().map(|(name, _)| name);
        let mut holders: Vec<_> =
            self.held.iter().chain(&self.held_before).chain(spooled).copied().collect();
        holders.sort_unstable();
        holders
    }
}

impl FateKind {
    /// The stable code, as it stands in answers and logs.
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

    /// What the sender of an event is told besides, where the code alone does not say it.
    #[must_use]
    pub fn detail(self) -> Option<&'static str> {
        match self {
            Self::Ignored => Some("no subscription wants this event"),
            Self::Duplicate => Some("every subscription that wants this event held it before"),
            Self::Accepted | Self::UnderWay | Self::Undelivered => None,
        }
    }
}
