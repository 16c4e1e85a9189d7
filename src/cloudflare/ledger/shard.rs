//! What a shard of the ledger does.
//!
//! A shard is a Durable Object, an instance of the class in `ledger.mjs`. Its methods are called with text and
//! return text, and call the exports here with the handle of the object's `SQLite`. They await nothing between
//! the first statement and the last, so the runtime lets no other call in between, and commits all statements
//! together before the answer leaves.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;

use js_sys::{Array, JsString};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use worker::Env;

use super::{journal, json, milliseconds};
use crate::cloudflare::clock;
use crate::cloudflare::js_string::js_string;
use crate::ledger::{
    FORGET_EVERY_MS, FORGET_STEP, MAX_RECORDS, NewRecord, Records, SettleRequest, Shard, Stored,
};

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// `SqlStorage`, the database of a shard.
    pub type Sql;

    #[wasm_bindgen(method, catch)]
    pub(super) fn exec(this: &Sql, statement: &JsString) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, catch, js_name = exec)]
    pub(super) fn exec_with(
        this: &Sql,
        statement: &JsString,
        value: &JsValue,
    ) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, catch, js_name = exec)]
    pub(super) fn exec_with_two(
        this: &Sql,
        statement: &JsString,
        first: &JsValue,
        second: &JsValue,
    ) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, catch, js_name = exec)]
    pub(super) fn exec_with_three(
        this: &Sql,
        statement: &JsString,
        first: &JsValue,
        second: &JsValue,
        third: &JsValue,
    ) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, catch, variadic, js_name = exec)]
    pub(super) fn exec_with_all(
        this: &Sql,
        statement: &JsString,
        values: &Array,
    ) -> Result<Cursor, JsValue>;

    #[wasm_bindgen(method, getter, js_name = databaseSize)]
    pub(super) fn database_size(this: &Sql) -> f64;

    /// What came of a statement.
    pub(super) type Cursor;

    #[wasm_bindgen(method, catch, js_name = toArray)]
    pub(super) fn to_array(this: &Cursor) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, getter, js_name = rowsWritten)]
    pub(super) fn rows_written(this: &Cursor) -> f64;

    /// A row of the table of records.
    type Row;

    #[wasm_bindgen(method, getter)]
    fn key(this: &Row) -> String;

    #[wasm_bindgen(method, getter)]
    fn record(this: &Row) -> String;

    #[wasm_bindgen(method, getter)]
    fn forget_at(this: &Row) -> f64;

    /// A row of a single number.
    type NumberRow;

    #[wasm_bindgen(method, getter)]
    fn number(this: &NumberRow) -> f64;
}

/// Why a shard did not answer. It cannot happen, since nothing is awaited.
const IN_USE: &str = "the shard is in use";

thread_local! {
    /// What the shards of this isolate remember, by the ids of their objects. There are as many ids as there are
    /// shards, and a new object begins with nothing.
    static SHARDS: RefCell<BTreeMap<String, Shard>> = RefCell::default();
}

/// A shard begins: it remembers nothing, and has its tables. Returns how many shards the ledger has, or nothing if
/// the shard does not know.
///
/// # Errors
///
/// The database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_open(id: &str, sql: &Sql) -> Result<Option<f64>, JsValue> {
    SHARDS
        .with(|shards| shards.try_borrow_mut().map(|mut shards| shards.remove(id)))
        .map_err(|_| JsError::new(IN_USE))?;
    let statement = "CREATE TABLE IF NOT EXISTS records (
            key TEXT PRIMARY KEY,
            record TEXT NOT NULL,
            forget_at INTEGER NOT NULL
        ) WITHOUT ROWID";
    sql.exec(&statement.into())?;
    sql.exec(&"CREATE TABLE IF NOT EXISTS ledger (shards INTEGER NOT NULL)".into())?;
    journal::open(id, sql)?;
    first_number(&sql.exec(&"SELECT shards AS number FROM ledger".into())?)
}

