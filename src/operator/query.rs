//! What operators can ask for in the query of a URL.

use super::error::OperatorError;
use crate::auth::ACCESS_TOKEN;
use crate::config::is_subscription_name;
use crate::dead::LetterFilter;
use crate::delivery::Cause;
use crate::journal::EventFilter;
use crate::names::suggestion;
use crate::when::read_time;

/// The default page size of a list.
pub const DEFAULT_LIMIT: usize = 100;

/// The largest page size: as many keys as KV lists at once.
pub const MAX_LIMIT: usize = 1_000;

/// The longest cursor, in bytes. Those of KV have a few hundred.
const MAX_CURSOR_BYTES: usize = 1_024;

/// An operator's query. `/explain` allows only `subscription`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorQuery {
    /// Only the one with this id.
    pub id: Option<String>,
    /// The object, as `<objectType>/<objectId>`.
    pub object: Option<String>,
    /// Only those whose event has this `source`.
    pub source: Option<String>,
    /// Only those whose event has this `type`.
    pub type_: Option<String>,
    /// Only those whose event has this event type of Elytra's.
    pub event_type: Option<String>,
    /// Only those whose event has this operation of Elytra's.
    pub operation: Option<String>,
    /// Only those with this code in the answer.
    pub code: Option<String>,
    /// Only those with this credential.
    pub credential: Option<String>,
    /// Only those from this IP address.
    pub address: Option<String>,
    /// Only those of this subscription.
    pub subscription: Option<String>,
    /// Only those with this cause.
    pub cause: Option<String>,
    /// Only those whose event has this `id`.
    pub event: Option<String>,
    /// Only those that died at this time or later, in milliseconds since 1970.
    pub since: Option<u64>,
    /// Only those that died before this time, in milliseconds since 1970.
    pub until: Option<u64>,
    /// The cursor of the previous page.
    pub cursor: Option<String>,
    /// The page size.
    pub limit: Option<usize>,
    /// The length of a step, in minutes.
    pub step: Option<u64>,
    /// Who asks: a person, or the binding of a secret.
    pub by: Option<String>,
}

impl OperatorQuery {
    /// Reads the query of a URL, which may have these parameters. `now` is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// What is wrong with the query.
    pub fn read(query: &str, parameters: &[&'static str], now: u64) -> Result<Self, String> {
        let mut read = Self::default();
        let parameters_of =
            || form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != ACCESS_TOKEN);
        let mut names = Vec::new();
        // Refuse unknown names: ignoring one might change the meaning of the query.
        for (name, _) in parameters_of() {
            if !parameters.contains(&&*name) {
                let nearest = suggestion(&name, parameters.iter().copied());
                return Err(format!("unknown parameter {name:?}{nearest}"));
            }
            if names.contains(&name) {
                return Err(format!("{name}: expected once"));
            }
            names.push(name);
        }
        for (name, value) in parameters_of() {
            let value = value.into_owned();
            match &*name {
                "id" => read.id = Some(value),
                "object" => read.object = Some(value),
                "source" => read.source = Some(value),
                "type" => read.type_ = Some(value),
                "event_type" => read.event_type = Some(value),
                "operation" => read.operation = Some(value),
                "code" => read.code = Some(value),
                "credential" => read.credential = Some(value),
                "address" => read.address = Some(value),
                "subscription" if !is_subscription_name(&value) => {
                    let expected = "subscription: expected 1 to 64 letters, digits and underscores";
                    return Err(expected.to_owned());
                }
                "subscription" => read.subscription = Some(value),
                "cause" if !Cause::CODES.contains(&&*value) => {
                    return Err(format!(
                        "unknown cause {value:?}{}",
                        suggestion(&value, Cause::CODES)
                    ));
                }
                "cause" => read.cause = Some(value),
                "event" if value.is_empty() => {
                    return Err("event: expected the id of an event".to_owned());
                }
                "event" => read.event = Some(value),
                "since" => read.since = Some(time(&name, &value, now)?),
                "until" => read.until = Some(time(&name, &value, now)?),
                "cursor" if value.is_empty() || value.len() > MAX_CURSOR_BYTES => {
                    return Err("cursor: expected the cursor of the previous page".to_owned());
                }
                "cursor" => read.cursor = Some(value),
                "step" => {
                    let seconds = value.parse().ok();
                    let is_step = |seconds: &u64| {
                        seconds.is_multiple_of(60) && (60..=86_400).contains(seconds)
                    };
                    let seconds = seconds.filter(is_step).ok_or(
                        "step: expected a number of seconds from 60 to 86400, in whole minutes",
                    )?;
                    read.step = Some(seconds / 60);
                }
                _ => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
                    let expected =
                        || format!("limit: expected a whole number from 1 to {MAX_LIMIT}");
                    read.limit = Some(limit.ok_or_else(expected)?);
                }
            }
        }
        match (read.since, read.until) {
            (Some(since), Some(until)) if since >= until => {
                Err("since: expected a time before until".to_owned())
            }
            _ => Ok(read),
        }
    }

    /// Which events of the journal the query means.
    pub(super) fn events(&self) -> Result<EventFilter, OperatorError> {
        let filter = EventFilter {
            id: self.id.clone(),
            source: self.source.clone(),
            object: self.object.clone(),
            type_: self.type_.clone(),
            event_type: self.event_type.clone(),
            operation: self.operation.clone(),
            subscription: self.subscription.clone(),
            code: self.code.clone(),
            credential: self.credential.clone(),
            since: self.since,
            until: self.until,
        };
        filter.check().map_err(OperatorError::BadQuery)?;
        Ok(filter)
    }

    /// Which dead letters the query means.
    pub(super) fn filter(&self) -> LetterFilter {
        LetterFilter {
            subscription: self.subscription.clone(),
            cause: self.cause.clone(),
            event: self.event.clone(),
            since: self.since,
            until: self.until,
        }
    }
}

fn time(name: &str, value: &str, now: u64) -> Result<u64, String> {
    read_time(value, now).map_err(|error| format!("{name}: {error}"))
}

/// Whether a text has the form of an id, `<name>/<milliseconds>/<digest>`: see `key` in
/// `dead/entry.rs`, and `spool_key`.
pub(crate) fn is_id(text: &str, is_name: impl FnOnce(&str) -> bool) -> bool {
    /// A SHA-256 in base64url.
    const DIGEST_BYTES: usize = 43;

    let mut parts = text.split('/');
    let (name, time, digest) = (parts.next(), parts.next(), parts.next());
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    name.is_some_and(is_name)
        && time.is_some_and(|time| {
            (13..=20).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit())
        })
        && digest
            .is_some_and(|digest| digest.len() == DIGEST_BYTES && digest.bytes().all(is_base64url))
        && parts.next().is_none()
}
