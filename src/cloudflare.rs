//! The Worker: Cloudflare's events in, Cloudflare's bindings out.
//!
//! Nothing else in this crate names the `worker` crate or JavaScript. What is decided here is only
//! how to ask; what the answer means is decided in the modules this one calls.

mod bindings;
mod bound;
mod clock;
mod http;
mod ledger;
mod queue;
mod request;

use std::sync::OnceLock;

use worker::{
    Context, Env, Request, Response, ScheduleContext, ScheduledEvent, console_error, console_log,
    console_warn, event,
};

use crate::config::{Config, ConfigError};
use crate::log::{DrainLine, Level};
use crate::receive::answer;
use crate::reply::Reply;
use crate::spool::drain;
use bound::BoundEnv;
use request::{RequestBody, WorkerRequestHead};

/// The configuration, read once for each isolate: its bindings do not change while it lives.
static CONFIG: OnceLock<Result<Config, Vec<ConfigError>>> = OnceLock::new();

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let started = clock::now();
    let config = config(&env);
    let head = WorkerRequestHead::new(&request);
    let body = RequestBody::new(request);
    let bound = BoundEnv::new(&env);

    let (reply, mut line) = answer(config, &head, body, &bound).await;
    line.milliseconds = clock::now().saturating_sub(started);
    write(line.level, &line.to_json());
    respond(reply)
}

/// The cron trigger: what queues did not take before, they may take now.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    // A request tells of a broken configuration; there is no need to tell every minute.
    let Ok(config) = config(&env) else { return };
    if !config.has_spool {
        return;
    }
    let line = DrainLine::new(drain(config, &BoundEnv::new(&env)).await);
    if let Some(level) = line.level() {
        write(level, &line.to_json());
    }
}

fn config(env: &Env) -> Result<&'static Config, &'static [ConfigError]> {
    let config = CONFIG.get_or_init(|| Config::from_bindings(&bindings::read(env)));
    config.as_ref().map_err(Vec::as_slice)
}

fn write(level: Level, line: &str) {
    match level {
        Level::Info => console_log!("{line}"),
        Level::Warning => console_warn!("{line}"),
        Level::Error => console_error!("{line}"),
    }
}

fn respond(reply: Reply) -> worker::Result<Response> {
    let mut response = Response::builder().with_status(reply.status);
    for (name, value) in &reply.headers {
        response = response.with_header(name, value)?;
    }
    Ok(response.fixed(reply.body.into_bytes()))
}
