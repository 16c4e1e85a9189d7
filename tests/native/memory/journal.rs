//! The journal in memory: what the statements of a shard do, done the simple way.

use std::borrow::Cow;
use std::collections::BTreeMap;

use elytra_webhooks::counts::Counts;
use elytra_webhooks::journal::{
    EventFilter, EventKey, FIELD, Found, JournalRequest, Line, NoteRequest, Order, PART, Pending,
    Rate, RefusalFilter, RefusalsFound, SEPARATOR, StoredEvent, StoredRefusal, What, object_column,
    object_parts,
};
use elytra_webhooks::ledger::ShardId;
use elytra_webhooks::platform::{BindingError, Journal};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Memory;

/// A row of an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) object: Option<String>,
    pub(crate) wanted_by: Option<String>,
    pub(crate) event: StoredEvent,
}

/// The journal of a shard.
#[derive(Debug, Default)]
pub(crate) struct ShardJournal {
    /// By key.
    pub(crate) rows: BTreeMap<String, Row>,
    pub(crate) refusals: Vec<StoredRefusal>,
    pub(crate) counts: Counts,
}

impl ShardJournal {
    /// Writes what [`print_notes`](elytra_webhooks::journal::print_notes) printed.
    pub(crate) fn write(&mut self, notes: &str, now: u64) {
        for chunk in notes.split(SEPARATOR).filter(|chunk| !chunk.is_empty()) {
            if let Some(part) = chunk.strip_prefix(PART) {
                let (key, rest) = part.split_at(EventKey::CHARACTERS);
                let (header, part) = rest.split_once(FIELD).unwrap();
                let (_, bytes) = header.split_once('/').unwrap();
                let row = self.rows.get_mut(key).unwrap();
                let text = row.event.text.get_or_insert_default();
                // A text that is whole, or another one's part, is left alone.
                if row.event.facts.bytes.to_string() == bytes && text.len() < row.event.facts.bytes
                {
                    text.push_str(part);
                }
                row.event.has_text = true;
                continue;
            }
            let rows: Vec<Value> = serde_json::from_str(chunk).unwrap();
            for row in &rows {
                self.write_row(row, now);
            }
        }
    }

    fn write_row(&mut self, row: &Value, now: u64) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let [key, object, code, received, at, wanted_by, facts, line, body] =
            row.as_array().unwrap().as_slice()
        else {
            panic!("{row}");
        };
        let is_of_replay = line["what"] == "replayed";
        if is_of_replay && !self.rows.contains_key(&text(key).unwrap()) {
            return;
        }
        let last = self.rows.values().map(|row| row.event.seq).max().unwrap_or_default();
        let row = self.rows.entry(text(key).unwrap()).or_insert_with(|| {
            let facts = serde_json::from_value(facts.clone()).unwrap();
            let seq = (last + 1).max(now * 1024);
            let event =
                StoredEvent { seq, key: text(key).unwrap(), facts, ..StoredEvent::default() };
            Row { event, ..Row::default() }
        });
        let line: Line<'static> = serde_json::from_value(line.clone()).unwrap();
        let (event, code) = (&mut row.event, text(code));
        let (is_first, code_is_new) = (event.code.is_none(), code.is_some());
        if event.history.contains(&line) {
            return;
        }
        if event.code.is_none() && code.is_some() {
            event.facts = serde_json::from_value(facts.clone()).unwrap();
        }
        let says_nothing_new = match code.as_deref() {
            None | Some("under_way") => true,
            Some("duplicate") => event.code.as_deref() != Some("under_way"),
            Some(_) => false,
        };
        if event.code.is_none() || !says_nothing_new {
            event.code = code;
        }
        if received.as_u64() == Some(1) {
            event.received += 1;
            event.last_at = event.last_at.max(at.as_u64());
        }
        event.history.push(line);
        if is_first {
            event.text = event.text.take().or(text(body));
        }
        event.has_text = event.text.is_some();
        row.object = row.object.take().or(text(object));
        row.wanted_by = if code_is_new {
            text(wanted_by).or(row.wanted_by.take())
        } else {
            row.wanted_by.take().or(text(wanted_by))
        };
    }

    fn note(&mut self, request: NoteRequest<'_>, notes: &str, now: u64) {
        self.write(notes, now);
        self.counts.merge(request.counts);
        for refusal in request.refusals {
            let seq = self.refusals.last().map_or(1, |last| last.seq + 1);
            let refusal = serde_json::from_str(&refusal).unwrap();
            self.refusals.push(StoredRefusal { seq, refusal });
        }
    }

    fn ask(&mut self, request: JournalRequest<'_>) -> Value {
        match request {
            JournalRequest::Search(request) => {
                let mut found = self.meant(&request.filter, request.order, request.from);
                let more = found.split_off(request.limit.min(found.len()));
                let rank = |event: &StoredEvent| request.order.rank(event.seq);
                let next = found.last().filter(|_| !more.is_empty()).map(|last| rank(last) + 1);
                let without_text = |event| StoredEvent { text: None, ..event };
                let events = found.into_iter().map(without_text).collect();
                json!(Found { events, number: 0, next })
            }
            JournalRequest::Count(request) => {
                let found = self.meant(&request.filter, request.order, request.from);
                json!(Found { number: found.len() as u64, ..Found::default() })
            }
            JournalRequest::Read(key) => json!(self.rows.get(&*key).map(|row| &row.event)),
            JournalRequest::Refusals(filter) => json!(self.find_refusals(&filter)),
            JournalRequest::Counts => json!(self.counts),
            // Everything came in the first minute that is asked for.
            JournalRequest::Rates { since, .. } => {
                json!([Rate::from((since / 60_000, self.counts.rated()))])
            }
            JournalRequest::Erase(keys) => {
                json!(keys.iter().filter_map(|key| self.rows.remove(&**key)).count())
            }
            JournalRequest::EraseRefusals { source, id } => {
                let before = self.refusals.len();
                let is_of =
                    |text: &Option<Cow<'_, str>>, other: &str| text.as_deref() == Some(other);
                self.refusals.retain(|StoredRefusal { refusal, .. }| {
                    !(is_of(&refusal.source, &source) && is_of(&refusal.id, &id))
                });
                json!(before - self.refusals.len())
            }
        }
    }

    /// The events that are meant, in order, from a rank on.
    pub(crate) fn meant(&self, filter: &EventFilter, order: Order, from: u64) -> Vec<StoredEvent> {
        let is_meant = |row: &&Row| is_meant(filter, row);
        let mut meant: Vec<_> =
            self.rows.values().filter(is_meant).map(|row| row.event.clone()).collect();
        meant.retain(|event| order.rank(event.seq) >= from);
        meant.sort_by_key(|event| order.rank(event.seq));
        meant
    }

    fn find_refusals(&self, filter: &RefusalFilter<'_>) -> RefusalsFound {
        let is = |wanted: &Option<Cow<'_, str>>, text: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
        };
        let is_meant = |StoredRefusal { seq, refusal }: &&StoredRefusal| {
            is(&filter.code, Some(&refusal.code))
                && is(&filter.credential, refusal.credential.as_deref())
                && is(&filter.id, refusal.id.as_deref())
                && is(&filter.address, refusal.client_address.as_deref())
                && filter.since.is_none_or(|since| refusal.at >= since)
                && filter.until.is_none_or(|until| refusal.at < until)
                && filter.before.is_none_or(|before| *seq < before)
        };
        let found = self.refusals.iter().rev().filter(is_meant);
        let refusals = found.take(filter.limit).cloned().collect();
        let counted = self.counts.numbers.get("refusals_not_kept").copied().unwrap_or_default();
        RefusalsFound { refusals, counted }
    }
}

