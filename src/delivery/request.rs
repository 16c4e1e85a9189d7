//! The call to an HTTP destination, in structured or binary mode (CloudEvents HTTP binding 3.2,
//! 3.1).

use std::borrow::Cow;

use elytra_events::{AttributeValue, CloudEvent, Data, MediaType};

use crate::destination::{Callee, ContentMode};
use crate::kv_entry::event_path;
use crate::platform::HttpRequest;
use crate::text::header_value;

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

impl<'r> HttpRequest<'r> {
    /// The call that delivers an event, which the replay with this id sends again if there is one.
    #[must_use]
    pub fn new(callee: &Callee<'r>, event: &'r CloudEvent<'_>, replay: Option<&str>) -> Self {
        let mut headers: Vec<(Cow<'r, str>, String)> = vec![
            ("user-agent".into(), USER_AGENT.to_owned()),
            ("idempotency-key".into(), event_path(event)),
        ];
        headers.extend(replay.map(|replay| ("webhook-replay".into(), replay.to_owned())));
        // These headers cannot be encoded (W3C Trace Context 3.2, 3.3), so a value with non-ASCII
        // characters is left out.
        for name in ["traceparent", "tracestate"] {
            if let Some(AttributeValue::String(value)) = event.extension(name)
                && value.is_ascii()
            {
                headers.push((name.into(), value.to_string()));
            }
        }
        // A content type cannot be encoded either. If it does not fit in a header, only structured
        // mode can carry it.
        let fits = event.datacontenttype().is_none_or(str::is_ascii);
        let mode = if fits { callee.settings.mode } else { ContentMode::Structured };
        let body = match mode {
            ContentMode::Structured => {
                let media_type = "application/cloudevents+json; charset=UTF-8";
                headers.push(("content-type".into(), media_type.to_owned()));
                Cow::Borrowed(event.as_json().as_bytes())
            }
            ContentMode::Binary => {
                headers.extend(binary_headers(event));
                binary_body(event)
            }
        };
        if let Some((name, secret)) = callee.credential {
            headers.push((name.as_str().into(), secret.reveal().to_owned()));
        }
        let method = callee.settings.method.as_http();
        let timeout_ms = callee.settings.timeout_ms;
        Self { method, target: callee.target, headers, body, timeout_ms }
    }
}

/// The attributes of an event as the headers of binary mode, with `content-type` if it has data.
#[must_use]
pub fn binary_headers<'r>(event: &CloudEvent<'_>) -> Vec<(Cow<'r, str>, String)> {
    let core = event.core_attributes().filter(|(name, _)| *name != "datacontenttype");
    let core = core.map(|(name, value)| (name, Cow::Borrowed(value)));
    let attributes = core.chain(event.extensions().map(|(name, value)| (name, value.to_text())));
    let mut headers: Vec<(Cow<'r, str>, String)> = attributes
        .map(|(name, value)| (format!("ce-{name}").into(), header_value(&value).to_string()))
        .collect();
    // Data without a content type is JSON (JSON format section 3.1).
    let is_json = matches!(event.data(), Some(Data::Json(_)));
    let content_type = event.datacontenttype().or(is_json.then_some("application/json"));
    headers.extend(content_type.map(|value| ("content-type".into(), value.to_owned())));
    headers
}

/// The data of an event as the body of binary mode: JSON unchanged, base64 decoded, and the text of a JSON string if the content
/// type is not JSON.
#[must_use]
pub fn binary_body<'r>(event: &'r CloudEvent<'_>) -> Cow<'r, [u8]> {
    match event.data() {
        None => Cow::Borrowed(&[]),
        Some(data @ Data::Base64(_)) => data.to_bytes(),
        Some(Data::Json(json)) => {
            let is_json = event
                .datacontenttype()
                .is_none_or(|text| MediaType::parse(text).is_some_and(|media| media.is_json()));
            let text = if is_json { None } else { serde_json::from_str::<String>(json).ok() };
            text.map_or(Cow::Borrowed(json.as_bytes()), |text| Cow::Owned(text.into_bytes()))
        }
    }
}
