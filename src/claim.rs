//! Deduplication, before forwarding: the dispatches of a plan are claimed in the ledger.
//!
//! It is a convenience: where the ledger fails, everything is forwarded.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::future::join_all;

use crate::dispatch::{Dispatch, Progress};
use crate::ledger::{Claim, ClaimAnswer, ClaimRequest, Key, Verdict};
use crate::plan::{Events, FittingPlan, Routed};
use crate::platform::{BindingError, Platform, within};
use crate::times::Times;

/// A plan whose dispatches are claimed: what is held already, or under way in another request, is not to be
/// forwarded.
#[derive(Debug)]
pub(crate) struct ClaimedPlan<'c, 'e> {
    pub(crate) events: Events<'c, 'e>,
    /// What is to be forwarded, in order.
    pub(crate) open: Vec<ClaimedDispatch<'c, 'e>>,
    /// What is not, since it is known what became of it.
    pub(crate) closed: Vec<Dispatch<'c, 'e>>,
    /// What another dispatch brings the event to as well: of an event that is in the batch before, or for
    /// another subscription with the same queue.
    pub(crate) repeated: Vec<Dispatch<'c, 'e>>,
    /// Why shards gave no answer.
    pub(crate) failures: Vec<BindingError>,
}

/// A dispatch that is to be forwarded, and settled afterwards.
#[derive(Debug)]
pub(crate) struct ClaimedDispatch<'c, 'e> {
    pub(crate) routed: Routed<'c, 'e>,
    /// The number of its claim; [`NO_CLAIM`], where the shard gave no answer. `None`, where the ledger is told
    /// nothing of it.
    pub(crate) number: Option<u64>,
}

/// The number of no claim: what was forwarded without one can still be noted as held.
const NO_CLAIM: u64 = 0;

/// An event, and where it is to go.
struct Wanted<'c, 'e> {
    key: Rc<Key>,
    dispatches: Vec<Routed<'c, 'e>>,
}

/// Claims every dispatch, where there is a window for which events are remembered.
pub(crate) async fn claim<'c, 'e>(
    plan: FittingPlan<'c, 'e>,
    times: Times,
    platform: &impl Platform,
) -> ClaimedPlan<'c, 'e> {
    let (events, dispatches) = plan.into_parts();
    let (closed, repeated, failures) = (Vec::new(), Vec::new(), Vec::new());
    let mut plan = ClaimedPlan { events, open: Vec::new(), closed, repeated, failures };
    let Some(remember_ms) = times.dedupe_window_ms else {
        let open = dispatches.into_iter().map(|routed| ClaimedDispatch { routed, number: None });
        plan.open.extend(open);
        return plan;
    };
    let shards = by_shard(dispatches, &mut plan.repeated);
    let requests = shards.iter().map(|(shard, wanted)| {
        let claims = wanted.iter().map(Wanted::claim).collect();
        let claim_ms = times.claim_ms();
        (*shard, ClaimRequest { claims, claim_ms, remember_ms, latest: None })
    });
    let asked = requests.map(|(shard, request)| async move {
        within(platform, times.ledger_ms(), platform.claim(shard, &request)).await
    });
    let answers = join_all(asked).await;
    for (wanted, answer) in shards.into_values().zip(answers) {
        plan.take(wanted, answer);
    }
    plan.open.sort_unstable_by_key(|claimed| claimed.routed.dispatch.place);
    plan
}

/// The events, each once, by the shards that know of them. What is repeated is put elsewhere.
fn by_shard<'c, 'e>(
    dispatches: Vec<Routed<'c, 'e>>,
    repeated: &mut Vec<Dispatch<'c, 'e>>,
) -> BTreeMap<usize, Vec<Wanted<'c, 'e>>> {
    let mut shards: BTreeMap<usize, Vec<Wanted<'_, '_>>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut dispatches = dispatches.into_iter().peekable();
    while let Some(first) = dispatches.peek() {
        let index = first.dispatch.index;
        let key = Rc::new(Key::of_event(first.dispatch.event));
        let mut wanted = Wanted { key: Rc::clone(&key), dispatches: Vec::new() };
        while let Some(mut routed) = dispatches.next_if(|routed| routed.dispatch.index == index) {
            routed.dispatch.key = Some(Rc::clone(&key));
            if known.insert((Rc::clone(&key), routed.dispatch.holder)) {
                wanted.dispatches.push(routed);
            } else {
                repeated.push(routed.dispatch);
            }
        }
        if !wanted.dispatches.is_empty() {
            shards.entry(key.shard()).or_default().push(wanted);
        }
    }
    shards
}

impl Wanted<'_, '_> {
    fn claim(&self) -> Claim<'_> {
        let names = self.dispatches.iter().map(|routed| routed.dispatch.holder.into());
        Claim { key: self.key.as_str().into(), names: names.collect(), time: None }
    }
}

impl<'c, 'e> ClaimedPlan<'c, 'e> {
    /// Takes in what a shard says of its events.
    fn take(&mut self, wanted: Vec<Wanted<'c, 'e>>, answer: Result<ClaimAnswer, BindingError>) {
        let (number, verdicts) = match answer {
            Ok(answer) => (answer.number, answer.verdicts),
            Err(error) => {
                self.failures.push(BindingError(format!("claim: {error}")));
                let all = wanted.into_iter().flat_map(|wanted| wanted.dispatches);
                let number = Some(NO_CLAIM);
                self.open.extend(all.map(|routed| ClaimedDispatch { routed, number }));
                return;
            }
        };
        let mut verdicts = verdicts.into_iter();
        for Wanted { dispatches, .. } in wanted {
            let mut verdicts = verdicts.next().unwrap_or_default().into_iter();
            for routed in dispatches {
                let number = match verdicts.next() {
                    Some(Verdict::Granted | Verdict::Uncertain) => Some(number),
                    Some(Verdict::Held) => {
                        self.close(routed.dispatch, Progress::HeldBefore);
                        continue;
                    }
                    Some(Verdict::UnderWay) => {
                        self.close(routed.dispatch, Progress::UnderWay);
                        continue;
                    }
                    // It is forwarded without a claim.
                    None => None,
                };
                self.open.push(ClaimedDispatch { routed, number });
            }
        }
    }

    fn close(&mut self, dispatch: Dispatch<'c, 'e>, progress: Progress) {
        dispatch.note(progress);
        self.closed.push(dispatch);
    }
}
