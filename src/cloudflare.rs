//! The Worker: Cloudflare's events in, Cloudflare's bindings out.
//!
//! Nothing else in this crate names the `worker` crate or JavaScript. What is decided here is only
//! how to ask; what the answer means is decided in the modules this one calls.

mod bindings;
mod bound;
mod clock;
mod executor;
mod http;
mod js_string;
mod ledger;
mod queue;
mod request;
mod response;

use std::sync::OnceLock;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::worker_sys::MessageBatch;
use worker::{Env, console_error, console_log, console_warn, event, web_sys};

use crate::config::{Broken, Config, ConfigLine};
use crate::endpoints::answer;
use crate::flush::{FlushLine, flush};
use crate::journal::{Due, FLUSH_MS};
use crate::level::Level;
use crate::spool::{DrainLine, drain};
use bound::{BoundEnv, take_pending};
use executor::Host;
use request::{RequestBody, WorkerRequestHead};

/// The configuration, read once for each isolate: its bindings do not change while it lives.
static CONFIG: OnceLock<Result<Config, Broken>> = OnceLock::new();

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Takes in a request; the number it gets is for [`proceed`].
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn begin_fetch(request: web_sys::Request, env: Env, host: Host) -> u32 {
    let started = clock::now();
    executor::begin(host, |means| async move {
        let config = config(&env);
        let head = WorkerRequestHead::new(&request);
        let body = RequestBody::new(&request, means.body.clone());
        let ledger = config.ok().and_then(|config| config.stores.ledger);
        let bound = BoundEnv::new(&env, means, ledger);

        let (reply, mut line) = answer(config, &head, body, &bound).await;
        line.milliseconds = clock::now().saturating_sub(started);
        write(line.level, &line.to_json());
        Ok(response::convert(&reply))
    })
}

/// Takes in messages of `DELIVERIES` or `DEAD_LETTERS`.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn begin_queue(batch: MessageBatch, env: Env, host: Host) -> u32 {
    executor::begin(host, |means| async move {
        queue::consume_batch(&batch, &env, means).await?;
        Ok(JsValue::TRUE)
    })
}

/// The cron trigger: what queues did not take before, they may take now.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn begin_scheduled(_event: JsValue, env: Env, host: Host) -> u32 {
    executor::begin(host, |means| async move {
        // A request tells of a broken configuration; there is no need to tell every minute.
        if let Ok(config) = config(&env)
            && config.stores.has_spool
        {
            let bound = BoundEnv::new(&env, means, config.stores.ledger);
            let line = DrainLine::new(drain(config, &bound).await);
            if let Some(level) = line.level() {
                write(level, &line.to_json());
            }
        }
        Ok(JsValue::TRUE)
    })
}

/// Writes what was collected after answers, at once or after a while.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn begin_flush(at_once: bool, env: Env, host: Host) -> u32 {
    executor::begin(host, move |means| async move {
        if let Ok(config) = config(&env) {
            let bound = BoundEnv::new(&env, means, config.stores.ledger);
            let due = if at_once { Due::AtOnce } else { Due::Later };
            if due == Due::Later {
                bound.timers.sleep(FLUSH_MS).await;
            }
            let failures = flush(take_pending(due), &bound).await;
            if let Some(line) = FlushLine::new(failures) {
                write(Level::Error, &line.to_json());
            }
        }
        Ok(JsValue::TRUE)
    })
}

/// Goes on with what has begun, now that there is this news: a tag, the value that goes with it, and the number of the
/// promise that it is about.
///
/// # Errors
///
/// It has failed or settled before, or there is no such news.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn proceed(number: u32, tag: u32, value: JsValue, promise: u32) -> Result<JsValue, JsValue> {
    executor::proceed(number, tag, value, promise)
}

/// The tags that [`proceed`] takes and returns, by their names.
#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
#[must_use]
pub fn tags() -> JsValue {
    executor::tags()
}

fn config(env: &Env) -> Result<&'static Config, &'static Broken> {
    let config = CONFIG.get_or_init(|| {
        let config = Config::from_bindings(&bindings::read(env));
        let line = config.as_ref().ok().and_then(|config| ConfigLine::new(&config.warnings));
        if let Some(line) = line {
            write(Level::Warning, &line.to_json());
        }
        config
    });
    config.as_ref()
}

fn write(level: Level, line: &str) {
    match level {
        Level::Info => console_log!("{line}"),
        Level::Warning => console_warn!("{line}"),
        Level::Error => console_error!("{line}"),
    }
}
