//! Lists the requests that were refused.

use serde::Serialize;

use super::error::OperatorError;
use super::events::check_credential;
use super::query::{DEFAULT_LIMIT, OperatorQuery};
use crate::auth::Admin;
use crate::config::Config;
use crate::journal::{JournalRequest, Refusal, RefusalFilter, RefusalsFound};
use crate::ledger::ShardId;
use crate::platform::{CALL_MS, Platform, within};
use crate::text::shorten;
use crate::when::to_rfc3339;

/// A page of refusals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalPage {
    /// The refusals, the newest first.
    pub refusals: Vec<RefusalView>,
    /// How many more were only counted, because they came too fast.
    pub counted: u64,
    /// The cursor of the next page. `None` on the last one.
    pub cursor: Option<String>,
}

/// A request that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusalView {
    /// When it came, in RFC 3339.
    pub time: String,
    /// The request.
    #[serde(flatten)]
    pub refusal: Refusal<'static>,
}

/// Lists refusals, the newest first.
///
/// # Errors
///
/// The query is invalid, or the journal failed.
pub async fn list(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<RefusalPage, OperatorError> {
    let before = query.cursor.as_deref().map(|cursor| {
        let expected = "cursor: expected the cursor of the previous page";
        cursor.parse().map_err(|_| OperatorError::BadQuery(expected.to_owned()))
    });
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    let request = JournalRequest::Refusals(RefusalFilter {
        code: query.code.as_deref().map(Into::into),
        credential: query.credential.as_deref().map(Into::into),
        id: query.id.as_deref().map(|id| shorten(id).into()),
        address: query.address.as_deref().map(Into::into),
        since: query.since,
        until: query.until,
        before: before.transpose()?,
        limit,
    });
    let shards = platform.shards();
    let ask = |of| platform.journal::<RefusalsFound>(ShardId { number: 0, of }, &request);
    let mut found = within(platform, CALL_MS, ask(shards)).await;
    if found.is_err() && platform.shards() != shards {
        found = within(platform, CALL_MS, ask(platform.shards())).await;
    }
    let RefusalsFound { refusals, counted } = found.map_err(OperatorError::JournalFailed)?;
    let last = refusals.last().filter(|_| refusals.len() >= limit);
    if refusals.is_empty() && query.cursor.is_none() {
        // An operator's secret can be refused as well.
        let is_operators = matches!(&config.admin, Some(Admin::Credentials(admin))
            if admin.credentials().any(|one| Some(one.name()) == query.credential.as_deref()));
        check_credential(query.credential.as_deref().filter(|_| !is_operators), config)?;
    }
    let cursor = last.map(|last| last.seq.to_string());
    let refusals = refusals
        .into_iter()
        .map(|stored| RefusalView { time: to_rfc3339(stored.refusal.at), refusal: stored.refusal });
    Ok(RefusalPage { refusals: refusals.collect(), counted, cursor })
}
