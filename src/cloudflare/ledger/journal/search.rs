//! Searches the journal, reads an event, and lists refusals.

use std::fmt::Write as _;

use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::super::milliseconds;
use super::super::shard::{Cursor, Sql, first_number, from_number};
use super::counted::with_counts;
use super::tables::{NUMBERS_PER_MS, TextRow, number};
use crate::cloudflare::js_string::js_string;
use crate::journal::{
    EventFilter, EventKey, LAST_RANK, NOT_KEPT, Order, RefusalFilter, SEARCH_ROWS, SearchRequest,
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

    /// A row of a refusal.
    type RefusalRow;

    #[wasm_bindgen(method, getter, js_name = seq)]
    fn number(this: &RefusalRow) -> f64;

    #[wasm_bindgen(method, getter)]
    fn refusal(this: &RefusalRow) -> String;
}

/// By how much an event's number may be off its arrival, in milliseconds: it is written when it is settled, and clocks
/// differ.
const MOST_APART_MS: u64 = 3_600_000;

const COLUMNS: &str = "seq, key, code, received, last_at, facts, history, latest, left_out,
    text IS NOT NULL OR EXISTS (SELECT 1 FROM texts WHERE texts.key = events.key) AS has_text";

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

pub(super) fn search(sql: &Sql, request: &SearchRequest<'_>) -> Result<String, JsValue> {
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

pub(super) fn count_events(sql: &Sql, request: &SearchRequest<'_>) -> Result<String, JsValue> {
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

pub(super) fn read_event(sql: &Sql, key: &str) -> Result<String, JsValue> {
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

pub(super) fn refusals(id: &str, sql: &Sql, filter: &RefusalFilter<'_>) -> Result<String, JsValue> {
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
        counted.counts.numbers.get(NOT_KEPT).copied().unwrap_or_default()
    })?;
    Ok(format!(r#"{{"refusals":[{rows}],"counted":{counted}}}"#))
}
