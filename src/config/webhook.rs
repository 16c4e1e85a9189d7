//! The vars `WEBHOOK` and `ADMIN`: who may call, with what, and how much.

use std::num::NonZeroU64;

use elytra_events::Known;
use serde_json::Value;

use super::bindings::{Binding, Bindings, look_up, look_up_fixed};
use super::error::{BindingKind, Mistake};
use super::table::{Mistakes, Table};
use super::{
    Config, DEFAULT_BODY_TIMEOUT_MS, DEFAULT_CLAIMS_EXPIRATION_TTL,
    DEFAULT_CLOCK_TOLERANCE_SECONDS, DEFAULT_MAX_BATCH_EVENTS, DEFAULT_MAX_BODY_BYTES,
    DEFAULT_TIME_BUDGET_MS, LEAST_BODY_TIMEOUT_MS, LEAST_DEDUPE_WINDOW_SECONDS,
    LEAST_EXPIRATION_TTL, LEAST_MAX_BODY_BYTES, LEAST_TIME_BUDGET_MS, MOST_BODY_TIMEOUT_MS,
    MOST_CLOCK_TOLERANCE_SECONDS, MOST_DEDUPE_WINDOW_SECONDS, MOST_EXPIRATION_TTL,
    MOST_MAX_BATCH_EVENTS, MOST_MAX_BODY_BYTES, MOST_TIME_BUDGET_MS, Method, authentication,
};
use crate::auth::Authentication;
use crate::handshake::{AllowedRate, HandshakeSettings};
use crate::limits::{CLAIMS, DEAD, DELIVERIES, LEDGER, SPOOL};
use crate::subscription::Subscriptions;

