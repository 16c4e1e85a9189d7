//! Which events, which refusals and which dead letters are meant.

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

/// The units of a duration, in milliseconds.
const UNITS: [(char, u64); 4] =
    [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 24 * 3_600_000)];

/// Which events are meant: the parameters of `GET /events`. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EventFilter {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The object, as `<objectType>/<objectId>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Elytra's event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// Elytra's operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// A subscription that wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The code in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The name of the secret that let it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// It first came at this time or later: RFC 3339, or how long ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// It first came before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl EventFilter {
    /// Whether it has no condition.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same with fixed times, so that every page, and a replay after its dry run, is about the same events.
    /// `now` is in milliseconds since 1970.
    #[must_use]
    pub fn fixed_at(&self, now: u64) -> Self {
        let fixed = |time: &Option<String>| time.as_deref().map(|time| fixed(time, now));
        Self { since: fixed(&self.since), until: fixed(&self.until), ..self.clone() }
    }

    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        given([
            ("id", &self.id),
            ("source", &self.source),
            ("object", &self.object),
            ("type", &self.type_),
            ("event_type", &self.event_type),
            ("operation", &self.operation),
            ("subscription", &self.subscription),
            ("code", &self.code),
            ("credential", &self.credential),
            ("since", &self.since),
            ("until", &self.until),
        ])
    }
}

/// Which refusals are meant: the parameters of `GET /refusals`. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefusalFilter {
    /// The code in the answer.
    pub code: Option<String>,
    /// The name of the secret that the caller presented.
    pub credential: Option<String>,
    /// The IP address of the caller.
    pub address: Option<String>,
    /// `id` of the event.
    pub id: Option<String>,
    /// It came at this time or later: RFC 3339, or how long ago.
    pub since: Option<String>,
    /// It came before this time.
    pub until: Option<String>,
}

impl RefusalFilter {
    /// The same with fixed times, so that every page is about the same requests. `now` is in milliseconds since 1970.
    #[must_use]
    pub fn fixed_at(&self, now: u64) -> Self {
        let fixed = |time: &Option<String>| time.as_deref().map(|time| fixed(time, now));
        Self { since: fixed(&self.since), until: fixed(&self.until), ..self.clone() }
    }

    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        given([
            ("code", &self.code),
            ("credential", &self.credential),
            ("address", &self.address),
            ("id", &self.id),
            ("since", &self.since),
            ("until", &self.until),
        ])
    }
}

/// Which dead letters are meant: the parameters of `GET /dead-letters`. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// The subscription whose destination did not take the event.
    pub subscription: Option<String>,
    /// The code of the cause.
    pub cause: Option<String>,
    /// `id` of the event.
    pub event: Option<String>,
    /// It died at this time or later: RFC 3339, or how long ago.
    pub since: Option<String>,
    /// It died before this time.
    pub until: Option<String>,
}

impl LetterFilter {
    /// Whether it has no condition.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same with fixed times, so that every page, and what is done after a question, is about the same dead letters.
    /// `now` is in milliseconds since 1970.
    #[must_use]
    pub fn fixed_at(&self, now: u64) -> Self {
        let fixed = |time: &Option<String>| time.as_deref().map(|time| fixed(time, now));
        Self { since: fixed(&self.since), until: fixed(&self.until), ..self.clone() }
    }

    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        given([
            ("subscription", &self.subscription),
            ("cause", &self.cause),
            ("event", &self.event),
            ("since", &self.since),
            ("until", &self.until),
        ])
    }
}

fn given<const N: usize>(
    parameters: [(&'static str, &Option<String>); N],
) -> Vec<(&'static str, String)> {
    let given = parameters.into_iter();
    given.filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

/// A time that is written as how long ago, in RFC 3339. Anything else stays: the Worker reads it, and says what is
/// wrong with it.
fn fixed(text: &str, now: u64) -> String {
    let instant = duration(text).and_then(|ago| rfc3339(now.saturating_sub(ago)));
    instant.unwrap_or_else(|| text.to_owned())
}

/// A time in milliseconds since 1970, in RFC 3339. `None` if it is too far away.
pub(crate) fn rfc3339(milliseconds: u64) -> Option<String> {
    let instant = DateTime::from_timestamp_millis(i64::try_from(milliseconds).ok()?)?;
    Some(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// A duration in milliseconds: a whole number of seconds (`90s`), minutes, hours or days.
fn duration(text: &str) -> Option<u64> {
    let (last, _) = text.char_indices().last()?;
    let (number, unit) = text.split_at_checked(last)?;
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| unit.starts_with(*name))?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A number that is too large is before 1970 anyway.
    Some(number.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(*milliseconds))
}
