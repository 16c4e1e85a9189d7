//! The journal of a shard: its tables, and the statements that write and search them.
//!
//! Notes come as text that the database reads, so none of it is in the memory of the wasm.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::mem;

use js_sys::{Array, JsString};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use worker::{Env, console_error};

use super::shard::{Cursor, Sql, first_number, from_number, read, whole};
use super::{json, milliseconds};
use crate::cloudflare::js_string::js_string;
use crate::cloudflare::{clock, config};
use crate::config::JournalSettings;
use crate::counts::{Counts, RATED};
use crate::journal::{
    EventFilter, EventKey, FIELD, FORGET_STEP, JournalRequest, LAST_RANK, MAX_DATABASE_BYTES,
    MAX_HISTORY_BYTES, MAX_REFUSALS, NoteRequest, Order, RefusalFilter, SEARCH_ROWS, SearchRequest,
    object_column, object_parts,
};
use crate::text::shortened;

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// A row of an event.
    type EventRow;

    #[wasm_bindgen(method, getter)]
    fn seq(this: &EventRow) -> f64;

    #[wasm_bindgen(method, getter)]
    fn key(this: &EventRow) -> String;

    #[wasm_bindgen(method, getter)]
    fn code(this: &EventRow) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn received(this: &EventRow) -> f64;

    #[wasm_bindgen(method, getter)]
    fn last_at(this: &EventRow) -> Option<f64>;

    #[wasm_bindgen(method, getter)]
    fn facts(this: &EventRow) -> String;

    #[wasm_bindgen(method, getter)]
    fn history(this: &EventRow) -> String;

    #[wasm_bindgen(method, getter)]
    fn latest(this: &EventRow) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    fn left_out(this: &EventRow) -> f64;

    #[wasm_bindgen(method, getter)]
    fn has_text(this: &EventRow) -> f64;

    /// A row with a text.
    type TextRow;

    #[wasm_bindgen(method, getter)]
    fn text(this: &TextRow) -> Option<String>;

    /// A row of a refusal.
    type RefusalRow;

    #[wasm_bindgen(method, getter, js_name = seq)]
    fn number(this: &RefusalRow) -> f64;

    #[wasm_bindgen(method, getter)]
    fn refusal(this: &RefusalRow) -> String;
}

/// An event's number is the time of its first note, in milliseconds, times this, unless more events come in a
/// millisecond.
const NUMBERS_PER_MS: u64 = 1024;

/// By how much an event's number may be off its arrival, in milliseconds: it is written when it is settled, and clocks
/// differ.
const MOST_APART_MS: u64 = 3_600_000;