/// Reads `WEBHOOK`; the subscriptions are still missing from what it returns.
pub(super) fn read(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Config> {
    let authentication = authentication::read(&mut table, bindings, mistakes);
    let methods = table.names("methods", mistakes).unwrap_or_else(|| Method::ALL.to_vec());
    if methods.is_empty() {
        mistakes.note(table.path_of("methods"), Mistake::NoMethods);
    }
    let max_body_bytes = table
        .integer("max_body_bytes", LEAST_MAX_BODY_BYTES..=MOST_MAX_BODY_BYTES, mistakes)
        .unwrap_or(DEFAULT_MAX_BODY_BYTES);
    let body_timeout_ms = table
        .integer("body_timeout_ms", LEAST_BODY_TIMEOUT_MS..=MOST_BODY_TIMEOUT_MS, mistakes)
        .unwrap_or(DEFAULT_BODY_TIMEOUT_MS);
    let max_batch_events = table
        .integer("max_batch_events", 1..=MOST_MAX_BATCH_EVENTS, mistakes)
        .unwrap_or(DEFAULT_MAX_BATCH_EVENTS);
    let time_budget_ms = table
        .integer("time_budget_ms", LEAST_TIME_BUDGET_MS..=MOST_TIME_BUDGET_MS, mistakes)
        .unwrap_or(DEFAULT_TIME_BUDGET_MS);
    let dedupe_window_ms = read_dedupe_window(&mut table, bindings, mistakes);
    let clock_tolerance_seconds = table
        .integer("clock_tolerance_seconds", 0..=MOST_CLOCK_TOLERANCE_SECONDS, mistakes)
        .unwrap_or(DEFAULT_CLOCK_TOLERANCE_SECONDS);
    let claims_expiration_ttl = read_claims(&mut table, bindings, mistakes);
    let has_spool = bindings.contains_key(SPOOL)
        && look_up_fixed(SPOOL, SPOOL, BindingKind::Kv, bindings, mistakes);
    let handshake = read_handshake(&mut table, mistakes);
    let path = table.path_of("rate_limit");
    let rate_limit = table
        .string("rate_limit", mistakes)
        .and_then(|name| look_up(path, name, BindingKind::RateLimit, bindings, mistakes));
    table.finish(mistakes);
    Some(Config {
        authentication: authentication?,
        admin: None,
        methods,
        max_body_bytes: usize::try_from(max_body_bytes).ok()?,
        body_timeout_ms,
        max_batch_events: usize::try_from(max_batch_events).ok()?,
        time_budget_ms,
        dedupe_window_ms,
        clock_tolerance_ms: clock_tolerance_seconds * 1_000,
        claims_expiration_ttl,
        has_ledger: bindings.get(LEDGER) == Some(&Binding::DurableObject),
        has_spool,
        has_dead_letters: bindings.contains_key(DELIVERIES) && bindings.contains_key(DEAD),
        handshake,
        rate_limit,
        subscriptions: Subscriptions::default(),
        queues: queues(bindings),
        warnings: Vec::new(),
    })
}

/// Reads `ADMIN`: who may look at dead letters and send them again, reset objects, and have requests
/// explained.
pub(super) fn read_admin(
    mut table: Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Authentication> {
    let path = table.path_of("auth_type");
    let authentication = authentication::read(&mut table, bindings, mistakes);
    // Whoever has a part of what dead letters need wants the whole.
    if [DELIVERIES, DEAD].iter().any(|binding| bindings.contains_key(*binding)) {
        look_up_fixed(table.path(), DELIVERIES, BindingKind::Queue, bindings, mistakes);
        look_up_fixed(table.path(), DEAD, BindingKind::Kv, bindings, mistakes);
    }
    if authentication == Some(Authentication::None) {
        mistakes.note(path, Mistake::AdminWithNone);
    }
    table.finish(mistakes);
    authentication
}

/// `dedupe_window_seconds`, in milliseconds. It needs the ledger.
fn read_dedupe_window(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<u64> {
    let range = LEAST_DEDUPE_WINDOW_SECONDS..=MOST_DEDUPE_WINDOW_SECONDS;
    let path = table.path_of("dedupe_window_seconds");
    let seconds = table.integer("dedupe_window_seconds", range, mistakes)?;
    look_up_fixed(&path, LEDGER, BindingKind::DurableObject, bindings, mistakes);
    Some(seconds * 1_000)
}

/// `claims_expiration_ttl`, where there is a namespace that it is for.
fn read_claims(table: &mut Table, bindings: &Bindings, mistakes: &mut Mistakes) -> Option<u64> {
    let path = table.path_of("claims_expiration_ttl");
    let is_set = table.has("claims_expiration_ttl");
    let ttl = table.integer(
        "claims_expiration_ttl",
        LEAST_EXPIRATION_TTL..=MOST_EXPIRATION_TTL,
        mistakes,
    );
    if !is_set && !bindings.contains_key(CLAIMS) {
        return None;
    }
    let path = if is_set { &path } else { CLAIMS };
    look_up_fixed(path, CLAIMS, BindingKind::Kv, bindings, mistakes);
    Some(ttl.unwrap_or(DEFAULT_CLAIMS_EXPIRATION_TTL))
}

fn queues(bindings: &Bindings) -> Vec<String> {
    let queues = bindings.iter().filter(|(_, binding)| **binding == Binding::Queue);
    queues.map(|(name, _)| name.clone()).collect()
}

/// `allowed_origins` and `allowed_rate`: both, or neither.
fn read_handshake(table: &mut Table, mistakes: &mut Mistakes) -> Option<HandshakeSettings> {
    let (has_origins, has_rate) = (table.has("allowed_origins"), table.has("allowed_rate"));
    if has_origins != has_rate {
        let absent = if has_origins { "allowed_rate" } else { "allowed_origins" };
        mistakes.note(table.path_of(absent), Mistake::Missing);
    }
    let path = table.path_of("allowed_rate");
    let allowed_rate = table.take("allowed_rate").and_then(|rate| {
        let rate = allowed_rate(&rate);
        if rate.is_none() {
            let expected = "\"*\" or a number of requests per minute";
            mistakes.note(path, Mistake::WrongType { expected });
        }
        rate
    });
    let allowed_origins = table.strings("allowed_origins", mistakes);
    Some(HandshakeSettings { allowed_origins: allowed_origins?, allowed_rate: allowed_rate? })
}

fn allowed_rate(rate: &Value) -> Option<AllowedRate> {
    match rate {
        Value::String(text) if text == "*" => Some(AllowedRate::Unlimited),
        rate => rate.as_u64().and_then(NonZeroU64::new).map(AllowedRate::PerMinute),
    }
}
