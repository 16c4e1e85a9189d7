//! How a request asks the shards of the ledger. What a shard does is in [`shard`].

mod journal;
mod replays;
mod shard;

use std::cell::Cell;

use js_sys::{JsString, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use worker::Env;

use super::js_string::js_string;
use super::write;
use crate::config::{ConfigError, ConfigLine, Danger, Mistake};
use crate::ledger::{Jurisdiction, ShardId};
use crate::level::Level;
use crate::limits::LEDGER;
use elytra_events::Known as _;

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// The namespace of the shards.
    #[derive(Clone)]
    type Namespace;

    #[wasm_bindgen(method, catch)]
    fn jurisdiction(this: &Namespace, name: &str) -> Result<Namespace, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &JsString) -> Result<Stub, JsValue>;

    /// A shard, as its callers see it.
    type Stub;

    #[wasm_bindgen(method, catch)]
    fn claim(
        this: &Stub,
        request: &JsValue,
        shards: usize,
        claim_ms: f64,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn settle(
        this: &Stub,
        request: &JsValue,
        shards: usize,
        notes: &JsValue,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn note(
        this: &Stub,
        request: &JsValue,
        shards: usize,
        notes: &JsValue,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn replays(this: &Stub, request: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn journal(this: &Stub, request: &JsValue, shards: usize) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn reset(this: &Stub, request: &JsValue, shards: usize) -> Result<Promise, JsValue>;
}

/// What a shard can be asked.
#[derive(Clone, Copy)]
pub(super) enum Question<'q> {
    /// [`ClaimRequest`](crate::ledger::ClaimRequest), with its `claim_ms`.
    Claim(u64),
    /// [`SettleRequest`](crate::ledger::SettleRequest), with notes for the journal.
    Settle(&'q str),
    /// [`NoteRequest`](crate::journal::NoteRequest), with notes for the journal.
    Note(&'q str),
    /// [`JournalRequest`](crate::journal::JournalRequest).
    Journal,
    /// [`ResetRequest`](crate::ledger::ResetRequest).
    Reset,
}

thread_local! {
    /// How many shards the ledger has, once a shard has said that the configuration is wrong about it.
    static KNOWN_SHARDS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// How many shards the ledger has, if it is not what the configuration says.
pub(super) fn shards() -> Option<usize> {
    KNOWN_SHARDS.get()
}

/// Asks a shard. The promise is for [`read_answer`].
pub(super) fn ask(
    env: &Env,
    shard: ShardId,
    jurisdiction: Option<Jurisdiction>,
    question: Question<'_>,
    request: &impl Serialize,
) -> Result<Promise, JsValue> {
    let name = js_string(&format!("shard-{}", shard.number));
    let stub = stub(env, &name, jurisdiction)?;
    let request = json(request)?;
    match question {
        Question::Claim(claim_ms) => stub.claim(&request, shard.of, milliseconds(claim_ms)),
        Question::Settle(notes) => stub.settle(&request, shard.of, &text(notes)),
        Question::Note(notes) => stub.note(&request, shard.of, &text(notes)),
        Question::Journal => stub.journal(&request, shard.of),
        Question::Reset => stub.reset(&request, shard.of),
    }
}

/// The name of the object of the replays.
const REPLAYS: &str = "replays";

/// Asks the object of the replays. The promise is for a text.
pub(super) fn ask_replays(
    env: &Env,
    jurisdiction: Option<Jurisdiction>,
    request: &impl Serialize,
) -> Result<Promise, JsValue> {
    stub(env, &js_string(REPLAYS), jurisdiction)?.replays(&json(request)?)
}

/// The object with this name. It is made anew for each call, because it goes on failing when its object has been
/// restarted.
fn stub(env: &Env, name: &JsString, jurisdiction: Option<Jurisdiction>) -> Result<Stub, JsValue> {
    let namespace = Reflect::get(env, &js_string(LEDGER))?;
    let namespace: &Namespace = namespace.unchecked_ref();
    match jurisdiction {
        Some(jurisdiction) => namespace_in(namespace, jurisdiction)?.get_by_name(name),
        None => namespace.get_by_name(name),
    }
}

/// Notes for the journal, or nothing.
fn text(notes: &str) -> JsValue {
    if notes.is_empty() { JsValue::UNDEFINED } else { notes.into() }
}

/// What a shard answers. A number, which is how many shards there are, is an error.
pub(super) fn read_answer<A: DeserializeOwned>(
    shard: ShardId,
    answer: &JsValue,
) -> worker::Result<A> {
    match answer.as_string() {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Err(know(shard.of, answer.as_f64().map_or(shard.of, whole_number)).into()),
    }
}

/// The namespace of this jurisdiction.
fn namespace_in(namespace: &Namespace, jurisdiction: Jurisdiction) -> Result<Namespace, JsValue> {
    match namespace.jurisdiction(jurisdiction.as_str()) {
        // The local runtime has no jurisdictions, and all data stays on the machine.
        Err(error) if is_unknown_here(&error) => Ok(namespace.clone()),
        namespace => namespace,
    }
}

fn is_unknown_here(error: &JsValue) -> bool {
    let message = Reflect::get(error, &js_string("message")).ok();
    let message = message.and_then(|message| message.as_string()).unwrap_or_default();
    message.contains("not implemented in workerd")
}

/// Takes note of how many shards the ledger has. Returns why a shard did not answer.
fn know(asked: usize, shards: usize) -> String {
    let mistake = Mistake::Danger(Danger::OtherShards { asked, shards });
    if KNOWN_SHARDS.replace(Some(shards)) != Some(shards) {
        let warning = ConfigError { path: "WEBHOOK.ledger_shards".to_owned(), mistake };
        if let Some(line) = ConfigLine::new(&[warning]) {
            write(Level::Warning, &line.to_json());
        }
    }
    format!("the ledger has {shards} shards, not {asked}")
}

fn json(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value).map_err(|error| JsError::new(&error.to_string()))?;
    Ok(text.into())
}

/// JavaScript's numbers are floating point, which is exact for milliseconds for the next 285,000 years.
#[expect(clippy::cast_precision_loss, reason = "as above")]
fn milliseconds(milliseconds: u64) -> f64 {
    milliseconds as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few shards")]
fn whole_number(number: f64) -> usize {
    number as usize
}
