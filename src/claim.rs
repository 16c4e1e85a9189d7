//! Deduplication before forwarding: the dispatches of a plan are claimed in the ledger.
//!
//! Deduplication fails open: if the ledger fails, everything is forwarded.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::future::join_all;

use crate::dispatch::{Dispatch, NO_CLAIM, Progress};
use crate::ledger::{Claim, ClaimAnswer, ClaimRequest, Key, Verdict};
use crate::plan::{Events, FittingPlan, Routed};
use crate::platform::{BindingError, Platform, within};
use crate::times::Times;

/// A plan whose dispatches are claimed. It excludes what is already held, and what another request is forwarding.
#[derive(Debug)]
pub(crate) struct ClaimedPlan<'c, 'e> {
    pub(crate) events: Events<'c, 'e>,
    /// The dispatches to forward, in order.
    pub(crate) open: Vec<Routed<'c, 'e>>,
    /// The dispatches that need no forwarding, because their progress is known.
    pub(crate) closed: Vec<Dispatch<'c, 'e>>,
    /// The dispatches that repeat another one: the same event occurs earlier in the batch, or another
    /// subscription has the same queue.
    pub(crate) repeated: Vec<Dispatch<'c, 'e>>,
    /// Why shards did not answer.
    pub(crate) failures: Vec<BindingError>,
}

/// An event and the dispatches to claim for it.
struct Wanted<'c, 'e> {
    key: Rc<Key>,
    dispatches: Vec<Routed<'c, 'e>>,
}

/// Claims every dispatch, if there is a deduplication window.
pub(crate) async fn claim<'c, 'e>(
    plan: FittingPlan<'c, 'e>,
    times: Times,
    platform: &impl Platform,
) -> ClaimedPlan<'c, 'e> {
    let (events, dispatches) = plan.into_parts();
    let (closed, repeated, failures) = (Vec::new(), Vec::new(), Vec::new());
    let mut plan = ClaimedPlan { events, open: Vec::new(), closed, repeated, failures };
    let Some(remember_ms) = times.dedupe_window_ms else {
        plan.open = dispatches;
        return plan;
    };
    let shards = by_shard(dispatches, &mut plan.repeated);
    let requests = shards.iter().map(|(shard, wanted)| {
        let claims = wanted.iter().map(Wanted::claim).collect();
        let claim_ms = times.claim_ms();
        (*shard, ClaimRequest { claims, claim_ms, remember_ms, latest: None })
    });
    let claims = requests.map(|(shard, request)| async move {
        within(platform, times.ledger_ms(), platform.claim(shard, &request)).await
    });
    let answers = join_all(claims).await;
    for (wanted, answer) in shards.into_values().zip(answers) {
        plan.take(wanted, answer);
    }
    plan.open.sort_unstable_by_key(|routed| routed.dispatch.place);
    plan
}

/// Groups the events by the shard of their key. Dispatches that repeat another one go to `repeated`.
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
    /// Applies the answer of a shard to its events.
    fn take(&mut self, wanted: Vec<Wanted<'c, 'e>>, answer: Result<ClaimAnswer, BindingError>) {
        let (number, verdicts) = match answer {
            Ok(answer) => (answer.number, answer.verdicts),
            Err(error) => {
                self.failures.push(BindingError(format!("claim: {error}")));
                for routed in wanted.into_iter().flat_map(|wanted| wanted.dispatches) {
                    self.forward(routed, NO_CLAIM);
                }
                return;
            }
        };
        let mut verdicts = verdicts.into_iter();
        for Wanted { dispatches, .. } in wanted {
            let mut verdicts = verdicts.next().unwrap_or_default().into_iter();
            for routed in dispatches {
                match verdicts.next() {
                    Some(Verdict::Granted | Verdict::Uncertain) => {
                        self.forward(routed, number);
                    }
                    Some(Verdict::Held) => self.close(routed.dispatch, Progress::HeldBefore),
                    Some(Verdict::UnderWay) => self.close(routed.dispatch, Progress::UnderWay),
                    // It is forwarded without a claim, and can still be recorded as held.
                    None => self.forward(routed, number),
                }
            }
        }
    }

    fn forward(&mut self, mut routed: Routed<'c, 'e>, claim: u64) {
        routed.dispatch.claim = Some(claim);
        self.open.push(routed);
    }

    fn close(&mut self, dispatch: Dispatch<'c, 'e>, progress: Progress) {
        dispatch.note(progress);
        self.closed.push(dispatch);
    }
}
