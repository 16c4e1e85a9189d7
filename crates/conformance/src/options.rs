//! What the caller decides.

/// What the caller decides about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Makes the ids of this run's events unique, so that a receiver that recognizes duplicates
    /// takes none for one of an earlier run. Not empty; letters, digits and `-`.
    pub run_id: String,
    /// The `type` of the events. A receiver that takes only some types needs one of those.
    pub event_type: String,
    /// The `source` of the events, a URI-reference.
    pub source: String,
    /// Extension attributes of the events: names, and values that are strings.
    pub extensions: Vec<(String, String)>,
    /// Whether the caller presents credentials.
    pub presented: Presented,
    /// The origin that asks for consent in the handshake, a DNS name.
    pub origin: String,
    /// The size of the body that is too large for most receivers, in bytes.
    pub large_body_bytes: usize,
}

/// Whether the caller presents credentials that it can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// It presents none.
    Nothing,
    /// It presents some. So a request without them must not be accepted.
    Something,
}

impl Options {
    /// Harmless events of Elytra, without credentials.
    #[must_use]
    pub fn new(run_id: impl Into<String>) -> Self {
        Self {
            run_id: run_id.into(),
            event_type: "com.elytra.integration_test".to_owned(),
            source: "elytra-pim".to_owned(),
            extensions: vec![("eventtype".to_owned(), "integration_test".to_owned())],
            presented: Presented::Nothing,
            origin: "elytra.example".to_owned(),
            // Twice what elytra-webhooks can be configured to take.
            large_body_bytes: 16 * 1024 * 1024,
        }
    }
}
