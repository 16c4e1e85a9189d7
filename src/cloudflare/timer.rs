//! Waiting for a time to come. All that is under way in a request waits with one timer of the
//! runtime's, however many times there are to wait for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::clock;

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    #[wasm_bindgen(catch, js_name = setTimeout)]
    fn set_timeout(
        callback: &Function,
        milliseconds: f64,
        is_time_up: bool,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = clearTimeout)]
    fn clear_timeout(timeout: &JsValue) -> Result<(), JsValue>;
}

/// Who waits in a request, and until when.
#[derive(Clone, Default)]
pub(super) struct Timers(Rc<RefCell<Sleepers>>);

#[derive(Default)]
struct Sleepers {
    last: u64,
    /// By the moment at which each is to be woken, in milliseconds since 1970, and a number.
    wakers: BTreeMap<(u64, u64), Waker>,
}

impl Timers {
    /// Waits for so many milliseconds, from the first poll on.
    pub(super) fn sleep(&self, milliseconds: u64) -> Sleep {
        Sleep { timers: self.clone(), milliseconds, key: None }
    }

    /// Wakes all who wait until this moment or an earlier one.
    fn wake(&self, moment: u64) {
        let woken = {
            let mut sleepers = self.0.borrow_mut();
            let others = sleepers.wakers.split_off(&(moment.saturating_add(1), 0));
            mem::replace(&mut sleepers.wakers, others)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// When the first is to be woken.
    fn first(&self) -> Option<u64> {
        self.0.borrow().wakers.keys().next().map(|(moment, _)| *moment)
    }
}

/// Somebody who waits.
pub(super) struct Sleep {
    timers: Timers,
    milliseconds: u64,
    key: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let timers = self.timers.clone();
        let mut sleepers = timers.0.borrow_mut();
        match self.key {
            None => {
                sleepers.last += 1;
                let key = (clock::now().saturating_add(self.milliseconds), sleepers.last);
                sleepers.wakers.insert(key, context.waker().clone());
                self.key = Some(key);
                Poll::Pending
            }
            Some(key) => match sleepers.wakers.get_mut(&key) {
                Some(waker) => {
                    waker.clone_from(context.waker());
                    Poll::Pending
                }
                None => Poll::Ready(()),
            },
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.timers.0.borrow_mut().wakers.remove(&key);
        }
    }
}

/// The timer of the runtime's with which they wait.
pub(super) struct Alarm {
    timers: Timers,
    /// Is called with `true` when the time has come.
    wake: Function,
    /// The timer that is set, and for when.
    timeout: Option<(u64, JsValue)>,
}

impl Alarm {
    /// It is not set yet.
    pub(super) fn new(timers: Timers, wake: Function) -> Self {
        Self { timers, wake, timeout: None }
    }

    /// Wakes those for whom it was set. The clock is not asked again: it may have been put back.
    pub(super) fn ring(&mut self) {
        if let Some((moment, _)) = self.timeout.take() {
            self.timers.wake(moment);
        }
    }

    /// Sets it for the first who waits. One that is set for an earlier moment, for somebody who waits no
    /// longer, is left: setting another costs as much as hearing it in vain.
    pub(super) fn set(&mut self, now: u64) {
        let Some(first) = self.timers.first() else { return };
        if self.timeout.as_ref().is_some_and(|(moment, _)| *moment <= first) {
            return;
        }
        self.clear();
        #[expect(clippy::cast_precision_loss, reason = "minutes at most")]
        let milliseconds = first.saturating_sub(now) as f64;
        // It cannot fail: there is a callback, and the time is a number.
        let timeout = set_timeout(&self.wake, milliseconds, true).ok();
        self.timeout = timeout.map(|timeout| (first, timeout));
    }

    fn clear(&mut self) {
        if let Some((_, timeout)) = self.timeout.take() {
            let _ = clear_timeout(&timeout);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.clear();
    }
}
