//! Writes what is noted about events.
//!
//! Notes come as text that the database reads, so none of it is in the memory of the wasm.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsError, JsValue};

use super::super::milliseconds;
use super::super::shard::{Sql, whole};
use super::tables::NUMBERS_PER_MS;
use crate::cloudflare::clock;
use crate::cloudflare::js_string::js_string;
use crate::journal::{EventKey, FIELD, MAX_HISTORY_BYTES};

/// Writes notes about events, which are a list of rows: see `Note`. An event that is there gets another line.
const WRITE: &str = "INSERT INTO events
        (seq, key, object, code, received, last_at, wanted_by, facts, history, text)
    SELECT
        max(?, (SELECT coalesce(max(seq), 0) + 1 FROM events)) + note.key,
        value ->> 0, value ->> 1, value ->> 2, value ->> 3,
        iif(value ->> 3 = 0, NULL, value ->> 4),
        value ->> 5, value -> 6, value -> 7, value ->> 8
    FROM jsonb_each(?) AS note
    -- What a replay does to an event that was erased meanwhile does not bring it back.
    WHERE value -> 7 ->> '$.what' <> 'replayed'
        OR EXISTS (SELECT 1 FROM events WHERE key = value ->> 0)
    ON CONFLICT (key) DO UPDATE SET
        object = coalesce(object, excluded.object),
        facts = iif(code IS NULL AND excluded.code IS NOT NULL, excluded.facts, facts),
        -- A replay may send it to others than those who want it.
        wanted_by = iif(excluded.code IS NULL, coalesce(wanted_by, excluded.wanted_by),
            coalesce(excluded.wanted_by, wanted_by)),
        -- A request that met another one, or came after it, says nothing new. It may be written before that one.
        code = iif(code IS NOT NULL AND (excluded.code IS NULL
                OR excluded.code = 'duplicate' AND code <> 'under_way' OR excluded.code = 'under_way'),
            code, excluded.code),
        received = received + excluded.received,
        last_at = coalesce(max(last_at, excluded.last_at), excluded.last_at, last_at),
        -- The text is that with which it first came. One that has expired does not come back with its event.
        text = iif(code IS NULL AND seq >= coalesce(
                (SELECT CAST(value AS INTEGER) FROM journal WHERE name = 'texts_until'), 0),
            coalesce(text, excluded.text), text),
        history = iif(latest IS NULL AND length(history) + length(excluded.history) < ?,
            history || char(10) || excluded.history, history),
        left_out = left_out + (latest IS NOT NULL),
        latest = iif(latest IS NULL AND length(history) + length(excluded.history) < ?,
            NULL, excluded.history)
    -- What was written already, and whose answer was lost, is told again.
    WHERE instr(history, excluded.history) = 0 AND latest IS NOT excluded.history";

/// Writes a part of a long text.
const WRITE_TEXT: &str = "INSERT OR IGNORE INTO texts (key, number, text) SELECT ?1, ?2, ?3
    WHERE EXISTS (SELECT 1 FROM events WHERE key = ?1 AND text IS NULL
        -- Another event with the same source and id has a text of another length, or all of its parts are there.
        AND facts ->> '$.bytes' = CAST(?4 AS INTEGER) AND seq >= coalesce(
        (SELECT CAST(value AS INTEGER) FROM journal WHERE name = 'texts_until'), 0))";

/// Writes the chunks of notes.
pub(in super::super) fn write(sql: &Sql, chunks: &Array) -> Result<(), JsValue> {
    let first = milliseconds(clock::now().saturating_mul(NUMBERS_PER_MS)).into();
    let most = whole(MAX_HISTORY_BYTES).into();
    for chunk in chunks.iter() {
        let chunk: JsString = chunk.unchecked_into();
        if chunk.starts_with("[", 0) {
            let parameters = Array::of4(&first, &chunk, &most, &most);
            sql.exec_with_all(&js_string(WRITE), &parameters)?;
        } else {
            write_part(sql, &chunk)?;
        }
    }
    Ok(())
}

/// Writes a part of a long text, which never comes into the memory of the wasm: see `print_notes`.
fn write_part(sql: &Sql, chunk: &JsString) -> Result<(), JsValue> {
    let key_ends = u32::try_from(1 + EventKey::CHARACTERS).unwrap_or_default();
    let Ok(number_ends) = u32::try_from(chunk.index_of(&FIELD.to_string(), 0)) else {
        return Err(JsError::new("a part of a text without a number").into());
    };
    let key = chunk.slice(1, key_ends);
    let header = String::from(chunk.slice(key_ends, number_ends));
    let Some((number, bytes)) = header.split_once('/') else {
        return Err(JsError::new("a part of a text without its length").into());
    };
    let text = chunk.slice(number_ends + 1, chunk.length());
    let parameters = Array::of4(&key, &number.into(), &text, &bytes.into());
    sql.exec_with_all(&js_string(WRITE_TEXT), &parameters).map(drop)
}