/// How many shards the ledger of a version had that did not note it.
const UNNOTED_SHARDS: f64 = 8.0;

/// The first shard decides how many shards the ledger has: as many as are wanted, unless it has been used before.
/// Returns the number.
///
/// # Errors
///
/// The database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_decide(sql: &Sql, wanted: f64) -> Result<f64, JsValue> {
    let is_used =
        first_number(&sql.exec(&"SELECT 1 AS number FROM records LIMIT 1".into())?)?.is_some();
    let shards = if is_used { UNNOTED_SHARDS } else { wanted };
    ledger_note(sql, shards).map(|()| shards)
}

/// A shard notes how many shards the ledger has.
///
/// # Errors
///
/// The database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_note(sql: &Sql, shards: f64) -> Result<(), JsValue> {
    sql.exec_with(&"INSERT INTO ledger (shards) VALUES (?)".into(), &shards.into()).map(drop)
}

/// The number that a statement returned, if any.
pub(super) fn first_number(cursor: &Cursor) -> Result<Option<f64>, JsValue> {
    let rows = cursor.to_array()?;
    Ok((rows.length() > 0).then(|| rows.get(0).unchecked_into::<NumberRow>().number()))
}

/// A shard grants claims.
///
/// # Errors
///
/// The request cannot be read, or the database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_claim(id: &str, sql: &Sql, request: &str) -> Result<String, JsValue> {
    let request = read(request)?;
    with_shard(id, |shard| shard.claim(&Table(sql), &request, clock::now()))
}

/// A shard records the results of claims, and writes notes to the journal. Returns why the journal failed, if it did:
/// the claims are settled all the same.
///
/// # Errors
///
/// As above.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_settle(id: &str, sql: &Sql, request: &str, notes: &Array) -> Result<String, JsValue> {
    let mut request: SettleRequest<'_> = read(request)?;
    let counts = mem::take(&mut request.counts);
    with_shard(id, |shard| {
        shard.settle(&Table(sql), &request, clock::now())?;
        let written = journal::count(id, sql, counts).and_then(|()| journal::write(sql, notes));
        Ok(written.err().map(|error| worker::Error::from(error).to_string()))
    })
}

/// A shard resets an object.
///
/// # Errors
///
/// As above.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_reset(id: &str, sql: &Sql, request: &str) -> Result<String, JsValue> {
    let request = read(request)?;
    with_shard(id, |shard| shard.reset(&Table(sql), &request, clock::now()))
}

/// A shard deletes expired records, the oldest ones if there are too many, and what the journal keeps no longer. Returns
/// after how many milliseconds it must do so again, or nothing if nothing is left.
///
/// # Errors
///
/// The database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn ledger_forget(env: &Env, sql: &Sql) -> Result<Option<f64>, JsValue> {
    let now = clock::now();
    let wait = Table(sql).forget(now)?;
    let (is_more, is_left) = journal::forget(env, sql, now)?;
    let of_journal = if is_more { Some(0.0) } else { is_left.then(ledger_forget_every) };
    Ok(wait.into_iter().chain(of_journal).reduce(f64::min))
}

/// How often a shard looks for expired records, in milliseconds.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
#[must_use]
pub fn ledger_forget_every() -> f64 {
    milliseconds(FORGET_EVERY_MS)
}

pub(super) fn read<'r, T: serde::Deserialize<'r>>(request: &'r str) -> Result<T, JsValue> {
    serde_json::from_str(request).map_err(|error| JsError::new(&error.to_string()).into())
}

/// What a shard answers, as JSON.
fn with_shard<A: Serialize>(
    id: &str,
    answer: impl FnOnce(&mut Shard) -> Result<A, JsValue>,
) -> Result<String, JsValue> {
    SHARDS.with(|shards| {
        // Nothing is called here that could call this again.
        let mut shards = shards.try_borrow_mut().map_err(|_| JsError::new(IN_USE))?;
        let shard = match shards.get_mut(id) {
            Some(shard) => shard,
            None => shards.entry(id.to_owned()).or_default(),
        };
        let answer = answer(shard)?;
        serde_json::to_string(&answer).map_err(|error| JsError::new(&error.to_string()).into())
    })
}

