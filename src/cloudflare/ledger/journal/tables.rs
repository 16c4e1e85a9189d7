//! The tables of the journal, and what it keeps for itself.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::milliseconds;
use super::super::shard::Sql;
use crate::cloudflare::js_string::js_string;
use crate::journal::LAST_RANK;

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// A row with a text.
    pub(super) type TextRow;

    #[wasm_bindgen(method, getter)]
    pub(super) fn text(this: &TextRow) -> Option<String>;
}

/// An event's number is the time of its first note, in milliseconds, times this, unless more events come in a
/// millisecond.
pub(super) const NUMBERS_PER_MS: u64 = 1024;

/// The tables. A search by key or by object reads an index, one by time the numbers, and any other every row.
pub(super) const TABLES: [&str; 9] = [
    "CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        object TEXT,
        code TEXT,
        received INTEGER NOT NULL,
        last_at INTEGER,
        wanted_by TEXT,
        left_out INTEGER NOT NULL DEFAULT 0,
        facts TEXT NOT NULL,
        history TEXT NOT NULL,
        latest TEXT,
        text TEXT
    )",
    "CREATE UNIQUE INDEX IF NOT EXISTS events_by_key ON events (key)",
    "CREATE INDEX IF NOT EXISTS events_by_object ON events (object) WHERE object IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS texts (
        key TEXT NOT NULL,
        number INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (key, number)
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS refusals (seq INTEGER PRIMARY KEY, refusal TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS replays (id TEXT PRIMARY KEY, replay TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS not_sent (
        replay TEXT NOT NULL,
        number INTEGER NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (replay, number)
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS minutes (
        minute INTEGER PRIMARY KEY,
        accepted INTEGER NOT NULL,
        duplicate INTEGER NOT NULL,
        ignored INTEGER NOT NULL,
        under_way INTEGER NOT NULL,
        undelivered INTEGER NOT NULL,
        refused INTEGER NOT NULL
    )",
    "CREATE TABLE IF NOT EXISTS journal (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
];

/// Creates the tables.
pub(super) fn create(sql: &Sql) -> Result<(), JsValue> {
    TABLES.iter().try_for_each(|table| sql.exec(&js_string(table)).map(drop))
}

/// A value that the journal keeps for itself.
pub(super) fn stored(sql: &Sql, name: &str) -> Result<Option<String>, JsValue> {
    let query = "SELECT value AS text FROM journal WHERE name = ?";
    let rows = sql.exec_with(&js_string(query), &name.into())?.to_array()?;
    let row = rows.iter().next().map(JsCast::unchecked_into::<TextRow>);
    Ok(row.and_then(|row| row.text()))
}

pub(super) fn store(sql: &Sql, name: &str, value: &str) -> Result<(), JsValue> {
    let statement = "INSERT OR REPLACE INTO journal (name, value) VALUES (?, ?)";
    sql.exec_with_two(&js_string(statement), &name.into(), &value.into()).map(drop)
}

/// A number of an event for the database.
pub(super) fn number(number: u64) -> JsValue {
    milliseconds(number.min(LAST_RANK)).into()
}
