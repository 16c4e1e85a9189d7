//! Asks all shards of the journal the same.

use futures_util::future::join_all;
use serde::de::DeserializeOwned;

use crate::journal::JournalRequest;
use crate::ledger::ShardId;
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// What each shard answers.
pub(super) async fn of_all<A: DeserializeOwned>(
    request: &JournalRequest<'_>,
    platform: &impl Platform,
) -> Result<Vec<A>, BindingError> {
    let ask = async |of: usize| {
        let ask =
            |number| within(platform, CALL_MS, platform.journal(ShardId { number, of }, request));
        join_all((0..of).map(ask)).await.into_iter().collect::<Result<Vec<A>, _>>()
    };
    let shards = platform.shards();
    let answers = ask(shards).await;
    // A shard has told how many there are.
    if answers.is_err() && platform.shards() != shards {
        return ask(platform.shards()).await;
    }
    answers
}
