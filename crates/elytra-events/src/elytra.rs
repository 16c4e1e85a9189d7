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
use crate::event::{CloudEvent, Data, read_string};

/// What stands before the event type in an event's `type`.
const TYPE_PREFIX: &str = "com.elytra.";

/// The object an event is about, as far as its `data` tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object<'a> {
    /// `objectData`: the object's own JSON text, untouched.
    pub data: Option<&'a str>,
    /// `objectId`.
    pub id: Option<ObjectId<'a>>,
    /// `objectType`.
    pub type_: Option<Cow<'a, str>>,
}

/// The identifier of an object, which Elytra writes as a string or as an integer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectId<'a> {
    /// A string.
    String(Cow<'a, str>),
    /// An integer, as its digits came: it may be larger than any integer type here.
    Integer(&'a str),
}

impl CloudEvent<'_> {
    /// Elytra's event type: `eventtype`, or where that is absent or empty, what `type` says behind
    /// `com.elytra.`, in either spelling (`product.text` and `product_text` are the same).
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

    /// The object the event is about; empty where `data` is not a JSON object with its members.
    #[must_use]
    pub fn object(&self) -> Object<'_> {
        match self.data() {
            Some(Data::Json(json)) => Object::read(json).unwrap_or_default(),
            Some(Data::Base64(_)) | None => Object::default(),
        }
    }

    /// An extension as text, `None` where it is absent or empty.
    fn extension_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let text = self.extension(name)?.to_text();
        (!text.is_empty()).then_some(text)
    }
}

impl<'a> Object<'a> {
    /// Whether it is known which object it is.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.type_.is_some() && self.id.is_some()
    }

    fn read(data: &'a str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(data);
        let members = deserializer.deserialize_map(MembersVisitor).ok()?;
        deserializer.end().ok()?;
        Some(Self {
            data: members.data,
            id: members.id.and_then(ObjectId::read),
            type_: members.type_.and_then(|type_| read_string(type_).ok()),
        })
    }
}

/// The members of `data` that name an object, none of them read yet: `objectData` may be large.
#[derive(Default)]
struct Members<'a> {
    data: Option<&'a str>,
    id: Option<&'a str>,
    type_: Option<&'a str>,
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
                return Err(A::Error::custom("of two values none is right"));
            }
            let value = map.next_value::<&RawValue>()?.get();
            *member = Some(value).filter(|value| *value != "null");
        }
        Ok(members)
    }
}

/// A member's name, of which only these count. It is read as bytes: a name may hold half of a surrogate
/// pair, which no string can, and that is no reason not to know the object.
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

/// Whether the text of a JSON value is that of a whole number, by its digits.
fn is_integer(json: &str) -> bool {
    json.strip_prefix('-').unwrap_or(json).bytes().all(|byte| byte.is_ascii_digit())
}
