//! HTTP calls to a receiver, and its answers.

use std::io::Cursor;

use serde_json::Value;
use ureq::SendBody;
use ureq::http::Request;

/// The largest answer that is read: the largest value in KV, as JSON within JSON.
const MAX_ANSWER_BYTES: u64 = 128 * 1024 * 1024;

/// An HTTP call under construction. It starts as a POST with the right bearer token.
#[derive(Debug)]
pub struct Call<'a> {
    base: &'a str,
    method: &'a str,
    path: &'a str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: ureq::http::HeaderMap,
    /// The body's text.
    pub body: String,
}

impl<'a> Call<'a> {
    pub(crate) fn new(base: &'a str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            base,
            method: "POST",
            path: "/webhook",
            headers: Vec::new(),
            body: body.into(),
            chunked: false,
        }
        .header("authorization", "Bearer right-token")
        .header("content-type", "application/cloudevents+json")
    }

    /// Sets the method.
    #[must_use]
    pub fn method(mut self, method: &'a str) -> Self {
        self.method = method;
        self
    }

    /// Sets the path.
    #[must_use]
    pub fn path(mut self, path: &'a str) -> Self {
        self.path = path;
        self
    }

    /// Sets a header, and replaces any other with this name.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        let mut call = self.without(name);
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    }

    /// Removes a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Sends the body without announcing its length.
    #[must_use]
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Makes the call.
    #[track_caller]
    #[must_use]
    pub fn send(self) -> Answer {
        let agent = ureq::Agent::new_with_config(
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .allow_non_standard_methods(true)
                .max_redirects(0)
                .build(),
        );
        let mut request =
            Request::builder().method(self.method).uri(format!("{}{}", self.base, self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let result = if self.chunked {
            let body = SendBody::from_owned_reader(Cursor::new(self.body));
            agent.run(request.body(body).unwrap())
        } else if matches!(self.method, "GET" | "HEAD" | "OPTIONS" | "DELETE") {
            agent.run(request.body(()).unwrap())
        } else {
            agent.run(request.body(self.body).unwrap())
        };
        let mut response = result.unwrap_or_else(|error| panic!("no answer: {error}"));
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response
                .body_mut()
                .with_config()
                .limit(MAX_ANSWER_BYTES)
                .read_to_string()
                .unwrap(),
        }
    }
}

impl Answer {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON: {error}: {}", self.body))
    }

    /// The stable code in the body.
    #[track_caller]
    #[must_use]
    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).expect("a code").to_owned()
    }
}
