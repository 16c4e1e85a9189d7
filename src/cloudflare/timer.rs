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

/// The longest that a timer of the runtime's is set for, in milliseconds. One that is set for the body
/// then serves whatever comes after it, too: to clear it and set another costs as much as all of a
/// request's other waiting, and to hear it in vain, once in a while, next to nothing.
const MAX_TIMER_MS: u64 = 250;

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
///
/// Moments are milliseconds since the request began, as the timers tell: the clock may be put forward or
/// back in between.
#[derive(Clone, Default)]
pub(super) struct Timers(Rc<RefCell<Sleepers>>);

#[derive(Default)]
struct Sleepers {
    last: u64,
    /// By the moment at which each is to be woken, and a number.
    wakers: BTreeMap<(u64, u64), Waker>,
    /// What has passed for certain, up to when the last timer rang or was cleared.
    passed: u64,
    /// The timer that is set.
    timer: Option<Timer>,
}

/// A timer of the runtime's.
struct Timer {
    timeout: JsValue,
    /// When it was set, by the clock, in milliseconds since 1970.
    since: u64,
    milliseconds: u64,
}

impl Timer {
    /// How much of it has passed, as far as the clock can be believed.
    fn passed(&self) -> u64 {
        clock::now().saturating_sub(self.since).min(self.milliseconds)
    }
}

impl Sleepers {
    /// The moment it is.
    fn now(&self) -> u64 {
        self.passed + self.timer.as_ref().map_or(0, Timer::passed)
    }

    /// When the timer that is set rings.
    fn rings_at(&self) -> Option<u64> {
        self.timer.as_ref().map(|timer| self.passed + timer.milliseconds)
    }
}

impl Timers {
    /// Waits for so many milliseconds, from the first poll on.
    pub(super) fn sleep(&self, milliseconds: u64) -> Sleep {
        Sleep { timers: self.clone(), milliseconds, key: None }
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
                let key = (sleepers.now().saturating_add(self.milliseconds), sleepers.last);
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
}

impl Alarm {
    /// It is not set yet.
    pub(super) fn new(timers: Timers, wake: Function) -> Self {
        Self { timers, wake }
    }

    /// Wakes those whose time has come.
    pub(super) fn ring(&mut self) {
        let woken = {
            let mut sleepers = self.timers.0.borrow_mut();
            let Some(moment) = sleepers.rings_at() else { return };
            sleepers.timer = None;
            sleepers.passed = moment;
            let others = sleepers.wakers.split_off(&(moment.saturating_add(1), 0));
            mem::replace(&mut sleepers.wakers, others)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// Sets it for the first who waits. One that is set for an earlier moment, for somebody who waits no
    /// longer, is left: setting another costs as much as hearing it in vain.
    pub(super) fn set(&mut self) {
        let mut sleepers = self.timers.0.borrow_mut();
        let Some((first, _)) = sleepers.wakers.keys().next().copied() else { return };
        if sleepers.rings_at().is_some_and(|moment| moment <= first) {
            return;
        }
        sleepers.passed = sleepers.now();
        clear(sleepers.timer.take());
        let milliseconds = first.saturating_sub(sleepers.passed).min(MAX_TIMER_MS);
        #[expect(clippy::cast_precision_loss, reason = "a quarter of a second at most")]
        let timeout = set_timeout(&self.wake, milliseconds as f64, true);
        // It cannot fail: there is a callback, and the time is a number.
        let timeout = timeout.ok();
        let since = clock::now();
        sleepers.timer = timeout.map(|timeout| Timer { timeout, since, milliseconds });
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        clear(self.timers.0.borrow_mut().timer.take());
    }
}

fn clear(timer: Option<Timer>) {
    if let Some(Timer { timeout, .. }) = timer {
        let _ = clear_timeout(&timeout);
    }
}
