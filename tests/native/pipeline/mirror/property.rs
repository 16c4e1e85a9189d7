//! Whatever arrives and whatever fails, KV holds the newest event once all are acknowledged.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Memory, held, send, state};
use crate::memory::Fault;
use crate::support::property;

/// Times, some of them equal, with their order by age.
const TIMES: [(&str, u8); 6] = [
    ("2025-11-30T12:00:00Z", 0),
    ("2025-11-30T13:00:00.0+01:00", 0),
    ("2025-11-30T12:00:00.000000001Z", 1),
    ("2025-11-30T11:00:00.5-01:00", 2),
    ("2025-11-30T12:00:00.51Z", 3),
    ("2025-12-01T00:00:00+05:00", 4),
];

#[derive(Debug, Clone, Copy)]
struct Sent {
    time: usize,
    fault: Option<(&'static str, &'static str, Fault)>,
    /// Whether the ledger forgets everything first.
    forgets: bool,
}

fn sent() -> impl Strategy<Value = Sent> {
    let places =
        select(vec![("KV", "put"), ("KV", "time"), ("LEDGER", "claim"), ("LEDGER", "settle")]);
    let faults =
        select(vec![Fault::Fails, Fault::LosesAnswer, Fault::Hangs, Fault::HangsAfterwards]);
    let fault = (places, faults).prop_map(|((binding, method), fault)| (binding, method, fault));
    let parts = (0..TIMES.len(), option::weighted(0.4, fault), prop::bool::weighted(0.1));
    parts.prop_map(|(time, fault, forgets)| Sent { time, fault, forgets })
}

#[test]
fn the_newest_of_all_stays_at_last() {
    property(vec(sent(), 1..12), |all| {
        let memory = Memory::default();
        let mut newest = (0, 0);
        for (place, sent) in all.iter().enumerate() {
            let (time, age) = TIMES[sent.time];
            if sent.forgets {
                memory.forget_ledger();
            }
            if let Some((binding, method, fault)) = sent.fault {
                memory.breaks(binding, method, fault, 1);
            }
            let text = state(&place.to_string(), time, "modify");
            let tries = (0..5).take_while(|_| send(&text, &memory).status != 202).count();
            assert!(tries < 5, "{sent:?} never comes to an end");
            memory.repair();
            if place == 0 || age >= newest.0 {
                newest = (age, place);
            }
            assert_eq!(held(&memory), newest.1.to_string(), "after {sent:?}");
        }
    });
}
