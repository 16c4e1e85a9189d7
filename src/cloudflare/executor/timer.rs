//! Sleeping. All sleepers of a call share one runtime timer, however many there are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::host::Host;
use crate::cloudflare::clock;

/// The longest time that a runtime timer is set for, in milliseconds. A timer that was set for the body
/// then also serves whatever comes after it, and one that goes off in vain now and then costs next to nothing.
/// It cannot be cleared, which would cost as much as all other waiting of a request. The runtime drops it with
/// the request.
const MAX_TIMER_MS: u64 = 250;

/// The sleepers of a call.
///
/// Moments are milliseconds since the call began, as measured by the timers: the clock may be set forward
/// or back in between, so it only tells how late a timer is.
#[derive(Clone, Default)]
pub(in crate::cloudflare) struct Timers(Rc<RefCell<Sleepers>>);

/// How late a timer can be, in milliseconds. If it seems to be later, the clock was set forward.
const MAX_LATE_MS: u64 = 1_000;

#[derive(Default)]
struct Sleepers {
    last: u64,
    /// By the moment at which each wakes up, and a number.
    wakers: BTreeMap<(u64, u64), Waker>,
    /// The moment at which the last timer went off or was replaced.
    passed: u64,
    /// How many timers were set so far.
    timers: u32,
    /// The timer that is set.
    timer: Option<Timer>,
}

/// A runtime timer.
struct Timer {
    number: u32,
    /// When it was set, by the clock, in milliseconds since 1970.
    since: u64,
    milliseconds: u64,
}

impl Timer {
    /// How many of its milliseconds have passed, as far as the clock can be believed.
    fn passed(&self) -> u64 {
        clock::now().saturating_sub(self.since).min(self.milliseconds)
    }

    /// After how many milliseconds it has gone off. In a busy isolate it is late, and many late timers add up.
    fn rang_after(&self) -> u64 {
        let passed = clock::now().saturating_sub(self.since);
        passed.clamp(self.milliseconds, self.milliseconds + MAX_LATE_MS)
    }
}

impl Sleepers {
    /// The present moment.
    fn now(&self) -> u64 {
        self.passed + self.timer.as_ref().map_or(0, Timer::passed)
    }

    /// The moment at which the timer goes off.
    fn rings_at(&self) -> Option<u64> {
        self.timer.as_ref().map(|timer| self.passed + timer.milliseconds)
    }
}

impl Timers {
    /// Sleeps for so many milliseconds, starting with the first poll.
    pub(in crate::cloudflare) fn sleep(&self, milliseconds: u64) -> Sleep {
        Sleep { timers: self.clone(), milliseconds, key: None }
    }
}

/// A sleeper.
pub(in crate::cloudflare) struct Sleep {
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

/// The runtime timer that the sleepers of a call share.
pub(super) struct Alarm {
    timers: Timers,
    host: Host,
}

impl Alarm {
    /// Creates it unset.
    pub(super) fn new(timers: Timers, host: Host) -> Self {
        Self { timers, host }
    }

    /// Wakes the sleepers whose time has come, now that the timer with this number has gone off. If it
    /// was replaced in the meantime, its news comes too late and means nothing.
    pub(super) fn ring(&mut self, number: u32) {
        let woken = {
            let mut sleepers = self.timers.0.borrow_mut();
            if sleepers.timer.as_ref().is_none_or(|timer| timer.number != number) {
                return;
            }
            let Some(timer) = sleepers.timer.take() else { return };
            let moment = sleepers.passed + timer.rang_after();
            sleepers.passed = moment;
            let others = sleepers.wakers.split_off(&(moment.saturating_add(1), 0));
            mem::replace(&mut sleepers.wakers, others)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// Sets the timer for the first sleeper. One that goes off before that, for a sleeper who is gone, is
    /// left alone.
    pub(super) fn set(&mut self) {
        let mut sleepers = self.timers.0.borrow_mut();
        let Some((first, _)) = sleepers.wakers.keys().next().copied() else { return };
        if sleepers.rings_at().is_some_and(|moment| moment <= first) {
            return;
        }
        sleepers.passed = sleepers.now();
        let milliseconds = first.saturating_sub(sleepers.passed).min(MAX_TIMER_MS);
        sleepers.timers = sleepers.timers.wrapping_add(1);
        let number = sleepers.timers;
        let since = clock::now();
        sleepers.timer = Some(Timer { number, since, milliseconds });
        #[expect(clippy::cast_precision_loss, reason = "a quarter of a second at most")]
        self.host.wait(milliseconds as f64, number);
    }
}
