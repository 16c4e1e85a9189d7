//! Searches the journal: all shards at the same time, in one order.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::mem;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::journal::{
    EventFilter, EventKey, Found, JournalRequest, LAST_RANK, Order, SearchRequest, StoredEvent,
};
use crate::ledger::ShardId;
use crate::platform::{BindingError, CALL_MS, Clock, Journal, Ledger, within};

/// How many events a shard returns in one call at most.
const MAX_IN_A_CALL: usize = 100;

/// A position in an order: before everything of a rank in the shards from `shard` on, and after everything of the rank
/// in the shards before that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    rank: u64,
    shard: usize,
}

impl Position {
    /// The position after the event with this rank in this shard.
    fn after(rank: u64, shard: usize) -> Self {
        Self { rank, shard: shard + 1 }
    }

    /// The first rank that a shard has after it.
    fn from(self, shard: usize) -> u64 {
        if shard < self.shard { self.rank.saturating_add(1) } else { self.rank }
    }

    /// Reads [`Self::to_text`].
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let (rank, shard) = text.split_once('.')?;
        let position = Self { rank: rank.parse().ok()?, shard: shard.parse().ok()? };
        (position.rank <= LAST_RANK && position.shard <= 1_000).then_some(position)
    }

    /// The position as a cursor.
    pub(crate) fn to_text(self) -> String {
        format!("{}.{}", self.rank, self.shard)
    }
}

/// The events that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The events, in order.
    pub events: Vec<StoredEvent>,
    /// Where to continue. `None` at the end.
    pub next: Option<Position>,
}

/// What is known of a shard during a search.
#[derive(Debug)]
struct Branch {
    shard: usize,
    /// The events that were found and are not on the page yet.
    found: VecDeque<StoredEvent>,
    /// The first rank that the shard has not been asked for. `None` if it has nothing more.
    next: Option<u64>,
}

impl Branch {
    /// The first rank at which the shard may have an event that is not on the page.
    fn frontier(&self, order: Order) -> Option<u64> {
        self.found.front().map(|event| order.rank(event.seq)).or(self.next)
    }
}

/// What is searched for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'f> {
    /// Which events are meant.
    pub filter: &'f EventFilter,
    /// In which order.
    pub order: Order,
    /// Where to begin.
    pub from: Position,
    /// The most events to find.
    pub limit: usize,
    /// When to stop, in milliseconds since 1970. Each shard is asked at least once.
    pub end: u64,
}

impl Search<'_> {
    /// Finds events. All shards are asked at the same time.
    ///
    /// # Errors
    ///
    /// A shard did not answer.
    pub async fn run<P: Journal + Ledger + Clock>(
        self,
        platform: &P,
    ) -> Result<Page, BindingError> {
        let shards = platform.shards();
        let result = self.run_in(shards, platform).await;
        // A shard has told how many there are.
        if result.is_err() && platform.shards() != shards {
            return self.run_in(platform.shards(), platform).await;
        }
        result
    }

    async fn run_in<P: Journal + Ledger + Clock>(
        self,
        shards: usize,
        platform: &P,
    ) -> Result<Page, BindingError> {
        let Self { filter, order, from, limit, end } = self;
        let branch = |shard| Branch { shard, found: VecDeque::new(), next: Some(from.from(shard)) };
        let mut branches: Vec<_> = (0..shards).map(branch).collect();
        let mut page = Page { events: Vec::new(), next: Some(from) };
        loop {
            let room = limit.saturating_sub(page.events.len());
            let empty = branches.iter().filter(|branch| branch.found.is_empty());
            let asks = empty.filter_map(|branch| {
                let from = branch.next?;
                let shard = ShardId { number: branch.shard, of: shards };
                let limit = room.min(MAX_IN_A_CALL);
                let filter = Cow::Borrowed(filter);
                let request = JournalRequest::Search(SearchRequest { filter, order, from, limit });
                Some(async move {
                    let found = platform.journal::<Found>(shard, &request);
                    (shard.number, within(platform, CALL_MS, found).await)
                })
            });
            for (shard, found) in join_all(asks).await {
                let found = found?;
                if let Some(branch) = branches.get_mut(shard) {
                    branch.next = found.next;
                    branch.found = found.events.into();
                }
            }
            emit(&mut branches, order, limit, &mut page);
            if page.next.is_none() || page.events.len() >= limit || platform.now() >= end {
                return Ok(page);
            }
        }
    }

    /// How many events there are, and whether all were counted.
    ///
    /// # Errors
    ///
    /// A shard did not answer.
    pub async fn count<P: Journal + Ledger + Clock>(
        self,
        platform: &P,
    ) -> Result<(u64, bool), BindingError> {
        let shards = platform.shards();
        let counts =
            (0..shards).map(|number| self.count_in(ShardId { number, of: shards }, platform));
        let counts = join_all(counts).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let number = counts.iter().map(|(number, _)| number).sum();
        Ok((number, counts.iter().all(|(_, is_complete)| *is_complete)))
    }

    async fn count_in<P: Journal + Ledger + Clock>(
        self,
        shard: ShardId,
        platform: &P,
    ) -> Result<(u64, bool), BindingError> {
        let Self { filter, order, from, limit, end } = self;
        let mut number = 0;
        let mut next = Some(from.from(shard.number));
        let mut is_first = true;
        while let Some(from) = next {
            if !mem::take(&mut is_first) && platform.now() >= end {
                return Ok((number, false));
            }
            let filter = Cow::Borrowed(filter);
            let request = JournalRequest::Count(SearchRequest { filter, order, from, limit });
            let found = platform.journal::<Found>(shard, &request);
            let found = within(platform, CALL_MS, found).await?;
            number += found.number;
            next = found.next;
        }
        Ok((number, true))
    }
}

/// Moves to the page what comes before everything that a shard may still have, and notes where to continue.
fn emit(branches: &mut [Branch], order: Order, limit: usize, page: &mut Page) {
    loop {
        let first = branches
            .iter()
            .filter_map(|branch| Some((branch.frontier(order)?, branch.shard)))
            .min();
        let Some((rank, shard)) = first else {
            page.next = None;
            return;
        };
        if page.events.len() >= limit {
            break;
        }
        let event = branches.get_mut(shard).and_then(|branch| branch.found.pop_front());
        let Some(event) = event else {
            // That shard must be asked.
            page.next = Some(Position { rank, shard });
            return;
        };
        page.next = Some(Position::after(rank, shard));
        page.events.push(event);
    }
}

/// What the journal has about an event, and its text.
///
/// # Errors
///
/// The shard did not answer.
pub async fn read_event<P: Journal + Ledger + Clock>(
    key: &EventKey,
    platform: &P,
) -> Result<Option<StoredEvent>, BindingError> {
    let request = JournalRequest::Read(key.as_str().into());
    let shards = platform.shards();
    let read = platform.journal(key.shard(shards), &request);
    let answer = within(platform, CALL_MS, read).await;
    if answer.is_err() && platform.shards() != shards {
        let read = platform.journal(key.shard(platform.shards()), &request);
        return within(platform, CALL_MS, read).await;
    }
    answer
}
