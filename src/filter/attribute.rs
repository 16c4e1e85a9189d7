//! What a filter compares: an attribute of the event, or a member of its `data`.

use std::borrow::Cow;
use std::fmt;

use elytra_events::{CoreAttribute, JsonType, Known as _, is_attribute_name};

use super::data::{DataPaths, Found};
use super::view::View;
use crate::names::nearest;

/// How many members a path into `data` may name.
pub const MAX_PATH_DEPTH: usize = 16;

/// The longest path into `data`, in bytes, including `data.`.
pub const MAX_PATH_BYTES: usize = 256;

/// Elytra's attributes, which are suggested along with those of the specification.
const ELYTRA: [&str; 2] = ["eventtype", "operation"];

/// `object.type` and `object.id`. Like paths into `data`, they extend the specification.
const OBJECT: [&str; 2] = ["object.type", "object.id"];

const DATA: &str = "data.";

/// What a filter compares, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    name: String,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Core(CoreAttribute),
    Extension,
    /// The type of the object in `data`, with its place in the [`DataPaths`].
    ObjectType(usize),
    ObjectId(usize),
    Data(usize),
}

/// Why a name does not name anything that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadName {
    /// The name is empty.
    Empty,
    /// The name is neither an attribute's nor one of our extensions.
    Unknown {
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// `data` as a whole.
    Data,
    /// A part of a path is empty.
    EmptyPart,
    /// A path is longer than [`MAX_PATH_BYTES`] bytes.
    TooLong,
    /// A path names more than [`MAX_PATH_DEPTH`] members.
    TooDeep,
}

/// What a filter sees in an event under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen<'v> {
    Nothing,
    Repeated,
    Text(Cow<'v, str>),
    /// A JSON value that equals no text.
    Other(JsonType),
}

impl Attribute {
    /// The attribute with this name. A path into `data` is added to `paths`.
    ///
    /// # Errors
    ///
    /// Nothing with this name can be compared.
    pub(crate) fn new(name: &str, paths: &mut DataPaths) -> Result<Self, BadName> {
        let place = match name {
            "" => return Err(BadName::Empty),
            "data" => return Err(BadName::Data),
            "object.type" => Place::ObjectType(paths.add(["objectType"])),
            "object.id" => Place::ObjectId(paths.add(["objectId"])),
            _ => match name.strip_prefix(DATA) {
                Some(_) if name.len() > MAX_PATH_BYTES => return Err(BadName::TooLong),
                Some(path) if path.split('.').any(str::is_empty) => return Err(BadName::EmptyPart),
                Some(path) if path.split('.').count() > MAX_PATH_DEPTH => {
                    return Err(BadName::TooDeep);
                }
                Some(path) => Place::Data(paths.add(path.split('.'))),
                None => Self::of_event(name)?,
            },
        };
        Ok(Self { name: name.to_owned(), place })
    }

    fn of_event(name: &str) -> Result<Place, BadName> {
        if let Some(core) = CoreAttribute::from_name(name) {
            return Ok(Place::Core(core));
        }
        if is_attribute_name(name) {
            return Ok(Place::Extension);
        }
        let candidates =
            CoreAttribute::ALL.iter().map(|core| core.as_str()).chain(ELYTRA).chain(OBJECT);
        // A name with a dot was probably meant to have one.
        let candidates = candidates.filter(|other| !name.contains('.') || other.contains('.'));
        Err(BadName::Unknown { nearest: nearest(name, candidates) })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the value is in `data`.
    pub(crate) fn is_in_data(&self) -> bool {
        !matches!(self.place, Place::Core(_) | Place::Extension)
    }

    /// The event's value as a text, or `None` if it equals no text.
    pub(crate) fn text<'v>(&self, view: &'v View<'_>) -> Option<Cow<'v, str>> {
        if let Seen::Text(text) = self.read(view) { Some(text) } else { None }
    }

    /// The event's value.
    pub(super) fn read<'v>(&self, view: &'v View<'_>) -> Seen<'v> {
        let event = view.event();
        match self.place {
            Place::Core(core) => event.core_attribute(core).map(Cow::Borrowed).into(),
            Place::Extension => event.extension(&self.name).map(|value| value.to_text()).into(),
            Place::ObjectType(place) => match view.found(place) {
                Found::Literal(json) => Seen::Other(type_of(json)),
                found => found.into(),
            },
            Place::ObjectId(place) => match view.found(place) {
                Found::Literal(json) if !is_integer(json) => Seen::Other(type_of(json)),
                found => found.into(),
            },
            Place::Data(place) => view.found(place).into(),
        }
    }
}

/// Whether the text of a JSON value is a whole number, judged by its digits.
fn is_integer(json: &str) -> bool {
    json.strip_prefix('-').unwrap_or(json).bytes().all(|byte| byte.is_ascii_digit())
}

fn type_of(json: &str) -> JsonType {
    JsonType::of(json).unwrap_or(JsonType::Null)
}

impl<'v> From<Option<Cow<'v, str>>> for Seen<'v> {
    fn from(text: Option<Cow<'v, str>>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

impl<'v> From<&'v Found<'_>> for Seen<'v> {
    fn from(found: &'v Found<'_>) -> Self {
        match found {
            Found::Nothing => Self::Nothing,
            Found::Repeated => Self::Repeated,
            Found::String(text) => Self::Text(Cow::Borrowed(text)),
            Found::Literal(json) => Self::Text(Cow::Borrowed(json)),
            Found::Other(type_) => Self::Other(*type_),
        }
    }
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name of an attribute must not be empty"),
            Self::Unknown { nearest } => {
                f.write_str(
                    "expected the name of an attribute (lower-case letters and digits only), \
                     object.type, object.id, or a path such as data.objectId",
                )?;
                match nearest {
                    Some(nearest) => write!(f, ", did you mean {nearest:?}?"),
                    None => Ok(()),
                }
            }
            Self::Data => f.write_str(
                "data cannot be compared as a whole, expected a path to a member, such as data.objectId",
            ),
            Self::EmptyPart => f.write_str("a part of the path is empty"),
            Self::TooLong => {
                write!(f, "the path is too long, expected at most {MAX_PATH_BYTES} bytes")
            }
            Self::TooDeep => {
                write!(f, "the path is too deep, expected at most {MAX_PATH_DEPTH} members")
            }
        }
    }
}
