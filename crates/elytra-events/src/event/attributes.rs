//! The only way to make a [`CloudEvent`]: every decoder hands its attributes over here, and all of them
//! are checked before there is an event.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fluent_uri::{Uri, UriRef};

use super::{
    CloudEvent, InvalidEvent, JsonType, MAX_VIOLATIONS, MediaType, Problem, StoredData, Timestamp,
    Violation,
};
use crate::names;
use crate::text::shorten;

/// The maximum number of attributes of an event, `data` included. This is far more than any event needs,
/// and limits how long a body can keep the reader busy comparing names.
pub const MAX_ATTRIBUTES: usize = 256;

names! {
    /// An attribute that the specification names (core, Required and Optional Attributes). All of them are
    /// strings.
    ///
    /// # Examples
    ///
    /// ```
    /// use elytra_events::{CloudEvent, CoreAttribute};
    ///
    /// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t"}"#;
    /// let event = CloudEvent::from_json(text)?;
    /// assert_eq!(event.core_attribute(CoreAttribute::Source), Some("s"));
    /// assert_eq!(event.core_attribute(CoreAttribute::Subject), None);
    /// # Ok::<(), elytra_events::InvalidEvent>(())
    /// ```
    pub enum CoreAttribute {
        Specversion = "specversion",
        Id = "id",
        Source = "source",
        Type = "type",
        Datacontenttype = "datacontenttype",
        Dataschema = "dataschema",
        Subject = "subject",
        Time = "time",
    }
}

/// The value of an extension attribute (core, Type System). There are only the types that a decoder can
/// tell apart: binary values, URIs and timestamps are transmitted as strings.
///
/// # Examples
///
/// ```
/// use elytra_events::{AttributeValue, CloudEvent};
///
/// let text = r#"{"specversion":"1.0","id":"e1","source":"s","type":"t","sequence":12}"#;
/// let event = CloudEvent::from_json(text)?;
/// let sequence = event.extension("sequence").unwrap();
/// assert_eq!(*sequence, AttributeValue::Integer(12));
/// assert_eq!(sequence.to_text(), "12");
/// # Ok::<(), elytra_events::InvalidEvent>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue<'a> {
    /// `true` or `false`.
    Boolean(bool),
    /// A 32-bit signed integer.
    Integer(i32),
    /// A string, or a type that is written as one.
    String(Cow<'a, str>),
}

impl AttributeValue<'_> {
    /// The value as text. Every type has a canonical string representation (core, Type System).
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Boolean(boolean) => boolean.to_string().into(),
            Self::Integer(integer) => integer.to_string().into(),
            Self::String(text) => Cow::Borrowed(text),
        }
    }
}

/// Whether this is a valid name for an attribute (core, Naming Conventions).
#[must_use]
pub fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The length of the longest name in the specification, `datacontenttype`.
const LONGEST_CORE_NAME: usize = 15;

/// The attributes of an event that is being read, and the violations found so far.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    entries: Vec<Entry<'a>>,
    violations: Vec<Violation>,
}

#[derive(Debug)]
struct Entry<'a> {
    name: Cow<'a, str>,
    value: Option<AttributeValue<'a>>,
}

impl<'a> Attributes<'a> {
    /// With room for this many.
    pub(super) fn with_capacity(attributes: usize) -> Self {
        Self { entries: Vec::with_capacity(attributes), violations: Vec::new() }
    }

