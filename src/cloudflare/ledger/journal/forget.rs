//! Deletes what is older than it is kept.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use worker::{Env, console_error};

use super::super::milliseconds;
use super::super::shard::{Sql, first_number, from_number, whole};
use super::counted::forget_minutes;
use super::tables::{NUMBERS_PER_MS, store, stored};
use crate::cloudflare::config;
use crate::cloudflare::js_string::js_string;
use crate::config::JournalSettings;
use crate::journal::{FORGET_STEP, LAST_RANK, MAX_DATABASE_BYTES};

/// Deletes what is older than the settings say, a bounded number of rows at a time. Returns whether there is more to
/// delete, and whether anything is left.
pub(in super::super) fn forget(env: &Env, sql: &Sql, now: u64) -> Result<(bool, bool), JsValue> {
    // A broken configuration does not say for how long anything is kept.
    let settings = config(env).ok();
    let settings = settings.map(|config| config.journal.unwrap_or(JournalSettings::SWITCHED_OFF));
    let mut is_more = false;
    if let Some(settings) = settings {
        is_more |= forget_events(settings, sql, now)?;
        is_more |= forget_texts(settings, sql, now)?;
        let statement = "DELETE FROM refusals WHERE seq IN (SELECT seq FROM refusals
            WHERE refusal ->> '$.at' < ? ORDER BY seq LIMIT ?)";
        let since = milliseconds(now.saturating_sub(settings.retention_ms)).into();
        let step = whole(FORGET_STEP);
        let forgotten = sql.exec_with_two(&js_string(statement), &since, &step.into())?;
        is_more |= forgotten.rows_written() >= step;
    }
    forget_minutes(sql, now)?;
    let left = "SELECT 1 AS number WHERE EXISTS (SELECT 1 FROM events)
        OR EXISTS (SELECT 1 FROM refusals) OR EXISTS (SELECT 1 FROM minutes)";
    let left = first_number(&sql.exec(&js_string(left))?)?;
    Ok((is_more, left.is_some()))
}

/// How many bytes of texts are deleted at a time, or those of one event more.
const FORGET_BYTES: usize = 20_000_000;

fn forget_events(settings: JournalSettings, sql: &Sql, now: u64) -> Result<bool, JsValue> {
    let mut end = now.saturating_sub(settings.retention_ms).saturating_mul(NUMBERS_PER_MS);
    let is_full = sql.database_size() > milliseconds(MAX_DATABASE_BYTES);
    if is_full {
        console_error!(
            "the journal is larger than {MAX_DATABASE_BYTES} bytes, so its oldest events are deleted early"
        );
        end = LAST_RANK;
    }
    let step: JsValue = whole(FORGET_STEP).into();
    let end: JsValue = milliseconds(end.min(LAST_RANK)).into();
    // At least one, and not so many that nobody is answered meanwhile.
    let oldest = &format!(
        "SELECT key FROM (SELECT key, sum(bytes) OVER (ORDER BY seq) - bytes AS before
            FROM (SELECT key, seq, coalesce(facts ->> '$.bytes', 0) AS bytes
                FROM events WHERE seq < ? ORDER BY seq LIMIT ?))
        WHERE before < {FORGET_BYTES}"
    );
    let count = format!("SELECT count(*) AS number FROM ({oldest})");
    let count = first_number(&sql.exec_with_two(&js_string(&count), &end, &step)?)?;
    let count = count.unwrap_or_default();
    if count > 0.0 {
        for table in ["texts", "events"] {
            let statement = format!("DELETE FROM {table} WHERE key IN ({oldest})");
            sql.exec_with_two(&js_string(&statement), &end, &step)?;
        }
    }
    let left = "SELECT 1 AS number FROM events WHERE seq < ? LIMIT 1";
    Ok(count > 0.0 && first_number(&sql.exec_with(&js_string(left), &end)?)?.is_some())
}

/// Removes the texts of events that are older than they are kept. The numbers before the last one that was looked at need
/// no look any more.
fn forget_texts(settings: JournalSettings, sql: &Sql, now: u64) -> Result<bool, JsValue> {
    const NAME: &str = "texts_until";

    let kept = settings.body_retention_ms.unwrap_or_default();
    let end = now.saturating_sub(kept).saturating_mul(NUMBERS_PER_MS).min(LAST_RANK);
    let from = stored(sql, NAME)?.and_then(|text| text.parse().ok()).unwrap_or(0_u64);
    if from >= end {
        return Ok(false);
    }
    let (from, end): (JsValue, JsValue) = (milliseconds(from).into(), milliseconds(end).into());
    let query = "SELECT max(seq) AS number FROM
        (SELECT seq FROM events WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?)";
    let step = whole(FORGET_STEP).into();
    let last = sql.exec_with_three(&js_string(query), &from, &end, &step)?.to_array()?;
    let last = Reflect::get(&last.get(0), &js_string("number"))?.as_f64();
    let Some(last) = last else { return Ok(false) };
    let last_value = last.into();
    let of_those = "key IN (SELECT key FROM events WHERE seq >= ? AND seq <= ?)";
    let statement = format!("DELETE FROM texts WHERE {of_those}");
    sql.exec_with_two(&js_string(&statement), &from, &last_value)?;
    let statement = "UPDATE events SET text = NULL
        WHERE seq >= ? AND seq <= ? AND text IS NOT NULL";
    sql.exec_with_two(&js_string(statement), &from, &last_value)?;
    store(sql, NAME, &(from_number(last) + 1).to_string())?;
    Ok(true)
}
