//! What the shards count: in memory, and every few seconds on disk.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::shard::Sql;
use super::tables::{TextRow, number, store, stored};
use crate::cloudflare::clock;
use crate::cloudflare::js_string::js_string;
use crate::counts::{Counts, MINUTE_MS, MINUTES_MS, RATED};

thread_local! {
    /// What the shards of this isolate have counted, by the ids of their objects.
    static COUNTED: RefCell<BTreeMap<String, Counted>> = RefCell::default();
}

/// What a shard has counted.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) counts: Counts,
    /// Whether the counts are on disk.
    is_on_disk: bool,
    /// What came in minutes since 1970, and is not on disk.
    minutes: BTreeMap<u64, [u64; RATED.len()]>,
}

/// Forgets what an earlier object with this id has counted.
pub(super) fn forget_earlier(id: &str) {
    COUNTED.with_borrow_mut(|counted| counted.remove(id));
}

/// Adds to what the shard has counted.
pub(in super::super) fn count(id: &str, sql: &Sql, counts: Counts) -> Result<(), JsValue> {
    if counts.is_empty() {
        return Ok(());
    }
    let rated = counts.rated();
    with_counts(id, sql, |counted| {
        counted.counts.merge(counts);
        counted.is_on_disk = false;
        if rated.iter().any(|count| *count > 0) {
            let minute = counted.minutes.entry(clock::now() / MINUTE_MS).or_default();
            minute.iter_mut().zip(rated).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        }
    })
}

pub(super) fn with_counts<T>(
    id: &str,
    sql: &Sql,
    use_them: impl FnOnce(&mut Counted) -> T,
) -> Result<T, JsValue> {
    COUNTED.with_borrow_mut(|counted| {
        if !counted.contains_key(id) {
            let text = stored(sql, "counts")?.unwrap_or_default();
            // What cannot be read begins anew, as counters may.
            let counts = serde_json::from_str(&text).unwrap_or_default();
            let new = Counted { counts, is_on_disk: true, minutes: BTreeMap::new() };
            counted.insert(id.to_owned(), new);
        }
        Ok(use_them(counted.entry(id.to_owned()).or_default()))
    })
}

/// Writes what the shard has counted, if it has counted anything.
///
/// # Errors
///
/// The database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn journal_flush(id: &str, sql: &Sql) -> Result<(), JsValue> {
    let changed = with_counts(id, sql, |counted| {
        let print = || serde_json::to_string(&counted.counts).unwrap_or_default();
        (!counted.is_on_disk).then(print)
    })?;
    if let Some(counts) = changed {
        store(sql, "counts", &counts)?;
        with_counts(id, sql, |counted| counted.is_on_disk = true)?;
    }
    // Each is kept until it is on disk.
    let first =
        |counted: &mut Counted| counted.minutes.first_key_value().map(|(&at, &of)| (at, of));
    while let Some((minute, rated)) = with_counts(id, sql, first)? {
        add_minute(sql, minute, rated)?;
        with_counts(id, sql, |counted| counted.minutes.remove(&minute))?;
    }
    Ok(())
}

/// Adds to what came in a minute.
fn add_minute(sql: &Sql, minute: u64, rated: [u64; RATED.len()]) -> Result<(), JsValue> {
    let add = RATED.map(|name| format!("{name} = {name} + excluded.{name}")).join(", ");
    let places = RATED.map(|_| "?").join(", ");
    let statement = format!(
        "INSERT INTO minutes VALUES (?, {places}) ON CONFLICT (minute) DO UPDATE SET {add}"
    );
    let values = [minute].into_iter().chain(rated).map(number).collect::<Array>();
    sql.exec_with_all(&js_string(&statement), &values).map(drop)
}

/// How much came in each step since a time: `Rate`s.
pub(super) fn rates(id: &str, sql: &Sql, since: u64, step: u64) -> Result<String, JsValue> {
    /// A number of JavaScript would make the division one of floating point.
    const STEP: &str = "CAST(?1 AS INTEGER)";

    journal_flush(id, sql)?;
    let sums = RATED.map(|name| format!("sum({name})")).join(", ");
    let query = format!(
        "SELECT json_group_array(json(step)) AS text FROM (
            SELECT json_array(minute - minute % {STEP}, json_array({sums})) AS step
            FROM minutes WHERE minute >= ?2 GROUP BY minute / {STEP} ORDER BY minute
        )"
    );
    let (step, since) = (number(step.max(1)), number(since / MINUTE_MS));
    let rows = sql.exec_with_two(&js_string(&query), &step, &since)?.to_array()?;
    let row = rows.iter().next().map(JsCast::unchecked_into::<TextRow>);
    Ok(row.and_then(|row| row.text()).unwrap_or_else(|| "[]".to_owned()))
}

/// Deletes what came in minutes that are too old.
pub(super) fn forget_minutes(sql: &Sql, now: u64) -> Result<(), JsValue> {
    let first = number(now.saturating_sub(MINUTES_MS) / MINUTE_MS);
    sql.exec_with(&js_string("DELETE FROM minutes WHERE minute < ?"), &first).map(drop)
}
