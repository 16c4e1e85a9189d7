//! Deduplication after forwarding: the claims are settled in the ledger, and each event gets its fate.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::join_all;

use crate::claim::ClaimedPlan;
use crate::counts::Counts;
use crate::dispatch::{Dispatch, NO_CLAIM, Progress};
use crate::fate::Fates;
use crate::forward::ForwardedPlan;
use crate::journal::{EventKey, Note, print_notes};
use crate::ledger::{Key, SettleRequest, Settlement, ShardId};
use crate::plan::Events;
use crate::platform::{BindingError, Platform, within};
use crate::recording::Recording;
use crate::times::Times;

/// Settles the claims in the ledger, so that other requests can claim failed dispatches at once, and records the events
/// in the journal. Returns the fates of the events, and why shards did not answer.
pub(crate) async fn settle<'c>(
    plan: ForwardedPlan<'c, '_>,
    times: Times,
    recording: Option<Recording<'_>>,
    platform: &impl Platform,
) -> (Fates<'c>, Vec<BindingError>) {
    let ForwardedPlan(ClaimedPlan { events, open, closed, repeated, mut failures }) = plan;
    let results: Vec<_> = open.iter().map(|routed| Settled::new(&routed.dispatch)).collect();
    let mut dispatches: Vec<_> = open.into_iter().map(|routed| routed.dispatch).collect();
    dispatches.extend(closed);
    note_repeated(&repeated, &dispatches);
    dispatches.extend(repeated);
    dispatches.sort_unstable_by_key(|dispatch| dispatch.place);
    let fates = events.fates(dispatches, recording.is_some());
    let notes = recording.map(|recording| record(recording, &events, &results, &fates, platform));
    let notes = notes.unwrap_or_default();
    let shards = platform.shards();
    let mut told = tell(&results, &notes, shards, times, platform).await;
    // A shard has told how many there are. It can be the first one that answers.
    if !told.errors.is_empty() && platform.shards() != shards {
        told = tell(&results, &notes, platform.shards(), times, platform).await;
    }
    // What was not written may be after the answer. The log says so all the same.
    for note in told.not_written {
        platform.collect(|pending| pending.note(note.clone()));
    }
    failures.extend(told.errors);
    (fates, failures)
}

/// What came of a dispatch that was forwarded.
struct Settled<'c> {
    /// The place of its event in the request.
    index: usize,
    key: Option<Rc<Key>>,
    /// The number of its claim. `None` if it is not settled in the ledger.
    claim: Option<u64>,
    holder: &'c str,
    is_held: bool,
}

impl<'c> Settled<'c> {
    fn new(dispatch: &Dispatch<'c, '_>) -> Self {
        Self {
            index: dispatch.index,
            key: dispatch.key.clone(),
            claim: dispatch.claim,
            holder: dispatch.holder,
            is_held: dispatch.is_held(),
        }
    }
}

/// Notes what became of each event: those that were forwarded for the same call that settles them, the others for after
/// the answer.
fn record(
    recording: Recording<'_>,
    events: &Events<'_, '_>,
    results: &[Settled<'_>],
    fates: &Fates<'_>,
    platform: &impl Platform,
) -> Vec<(Note, Counts)> {
    let mut results = results.iter().peekable();
    let mut now = Vec::new();
    for (index, fate) in fates.iter().enumerate() {
        let Some(event) = events.event(index) else { continue };
        let mut counts = Counts::default();
        recording.count(event, fate, &mut counts);
        let mut known = None;
        while let Some(settled) = results.next_if(|settled| settled.index <= index) {
            known = Some(settled.key.as_deref());
        }
        let key = match known.flatten() {
            Some(key) => EventKey::new(key, event.id()),
            None => EventKey::of_event(event),
        };
        let note = recording.note(event, key, fate);
        if known.is_some() {
            now.push((note, counts));
        } else {
            platform.collect(|pending| {
                pending.note(note);
                pending.count(counts);
            });
        }
    }
    now
}

/// What came of telling the shards.
struct Told<'n> {
    /// Why shards did not answer, or did not write.
    errors: Vec<BindingError>,
    /// What may not have been written to the journal.
    not_written: Vec<&'n Note>,
}

/// Tells each shard what became of its claims and events, if there are this many shards.
async fn tell<'n>(
    results: &'n [Settled<'_>],
    notes: &'n [(Note, Counts)],
    shards: usize,
    times: Times,
    platform: &impl Platform,
) -> Told<'n> {
    let requests = requests(results, notes, shards, times.dedupe_window_ms.unwrap_or_default());
    let settlements = requests.into_iter().map(|(shard, (request, notes))| async move {
        let printed = print_notes(notes.iter().copied());
        let settled = platform.settle(shard, &request, &printed);
        (notes, within(platform, times.ledger_ms(), settled).await)
    });
    let mut told = Told { errors: Vec::new(), not_written: Vec::new() };
    for (notes, answer) in join_all(settlements).await {
        let error = match answer {
            Ok(None) => continue,
            Ok(Some(error)) => format!("journal: {error}"),
            Err(error) => format!("settle: {error}"),
        };
        told.errors.push(BindingError(error));
        told.not_written.extend(notes);
    }
    told
}

/// The request for each shard, and what it writes to the journal.
fn requests<'p>(
    results: &'p [Settled<'_>],
    notes: &'p [(Note, Counts)],
    shards: usize,
    remember_ms: u64,
) -> BTreeMap<ShardId, (SettleRequest<'p>, Vec<&'p Note>)> {
    let new = |number| (SettleRequest::new(number, Vec::new(), remember_ms), Vec::new());
    let mut requests: BTreeMap<ShardId, (SettleRequest<'_>, Vec<&Note>)> = BTreeMap::new();
    for settled in results {
        let Some((number, key)) = settled.claim.zip(settled.key.as_deref()) else { continue };
        let (request, _) = requests.entry(key.shard(shards)).or_insert_with(|| new(number));
        let (key, name) = (key.as_str(), settled.holder);
        match request.settlements.last_mut() {
            // The dispatches of an event are consecutive.
            Some(settlement) if settlement.key == key => {
                let names =
                    if settled.is_held { &mut settlement.held } else { &mut settlement.released };
                names.push(name.into());
            }
            _ => request.settlements.push(Settlement::of_one(key, name, settled.is_held, None)),
        }
    }
    for (note, counts) in notes {
        let of_shard = requests.entry(note.key.shard(shards)).or_insert_with(|| new(NO_CLAIM));
        of_shard.0.counts.merge(counts.clone());
        of_shard.1.push(note);
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
