//! The object that keeps the replays, and makes their steps.

use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use worker::Env;

use super::milliseconds;
use super::shard::{Sql, first_number, read, whole};
use crate::cloudflare::bound::BoundEnv;
use crate::cloudflare::executor::{self, Host};
use crate::cloudflare::js_string::js_string;
use crate::cloudflare::{clock, config, write};
use crate::replay::{
    MAX_LISTED_FAILURES, MAX_REPLAYS, NotSent, Order, Replay, ReplayLine, ReplayRequest,
    ReplayState, ReplayWithFailures, Stepped, step,
};

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// A row with a text.
    type TextRow;

    #[wasm_bindgen(method, getter)]
    fn text(this: &TextRow) -> String;
}

/// The object of the replays is asked.
///
/// # Errors
///
/// The request cannot be read, or the database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn replays_ask(sql: &Sql, request: &str) -> Result<String, JsValue> {
    match read(request)? {
        ReplayRequest::Start(replay) => {
            store(sql, &replay)?;
            forget(sql)?;
            Ok("null".to_owned())
        }
        ReplayRequest::Forget(key) => {
            let statement = "DELETE FROM not_sent WHERE event ->> '$.key' = ?";
            sql.exec_with(&js_string(statement), &(*key).into())?;
            Ok("null".to_owned())
        }
        ReplayRequest::List => print(&all(sql)?),
        ReplayRequest::Read(id) => {
            let Some(replay) = find(sql, &id)? else { return Ok("null".to_owned()) };
            let not_sent = not_sent(sql, &id)?;
            print(&ReplayWithFailures { replay, not_sent })
        }
        ReplayRequest::Order { id, order, at } => {
            let before = find(sql, &id)?;
            if let Some(replay) = before.clone().filter(|replay| !replay.state.has_ended()) {
                let ended_at = (order == Order::Cancel).then_some(at);
                store(sql, &Replay { state: order.state(), ended_at, ..replay })?;
            }
            print(&before)
        }
    }
}

/// Whether a replay is running.
///
/// # Errors
///
/// The database fails.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn replays_are_running(sql: &Sql) -> Result<bool, JsValue> {
    let query = "SELECT 1 AS number FROM replays WHERE replay ->> '$.state' = 'running' LIMIT 1";
    Ok(first_number(&sql.exec(&js_string(query))?)?.is_some())
}

/// Makes a step of each replay that is running. The answer is after how many milliseconds the next one is due, or `true`
/// if there is none.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn begin_replays(sql: Sql, env: Env, host: Host) -> u32 {
    executor::begin(host, |means| async move {
        // Until the configuration is mended, they wait.
        let Ok(config) = config(&env) else { return Ok(milliseconds(BROKEN_MS).into()) };
        let bound = BoundEnv::new(&env, means, config.stores.ledger);
        for id in all(&sql)?.into_iter().map(|replay| replay.id) {
            // An operator may have ordered something while the one before made its step.
            let Some(replay) = find(&sql, &id)?.filter(|one| one.state == ReplayState::Running)
            else {
                continue;
            };
            if replay.next_at > clock::now() && replay.next_at <= clock::now() + MAX_WAIT_MS {
                continue;
            }
            let mut after = replay.clone();
            let goes_on = || {
                let now = find(&sql, &id).ok().flatten();
                now.is_some_and(|now| now.state == ReplayState::Running)
            };
            let stepped = step(&mut after, goes_on, config, &bound).await;
            let line = ReplayLine::new(&after, replay.failures);
            keep(&sql, after, &stepped)?;
            if let Some(line) = line {
                write(line.level(), &line.to_json());
            }
        }
        let running = all(&sql)?.into_iter().filter(|one| one.state == ReplayState::Running);
        let now = clock::now();
        let next = running.map(|one| one.next_at.saturating_sub(now).min(MAX_WAIT_MS)).min();
        Ok(next.map_or(JsValue::TRUE, |next| milliseconds(next).into()))
    })
}

/// The longest that a replay waits for its next step, in milliseconds, whatever the clock says.
const MAX_WAIT_MS: u64 = 600_000;

/// How long replays wait while the configuration is broken, in milliseconds.
const BROKEN_MS: u64 = 60_000;

/// Keeps a replay after a step. What an operator has ordered in the meantime counts.
fn keep(sql: &Sql, mut replay: Replay, stepped: &Stepped) -> Result<(), JsValue> {
    // One that was paused in its last step has ended all the same.
    let ordered = find(sql, &replay.id)?.filter(|one| one.state != ReplayState::Running);
    let ordered =
        ordered.filter(|one| one.state != ReplayState::Paused || !replay.state.has_ended());
    if let Some(ordered) = ordered {
        (replay.state, replay.ended_at) = (ordered.state, ordered.ended_at);
    }
    let before = replay.not_sent.saturating_sub(stepped.not_sent.len() as u64);
    for (number, event) in (before..).zip(&stepped.not_sent) {
        if number >= MAX_LISTED_FAILURES as u64 {
            break;
        }
        let statement = "INSERT OR REPLACE INTO not_sent (replay, number, event) VALUES (?, ?, ?)";
        let event = print(event)?.into();
        let id = (&*replay.id).into();
        sql.exec_with_three(&js_string(statement), &id, &milliseconds(number).into(), &event)?;
    }
    store(sql, &replay)
}

fn store(sql: &Sql, replay: &Replay) -> Result<(), JsValue> {
    let statement = "INSERT OR REPLACE INTO replays (id, replay) VALUES (?, ?)";
    let text = print(replay)?.into();
    sql.exec_with_two(&js_string(statement), &(&*replay.id).into(), &text).map(drop)
}

/// Deletes the oldest replays that have ended, if there are too many.
fn forget(sql: &Sql) -> Result<(), JsValue> {
    let statement = "DELETE FROM replays
        WHERE replay ->> '$.state' IN ('finished', 'cancelled', 'failed')
            AND id NOT IN (SELECT id FROM replays ORDER BY id DESC LIMIT ?)";
    sql.exec_with(&js_string(statement), &whole(MAX_REPLAYS).into())?;
    let statement = "DELETE FROM not_sent WHERE replay NOT IN (SELECT id FROM replays)";
    sql.exec(&js_string(statement)).map(drop)
}

/// All replays, the newest first. What a later version has written is left out.
fn all(sql: &Sql) -> Result<Vec<Replay>, JsValue> {
    let query = "SELECT replay AS text FROM replays ORDER BY id DESC";
    Ok(texts(&sql.exec(&js_string(query))?.to_array()?))
}

fn find(sql: &Sql, id: &str) -> Result<Option<Replay>, JsValue> {
    let query = "SELECT replay AS text FROM replays WHERE id = ?";
    Ok(texts(&sql.exec_with(&js_string(query), &id.into())?.to_array()?).pop())
}

fn not_sent(sql: &Sql, id: &str) -> Result<Vec<NotSent>, JsValue> {
    let query = "SELECT event AS text FROM not_sent WHERE replay = ? ORDER BY number";
    Ok(texts(&sql.exec_with(&js_string(query), &id.into())?.to_array()?))
}

fn texts<T: serde::de::DeserializeOwned>(rows: &Array) -> Vec<T> {
    let rows = rows.iter().map(JsCast::unchecked_into::<TextRow>);
    rows.filter_map(|row| serde_json::from_str(&row.text()).ok()).collect()
}

fn print(value: &impl Serialize) -> Result<String, JsValue> {
    serde_json::to_string(value).map_err(|error| JsError::new(&error.to_string()).into())
}
