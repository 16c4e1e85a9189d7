//! `webhook`: an HTTP destination, with the fields, defaults and bounds of Elytra's `WebhookConfig`.

use fluent_uri::Uri;
use serde_json::Value;

use crate::auth::{AuthType, Secret};
use crate::limits::{DEAD, DEAD_LETTERS, DELIVERIES};
use crate::subscription::{
    LEAST_INITIAL_DELAY, LEAST_MAX_DELAY, MOST_DELAY, MOST_RETRIES, RetryPolicy, Webhook,
    WebhookMethod, WebhookMode,
};
use crate::vars::{BindingKind, Bindings, Mistake, Mistakes, Table, look_up_fixed};

/// `timeout_ms` where it is not set: ten seconds.
const DEFAULT_TIMEOUT_MS: u64 = 10_000;

/// The least and the most that `timeout_ms` can be.
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 100..=60_000;

/// The largest `backoff_multiplier`: with it, the second retry comes after the longest delay.
const MOST_MULTIPLIER: u32 = 1_000;

pub(super) fn read(
    path: String,
    value: Value,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Webhook> {
    for (binding, kind) in [
        (DELIVERIES, BindingKind::Queue),
        (DEAD_LETTERS, BindingKind::Queue),
        (DEAD, BindingKind::Kv),
    ] {
        look_up_fixed(&path, binding, kind, bindings, mistakes);
    }
    let mut table = Table::new(path, value, mistakes)?;
    let allow_insecure = table.boolean("allow_insecure", mistakes).unwrap_or(false);
    let url = read_url(&mut table, allow_insecure, mistakes);
    let method = table.name("method", mistakes).unwrap_or(WebhookMethod::Post);
    let mode = table.name("mode", mistakes).unwrap_or(WebhookMode::Structured);
    let timeout_ms =
        table.integer("timeout_ms", TIMEOUT_MS, mistakes).unwrap_or(DEFAULT_TIMEOUT_MS);
    let credential = read_credential(&mut table, bindings, mistakes);
    let retry_path = table.path_of("retry");
    let retry = match table.take("retry") {
        Some(retry) => read_retry(retry_path, retry, mistakes),
        None => Some(RetryPolicy::default()),
    };
    table.finish(mistakes);
    Some(Webhook { url: url?, method, credential, mode, timeout_ms, retry: retry? })
}

/// An absolute URI with a host, and with neither credentials nor a fragment.
fn read_url(table: &mut Table, allow_insecure: bool, mistakes: &mut Mistakes) -> Option<String> {
    let path = table.path_of("url");
    let url = table.required_string("url", mistakes)?;
    let is_secure = |scheme: &str| scheme.eq_ignore_ascii_case("https");
    let is_http = |scheme: &str| scheme.eq_ignore_ascii_case("http");
    // The URL is not repeated: a secret may stand in it.
    let mistake = match Uri::parse(&*url) {
        Err(_) => Mistake::BadUrl,
        Ok(uri) => match (uri.scheme().as_str(), uri.authority()) {
            (_, None) => Mistake::BadUrl,
            (_, Some(authority)) if authority.host().is_empty() => Mistake::BadUrl,
            (_, Some(authority)) if authority.has_userinfo() => Mistake::CredentialsInUrl,
            (_, Some(authority)) if authority.port_to_u16().is_err() => Mistake::BadUrl,
            _ if uri.has_fragment() => Mistake::FragmentInUrl,
            (scheme, _) if is_secure(scheme) || (is_http(scheme) && allow_insecure) => {
                return Some(url);
            }
            (scheme, _) if is_http(scheme) => Mistake::InsecureUrl,
            _ => Mistake::BadUrl,
        },
    };
    mistakes.note(path, mistake);
    None
}

/// `auth_type` and `auth`: the header that authenticates the Worker.
fn read_credential(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<(String, Secret)> {
    let has_auth_type = table.has("auth_type");
    let auth_type = table.name("auth_type", mistakes);
    let (path, type_path) = (table.path_of("auth"), table.path_of("auth_type"));
    let auth = table.take("auth");
    if has_auth_type && auth_type.is_none() {
        return None;
    }
    let auth_type = auth_type.unwrap_or(AuthType::None);
    let auth = match (auth_type, auth) {
        (AuthType::None, None) => return None,
        // Whoever names a secret wants it sent: what is missing is how.
        (AuthType::None, Some(_)) if !has_auth_type => {
            mistakes.note(type_path, Mistake::AuthWithoutType);
            return None;
        }
        (AuthType::None, Some(_)) => {
            mistakes.note(path, Mistake::AuthWithNone);
            return None;
        }
        (_, None) => {
            mistakes.note(path, Mistake::Missing);
            return None;
        }
        (_, Some(auth)) => Table::new(path, auth, mistakes)?,
    };
    auth_type.read_header(auth, bindings, mistakes)
}

fn read_retry(path: String, value: Value, mistakes: &mut Mistakes) -> Option<RetryPolicy> {
    let mut table = Table::new(path, value, mistakes)?;
    let default = RetryPolicy::default();
    let max_retries = table.integer("max_retries", 0..=MOST_RETRIES, mistakes);
    let max_retries = max_retries.and_then(|retries| u32::try_from(retries).ok());
    let initial_delay = table.integer("initial_delay", LEAST_INITIAL_DELAY..=MOST_DELAY, mistakes);
    let backoff_multiplier = table.number("backoff_multiplier", 1..=MOST_MULTIPLIER, mistakes);
    let max_delay = table.integer("max_delay", LEAST_MAX_DELAY..=MOST_DELAY, mistakes);
    table.finish(mistakes);
    Some(RetryPolicy {
        max_retries: max_retries.unwrap_or(default.max_retries),
        initial_delay: initial_delay.unwrap_or(default.initial_delay),
        backoff_multiplier: backoff_multiplier.unwrap_or(default.backoff_multiplier),
        max_delay: max_delay.unwrap_or(default.max_delay),
    })
}
