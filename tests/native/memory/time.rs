//! Virtual time, which passes only when nothing else can happen, and the executor that advances it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::{Either, select};

/// The start of virtual time: 2025-12-01T00:00:00Z, in milliseconds since 1970.
pub(crate) const START: u64 = 1_764_547_200_000;

/// The virtual clock.
pub(crate) struct Time {
    now: Cell<u64>,
    /// The sleeping futures, by when to wake them.
    sleepers: RefCell<BTreeMap<u64, (u64, Waker)>>,
    next_sleeper: Cell<u64>,
}

impl Default for Time {
    fn default() -> Self {
        Self { now: Cell::new(START), sleepers: RefCell::default(), next_sleeper: Cell::default() }
    }
}

impl Time {
    pub(crate) fn now(&self) -> u64 {
        self.now.get()
    }

    /// How many milliseconds have passed since [`START`].
    pub(crate) fn passed(&self) -> u64 {
        self.now.get() - START
    }

    /// Lets time pass while nothing is in flight.
    pub(crate) fn pass(&self, milliseconds: u64) {
        self.now.set(self.now.get() + milliseconds);
    }

    pub(crate) fn sleep(&self, milliseconds: u64) -> Sleep<'_> {
        let sleeper = self.next_sleeper.get();
        self.next_sleeper.set(sleeper + 1);
        Sleep { time: self, sleeper, end: self.now.get().saturating_add(milliseconds) }
    }

    /// Runs a future to completion. Time passes when nothing else can happen.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            if !woken.0.load(Ordering::Relaxed) {
                self.wake_next();
            }
        }
    }

    /// Runs a future for this long, and then drops it: its process was killed. Returns whether it
    /// completed before.
    pub(crate) fn run_for<T>(
        &self,
        milliseconds: u64,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        self.run(async {
            match select(pin!(future), self.sleep(milliseconds)).await {
                Either::Left((value, _)) => Some(value),
                Either::Right(_) => None,
            }
        })
    }

    fn wake_next(&self) {
        let next = self.sleepers.borrow().values().map(|(end, _)| *end).min();
        let next = next.expect("a future hangs, and nothing is left to wait for");
        self.now.set(next);
        let wakers = self.sleepers.borrow();
        for (_, waker) in wakers.values().filter(|(end, _)| *end <= next) {
            waker.wake_by_ref();
        }
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A sleeping future.
pub(crate) struct Sleep<'t> {
    time: &'t Time,
    sleeper: u64,
    end: u64,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.time.now() >= self.end {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        self.time.sleepers.borrow_mut().insert(self.sleeper, (self.end, waker));
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.time.sleepers.borrow_mut().remove(&self.sleeper);
    }
}
