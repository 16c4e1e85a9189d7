//! What can go wrong with a binding, and how often.

use std::cell::RefCell;

/// What a binding says when it fails, which is for the log alone.
pub(crate) const SAYS: &str = "destination-canary";

/// For as long as nobody mends it.
pub(crate) const ALWAYS: usize = usize::MAX;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is done, and an error is returned.
    Fails,
    /// Nothing is done, and no answer ever comes.
    Hangs,
    /// It is done, and an error is returned.
    LosesAnswer,
    /// It is done, and no answer ever comes.
    HangsAfterwards,
    /// Nothing is done, and an error is returned after so many milliseconds.
    FailsAfter(u64),
    /// It is done after so many milliseconds.
    Takes(u64),
}

struct Planned {
    binding: &'static str,
    /// Any, where it is empty.
    method: &'static str,
    fault: Fault,
    times: usize,
}

/// The faults that are still to come.
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

    /// What goes wrong with this call: the first fault that is planned for it.
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
