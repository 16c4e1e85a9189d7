//! The HTTP binding: which mode the `Content-Type` announces, and the body read in it.

use super::{CloudEvent, InvalidEvent, MediaType, Problem};

/// How an HTTP request carries events (HTTP binding section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The body is one event in the JSON format.
    Structured,
}

/// The `Content-Type` announces something that is not read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedMediaType(
    /// The header's value.
    pub String,
);

impl Mode {
    /// The mode of a request with this `Content-Type`.
    ///
    /// Beside `application/cloudevents+json`, a structured event may come as plain
    /// `application/json` or without a content type: it is not known what Elytra sends.
    ///
    /// # Errors
    ///
    /// The content type is of no mode that is read here.
    pub fn of(content_type: Option<&str>) -> Result<Self, UnsupportedMediaType> {
        // An empty one says as little as none.
        let Some(content_type) = content_type.filter(|text| !text.trim().is_empty()) else {
            return Ok(Self::Structured);
        };
        match MediaType::parse(content_type) {
            Some(media_type)
                if media_type.is("application", "cloudevents+json")
                    || media_type.is("application", "json") =>
            {
                Ok(Self::Structured)
            }
            _ => Err(UnsupportedMediaType(content_type.to_owned())),
        }
    }
}

/// Reads the event that a body holds.
///
/// # Errors
///
/// All faults of the event at once.
pub fn decode(mode: Mode, body: &[u8]) -> Result<CloudEvent<'_>, InvalidEvent> {
    match mode {
        Mode::Structured => {
            let text = str::from_utf8(body).map_err(|error| {
                InvalidEvent::of_event(Problem::NotUtf8 { at: error.valid_up_to() })
            })?;
            CloudEvent::from_json(text)
        }
    }
}