/// The tables. A search by key or by object reads an index, one by time the numbers, and any other every row.
const TABLES: [&str; 9] = [
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

const COLUMNS: &str = "seq, key, code, received, last_at, facts, history, latest, left_out,
    text IS NOT NULL OR EXISTS (SELECT 1 FROM texts WHERE texts.key = events.key) AS has_text";

thread_local! {
    /// What the shards of this isolate have counted, by the ids of their objects.
    static COUNTED: RefCell<BTreeMap<String, Counted>> = RefCell::default();
}

/// What a shard has counted.
#[derive(Default)]
struct Counted {
    counts: Counts,
    /// Whether the counts are on disk.
    is_on_disk: bool,
    /// What came in minutes since 1970, and is not on disk.
    minutes: BTreeMap<u64, [u64; RATED.len()]>,
}

/// Creates the tables of the journal, and forgets what an earlier object with this id has counted.
pub(super) fn open(id: &str, sql: &Sql) -> Result<(), JsValue> {
    COUNTED.with_borrow_mut(|counted| counted.remove(id));
    TABLES.iter().try_for_each(|table| sql.exec(&js_string(table)).map(drop))
}

/// Writes the chunks of notes.
pub(super) fn write(sql: &Sql, chunks: &Array) -> Result<(), JsValue> {
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

/// Adds to what the shard has counted.
pub(super) fn count(id: &str, sql: &Sql, counts: Counts) -> Result<(), JsValue> {
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

fn with_counts<T>(
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

/// A value that the journal keeps for itself.
fn stored(sql: &Sql, name: &str) -> Result<Option<String>, JsValue> {
    let query = "SELECT value AS text FROM journal WHERE name = ?";
    let rows = sql.exec_with(&js_string(query), &name.into())?.to_array()?;
    let row = rows.iter().next().map(JsCast::unchecked_into::<TextRow>);
    Ok(row.and_then(|row| row.text()))
}

fn store(sql: &Sql, name: &str, value: &str) -> Result<(), JsValue> {
    let statement = "INSERT OR REPLACE INTO journal (name, value) VALUES (?, ?)";
    sql.exec_with_two(&js_string(statement), &name.into(), &value.into()).map(drop)
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
    let minutes = with_counts(id, sql, |counted| mem::take(&mut counted.minutes))?;
    minutes.into_iter().try_for_each(|(minute, rated)| add_minute(sql, minute, rated))
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
fn rates(id: &str, sql: &Sql, since: u64, step: u64) -> Result<String, JsValue> {
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

/// For how many milliseconds it is kept how much came in a minute: a day more than the week that the console shows.
const MINUTES_MS: u64 = 8 * 24 * 3_600_000;

/// A minute, in milliseconds.
const MINUTE_MS: u64 = 60_000;

/// Deletes what came in minutes that are too old.
fn forget_minutes(sql: &Sql, now: u64) -> Result<(), JsValue> {
    let first = number(now.saturating_sub(MINUTES_MS) / MINUTE_MS);
    sql.exec_with(&js_string("DELETE FROM minutes WHERE minute < ?"), &first).map(drop)
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

/// The conditions of a query, and their parameters.
#[derive(Default)]
struct Conditions {
    text: String,
    parameters: Array,
    /// The index that finds the events. Without one, all events within some numbers are looked at.
    index: &'static str,
}

impl Conditions {
    fn and(&mut self, condition: &str, parameter: &JsValue) {
        let joint = if self.text.is_empty() { "" } else { " AND " };
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{joint}{condition}");
        self.parameters.push(parameter);
    }

    /// The conditions on the numbers of the events of a filter, from this rank on.
    fn on_numbers(filter: &EventFilter, order: Order, from: u64) -> Self {
        let mut all = Self::default();
        let first = number(order.rank(from));
        match order {
            Order::Newest => all.and("seq <= ?", &first),
            Order::Oldest => all.and("seq >= ?", &first),
        }
        let of_time = |time: u64| number(time.saturating_mul(NUMBERS_PER_MS));
        if let Some(since) = filter.since {
            all.and("seq >= ?", &of_time(since.saturating_sub(MOST_APART_MS)));
        }
        if let Some(until) = filter.until {
            all.and("seq <= ?", &of_time(until.saturating_add(MOST_APART_MS)));
        }
        all
    }

    /// The conditions of a filter, from this rank on.
    fn new(filter: &EventFilter, order: Order, from: u64) -> Self {
        let mut all = Self::on_numbers(filter, order, from);
        match (&filter.id, &filter.source) {
            (Some(id), Some(source)) => {
                all.and("key = ?", &EventKey::of(source, id).as_str().into());
                all.index = "INDEXED BY events_by_key";
            }
            (Some(id), None) => {
                let prefix = EventKey::prefix(id);
                // A tilde comes after all characters of a key.
                let end = format!("{prefix}~");
                all.and("key >= ?", &prefix.into());
                all.and("key < ?", &end.into());
                all.index = "INDEXED BY events_by_key";
            }
            (None, _) => {}
        }
        if let Some(object) = &filter.object {
            let column = object_parts(object).map(|(type_, id)| object_column(type_, id));
            all.and("object = ?", &column.unwrap_or_default().into());
            if all.index.is_empty() {
                all.index = "INDEXED BY events_by_object";
            }
        }
        let of_facts = [
            ("source", filter.source.as_ref().filter(|_| filter.id.is_none())),
            ("type", filter.type_.as_ref()),
            ("event_type", filter.event_type.as_ref()),
            ("operation", filter.operation.as_ref()),
        ];
        for (name, value) in of_facts {
            if let Some(value) = value {
                all.and(&format!("facts ->> '$.{name}' = ?"), &shortened(value).into());
            }
        }
        if let Some(credential) = &filter.credential {
            // With which it came, or came again. Within a text, the quotes would be escaped.
            let quoted = serde_json::to_string(&shortened(credential)).unwrap_or_default();
            let member = format!("\"credential\":{quoted}");
            all.and("instr(history || coalesce(latest, ''), ?) > 0", &member.into());
        }
        if let Some(subscription) = &filter.subscription {
            all.and("instr(wanted_by, ?) > 0", &format!(",{subscription},").into());
        }
        if let Some(code) = &filter.code {
            all.and("code = ?", &code.into());
        }
        if let Some(since) = filter.since {
            all.and("facts ->> '$.arrived_at' >= ?", &number(since));
        }
        if let Some(until) = filter.until {
            all.and("facts ->> '$.arrived_at' < ?", &number(until));
        }
        all
    }

    fn query(&self, sql: &Sql, what: &str, end: &str) -> Result<Cursor, JsValue> {
        let Self { text, parameters, index } = self;
        let query = format!("SELECT {what} FROM events {index} WHERE {text} {end}");
        // It is not the same each time, so it is not cached.
        sql.exec_with_all(&query.into(), parameters)
    }
}

/// A number of an event for the database.
fn number(number: u64) -> JsValue {
    milliseconds(number.min(LAST_RANK)).into()
}

/// The last number that is looked at, and whether there may be more after it. An index finds everything; without one, only
/// so many events are looked at.
fn limit_numbers(
    conditions: &mut Conditions,
    filter: &EventFilter,
    order: Order,
    from: u64,
    sql: &Sql,
) -> Result<Option<u64>, JsValue> {
    if !conditions.index.is_empty() {
        return Ok(None);
    }
    let numbers = Conditions::on_numbers(filter, order, from);
    let direction = direction(order);
    let query = format!(
        "SELECT seq AS number FROM events WHERE {} ORDER BY seq {direction} LIMIT 1 OFFSET {}",
        numbers.text,
        SEARCH_ROWS - 1
    );
    let last = first_number(&sql.exec_with_all(&query.into(), &numbers.parameters)?)?;
    let Some(last) = last else { return Ok(None) };
    let condition = if order == Order::Newest { "seq >= ?" } else { "seq <= ?" };
    conditions.and(condition, &last.into());
    Ok(Some(from_number(last)))
}

fn direction(order: Order) -> &'static str {
    match order {
        Order::Newest => "DESC",
        Order::Oldest => "ASC",
    }
}

fn search(sql: &Sql, request: &SearchRequest<'_>) -> Result<String, JsValue> {
    let SearchRequest { filter, order, from, limit } = request;
    let mut conditions = Conditions::new(filter, *order, *from);
    let last = limit_numbers(&mut conditions, filter, *order, *from, sql)?;
    let end = format!("ORDER BY seq {} LIMIT {limit}", direction(*order));
    let rows = conditions.query(sql, COLUMNS, &end)?.to_array()?;
    let rows: Vec<EventRow> = rows.iter().map(JsCast::unchecked_into).collect();
    let (mut events, mut bytes, mut next) = (Vec::new(), 0, last);
    for row in &rows {
        let event = print_row(row, None);
        bytes += event.len();
        events.push(event);
        if bytes >= MAX_FOUND_BYTES || events.len() >= *limit {
            next = Some(from_number(row.seq()));
            break;
        }
    }
    Ok(found(&events, 0, next.map(|seq| order.rank(seq) + 1)))
}

fn count_events(sql: &Sql, request: &SearchRequest<'_>) -> Result<String, JsValue> {
    let SearchRequest { filter, order, from, .. } = request;
    let mut conditions = Conditions::new(filter, *order, *from);
    let last = limit_numbers(&mut conditions, filter, *order, *from, sql)?;
    let number = first_number(&conditions.query(sql, "count(*) AS number", "")?)?;
    let number = from_number(number.unwrap_or_default());
    Ok(found(&[], number, last.map(|seq| order.rank(seq) + 1)))
}

/// How many bytes of events a shard answers with, or those of one event more. Histories can be long.
const MAX_FOUND_BYTES: usize = 1_000_000;

/// Prints what was found. The events are JSON already.
fn found(events: &[String], number: u64, next: Option<u64>) -> String {
    let next = next.map_or_else(|| "null".to_owned(), |next| next.to_string());
    format!(r#"{{"events":[{}],"number":{number},"next":{next}}}"#, events.join(","))
}

/// Prints an event. What its columns hold is JSON already.
fn print_row(row: &EventRow, text: Option<&str>) -> String {
    let text_of = |value: &Option<String>| serde_json::to_string(value).unwrap_or_default();
    let last_at = row.last_at().map(from_number);
    let mut history = row.history().replace('\n', ",");
    if let Some(latest) = row.latest() {
        history.push(',');
        history.push_str(&latest);
    }
    format!(
        r#"{{"seq":{},"key":{},"code":{},"received":{},"last_at":{},"facts":{},"history":[{history}],"left_out":{},"has_text":{},"text":{}}}"#,
        from_number(row.seq()),
        text_of(&Some(row.key())),
        text_of(&row.code()),
        from_number(row.received()),
        serde_json::to_string(&last_at).unwrap_or_default(),
        row.facts(),
        from_number(row.left_out()),
        row.has_text() != 0.0,
        serde_json::to_string(&text).unwrap_or_default(),
    )
}

fn read_event(sql: &Sql, key: &str) -> Result<String, JsValue> {
    let query = format!("SELECT {COLUMNS}, text FROM events WHERE key = ?");
    let rows = sql.exec_with(&js_string(&query), &key.into())?.to_array()?;
    let Some(row) = rows.iter().next() else { return Ok("null".to_owned()) };
    let mut text = row.unchecked_ref::<TextRow>().text();
    if text.is_none() {
        let query = "SELECT text FROM texts WHERE key = ? ORDER BY number";
        let parts = sql.exec_with(&js_string(query), &key.into())?.to_array()?;
        let parts = parts.iter().map(JsCast::unchecked_into::<TextRow>);
        let parts: Vec<_> = parts.filter_map(|part| part.text()).collect();
        text = (!parts.is_empty()).then(|| parts.concat());
    }
    Ok(print_row(row.unchecked_ref(), text.as_deref()))
}

fn refusals(id: &str, sql: &Sql, filter: &RefusalFilter<'_>) -> Result<String, JsValue> {
    let mut all = Conditions::default();
    let before = filter.before.unwrap_or(LAST_RANK);
    all.and("seq < ?", &milliseconds(before).into());
    let texts = [
        ("code", &filter.code),
        ("credential", &filter.credential),
        ("client_address", &filter.address),
        ("id", &filter.id),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            all.and(&format!("refusal ->> '$.{name}' = ?"), &(**value).into());
        }
    }
    if let Some(since) = filter.since {
        all.and("refusal ->> '$.at' >= ?", &milliseconds(since).into());
    }
    if let Some(until) = filter.until {
        all.and("refusal ->> '$.at' < ?", &milliseconds(until).into());
    }
    let query = format!(
        "SELECT seq, refusal FROM refusals WHERE {} ORDER BY seq DESC LIMIT {}",
        all.text, filter.limit
    );
    let rows = sql.exec_with_all(&query.into(), &all.parameters)?.to_array()?;
    let rows = rows.iter().map(JsCast::unchecked_into::<RefusalRow>);
    let rows = rows.map(|row| {
        format!(r#"{{"seq":{},"refusal":{}}}"#, from_number(row.number()), row.refusal())
    });
    let rows = rows.collect::<Vec<_>>().join(",");
    let counted = with_counts(id, sql, |counted| {
        counted.counts.numbers.get(crate::journal::NOT_KEPT).copied().unwrap_or_default()
    })?;
    Ok(format!(r#"{{"refusals":[{rows}],"counted":{counted}}}"#))
}

/// Deletes what is older than the settings say, a bounded number of rows at a time. Returns whether there is more to
/// delete, and whether anything is left.
pub(super) fn forget(env: &Env, sql: &Sql, now: u64) -> Result<(bool, bool), JsValue> {
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
    let last = js_sys::Reflect::get(&last.get(0), &js_string("number"))?.as_f64();
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
