//! Deduplication after forwarding: the claims are settled in the ledger, and each event gets its fate.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::claim::ClaimedPlan;
use crate::dispatch::{Dispatch, Progress};
use crate::fate::Fates;
use crate::forward::ForwardedPlan;
use crate::ledger::{SettleRequest, Settlement, ShardId};
use crate::plan::Routed;
use crate::platform::{BindingError, Platform, within};
use crate::times::Times;

/// Settles the claims in the ledger, so that other requests can claim failed dispatches at once. Returns the
/// fates of the events, and why shards did not answer.
pub(crate) async fn settle<'c>(
    plan: ForwardedPlan<'c, '_>,
    times: Times,
    platform: &impl Platform,
) -> (Fates<'c>, Vec<BindingError>) {
    let ForwardedPlan(ClaimedPlan { events, open, closed, repeated, mut failures }) = plan;
    let shards = platform.shards();
    let mut errors = tell(&open, shards, times, platform).await;
    // A shard has told how many there are. It can be the first one that answers.
    if !errors.is_empty() && platform.shards() != shards {
        errors = tell(&open, platform.shards(), times, platform).await;
    }
    failures.extend(errors);
    let mut dispatches: Vec<_> = open.into_iter().map(|routed| routed.dispatch).collect();
    dispatches.extend(closed);
    note_repeated(&repeated, &dispatches);
    dispatches.extend(repeated);
    dispatches.sort_unstable_by_key(|dispatch| dispatch.place);
    (events.into_fates(dispatches), failures)
}

/// Tells each shard what became of its claims, if there are this many shards. Returns why shards did not answer.
async fn tell(
    open: &[Routed<'_, '_>],
    shards: usize,
    times: Times,
    platform: &impl Platform,
) -> Vec<BindingError> {
    let requests = requests(open, shards, times.dedupe_window_ms.unwrap_or_default());
    let settlements = requests.iter().map(|(shard, request)| {
        within(platform, times.ledger_ms(), platform.settle(*shard, request))
    });
    let errors = join_all(settlements).await.into_iter().filter_map(Result::err);
    errors.map(|error| BindingError(format!("settle: {error}"))).collect()
}

/// The request for each shard.
fn requests<'p>(
    open: &'p [Routed<'_, '_>],
    shards: usize,
    remember_ms: u64,
) -> BTreeMap<ShardId, SettleRequest<'p>> {
    let mut requests: BTreeMap<ShardId, SettleRequest<'_>> = BTreeMap::new();
    for Routed { dispatch, .. } in open {
        let Some((number, key)) = dispatch.claim.zip(dispatch.key.as_deref()) else { continue };
        let request = requests.entry(key.shard(shards)).or_insert_with(|| SettleRequest {
            number,
            settlements: Vec::new(),
            remember_ms,
        });
        let (key, name, is_held) = (key.as_str(), dispatch.holder, dispatch.is_held());
        match request.settlements.last_mut() {
            // The dispatches of an event are consecutive.
            Some(settlement) if settlement.key == key => {
                let names = if is_held { &mut settlement.held } else { &mut settlement.released };
                names.push(name.into());
            }
            _ => request.settlements.push(Settlement::of_one(key, name, is_held, None)),
        }
    }
    requests
}

/// Gives repeated dispatches the progress of the one they repeat. If that one belongs to an earlier event in
/// the batch, the repeated event is a duplicate.
fn note_repeated(repeated: &[Dispatch<'_, '_>], others: &[Dispatch<'_, '_>]) {
    if repeated.is_empty() {
        return;
    }
    let identity = |dispatch: &Dispatch<'_, '_>| (dispatch.key.clone(), dispatch.holder.to_owned());
    let first_of: BTreeMap<_, _> =
        others.iter().map(|dispatch| (identity(dispatch), dispatch)).collect();
    for dispatch in repeated {
        let Some(first) = first_of.get(&identity(dispatch)) else { continue };
        let Some(progress) = first.progress() else { continue };
        let is_same_event = first.index == dispatch.index;
        dispatch.note(match progress {
            Progress::Held | Progress::Spooled(_) if !is_same_event => Progress::HeldBefore,
            progress => progress.clone(),
        });
    }
}
