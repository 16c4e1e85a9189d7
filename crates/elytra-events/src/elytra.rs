//! What Elytra adds to a CloudEvent: its event types and operations, and the object in `data`.
//!
//! Source: the webhook models of Elytra's Python client.

mod names;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use names::{EventType, Operation};

use crate::Name;
use crate::event::{CloudEvent, Data, Places, read_string};

/// What precedes the event type in an event's `type`.
pub const TYPE_PREFIX: &str = "com.elytra.";

/// The object that an event is about, as described in its `data`.
///
/// # Examples
///
/// ```
/// use elytra_events::CloudEvent;
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"com.elytra.product",
///     "data":{"objectType":"product","objectId":4711,"objectData":{"name":"Lamp"}}}"#;
/// let event = CloudEvent::from_json(text)?;
/// let object = event.object();
/// assert!(object.is_named());
/// assert_eq!(object.type_.as_deref(), Some("product"));
/// assert_eq!(object.data, Some(r#"{"name":"Lamp"}"#));
/// # Ok::<(), elytra_events::InvalidEvent>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object<'a> {
    /// `objectData`: the JSON text of the object itself, unchanged.
    pub data: Option<&'a str>,
    /// `objectId`.
    pub id: Option<ObjectId<'a>>,
    /// `objectType`.
    pub type_: Option<Cow<'a, str>>,
}

/// The identifier of an object, which Elytra writes as a string or as an integer.
///
/// # Examples
///
/// ```
/// use elytra_events::{CloudEvent, ObjectId};
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t","data":{"objectId":4711}}"#;
/// let event = CloudEvent::from_json(text)?;
/// let id = event.object().id.unwrap();
/// assert_eq!(id, ObjectId::Integer("4711"));
/// assert_eq!(id.to_string(), "4711");
/// # Ok::<(), elytra_events::InvalidEvent>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectId<'a> {
    /// A string.
    String(Cow<'a, str>),
    /// The digits of an integer, which may be too large for any integer type.
    Integer(&'a str),
}

impl CloudEvent<'_> {
    /// Elytra's event type: `eventtype` or, if that is absent or empty, what follows `com.elytra.` in `type`.
    /// There, dots are the same as underscores (`product.text` and `product_text`).
    #[must_use]
    pub fn event_type(&self) -> Option<Name<'_, EventType>> {
        if let Some(name) = self.extension_text("eventtype") {
            return Some(Name::new(name));
        }
        let derived = self.type_().strip_prefix(TYPE_PREFIX).filter(|name| !name.is_empty())?;
        if derived.contains('.') {
            Some(Name::new(derived.replace('.', "_")))
        } else {
            Some(Name::new(derived))
        }
    }

    /// Elytra's operation: the extension `operation`.
    #[must_use]
    pub fn operation(&self) -> Option<Name<'_, Operation>> {
        self.extension_text("operation").map(Name::new)
    }

    /// The object that the event is about. Its fields are `None` if `data` is not a JSON object, or does not
    /// have the members for them.
    #[must_use]
    pub fn object(&self) -> Object<'_> {
        match (self.data(), self.places()) {
            (Some(Data::Json(json)), Some(places)) => Object::from(Members::at(places, json)),
            // The reader would unescape a string as long as a body, only to find that it is none.
            (Some(Data::Json(json)), None) if json.trim_ascii_start().starts_with('{') => {
                Object::read(json).unwrap_or_default()
            }
            (Some(Data::Json(_) | Data::Base64(_)) | None, _) => Object::default(),
        }
    }

    /// An extension as text; `None` if it is absent or empty.
    fn extension_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let text = self.extension(name)?.to_text();
        (!text.is_empty()).then_some(text)
    }
}

impl<'a> Object<'a> {
    /// Whether both `type_` and `id` are known, which together identify the object.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.type_.is_some() && self.id.is_some()
    }

    fn read(data: &'a str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(data);
        let members = deserializer.deserialize_map(MembersVisitor).ok()?;
        deserializer.end().ok()?;
        Some(Self::from(members))
    }
}

impl<'a> From<Members<'a>> for Object<'a> {
    fn from(members: Members<'a>) -> Self {
        let present = |value: Option<&'a str>| value.filter(|value| *value != "null");
        Self {
            data: present(members.data),
            id: present(members.id).and_then(ObjectId::read),
            type_: present(members.type_).and_then(|type_| read_string(type_).ok()),
        }
    }
}

/// The members of `data` that describe an object. They are not parsed yet, because `objectData` may be
/// large.
#[derive(Default)]
struct Members<'a> {
    data: Option<&'a str>,
    id: Option<&'a str>,
    type_: Option<&'a str>,
}

impl<'a> Members<'a> {
    fn at(places: Places, data: &'a str) -> Self {
        let Places { data: object_data, id, type_ } = places;
        Self { data: object_data.value(data), id: id.value(data), type_: type_.value(data) }
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        let mut seen = [false; 3];
        while let Some(name) = map.next_key()? {
            let (member, seen) = match name {
                MemberName::Data => (&mut members.data, &mut seen[0]),
                MemberName::Id => (&mut members.id, &mut seen[1]),
                MemberName::Type => (&mut members.type_, &mut seen[2]),
                MemberName::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if std::mem::replace(seen, true) {
                return Err(A::Error::custom("a repeated member is ambiguous"));
            }
            *member = Some(map.next_value::<&RawValue>()?.get());
        }
        Ok(members)
    }
}

/// The name of a member, of which only these matter. It is read as bytes, because a name may have half of a
/// surrogate pair, which a string cannot. The object can be identified all the same.
enum MemberName {
    Data,
    Id,
    Type,
    Other,
}

impl<'de> Deserialize<'de> for MemberName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(MemberNameVisitor)
    }
}

struct MemberNameVisitor;

impl Visitor<'_> for MemberNameVisitor {
    type Value = MemberName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<MemberName, E> {
        Ok(match name {
            b"objectData" => MemberName::Data,
            b"objectId" => MemberName::Id,
            b"objectType" => MemberName::Type,
            _ => MemberName::Other,
        })
    }
}

impl<'a> ObjectId<'a> {
    fn read(json: &'a str) -> Option<Self> {
        if is_integer(json) {
            return Some(Self::Integer(json));
        }
        read_string(json).ok().map(Self::String)
    }
}

impl fmt::Display for ObjectId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Integer(digits) => f.write_str(digits),
        }
    }
}

/// Whether the text of a JSON value is an integer, written in digits alone.
fn is_integer(json: &str) -> bool {
    json.strip_prefix('-').unwrap_or(json).bytes().all(|byte| byte.is_ascii_digit())
}
