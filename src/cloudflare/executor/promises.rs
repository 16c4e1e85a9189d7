//! The promises that a call waits for. JavaScript awaits them, and reports what comes of each, since a closure of the
//! wasm costs more than one of JavaScript.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::host::Host;

/// What comes of a promise: its value, or its reason.
pub(super) type Outcome = Result<JsValue, JsValue>;

/// The promises of a call.
#[derive(Clone)]
pub(in crate::cloudflare) struct Promises(Rc<RefCell<Watched>>);

struct Watched {
    host: Host,
    last: u32,
    /// Those that somebody waits for, by their numbers.
    states: BTreeMap<u32, State>,
}

enum State {
    New,
    Awaited(Waker),
    Settled(Outcome),
}

impl Promises {
    pub(super) fn new(host: Host) -> Self {
        Self(Rc::new(RefCell::new(Watched { host, last: 0, states: BTreeMap::new() })))
    }

    /// What comes of a promise.
    pub(in crate::cloudflare) fn settled(&self, promise: &Promise) -> Settled {
        let mut watched = self.0.borrow_mut();
        watched.last = watched.last.wrapping_add(1);
        let number = watched.last;
        let watching = watched.host.watch(promise, number);
        let state = watching.map_or_else(|error| State::Settled(Err(error)), |()| State::New);
        watched.states.insert(number, state);
        Settled { promises: self.clone(), number }
    }

    /// Takes what has come of the promise with this number. If nobody waits for it any more, it means nothing.
    pub(super) fn settle(&self, number: u32, outcome: Outcome) {
        let before = {
            let mut watched = self.0.borrow_mut();
            let Some(state) = watched.states.get_mut(&number) else { return };
            mem::replace(state, State::Settled(outcome))
        };
        if let State::Awaited(waker) = before {
            waker.wake();
        }
    }
}

/// Waits for a promise.
pub(in crate::cloudflare) struct Settled {
    promises: Promises,
    number: u32,
}

impl Future for Settled {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut watched = self.promises.0.borrow_mut();
        if let Some(State::Settled(outcome)) = watched.states.remove(&self.number) {
            return Poll::Ready(outcome);
        }
        watched.states.insert(self.number, State::Awaited(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Settled {
    fn drop(&mut self) {
        self.promises.0.borrow_mut().states.remove(&self.number);
    }
}
