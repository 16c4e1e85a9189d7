//! Helpers for several test files: the head of a request, and the helpers of the crates' tests.

use elytra_events::http::Headers;
use elytra_webhooks::request::RequestHead;
pub(crate) use test_support::{decode_one, event, property, text};

/// The head of a request.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    method: &'static str,
    path: &'static str,
    query: String,
    headers: test_support::Head,
}

impl Head {
    /// `POST /webhook`, without any header.
    pub(crate) fn post() -> Self {
        Self {
            method: "POST",
            path: "/webhook",
            query: String::new(),
            headers: test_support::Head::default(),
        }
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub(crate) fn query(self, query: &str) -> Self {
        Self { query: query.to_owned(), ..self }
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        Self { headers: self.headers.with(name, value), ..self }
    }

    /// Adds the four required attributes, in binary mode.
    pub(crate) fn with_event(self) -> Self {
        Self { headers: self.headers.with_event(), ..self }
    }
}

impl Headers for Head {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.header(name)
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        self.headers.ce_headers()
    }
}

impl RequestHead for Head {
    fn method(&self) -> &str {
        self.method
    }

    fn origin(&self) -> &'static str {
        "https://webhooks.example.com"
    }

    fn path(&self) -> &str {
        self.path
    }

    fn query(&self) -> String {
        self.query.clone()
    }
}
