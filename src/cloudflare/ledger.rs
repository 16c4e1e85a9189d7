//! A shard of the ledger: a Durable Object that keeps its records in `SQLite`.
//!
//! [`crate::ledger`] decides what it does with them. A request awaits nothing between its first and
//! last statement, so the runtime lets no other request in between, and commits all statements
//! together before the answer leaves.

use std::cell::Cell;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use worker::{
    DurableObject, Env, Method, ObjectNamespace, Request, RequestInit, Response, SqlStorage,
    SqlStorageValue, State, console_error, durable_object,
};

use super::clock;
use crate::ledger::{
    self, ClaimRequest, FORGET_EVERY_MS, FORGET_STEP, MAX_RECORDS, Records, ResetRequest,
    SettleRequest,
};

/// The path of a [`ClaimRequest`].
pub(super) const CLAIM: &str = "/claim";

/// The path of a [`SettleRequest`].
pub(super) const SETTLE: &str = "/settle";

/// The path of a [`ResetRequest`].
pub(super) const RESET: &str = "/reset";

/// Sends a request to a shard.
pub(super) async fn ask<A: DeserializeOwned>(
    namespace: &ObjectNamespace,
    shard: usize,
    path: &str,
    request: &impl Serialize,
) -> worker::Result<A> {
    let body = serde_json::to_string(request)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&body)));
    // The host is ignored: the stub determines the object.
    let request = Request::new_with_init(&format!("http://ledger{path}"), &init)?;
    let stub = namespace.get_by_name(&format!("shard-{shard}"))?;
    let answer = stub.fetch_with_request(request).await?.text().await?;
    Ok(serde_json::from_str(&answer)?)
}

/// A shard.
#[durable_object(alarm)]
pub struct Ledger {
    state: State,
    /// The number of the latest claims.
    number: Cell<u64>,
    /// Until when an alarm is certain to be set, in milliseconds since 1970. The platform may drop
    /// an alarm without telling the shard.
    alarm_is_sure_until: Cell<u64>,
}

impl DurableObject for Ledger {
    fn new(state: State, _env: Env) -> Self {
        // If this fails, so do all requests, and everything is forwarded.
        let _ = state.storage().sql().exec(
            "CREATE TABLE IF NOT EXISTS records (
                key TEXT PRIMARY KEY,
                record TEXT NOT NULL,
                forget_at INTEGER NOT NULL
            ) WITHOUT ROWID",
            None,
        );
        Self { state, number: Cell::new(0), alarm_is_sure_until: Cell::new(0) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let body = request.text().await?;
        let table = Table(self.state.storage().sql());
        let now = clock::now();
        let answer = match &*request.path() {
            CLAIM => {
                let request: ClaimRequest<'_> = serde_json::from_str(&body)?;
                let number = self.next_number(now);
                serde_json::to_string(&ledger::claim(&table, &request, number, now)?)?
            }
            RESET => {
                let request: ResetRequest<'_> = serde_json::from_str(&body)?;
                serde_json::to_string(&ledger::reset(&table, &request, now)?)?
            }
            _ => {
                let request: SettleRequest<'_> = serde_json::from_str(&body)?;
                serde_json::to_string(&ledger::settle(&table, &request, now)?)?
            }
        };
        // The answer does not depend on this. If setting the alarm fails, the next request tries
        // again.
        if now >= self.alarm_is_sure_until.get() && self.set_alarm().await.is_ok() {
            self.alarm_is_sure_until.set(now.saturating_add(FORGET_EVERY_MS));
        }
        Response::ok(answer)
    }

    /// Never fails, because the platform drops an alarm that keeps failing.
    async fn alarm(&self) -> worker::Result<Response> {
        let now = clock::now();
        let forgotten = Table(self.state.storage().sql()).forget(now);
        let (is_more, is_empty) = forgotten.unwrap_or_else(|error| {
            console_error!("expired records could not be deleted: {error}");
            (false, false)
        });
        self.alarm_is_sure_until.set(0);
        if !is_empty {
            let wait = if is_more { 0 } else { FORGET_EVERY_MS };
            let set = self.state.storage().set_alarm(Duration::from_millis(wait)).await;
            match set {
                Ok(()) => self.alarm_is_sure_until.set(now.saturating_add(FORGET_EVERY_MS)),
                Err(error) => {
                    console_error!("the alarm could not be set, so the next request will: {error}");
                }
            }
        }
        Response::empty()
    }
}

impl Ledger {
    /// A unique number for claims. A restarted object starts with the time, which is past the
    /// numbers it has used, because it does not answer a thousand requests in a millisecond.
    fn next_number(&self, now: u64) -> u64 {
        let number = now.max(self.number.get() + 1);
        self.number.set(number);
        number
    }

    /// Sets an alarm to delete expired records, unless one is set.
    async fn set_alarm(&self) -> worker::Result<()> {
        let storage = self.state.storage();
        if storage.get_alarm().await?.is_none() {
            storage.set_alarm(Duration::from_millis(FORGET_EVERY_MS)).await?;
        }
        Ok(())
    }
}

/// The table of records.
struct Table(SqlStorage);

#[derive(Deserialize)]
struct Row {
    record: String,
}

#[derive(Deserialize)]
struct Count {
    records: usize,
}

impl Records for Table {
    type Error = worker::Error;

    fn get(&self, key: &str, now: u64) -> worker::Result<Option<String>> {
        let query = "SELECT record FROM records WHERE key = ? AND forget_at > ?";
        let rows: Vec<Row> = self.0.exec(query, vec![key.into(), milliseconds(now)])?.to_array()?;
        Ok(rows.into_iter().next().map(|row| row.record))
    }

    fn put(&self, key: &str, record: &str, forget_at: u64) -> worker::Result<()> {
        let statement = "INSERT OR REPLACE INTO records (key, record, forget_at) VALUES (?, ?, ?)";
        self.0.exec(statement, vec![key.into(), record.into(), milliseconds(forget_at)])?;
        Ok(())
    }

    fn delete(&self, key: &str) -> worker::Result<()> {
        self.0.exec("DELETE FROM records WHERE key = ?", vec![key.into()])?;
        Ok(())
    }
}

impl Table {
    /// Deletes expired records, and the oldest ones if there are too many. Returns whether there is
    /// more to delete, and whether the table is empty.
    fn forget(&self, now: u64) -> worker::Result<(bool, bool)> {
        let step = whole(FORGET_STEP);
        let over = "DELETE FROM records WHERE key IN
            (SELECT key FROM records WHERE forget_at <= ? LIMIT ?)";
        let forgotten = self.0.exec(over, vec![milliseconds(now), step.clone()])?.rows_written();

        let count = "SELECT count(*) AS records FROM records";
        let counts: Vec<Count> = self.0.exec(count, None)?.to_array()?;
        let records = counts.first().map_or(0, |count| count.records);
        let excess = records.saturating_sub(MAX_RECORDS);
        if excess > 0 {
            let oldest = "DELETE FROM records WHERE key IN
                (SELECT key FROM records ORDER BY forget_at LIMIT ?)";
            self.0.exec(oldest, vec![whole(excess.min(FORGET_STEP))])?;
        }
        Ok((forgotten >= FORGET_STEP || excess > FORGET_STEP, records == 0))
    }
}

/// SQL numbers are floating point, which is exact for milliseconds for the next 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "as above")]
fn milliseconds(milliseconds: u64) -> SqlStorageValue {
    SqlStorageValue::Float(milliseconds as f64)
}

#[expect(clippy::cast_precision_loss, reason = "as above")]
fn whole(number: usize) -> SqlStorageValue {
    SqlStorageValue::Float(number as f64)
}
