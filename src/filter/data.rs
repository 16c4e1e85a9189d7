//! Finds the members of `data` that filters name, all in one walk.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ptr;

use elytra_events::{Data, JsonType};
use serde::de::{DeserializeSeed, Deserializer as _, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// The members of `data` that the filters of a configuration name. Each has a place, which is its index in
/// the result of the walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataPaths {
    root: Node,
    count: usize,
}

/// A member that a filter names, or an ancestor of one, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    place: Option<usize>,
    children: BTreeMap<Box<[u8]>, Node>,
}

/// What was found at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<'d> {
    Nothing,
    /// The member or one of its ancestors is present more than once, so the value is ambiguous.
    Repeated,
    String(Cow<'d, str>),
    /// The JSON text of a number or a boolean.
    Literal(&'d str),
    Other(JsonType),
}

impl DataPaths {
    /// Adds the member at this path, and returns its place.
    pub(super) fn add<'p>(&mut self, path: impl IntoIterator<Item = &'p str>) -> usize {
        let mut node = &mut self.root;
        for name in path {
            node = node.children.entry(name.as_bytes().into()).or_default();
        }
        *node.place.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    /// Finds all members in one walk through `data`. The result has one item per place.
    pub(super) fn find<'d>(&self, data: Option<Data<'d>>) -> Vec<Found<'d>> {
        let mut found = vec![Found::Nothing; self.count];
        let Some(Data::Json(json)) = data else { return found };
        // Descending directly reads each byte once, but fails if an ancestor is not an object. A second walk
        // then checks each member before it descends.
        if self.root.find(json, &mut found, Walks::Straight).is_err() {
            // This walk cannot fail, because `data` was parsed before and is valid JSON.
            let _ = self.root.find(json, &mut found, Walks::LooksFirst);
        }
        found
    }
}

/// How a walk descends into a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walks {
    /// Descends directly, and fails if the member is not an object.
    Straight,
    /// Reads the member first, and then once more to descend.
    LooksFirst,
}

impl Node {
    /// Finds the descendants of this member, whose JSON text is `json`.
    fn find<'d>(
        &self,
        json: &'d str,
        found: &mut [Found<'d>],
        walks: Walks,
    ) -> serde_json::Result<()> {
        if self.children.is_empty() || !json.starts_with('{') {
            return Ok(());
        }
        Deserializer::from_str(json).deserialize_map(Walk { node: self, found, walks })
    }

    fn note_repeated(&self, found: &mut [Found<'_>]) {
        if let Some(place) = self.place.and_then(|place| found.get_mut(place)) {
            *place = Found::Repeated;
        }
        for child in self.children.values() {
            child.note_repeated(found);
        }
    }
}

impl<'d> Found<'d> {
    fn read(json: &'d str) -> Self {
        match JsonType::of(json) {
            // A string with a lone surrogate is not a text.
            Some(JsonType::String) => {
                string(json).map_or(Self::Other(JsonType::String), Self::String)
            }
            Some(JsonType::Boolean | JsonType::Number) => Self::Literal(json),
            other => Self::Other(other.unwrap_or(JsonType::Null)),
        }
    }
}

/// The text of a JSON string, borrowed if it contains no escapes.
fn string(json: &str) -> Option<Cow<'_, str>> {
    let quoted = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted.filter(|text| !text.contains('\\')) {
        Some(text) => Some(Cow::Borrowed(text)),
        None => serde_json::from_str(json).ok().map(Cow::Owned),
    }
}

/// Walks through the members of an object. Members that no filter names are skipped.
struct Walk<'n, 'f, 'd> {
    node: &'n Node,
    found: &'f mut [Found<'d>],
    walks: Walks,
}

impl<'d> DeserializeSeed<'d> for Walk<'_, '_, 'd> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'d>>(self, member: D) -> Result<(), D::Error> {
        member.deserialize_map(self)
    }
}

impl<'d> Visitor<'d> for Walk<'_, '_, 'd> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'d>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen: Vec<&Node> = Vec::new();
        while let Some(child) = members.next_key_seed(MemberName(self.node))? {
            let Some(child) = child else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.iter().any(|other| ptr::eq(*other, child)) {
                members.next_value::<IgnoredAny>()?;
                child.note_repeated(self.found);
                continue;
            }
            seen.push(child);
            if child.place.is_none() && self.walks == Walks::Straight {
                let walk = Walk { node: child, found: self.found, walks: self.walks };
                members.next_value_seed(walk)?;
                continue;
            }
            let value: &'d RawValue = members.next_value()?;
            if let Some(place) = child.place.and_then(|place| self.found.get_mut(place)) {
                *place = Found::read(value.get());
            }
            child.find(value.get(), self.found, self.walks).map_err(Error::custom)?;
        }
        Ok(())
    }
}

/// Reads the name of a member, and returns the child node with this name, if there is one.
struct MemberName<'n>(&'n Node);

impl<'n, 'd> DeserializeSeed<'d> for MemberName<'n> {
    type Value = Option<&'n Node>;

    fn deserialize<D: serde::Deserializer<'d>>(self, name: D) -> Result<Self::Value, D::Error> {
        // As bytes, because a name may contain a lone surrogate.
        name.deserialize_bytes(self)
    }
}

impl<'n> Visitor<'_> for MemberName<'n> {
    type Value = Option<&'n Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.children.get(name))
    }
}
