//! An event on its way to a subscription's destination.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::large::LargeEvent;
use crate::ledger::Key;
use crate::platform::BindingError;
use elytra_events::CloudEvent;

/// Why a dispatch failed that had no result at the deadline.
const NO_ANSWER: &str = "no answer before the deadline";

/// An event on its way to a subscription's destination.
#[derive(Debug)]
pub(crate) struct Dispatch<'c, 'e> {
    /// Its place among all dispatches of the request, which are sorted by event, then by subscription.
    pub(crate) place: usize,
    /// The place of its event in the request.
    pub(crate) index: usize,
    pub(crate) event: &'e CloudEvent<'e>,
    /// The subscription's name.
    pub(crate) subscription: &'c str,
    /// The destination's name in the ledger.
    pub(crate) holder: &'c str,
    /// How the event is stored in `CLAIMS`, if it is too large for a message.
    pub(crate) large: Option<Rc<LargeEvent<'e>>>,
    /// The event's key in the ledger, if events are deduplicated.
    pub(crate) key: Option<Rc<Key>>,
    progress: OnceCell<Progress>,
}

/// How far a dispatch has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The destination holds the event.
    Held,
    /// The destination holds a newer state of the same object, so this event is not needed any more.
    Superseded,
    /// The destination already held the event before this request.
    HeldBefore,
    /// The spool holds the event, because the destination failed.
    Spooled(BindingError),
    /// Another request is forwarding the same event.
    UnderWay,
    /// The destination failed.
    Failed(BindingError),
}

impl<'c, 'e> Dispatch<'c, 'e> {
    /// A dispatch without progress.
    pub(crate) fn new(
        place: usize,
        index: usize,
        event: &'e CloudEvent<'e>,
        subscription: &'c str,
        holder: &'c str,
    ) -> Self {
        let progress = OnceCell::new();
        Self { place, index, event, subscription, holder, large: None, key: None, progress }
    }

    /// Notes how far it has come. Only the first call has an effect.
    pub(crate) fn note(&self, progress: Progress) {
        // A late answer does not change the result.
        let _ = self.progress.set(progress);
    }

    /// How far it has come, or `None` if that is not known yet.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.progress.get()
    }

    /// Whether this request brought the event to its destination or to the spool, or found something newer there.
    pub(crate) fn is_held(&self) -> bool {
        let held = |progress: &Progress| {
            matches!(progress, Progress::Held | Progress::Superseded | Progress::Spooled(_))
        };
        self.progress().is_some_and(held)
    }

    /// How far it has come in the end. A dispatch without progress has failed.
    pub(crate) fn into_progress(self) -> Progress {
        let no_answer = || Progress::Failed(BindingError(NO_ANSWER.to_owned()));
        self.progress.into_inner().unwrap_or_else(no_answer)
    }
}
