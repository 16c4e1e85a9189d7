//! JSON objects and arrays, read just far enough to find their parts. Up to a limit, the parts are kept.
//! After that, they are checked to be JSON and counted. Errors are those of `serde_json`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::event::Places;

/// The members of a JSON object in their order, including repeated ones.
pub(super) struct Object<'a> {
    pub(super) members: Vec<(Cow<'a, str>, &'a str)>,
    /// How many more there are.
    pub(super) left_out: usize,
    /// Where in `data` the members are that describe an object, if that is known.
    pub(super) places: Option<Places>,
}

/// The elements of a JSON array.
pub(super) struct Array<'a> {
    pub(super) elements: Vec<&'a str>,
    /// How many more there are.
    pub(super) left_out: usize,
}

/// A string, borrowed if nothing in it is escaped.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> Object<'a> {
    /// Reads the whole text as an object, and keeps up to `limit` members.
    pub(super) fn read(text: &'a str, limit: usize) -> serde_json::Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let object = deserializer.deserialize_map(ObjectVisitor { limit })?;
        deserializer.end()?;
        Ok(object)
    }
}

impl<'a> Array<'a> {
    /// Reads the whole text as an array, and keeps up to `limit` elements.
    pub(super) fn read(text: &'a str, limit: usize) -> serde_json::Result<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let array = deserializer.deserialize_seq(ArrayVisitor { limit })?;
        deserializer.end()?;
        Ok(array)
    }
}

struct ObjectVisitor {
    limit: usize,
}

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::new();
        while members.len() < self.limit {
            let Some(Text(name)) = map.next_key()? else {
                return Ok(Object { members, left_out: 0, places: None });
            };
            members.push((name, map.next_value::<&RawValue>()?.get()));
        }
        let mut left_out = 0;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            left_out += 1;
        }
        Ok(Object { members, left_out, places: None })
    }
}

struct ArrayVisitor {
    limit: usize,
}

impl<'de> Visitor<'de> for ArrayVisitor {
    type Value = Array<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Array<'de>, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < self.limit {
            let Some(element) = array.next_element::<&RawValue>()? else {
                return Ok(Array { elements, left_out: 0 });
            };
            elements.push(element.get());
        }
        let mut left_out = 0;
        while array.next_element::<IgnoredAny>()?.is_some() {
            left_out += 1;
        }
        Ok(Array { elements, left_out })
    }
}
