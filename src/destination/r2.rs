//! An R2 bucket with one object per event: the field `r2`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Sending, check_reserved};
use crate::dispatch::{Dispatch, Progress};
use crate::kv_entry::event_key;
use crate::limits::MAX_R2_METADATA_BYTES;
use crate::platform::{Platform, R2Object};
use crate::text::header_value;
use crate::vars::{BindingKind, Bindings, Mistake, Mistakes, Table, look_up};
use elytra_events::CloudEvent;

/// An example value for the field.
pub(super) const EXAMPLE: &str = "{ binding = \"<binding>\" }";

/// The longest `prefix`, in bytes. A key with such a prefix, the date and a path of
/// [`MAX_KV_KEY_BYTES`](crate::limits::MAX_KV_KEY_BYTES) is well below
/// [`MAX_R2_KEY_BYTES`](crate::limits::MAX_R2_KEY_BYTES). The limit also saves space in the ledger, which
/// stores the prefix with each event.
pub const MAX_PREFIX_BYTES: usize = 256;

/// The media type of an event in the JSON format.
const CONTENT_TYPE: &str = "application/cloudevents+json";

/// How many bytes R2 may count for a metadata field in addition to its name and value: over HTTP, the field is a
/// header whose name begins with `x-amz-meta-`.
const FIELD_BYTES: usize = "x-amz-meta-".len();

/// An R2 bucket with one object per event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct R2Destination {
    /// The binding's name.
    pub binding: String,
    /// The beginning of each key, at most [`MAX_PREFIX_BYTES`]. It can be empty.
    pub prefix: String,
}

impl R2Destination {
    /// Reads `r2`.
    pub(super) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let path = table.path_of("r2");
        let mut table = Table::new(path, table.take("r2")?, mistakes)?;
        let path = table.path_of("binding");
        let binding = table
            .required_string("binding", mistakes)
            .inspect(|binding| check_reserved(&path, binding, mistakes));
        let binding =
            binding.and_then(|binding| look_up(path, binding, BindingKind::R2, bindings, mistakes));
        let prefix = read_prefix(&mut table, mistakes);
        table.finish(mistakes);
        Some(Self { binding: binding?, prefix })
    }

    /// Its [`holder`](super::Destination::holder). Under another prefix, an event is another object.
    pub(super) fn holder(&self, subscription: &str) -> String {
        format!("r2/{}/{subscription}/{}", self.binding, self.prefix)
    }

    /// The write for an event.
    pub(super) fn put<'p>(
        &'p self,
        dispatch: &'p Dispatch<'p, 'p>,
        sending: &Sending<'_>,
    ) -> R2Put<'p> {
        let Dispatch { event, subscription, .. } = dispatch;
        let moment = sending.moment_of(dispatch).to_rfc3339();
        let date = moment.split_once('T').map_or(&*moment, |(date, _)| date);
        let path = without_dot_segments(&event_key(subscription, event));
        let key = format!("{}{date}/{path}", self.prefix);
        R2Put { binding: &self.binding, key, event, dispatches: vec![dispatch] }
    }
}

/// A path whose segments `.` and `..`, which a sender can choose, are encoded: clients of S3 would take them for
/// folders (RFC 3986 section 5.2.4).
fn without_dot_segments(path: &str) -> String {
    let encode = |segment| match segment {
        "." => "%2E",
        ".." => "%2E%2E",
        other => other,
    };
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// Reads `prefix`. A key that begins with a slash would be in a folder without a name, and control characters
/// cannot appear in S3's listings, which are XML.
fn read_prefix(table: &mut Table, mistakes: &mut Mistakes) -> String {
    let path = table.path_of("prefix");
    let prefix = table.string("prefix", mistakes).unwrap_or_default();
    let expected = if prefix.len() > MAX_PREFIX_BYTES {
        Some("at most 256 bytes")
    } else if prefix.starts_with('/') {
        Some("no slash at the beginning")
    } else if prefix.contains(char::is_control) {
        Some("no control characters")
    } else {
        None
    };
    if let Some(expected) = expected {
        mistakes.note(path, Mistake::WrongType { expected });
    }
    prefix
}

/// An object to write, with the dispatches that it completes. The metadata is created just before the write, so
/// the metadata of a whole batch is never in memory at once.
pub(crate) struct R2Put<'p> {
    binding: &'p str,
    key: String,
    event: &'p CloudEvent<'p>,
    dispatches: Vec<&'p Dispatch<'p, 'p>>,
}

/// The writes, at most one per key. Objects with the same key are the same event, so only the last one is
/// written: R2 accepts one write per key and second.
pub(super) fn steps(puts: Vec<R2Put<'_>>) -> Vec<R2Put<'_>> {
    let mut last: BTreeMap<(&str, String), R2Put<'_>> = BTreeMap::new();
    for mut put in puts {
        let key = (put.binding, put.key.clone());
        if let Some(before) = last.remove(&key) {
            put.dispatches.extend(before.dispatches);
        }
        last.insert(key, put);
    }
    last.into_values().collect()
}

impl R2Put<'_> {
    /// Writes the object.
    pub(super) async fn take(&self, platform: &impl Platform) {
        let object = R2Object {
            key: &self.key,
            content_type: CONTENT_TYPE,
            body: self.event.as_json(),
            metadata: metadata(self.event),
        };
        let written = platform.put_object(self.binding, &object).await;
        let progress = written.map_or_else(Progress::Failed, |()| Progress::Held);
        self.dispatches.iter().for_each(|dispatch| dispatch.note(progress.clone()));
    }

    /// The size of the body, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.event.as_json().len()
    }
}

/// The attributes that fit, with their values encoded as in the headers of binary mode.
fn metadata<'e>(event: &'e CloudEvent<'_>) -> Vec<(&'e str, String)> {
    let core = event.core_attributes().map(|(name, value)| (name, Cow::Borrowed(value)));
    let attributes = core.chain(event.extensions().map(|(name, value)| (name, value.to_text())));
    let mut room = MAX_R2_METADATA_BYTES - CONTENT_TYPE.len();
    let mut metadata = Vec::new();
    for (name, value) in attributes {
        // Encoding never makes a value shorter.
        if value.len() > room {
            continue;
        }
        let value = header_value(&value).to_string();
        if let Some(left) = room.checked_sub(FIELD_BYTES + name.len() + value.len()) {
            room = left;
            metadata.push((name, value));
        }
    }
    metadata
}
