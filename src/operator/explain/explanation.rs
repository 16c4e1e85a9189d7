//! The answer of `/explain`.

use elytra_events::http::Mode;
use elytra_events::{AttributeValue, CloudEvent, Data, InvalidEvent, Object};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::subscription::Mismatch;
use crate::trace::{EventTrace, Notice};

/// What would happen to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The mode of the request.
    pub mode: &'static str,
    /// The events, in order.
    pub events: Vec<Explained>,
    /// The invalid events, for the log.
    #[serde(skip)]
    pub invalid: Vec<InvalidEvent>,
}

/// An event of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Explained {
    /// A valid event.
    Valid(Box<ExplainedEvent>),
    /// An invalid event. If a request has one, none of its events is forwarded.
    Invalid {
        /// `id`, if it could be read.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What is wrong with the event, as far as listed.
        violations: Vec<ExplainedViolation>,
        /// How many more violations it has.
        #[serde(skip_serializing_if = "Option::is_none")]
        violations_left_out: Option<usize>,
    },
}

/// A valid event as the Worker understands it, and which subscriptions want it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedEvent {
    /// Its attributes, with their names.
    #[serde(serialize_with = "as_map")]
    pub attributes: Vec<(String, Value)>,
    /// Elytra's event type.
    pub event_type: Option<String>,
    /// Elytra's operation.
    pub operation: Option<String>,
    /// The type of the object in `data`.
    pub object_type: Option<String>,
    /// The identifier of that object.
    pub object_id: Option<String>,
    /// Which member has the data, and its size.
    pub data: Option<DataSize>,
    /// The size of the event in the JSON format, in bytes.
    pub bytes: usize,
    /// What is valid but not known to the Worker.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The verdict of each subscription.
    pub subscriptions: Vec<SubscriptionMatch>,
}

/// The data of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataSize {
    /// `data` or `data_base64`.
    pub member: &'static str,
    /// The length of its text in bytes, before base64 is decoded.
    pub bytes: usize,
}

/// The verdict of a subscription on an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionMatch {
    /// The subscription's name.
    pub subscription: String,
    /// Whether it wants the event.
    pub matches: bool,
    /// Why not, as a code and a message.
    #[serde(flatten)]
    pub mismatch: Option<Reason>,
    /// Why its destination can never take the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_large: Option<String>,
}

/// A reason or a notice as a code and a message, the same as in the answer of `/webhook`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The stable code.
    pub code: &'static str,
    /// The explanation in words.
    pub message: String,
}

/// A violation of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedViolation {
    /// The attribute's name. `None` if the event as a whole is invalid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The violation.
    #[serde(flatten)]
    pub reason: Reason,
}

impl Explanation {
    pub(super) fn new(mode: Mode, events: Vec<Explained>, invalid: Vec<InvalidEvent>) -> Self {
        Self { mode: mode.as_str(), events, invalid }
    }
}

impl Explained {
    /// An invalid event with its violations, at most `left` of them.
    pub(super) fn invalid(event: &InvalidEvent, left: &mut usize) -> Self {
        let listed = event.violations.iter().take(*left).map(|violation| ExplainedViolation {
            attribute: violation.attribute.clone(),
            reason: Reason { code: violation.code(), message: violation.problem.to_string() },
        });
        let violations: Vec<_> = listed.collect();
        *left -= violations.len();
        let left_out = event.faults() - violations.len();
        let violations_left_out = (left_out > 0).then_some(left_out);
        Self::Invalid { id: event.id.clone(), violations, violations_left_out }
    }
}

impl ExplainedEvent {
    pub(super) fn new(event: &CloudEvent<'_>, subscriptions: Vec<SubscriptionMatch>) -> Self {
        let core = event.core_attributes().map(|(name, text)| (name.to_owned(), text.into()));
        let extensions = event.extensions().map(|(name, value)| (name.to_owned(), json(value)));
        let EventTrace { event_type, operation, notices, .. } = EventTrace::new(event, None);
        let Object { id, type_, .. } = event.object();
        Self {
            attributes: core.chain(extensions).collect(),
            event_type,
            operation,
            object_type: type_.map(Into::into),
            object_id: id.map(|id| id.to_string()),
            data: event.data().map(DataSize::new),
            bytes: event.as_json().len(),
            notices: notices.iter().map(Notice::to_string).collect(),
            subscriptions,
        }
    }
}

impl DataSize {
    fn new(data: Data<'_>) -> Self {
        match data {
            Data::Json(json) => Self { member: "data", bytes: json.len() },
            Data::Base64(text) => Self { member: "data_base64", bytes: text.len() },
        }
    }
}

impl SubscriptionMatch {
    pub(super) fn new(subscription: &str, wants: Result<(), Mismatch>) -> Self {
        let matches = wants.is_ok();
        let reason =
            |mismatch: Mismatch| Reason { code: mismatch.code(), message: mismatch.to_string() };
        let mismatch = wants.err().map(reason);
        Self { subscription: subscription.to_owned(), matches, mismatch, too_large: None }
    }
}

fn json(value: &AttributeValue<'_>) -> Value {
    match value {
        AttributeValue::Boolean(boolean) => (*boolean).into(),
        AttributeValue::Integer(integer) => (*integer).into(),
        AttributeValue::String(text) => Value::String(text.clone().into_owned()),
    }
}

fn as_map<S: Serializer>(entries: &[(String, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}
