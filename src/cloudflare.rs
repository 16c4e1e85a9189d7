//! The Worker: Cloudflare's events in, Cloudflare's bindings out.
//!
//! Nothing else in this crate names the `worker` crate or JavaScript. What is decided here is only
//! how to ask; what the answer means is decided in the modules this one calls.

mod bindings;
mod bound;
mod clock;
mod request;

use std::sync::OnceLock;

use worker::{Context, Env, Request, Response, console_error, console_log, console_warn, event};

use crate::config::{Config, ConfigError};
use crate::log::LogLine;
use crate::receive::answer;
use crate::reply::Reply;
use bound::BoundEnv;
use clock::RequestClock;
use request::{RequestBody, WorkerRequestHead};

/// The configuration, read once for each isolate: its bindings do not change while it lives.
static CONFIG: OnceLock<Result<Config, Vec<ConfigError>>> = OnceLock::new();

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let clock = RequestClock::start();
    let config = CONFIG.get_or_init(|| Config::from_bindings(&bindings::read(&env)));
    let head = WorkerRequestHead::new(&request);
    let body = RequestBody::new(request);
    let bound = BoundEnv::new(&env);
    let config = config.as_ref().map_err(Vec::as_slice);

    let (reply, mut line) = answer(config, &head, body, &clock, &bound).await;
    line.milliseconds = clock.elapsed();
    write(&line);
    respond(reply)
}

/// Writes the line under the level that tells who must act: nobody, the caller, or us.
fn write(line: &LogLine<'_>) {
    let text = line.to_json();
    match line.outcome {
        "failed" => console_error!("{text}"),
        "refused" => console_warn!("{text}"),
        _ => console_log!("{text}"),
    }
}

fn respond(reply: Reply) -> worker::Result<Response> {
    let mut response = Response::builder().with_status(reply.status);
    for (name, value) in &reply.headers {
        response = response.with_header(name, value)?;
    }
    Ok(response.fixed(reply.body.into_bytes()))
}
