//! The call of a webhook: an event in structured or binary mode (CloudEvents HTTP binding 3.2, 3.1).

use std::borrow::Cow;

use elytra_events::{AttributeValue, CloudEvent, Data, MediaType};

use crate::destination::{ContentMode, HttpDestination};
use crate::kv_entry::event_path;
use crate::platform::HttpRequest;
use crate::text::header_value;

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

impl<'r> HttpRequest<'r> {
    /// The call that delivers an event.
    #[must_use]
    pub fn new(http: &'r HttpDestination, event: &'r CloudEvent<'_>) -> Self {
        let mut headers: Vec<(Cow<'r, str>, String)> = vec![
            ("user-agent".into(), USER_AGENT.to_owned()),
            ("idempotency-key".into(), event_path(event)),
        ];
        // They have no encoding (W3C Trace Context 3.2, 3.3), and what is not ASCII is none.
        for name in ["traceparent", "tracestate"] {
            if let Some(AttributeValue::String(value)) = event.extension(name)
                && value.is_ascii()
            {
                headers.push((name.into(), value.to_string()));
            }
        }
        // A content type has no encoding either: one that no header can hold can only stand in JSON.
        let fits = event.datacontenttype().is_none_or(str::is_ascii);
        let mode = if fits { http.call.mode } else { ContentMode::Structured };
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
        if let Some((name, secret)) = &http.credential {
            headers.push((name.as_str().into(), secret.reveal().to_owned()));
        }
        let (method, timeout_ms) = (http.call.method.as_http(), http.call.timeout_ms);
        Self { method, url: &http.url, headers, body, timeout_ms }
    }
}

/// The attributes as headers.
fn binary_headers<'r>(event: &CloudEvent<'_>) -> Vec<(Cow<'r, str>, String)> {
    let core = event.core_attributes().filter(|(name, _)| *name != "datacontenttype");
    let core = core.map(|(name, value)| (name, Cow::Borrowed(value)));
    let attributes = core.chain(event.extensions().map(|(name, value)| (name, value.to_text())));
    let mut headers: Vec<(Cow<'r, str>, String)> = attributes
        .map(|(name, value)| (format!("ce-{name}").into(), header_value(&value).to_string()))
        .collect();
    // Without a content type, the data of an event are JSON (JSON format section 3.1).
    let is_json = matches!(event.data(), Some(Data::Json(_)));
    let content_type = event.datacontenttype().or(is_json.then_some("application/json"));
    headers.extend(content_type.map(|value| ("content-type".into(), value.to_owned())));
    headers
}

/// The data as they are: JSON as it came, base64 decoded, and a JSON string that stands for text as
/// that text.
fn binary_body<'r>(event: &'r CloudEvent<'_>) -> Cow<'r, [u8]> {
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
