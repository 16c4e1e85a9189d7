//! What the journal is told about a request.

use std::borrow::Cow;

use crate::config::JournalSettings;
use crate::counts::Counts;
use crate::fate::{Fate, FateKind};
use crate::journal::{EventKey, Line, NewNote, Note, Received, State, SubscriptionState, What};
use crate::subscription::Mismatch;
use crate::text::shorten;
use crate::trace::Client;
use elytra_events::http::Mode;
use elytra_events::{CloudEvent, Known as _};

/// What the events of a request have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recording<'t> {
    /// What the journal keeps.
    pub(crate) settings: JournalSettings,
    /// When the request came, in milliseconds since 1970.
    pub(crate) arrived_at: u64,
    /// How it carries events.
    pub(crate) mode: Mode,
    /// The name of the secret that the caller presented.
    pub(crate) credential: Option<&'t str>,
    /// The client.
    pub(crate) client: &'t Client,
}

impl Recording<'_> {
    /// What is written about an event that came with this fate.
    pub(crate) fn note(&self, event: &CloudEvent<'_>, key: &EventKey, fate: &Fate<'_>) -> Note {
        let received = Received {
            code: fate.kind().code().into(),
            mode: Some(self.mode.as_str().into()),
            credential: self.credential.map(Cow::Borrowed),
            ray: self.client.ray.as_deref().map(Cow::Borrowed),
            client_address: self.client.address.as_deref().map(Cow::Borrowed),
            user_agent: self.client.user_agent.as_deref().map(Cow::Borrowed),
            subscriptions: states(fate),
        };
        Note::new(&NewNote {
            key,
            event,
            arrived_at: self.arrived_at,
            credential: self.credential,
            code: Some(fate.kind().code()),
            wanted_by: wanted_by(fate).map(|(name, ..)| name).collect(),
            line: Line { at: self.arrived_at, what: What::Received(received) },
            with_text: self.settings.body_retention_ms.is_some(),
        })
    }

    /// Counts an event that came with this fate.
    pub(crate) fn count(&self, event: &CloudEvent<'_>, fate: &Fate<'_>, counts: &mut Counts) {
        counts.add("events", &[fate.kind().code()], 1);
        for (name, state, _) in wanted_by(fate) {
            counts.add("fates", &[name, state.as_str()], 1);
        }
        if fate.kind() == FateKind::Accepted {
            counts.accepted(event.source(), self.arrived_at);
        }
    }
}

/// The subscriptions that want an event, what became of it there, and why.
fn wanted_by<'f>(fate: &'f Fate<'_>) -> impl Iterator<Item = (&'f str, State, Option<String>)> {
    let plain = |names: &'f [&str], state| names.iter().map(move |name| (*name, state, None));
    let spooled = fate.spooled.iter().map(|(name, why)| (*name, State::Spooled, why));
    let failed = fate.failed.iter().map(|(name, why)| (*name, State::Failed, why));
    let with_reason = spooled.chain(failed);
    let with_reason =
        with_reason.map(|(name, state, why)| (name, state, Some(shorten(why.to_string()))));
    plain(&fate.held_now, State::Held)
        .chain(plain(&fate.superseded, State::Superseded))
        .chain(plain(&fate.held_before, State::HeldBefore))
        .chain(plain(&fate.under_way, State::UnderWay))
        .chain(with_reason)
}

/// What became of an event for each subscription.
pub(crate) fn states<'f>(fate: &'f Fate<'_>) -> Vec<SubscriptionState<'f>> {
    let wanted = wanted_by(fate).map(|(name, state, reason)| SubscriptionState {
        subscription: name.into(),
        fate: state.as_str().into(),
        code: None,
        reason: reason.map(Cow::Owned),
    });
    let unwanted = fate.unwanted.iter().map(|(name, mismatch)| SubscriptionState {
        subscription: (*name).into(),
        fate: State::Unwanted.as_str().into(),
        code: Some(mismatch.code().into()),
        // The others follow from the code and the event.
        reason: matches!(mismatch, Mismatch::Filter(_))
            .then(|| shorten(mismatch.to_string()).into()),
    });
    wanted.chain(unwanted).collect()
}
