//! HTTP servers in memory: each URL gives the planned answers, and every call is recorded.

use elytra_webhooks::platform::{
    Clock as _, HttpAnswer, HttpClient, HttpFailure, HttpRequest, Target,
};

use super::Memory;

/// A call as a server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) method: &'static str,
    /// The service binding that it came through.
    pub(crate) service: Option<String>,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout_ms: u64,
}

/// The result of a call.
pub(crate) type Outcome = Result<HttpAnswer, HttpFailure>;

/// An answer with this status.
#[expect(clippy::unnecessary_wraps, reason = "a call can come to less than an answer")]
pub(crate) fn status(status: u16) -> Outcome {
    Ok(HttpAnswer { status, ..HttpAnswer::default() })
}

impl Called {
    pub(crate) fn new(request: &HttpRequest<'_>) -> Self {
        let headers = request.headers.iter();
        let (service, url) = match request.target {
            Target::Url(url) => (None, url),
            Target::Service { binding, url } => (Some(binding.to_owned()), url),
        };
        Self {
            method: request.method,
            service,
            url: url.to_owned(),
            headers: headers.map(|(name, value)| ((**name).to_owned(), value.clone())).collect(),
            body: request.body.to_vec(),
            timeout_ms: request.timeout_ms,
        }
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The value of the header with this name, which must not be repeated.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named: Vec<_> = self.headers.iter().filter(|(found, _)| found == name).collect();
        assert!(named.len() < 2, "{name} is there twice: {self:?}");
        named.first().map(|(_, value)| &**value)
    }
}

impl Memory {
    /// Plans the answers of the server with this URL to the next calls. After that, it answers 204.
    pub(crate) fn answers(&self, url: &str, outcomes: impl IntoIterator<Item = Outcome>) {
        self.servers.borrow_mut().entry(url.to_owned()).or_default().extend(outcomes);
    }

    fn next_outcome(&self, url: &str) -> Option<Outcome> {
        self.servers.borrow_mut().get_mut(url)?.pop_front()
    }

    /// The calls to servers, in order.
    pub(crate) fn called(&self) -> Vec<Called> {
        self.called.borrow().clone()
    }
}

impl HttpClient for Memory {
    async fn call(&self, request: &HttpRequest<'_>) -> Outcome {
        for (name, value) in &request.headers {
            let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!(!name.is_empty() && name.bytes().all(is_token), "no name of a header: {name}");
            let is_sendable = value.chars().all(|character| matches!(character, ' '..='~'));
            assert!(is_sendable, "no header can hold it: {name}: {value}");
        }
        let called = Called::new(request);
        let outcome = self.next_outcome(&called.url);
        self.called.borrow_mut().push(called);
        if outcome == Some(Err(HttpFailure::Timeout)) {
            self.sleep(request.timeout_ms).await;
        }
        outcome.unwrap_or_else(|| status(204))
    }
}
