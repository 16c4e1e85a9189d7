//! Deduplication before forwarding: the dispatches of a plan are claimed in the ledger.
//!
//! Deduplication fails open: if the ledger fails, everything is forwarded.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::future::join_all;

use crate::dispatch::{Dispatch, NO_CLAIM, Progress};
use crate::ledger::{Claim, ClaimAnswer, ClaimRequest, Key, ShardId, Verdict};
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
    let wanted = by_event(dispatches, &mut plan.repeated);
    let shards = platform.shards();
    let mut answers = ask(&wanted, shards, remember_ms, times, platform).await;
    // A shard has told how many there are.
    if !answers.failures.is_empty() && platform.shards() != shards {
        answers = ask(&wanted, platform.shards(), remember_ms, times, platform).await;
    }
    for (wanted, granted) in wanted.into_iter().zip(answers.granted) {
        plan.take(wanted, granted);
    }
    plan.failures = answers.failures;
    plan
}

/// Leaves out deduplication: everything is forwarded, and recorded as held after that.
pub(crate) fn unclaimed<'c, 'e>(plan: FittingPlan<'c, 'e>, times: Times) -> ClaimedPlan<'c, 'e> {
    let (events, mut open) = plan.into_parts();
    if times.dedupe_window_ms.is_some() {
        for Routed { dispatch, .. } in &mut open {
            dispatch.key = Some(Rc::new(Key::of_event(dispatch.event)));
            dispatch.claim = Some(NO_CLAIM);
        }
    }
    ClaimedPlan { events, open, closed: Vec::new(), repeated: Vec::new(), failures: Vec::new() }
}

/// Groups the dispatches by event. Those that repeat another one go to `repeated`.
fn by_event<'c, 'e>(
    dispatches: Vec<Routed<'c, 'e>>,
    repeated: &mut Vec<Dispatch<'c, 'e>>,
) -> Vec<Wanted<'c, 'e>> {
    let mut events = Vec::new();
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
            events.push(wanted);
        }
    }
    events
}

/// What the shards answer.
struct Answers {
    /// For each event, the number of its claims and the verdicts on them. `None` if its shard did not answer.
    granted: Vec<Option<(u64, Vec<Verdict>)>>,
    failures: Vec<BindingError>,
}

/// Asks each shard for its events, if there are this many shards.
async fn ask(
    wanted: &[Wanted<'_, '_>],
    shards: usize,
    remember_ms: u64,
    times: Times,
    platform: &impl Platform,
) -> Answers {
    let mut places: BTreeMap<ShardId, Vec<usize>> = BTreeMap::new();
    for (place, Wanted { key, .. }) in wanted.iter().enumerate() {
        places.entry(key.shard(shards)).or_default().push(place);
    }
    let claims = places.into_iter().map(|(shard, places)| async move {
        let wanted = places.iter().filter_map(|place| wanted.get(*place));
        let claims = wanted.map(Wanted::claim).collect();
        let request =
            ClaimRequest { claims, claim_ms: times.claim_ms(), remember_ms, latest: None };
        let answer = within(platform, times.ledger_ms(), platform.claim(shard, &request)).await;
        (places, answer)
    });
    let (mut granted, mut failures) = (vec![None; wanted.len()], Vec::new());
    for (places, answer) in join_all(claims).await {
        match answer {
            Ok(ClaimAnswer { number, verdicts }) => {
                let mut verdicts = verdicts.into_iter();
                for place in places {
                    let Some(granted) = granted.get_mut(place) else { continue };
                    *granted = Some((number, verdicts.next().unwrap_or_default()));
                }
            }
            Err(error) => failures.push(BindingError(format!("claim: {error}"))),
        }
    }
    Answers { granted, failures }
}

impl Wanted<'_, '_> {
    fn claim(&self) -> Claim<'_> {
        let names = self.dispatches.iter().map(|routed| routed.dispatch.holder.into());
        Claim { key: self.key.as_str().into(), names: names.collect(), time: None }
    }
}

impl<'c, 'e> ClaimedPlan<'c, 'e> {
    /// Applies the answer of a shard to one of its events: the number of its claims, and the verdicts.
    fn take(&mut self, wanted: Wanted<'c, 'e>, granted: Option<(u64, Vec<Verdict>)>) {
        let (number, verdicts) = granted.unwrap_or((NO_CLAIM, Vec::new()));
        let mut verdicts = verdicts.into_iter();
        for routed in wanted.dispatches {
            match verdicts.next() {
                Some(Verdict::Held) => self.close(routed.dispatch, Progress::HeldBefore),
                Some(Verdict::UnderWay) => self.close(routed.dispatch, Progress::UnderWay),
                // Without a verdict it is forwarded without a claim, and can still be recorded as held.
                Some(Verdict::Granted | Verdict::Uncertain) | None => self.forward(routed, number),
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
