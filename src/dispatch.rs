//! An event on its way to a subscription's destination.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::large::LargeEvent;
use crate::ledger::Key;
use crate::platform::BindingError;
use elytra_events::CloudEvent;

/// Why a dispatch failed that came to no end.
const NO_ANSWER: &str = "no answer before the time was up";

/// An event on its way to a subscription's destination.
#[derive(Debug)]
pub(crate) struct Dispatch<'c, 'e> {
    /// Its place among all dispatches of the request: by the events, and for each by the subscriptions.
    pub(crate) place: usize,
    /// The place of its event in the request.
    pub(crate) index: usize,
    pub(crate) event: &'e CloudEvent<'e>,
    /// The subscription's name.
    pub(crate) subscription: &'c str,
    /// What the ledger calls the destination.
    pub(crate) holder: &'c str,
    /// How the event is stored beside a message, where it is too large for one.
    pub(crate) large: Option<Rc<LargeEvent<'e>>>,
    /// The event's key in the ledger, where that is asked.
    pub(crate) key: Option<Rc<Key>>,
    progress: OnceCell<Progress>,
}

/// How far a dispatch has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The destination holds the event.
    Held,
    /// The destination holds something newer of the same object, so this is not needed any more.
    Superseded,
    /// The destination held it before.
    HeldBefore,
    /// The spool holds it, since the destination failed.
    Spooled(BindingError),
    /// Another request is forwarding the same event.
    UnderWay,
    /// The destination failed.
    Failed(BindingError),
}

impl<'c, 'e> Dispatch<'c, 'e> {
    /// An event that has not come anywhere yet.
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

    /// Notes how far it has come. What was noted first stands.
    pub(crate) fn note(&self, progress: Progress) {
        // What is over does not change: an answer that comes late changes nothing.
        let _ = self.progress.set(progress);
    }

    /// How far it has come; `None` where nobody knows yet.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.progress.get()
    }

    /// Whether the destination, or the spool on the way there, holds the event since this request, or what is
    /// newer.
    pub(crate) fn is_held(&self) -> bool {
        let held = |progress: &Progress| {
            matches!(progress, Progress::Held | Progress::Superseded | Progress::Spooled(_))
        };
        self.progress().is_some_and(held)
    }

    /// How far it has come in the end: what came to no end has failed.
    pub(crate) fn into_progress(self) -> Progress {
        let no_answer = || Progress::Failed(BindingError(NO_ANSWER.to_owned()));
        self.progress.into_inner().unwrap_or_else(no_answer)
    }
}
