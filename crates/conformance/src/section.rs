//! The sections of the specifications.

/// A section of a specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// The specification and the section, such as `HTTP binding §3.1.1`.
    pub name: &'static str,
    /// Where it can be read.
    pub link: &'static str,
}

macro_rules! sections {
    ($base:literal: $($constant:ident = $name:literal, $place:literal;)*) => {
        $(pub(crate) const $constant: Section =
            Section { name: $name, link: concat!($base, $place) };)*
    };
}

// The attributes and their values.
sections! { "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md":
    CONTEXT_ATTRIBUTES = "Core, Context Attributes", "#context-attributes";
    NAMES = "Core, Naming Conventions", "#naming-conventions";
    TYPES = "Core, Type System", "#type-system";
    ID = "Core, id", "#id";
    SOURCE = "Core, source", "#source-1";
    SPECVERSION = "Core, specversion", "#specversion";
    TYPE = "Core, type", "#type";
    DATACONTENTTYPE = "Core, datacontenttype", "#datacontenttype";
    DATASCHEMA = "Core, dataschema", "#dataschema";
    SUBJECT = "Core, subject", "#subject";
    TIME = "Core, time", "#time";
    EXTENSIONS = "Core, Extension Context Attributes", "#extension-context-attributes";
    EVENT_DATA = "Core, Event Data", "#event-data";
    SIZE_LIMITS = "Core, Size Limits", "#size-limits";
}

// Events and batches in JSON.
sections! { "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md":
    JSON_TYPES = "JSON format §2.2", "#22-type-system-mapping";
    JSON_ENVELOPE = "JSON format §3", "#3-envelope";
    JSON_DATA = "JSON format §3.1.1", "#311-payload-serialization";
    JSON_READING = "JSON format §3.1.2", "#312-payload-deserialization";
    JSON_BATCH = "JSON format §4.1", "#41-mapping-cloudevents";
}

// Events in HTTP requests.
sections! {
    "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md":
    CONTENT_MODES = "HTTP binding §1.3", "#13-content-modes";
    EVENT_FORMATS = "HTTP binding §1.4", "#14-event-formats";
    HTTP_DATA = "HTTP binding §2.2", "#22-data";
    MAPPING = "HTTP binding §3", "#3-http-message-mapping";
    BINARY_CONTENT_TYPE = "HTTP binding §3.1.1", "#311-http-content-type";
    BINARY_DATA = "HTTP binding §3.1.2", "#312-event-data-encoding";
    HEADER_NAMES = "HTTP binding §3.1.3.1", "#3131-http-header-names";
    HEADER_VALUES = "HTTP binding §3.1.3.2", "#3132-http-header-values";
    STRUCTURED_CONTENT_TYPE = "HTTP binding §3.2.1", "#321-http-content-type";
    STRUCTURED_HEADERS = "HTTP binding §3.2.3", "#323-metadata-headers";
    BATCHED = "HTTP binding §3.3", "#33-batched-content-mode";
    BATCHED_CONTENT_TYPE = "HTTP binding §3.3.1", "#331-http-content-type";
    BATCHED_DATA = "HTTP binding §3.3.2", "#332-event-data-encoding";
}

// Deliveries and consent.
sections! { "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md":
    DELIVERY_RESPONSE = "HTTP webhook §2.2", "#22-delivery-response";
    AUTHORIZATION = "HTTP webhook §3", "#3-authorization";
    VALIDATION_RESPONSE = "HTTP webhook §4.2", "#42-validation-response";
    ALLOWED_ORIGIN = "HTTP webhook §4.2.1", "#421-webhook-allowed-origin";
    ALLOWED_RATE = "HTTP webhook §4.2.2", "#422-webhook-allowed-rate";
}

// What those build on.
sections! { "https://www.rfc-editor.org/rfc/":
    RFC_3339_FORMAT = "RFC 3339 §5.6", "rfc3339#section-5.6";
    RFC_3339_RANGES = "RFC 3339 §5.7", "rfc3339#section-5.7";
    RFC_3986_REFERENCE = "RFC 3986 §4.1", "rfc3986#section-4.1";
    RFC_8259_ENCODING = "RFC 8259 §8.1", "rfc8259#section-8.1";
    RFC_8259_PARSERS = "RFC 8259 §9", "rfc8259#section-9";
    RFC_9110_MEDIA_TYPE = "RFC 9110 §8.3.1", "rfc9110#section-8.3.1";
    RFC_9110_METHODS = "RFC 9110 §9.1", "rfc9110#section-9.1";
    RFC_9110_401 = "RFC 9110 §15.5.2", "rfc9110#section-15.5.2";
    RFC_9110_405 = "RFC 9110 §15.5.6", "rfc9110#section-15.5.6";
    RFC_9110_413 = "RFC 9110 §15.5.14", "rfc9110#section-15.5.14";
}
