//! What the journal is told about a request.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::counts::Counts;
use crate::fate::{Fate, FateKind};
use crate::journal::{
    EventKey, Facts, Line, NewNote, Note, Received, State, SubscriptionState, What, object_of,
};
use crate::subscription::Mismatch;
use crate::text::shorten;
use crate::trace::Client;
use elytra_events::http::Mode;
use elytra_events::{CloudEvent, Known as _};

/// How many events this isolate has recorded.
static RECORDED: AtomicU64 = AtomicU64::new(1);

/// What the events of a request, or of a step of a replay, have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recording<'t> {
    /// Whether the texts of the events are kept.
    pub(crate) keeps_texts: bool,
    /// When it happened, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Why events are forwarded.
    pub(crate) occasion: Occasion<'t>,
}

/// Why events are forwarded.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion<'t> {
    /// A request brought them.
    Received {
        /// How it carries them.
        mode: Mode,
        /// The name of the secret that the caller presented.
        credential: Option<&'t str>,
        /// The client.
        client: &'t Client,
    },
    /// The replay with this id sends them again.
    Replayed(&'t str),
}

impl Recording<'_> {
    /// What is written about an event with this fate.
    pub(crate) fn note(&self, event: &CloudEvent<'_>, key: EventKey, fate: &Fate<'_>) -> Note {
        let subscriptions = states(fate);
        let (what, code, credential) = match self.occasion {
            Occasion::Received { mode, credential, client } => {
                let received = Received {
                    code: fate.kind().code().into(),
                    mode: Some(mode.as_str().into()),
                    credential: credential.map(Cow::Borrowed),
                    ray: client.ray.as_deref().map(Cow::Borrowed),
                    client_address: client.address.as_deref().map(Cow::Borrowed),
                    user_agent: client.user_agent.as_deref().map(Cow::Borrowed),
                    number: RECORDED.fetch_add(1, Ordering::Relaxed),
                    subscriptions,
                };
                (What::Received(received), Some(fate.kind().code()), credential)
            }
            Occasion::Replayed(id) => {
                (What::Replayed { replay: id.into(), subscriptions }, None, None)
            }
        };
        let keeps_text = code.is_some() && self.keeps_texts;
        Note::new(&NewNote {
            key,
            object: object_of(event),
            facts: Facts::of(event, self.at, credential),
            code,
            wanted_by: wanted_by(fate).map(|(name, ..)| name).collect(),
            line: Line { at: self.at, what },
            text: Some(event.as_json()).filter(|_| keeps_text),
        })
    }

    /// Counts an event with this fate.
    pub(crate) fn count(&self, event: &CloudEvent<'_>, fate: &Fate<'_>, counts: &mut Counts) {
        let code = fate.kind().code();
        if let Occasion::Replayed(_) = self.occasion {
            counts.add("replayed", &[code], 1);
            return;
        }
        counts.add("events", &[code], 1);
        counts.heard(event.source(), self.at);
        if let Occasion::Received { credential: Some(credential), .. } = self.occasion {
            counts.used(credential, self.at);
        }
        for (name, state, _) in wanted_by(fate) {
            counts.add("fates", &[name, state.as_str()], 1);
        }
        if fate.kind() == FateKind::Accepted {
            counts.accepted(event.source(), self.at);
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
