//! The journal of a shard: what it is told and asked.

mod counted;
mod forget;
mod notes;
mod search;
mod tables;

use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use super::json;
use super::shard::{Sql, first_number, from_number, read, whole};
use crate::cloudflare::js_string::js_string;
use crate::journal::{JournalRequest, MAX_REFUSALS, NoteRequest};
pub(super) use counted::count;
use counted::{rates, with_counts};
pub(super) use forget::forget;
pub(super) use notes::write;
use search::{count_events, read_event, refusals, search};

/// Creates the tables of the journal, and forgets what an earlier object with this id has counted.
pub(super) fn open(id: &str, sql: &Sql) -> Result<(), JsValue> {
    counted::forget_earlier(id);
    tables::create(sql)
}

/// A shard writes notes, refusals, and what was counted.
///
/// # Errors
///
/// The request cannot be read, or the database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn journal_note(id: &str, sql: &Sql, request: &str, notes: &Array) -> Result<String, JsValue> {
    let NoteRequest { counts, refusals } = read(request)?;
    count(id, sql, counts)?;
    write(sql, notes)?;
    if !refusals.is_empty() {
        let statement = "INSERT INTO refusals (refusal) SELECT value FROM json_each(?)";
        sql.exec_with(&js_string(statement), &json(&refusals)?)?;
        let statement = "DELETE FROM refusals WHERE seq <= (SELECT max(seq) FROM refusals) - ?";
        sql.exec_with(&js_string(statement), &whole(MAX_REFUSALS).into())?;
    }
    Ok("null".to_owned())
}

/// A shard is asked about the journal.
///
/// # Errors
///
/// The request cannot be read, or the database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn journal_ask(id: &str, sql: &Sql, request: &str) -> Result<String, JsValue> {
    match read(request)? {
        JournalRequest::Search(request) => search(sql, &request),
        JournalRequest::Count(request) => count_events(sql, &request),
        JournalRequest::Read(key) => read_event(sql, &key),
        JournalRequest::Refusals(filter) => refusals(id, sql, &filter),
        JournalRequest::Counts => with_counts(id, sql, |counted| print(&counted.counts))?,
        JournalRequest::Rates { since, step } => rates(id, sql, since, step),
        JournalRequest::Erase(keys) => {
            let keys = json(&keys)?;
            let of = |start: &str| {
                js_string(&format!("{start} WHERE key IN (SELECT value FROM json_each(?))"))
            };
            let number = sql.exec_with(&of("SELECT count(*) AS number FROM events"), &keys)?;
            let number = first_number(&number)?.unwrap_or_default();
            sql.exec_with(&of("DELETE FROM texts"), &keys)?;
            sql.exec_with(&of("DELETE FROM events"), &keys)?;
            print(&from_number(number))
        }
        JournalRequest::EraseRefusals { source, id } => {
            let statement = "DELETE FROM refusals
                WHERE refusal ->> '$.source' = ? AND refusal ->> '$.id' = ?";
            let erased =
                sql.exec_with_two(&js_string(statement), &(*source).into(), &(*id).into())?;
            print(&from_number(erased.rows_written()))
        }
    }
}

fn print(value: &impl Serialize) -> Result<String, JsValue> {
    serde_json::to_string(value).map_err(|error| JsError::new(&error.to_string()).into())
}
