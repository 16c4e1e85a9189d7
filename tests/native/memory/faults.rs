//! The faults of bindings, and how often they occur.

use std::cell::RefCell;

/// The error of a failing binding, which only the log may show.
pub(crate) const SAYS: &str = "destination-canary";

/// Until the fault is removed.
pub(crate) const ALWAYS: usize = usize::MAX;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call has no effect, and returns an error.
    Fails,
    /// The call has no effect, and never returns.
    Hangs,
    /// The call takes effect, but returns an error.
    LosesAnswer,
    /// The call takes effect, but never returns.
    HangsAfterwards,
    /// The call has no effect, and returns an error after this many milliseconds.
    FailsAfter(u64),
    /// The call takes effect after this many milliseconds.
    Takes(u64),
}

struct Planned {
    binding: &'static str,
    /// Any method if empty.
    method: &'static str,
    fault: Fault,
    times: usize,
}

/// The planned faults.
#[derive(Default)]
pub(super) struct Faults(RefCell<Vec<Planned>>);

impl Faults {
    pub(super) fn add(
        &self,
        binding: &'static str,
        method: &'static str,
        fault: Fault,
        times: usize,
    ) {
        self.0.borrow_mut().push(Planned { binding, method, fault, times });
    }

    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// The first fault that is planned for this call.
    pub(super) fn next(&self, binding: &str, method: &str) -> Option<Fault> {
        let mut faults = self.0.borrow_mut();
        let place = faults.iter().position(|planned| {
            planned.binding == binding && (planned.method.is_empty() || planned.method == method)
        })?;
        let planned = &mut faults[place];
        let fault = planned.fault;
        planned.times = planned.times.saturating_sub(usize::from(planned.times != ALWAYS));
        if planned.times == 0 {
            faults.remove(place);
        }
        Some(fault)
    }
}
