//! A shard of the ledger: a Durable Object that keeps its records in `SQLite`.
//!
//! What it does with them is decided in [`crate::ledger`]. Between the first and the last statement of
//! a request nothing is awaited, so the runtime lets no other request come between and commits all of
//! them together, before the answer leaves.

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

/// The path of a request for claims.
pub(super) const CLAIM: &str = "/claim";

/// The path of a request that settles claims.
pub(super) const SETTLE: &str = "/settle";

/// The path of a request that an object be forgotten.
pub(super) const RESET: &str = "/reset";

/// Asks a shard.
pub(super) async fn ask<A: DeserializeOwned>(
    namespace: &ObjectNamespace,
    shard: usize,
    path: &str,
    request: &impl Serialize,
) -> worker::Result<A> {
    let body = serde_json::to_string(request)?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&body)));
    // The host means nothing: the stub leads to the object.
    let request = Request::new_with_init(&format!("http://ledger{path}"), &init)?;
    let stub = namespace.get_by_name(&format!("shard-{shard}"))?;
    let answer = stub.fetch_with_request(request).await?.text().await?;
    Ok(serde_json::from_str(&answer)?)
}

/// A shard.
#[durable_object(alarm)]
pub struct Ledger {
    state: State,
    /// The number that the last claims have.
    number: Cell<u64>,
    /// Until when an alarm need not be looked for, in milliseconds since 1970: one may be given up by the
    /// platform, and the shard hears nothing of it.
    alarm_is_sure_until: Cell<u64>,
}

impl DurableObject for Ledger {
    fn new(state: State, _env: Env) -> Self {
        // If this fails, so does every request, and everything is forwarded.
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
        // The answer stands in any case; if there is no alarm, the next request sets it.
        if now >= self.alarm_is_sure_until.get() && self.set_alarm().await.is_ok() {
            self.alarm_is_sure_until.set(now.saturating_add(FORGET_EVERY_MS));
        }
        Response::ok(answer)
    }

    /// It does not fail: the platform gives up an alarm that fails again and again, and then there is none.
    async fn alarm(&self) -> worker::Result<Response> {
        let now = clock::now();
        let forgotten = Table(self.state.storage().sql()).forget(now);
        let (is_more, is_empty) = forgotten.unwrap_or_else(|error| {
            console_error!("records whose time is over cannot be forgotten now: {error}");
            (false, false)
        });
        self.alarm_is_sure_until.set(0);
        if !is_empty {
            let wait = if is_more { 0 } else { FORGET_EVERY_MS };
            let set = self.state.storage().set_alarm(Duration::from_millis(wait)).await;
            match set {
                Ok(()) => self.alarm_is_sure_until.set(now.saturating_add(FORGET_EVERY_MS)),
                Err(error) => console_error!("the next request has to set an alarm: {error}"),
            }
        }
        Response::empty()
    }
}

impl Ledger {
    /// A number that no other claims have: an object's clock never goes back behind the numbers it
    /// gave, since it does not answer a thousand requests in a millisecond.
    fn next_number(&self, now: u64) -> u64 {
        let number = now.max(self.number.get() + 1);
        self.number.set(number);
        number
    }

    /// Sees to it that records are forgotten some time.
    async fn set_alarm(&self) -> worker::Result<()> {
        let storage = self.state.storage();
        if storage.get_alarm().await?.is_none() {
            storage.set_alarm(Duration::from_millis(FORGET_EVERY_MS)).await?;
        }
        Ok(())
    }
}

/// The table of the records.
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
    /// Forgets records whose time is over, and the oldest of those that are too many; tells whether
    /// there is more to forget, and whether nothing is left at all.
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

/// Numbers travel as floating point, which holds milliseconds for the next 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "as above")]
fn milliseconds(milliseconds: u64) -> SqlStorageValue {
    SqlStorageValue::Float(milliseconds as f64)
}

#[expect(clippy::cast_precision_loss, reason = "as above")]
fn whole(number: usize) -> SqlStorageValue {
    SqlStorageValue::Float(number as f64)
}