/// How many bytes of records one statement writes. Cloudflare allows a parameter of 2 MB, and in JSON, records are
/// longer.
const MAX_PUT_BYTES: usize = 500_000;

/// The table of records.
struct Table<'s>(&'s Sql);

impl Records for Table<'_> {
    type Error = JsValue;

    fn get(&self, keys: &[&str], now: u64) -> Result<BTreeMap<String, Stored>, JsValue> {
        let now = milliseconds(now).into();
        let cursor = if let [key] = keys {
            let query =
                "SELECT key, record, forget_at FROM records WHERE key = ? AND forget_at > ?";
            self.0.exec_with_two(&js_string(query), &(*key).into(), &now)?
        } else {
            let query = "SELECT key, record, forget_at FROM records
                WHERE key IN (SELECT value FROM json_each(?)) AND forget_at > ?";
            self.0.exec_with_two(&js_string(query), &json(&keys)?, &now)?
        };
        let rows = cursor.to_array()?;
        let rows = rows.iter().map(JsCast::unchecked_into::<Row>);
        let read = |row: Row| {
            (row.key(), Stored { text: row.record(), forget_at: from_number(row.forget_at()) })
        };
        Ok(rows.map(read).collect())
    }

    fn put(&self, records: &[NewRecord<'_>]) -> Result<(), JsValue> {
        if let [NewRecord(key, record, forget_at)] = records {
            let statement =
                "INSERT OR REPLACE INTO records (key, record, forget_at) VALUES (?, ?, ?)";
            let forget_at = milliseconds(*forget_at).into();
            return self
                .0
                .exec_with_three(&js_string(statement), &(*key).into(), &record.into(), &forget_at)
                .map(drop);
        }
        let statement = "INSERT OR REPLACE INTO records (key, record, forget_at)
            SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)";
        let mut rest = records;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |NewRecord(key, record, _): &&NewRecord<'_>| {
                bytes += key.len() + record.len();
                bytes <= MAX_PUT_BYTES
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (first, others) = rest.split_at(count);
            self.0.exec_with(&js_string(statement), &json(&first)?)?;
            rest = others;
        }
        Ok(())
    }

    fn delete(&self, keys: &[&str]) -> Result<(), JsValue> {
        let statement = "DELETE FROM records WHERE key IN (SELECT value FROM json_each(?))";
        self.0.exec_with(&js_string(statement), &json(&keys)?).map(drop)
    }
}

impl Table<'_> {
    fn forget(&self, now: u64) -> Result<Option<f64>, JsValue> {
        let over = "DELETE FROM records WHERE key IN
            (SELECT key FROM records WHERE forget_at <= ? LIMIT ?)";
        let step = whole(FORGET_STEP);
        let expired =
            self.0.exec_with_two(&over.into(), &milliseconds(now).into(), &step.into())?;
        let count = self.0.exec(&"SELECT count(*) AS number FROM records".into())?;
        let count = first_number(&count)?.unwrap_or_default();
        let excess = count - whole(MAX_RECORDS);
        if excess > 0.0 {
            let oldest = "DELETE FROM records WHERE key IN
                (SELECT key FROM records ORDER BY forget_at LIMIT ?)";
            self.0.exec_with(&oldest.into(), &excess.min(step).into())?;
        }
        let is_more = expired.rows_written() >= step || excess > step;
        let wait = if is_more { 0.0 } else { milliseconds(FORGET_EVERY_MS) };
        Ok((count > 0.0).then_some(wait))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number that was stored as milliseconds"
)]
pub(super) fn from_number(milliseconds: f64) -> u64 {
    milliseconds as u64
}

#[expect(clippy::cast_precision_loss, reason = "a few million rows")]
pub(super) fn whole(number: usize) -> f64 {
    number as f64
}