    /// Rejects every name that is repeated, once each. There are at most [`MAX_ATTRIBUTES`] names.
    pub(super) fn check_repeated<'n>(&mut self, names: &(impl Iterator<Item = &'n str> + Clone)) {
        /// Up to this many names, comparing all of them with each other is faster than sorting.
        const FEW: usize = 16;

        if names.clone().nth(FEW).is_none() {
            for (index, name) in names.clone().enumerate() {
                if names.clone().take(index).filter(|other| *other == name).count() == 1 {
                    self.refuse(name, Problem::Repeated);
                }
            }
            return;
        }
        // Names may be long and similar, so each one is compared with only a few others.
        let mut seen = BTreeMap::new();
        for name in names.clone() {
            let times = seen.entry(name).or_insert(0_usize);
            *times += 1;
            if *times == 2 {
                self.refuse(name, Problem::Repeated);
            }
        }
    }

    /// Adds an attribute. Its name and characters are checked here, its meaning later.
    pub(super) fn add(&mut self, name: Cow<'a, str>, value: AttributeValue<'a>) {
        if !is_attribute_name(&name) {
            return self.refuse(&name, Problem::BadName);
        }
        if let AttributeValue::String(text) = &value
            && let Some(problem) = forbidden_character(text)
        {
            return self.refuse(&name, problem);
        }
        self.entries.push(Entry { name, value: Some(value) });
    }

    /// Records a violation by an attribute, which is then not reported as missing too.
    pub(super) fn refuse(&mut self, name: &str, problem: Problem) {
        self.violations.push(Violation::of(name, problem));
        // Only required attributes are reported as missing, and their names are short.
        if name.len() <= LONGEST_CORE_NAME {
            self.entries.push(Entry { name: Cow::Owned(name.to_owned()), value: None });
        }
    }

    /// Records a violation by the event as a whole.
    pub(super) fn refuse_event(&mut self, problem: Problem) {
        self.violations.push(Violation::of_event(problem));
    }

    /// Checks the rules that the specification has for each attribute, and makes the event.
    pub(super) fn into_event(
        mut self,
        json: Cow<'a, str>,
        data: Option<StoredData<'a>>,
    ) -> Result<CloudEvent<'a>, InvalidEvent> {
        let specversion = self.required("specversion");
        if let Some(found) = specversion.filter(|version| version != "1.0") {
            self.refuse("specversion", Problem::UnsupportedSpecversion(shorten(found)));
        }
        let id = self.required("id");
        let source = self.required("source");
        if source.as_deref().is_some_and(|source| UriRef::parse(source).is_err()) {
            self.refuse("source", Problem::NotAUriReference);
        }
        let type_ = self.required("type");
        let datacontenttype = self.optional("datacontenttype");
        if datacontenttype.as_deref().is_some_and(|text| MediaType::parse(text).is_none()) {
            self.refuse("datacontenttype", Problem::NotAMediaType);
        }
        let dataschema = self.optional("dataschema");
        if dataschema.as_deref().is_some_and(|schema| Uri::parse(schema).is_err()) {
            self.refuse("dataschema", Problem::NotAUri);
        }
        let subject = self.optional("subject");
        let time = match self.optional("time").map(Timestamp::parse) {
            None => None,
            Some(Ok(time)) => Some(time),
            Some(Err(error)) => {
                self.refuse("time", Problem::NotATimestamp(error));
                None
            }
        };

        match (id, source, type_) {
            (Some(id), Some(source), Some(type_)) if self.violations.is_empty() => Ok(CloudEvent {
                json,
                id,
                source,
                type_,
                datacontenttype,
                dataschema,
                subject,
                time,
                extensions: self.into_extensions(),
                data,
                places: None,
            }),
            (id, source, type_) => Err(InvalidEvent {
                index: None,
                id: id.map(Cow::into_owned),
                source: source.map(Cow::into_owned),
                type_: type_.map(Cow::into_owned),
                violations: self.violations,
                left_out: 0,
            }
            .keep(MAX_VIOLATIONS)),
        }
    }

    fn into_extensions(self) -> Vec<(Cow<'a, str>, AttributeValue<'a>)> {
        let entries = self.entries.into_iter();
        entries.filter_map(|entry| entry.value.map(|value| (entry.name, value))).collect()
    }

    fn required(&mut self, name: &str) -> Option<Cow<'a, str>> {
        if !self.entries.iter().any(|entry| entry.name == name) {
            self.refuse(name, Problem::Missing);
        }
        self.optional(name)
    }

    /// Takes out an attribute that the specification names. It must be a string that is not empty.
    fn optional(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let mut entries = self.entries.iter_mut();
        match entries.find_map(|entry| (entry.name == name).then(|| entry.value.take()))?? {
            AttributeValue::String(text) if text.is_empty() => {
                self.refuse(name, Problem::Empty);
                None
            }
            AttributeValue::String(text) => Some(text),
            other => {
                let found = other.json_type();
                self.refuse(name, Problem::WrongType { expected: "a string", found });
                None
            }
        }
    }
}

impl AttributeValue<'_> {
    fn json_type(&self) -> JsonType {
        match self {
            Self::Boolean(_) => JsonType::Boolean,
            Self::Integer(_) => JsonType::Number,
            Self::String(_) => JsonType::String,
        }
    }
}

/// The first character that is not allowed in a `CloudEvents` string (core, Type System): a control
/// character or one of Unicode's noncharacters.
fn forbidden_character(text: &str) -> Option<Problem> {
    // Nearly every attribute is printable ASCII, which is quick to check: because this loop never ends
    // early, the compiler can look at many bytes at once.
    if text.bytes().fold(true, |printable, byte| printable & (b' '..=b'~').contains(&byte)) {
        return None;
    }
    let is_forbidden = |character: char| {
        let code_point = u32::from(character);
        character.is_control()
            || (0xFDD0..=0xFDEF).contains(&code_point)
            || code_point & 0xFFFE == 0xFFFE
    };
    let (at, character) = text.chars().enumerate().find(|(_, c)| is_forbidden(*c))?;
    Some(Problem::ForbiddenCharacter { character, at })
}