/// Whether an event ever came with this credential.
fn came_with(event: &StoredEvent, name: &str) -> bool {
    event.history.iter().any(|line| match &line.what {
        What::Received(received) => received.credential.as_deref() == Some(name),
        _ => false,
    })
}

/// Whether an event is meant.
fn is_meant(filter: &EventFilter, Row { object, wanted_by, event }: &Row) -> bool {
    let is = |wanted: &Option<String>, text: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| text == Some(wanted))
    };
    let facts = &event.facts;
    let id_is = filter.id.as_ref().is_none_or(|id| event.key.starts_with(&EventKey::prefix(id)));
    let object_is = filter.object.as_ref().is_none_or(|wanted| {
        let (type_, id) = object_parts(wanted).unwrap();
        object.as_deref() == Some(&*object_column(type_, id))
    });
    let wanted = filter.subscription.as_ref().is_none_or(|subscription| {
        wanted_by.as_ref().is_some_and(|names| names.contains(&format!(",{subscription},")))
    });
    id_is
        && object_is
        && wanted
        && is(&filter.source, Some(&facts.source))
        && is(&filter.type_, Some(&facts.type_))
        && is(&filter.event_type, facts.event_type.as_deref())
        && is(&filter.operation, facts.operation.as_deref())
        && is(&filter.code, event.code.as_deref())
        && filter.credential.as_deref().is_none_or(|name| came_with(event, name))
        && filter.since.is_none_or(|since| facts.arrived_at >= since)
        && filter.until.is_none_or(|until| facts.arrived_at < until)
}

impl Journal for Memory {
    async fn note(
        &self,
        shard: ShardId,
        request: &NoteRequest<'_>,
        notes: &str,
    ) -> Result<(), BindingError> {
        self.call("LEDGER", "note", notes.len(), || {
            self.compare(shard)?;
            let request = serde_json::to_string(request).unwrap();
            let request = serde_json::from_str(&request).unwrap();
            let mut journals = self.journals.borrow_mut();
            journals.entry(shard.number).or_default().note(request, notes, self.time.now());
            Ok(())
        })
        .await
    }

    async fn journal<A: DeserializeOwned>(
        &self,
        shard: ShardId,
        request: &JournalRequest<'_>,
    ) -> Result<A, BindingError> {
        self.call("LEDGER", "journal", 1, || {
            self.compare(shard)?;
            let request = serde_json::to_string(request).unwrap();
            let request = serde_json::from_str(&request).unwrap();
            let mut journals = self.journals.borrow_mut();
            let answer = journals.entry(shard.number).or_default().ask(request);
            Ok(serde_json::from_value(answer).unwrap())
        })
        .await
    }

    async fn replays<A: DeserializeOwned>(
        &self,
        _: &impl serde::Serialize,
    ) -> Result<A, BindingError> {
        Err(BindingError("there are no replays in memory".to_owned()))
    }

    fn collect(&self, collect: impl FnOnce(&mut Pending)) {
        collect(&mut self.pending.borrow_mut());
    }
}
