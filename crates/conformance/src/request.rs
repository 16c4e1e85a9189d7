//! A request that any HTTP client can send.

/// A request. The URL and the credentials are the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Whether the caller adds its credentials.
    pub credentials: Credentials,
    /// Names in lower case, none twice, and values of printable ASCII. None of them depends on the
    /// connection: the client adds `Host` and `Content-Length` by itself. If `content-type` is not
    /// among them, the request must go without.
    pub headers: Vec<(String, String)>,
    /// The body. `None` if there is none, which is not the same as an empty one for some clients.
    pub body: Option<Vec<u8>>,
}

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Delivers events.
    Post,
    /// Asks for consent.
    Options,
    /// Delivers nothing, and changes nothing either (RFC 4918 §9.1): it asks for properties.
    Propfind,
}

/// Whether credentials are part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// They are, if the caller has any.
    Present,
    /// They are left out.
    LeftOut,
}

impl Method {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Options => "OPTIONS",
            Self::Propfind => "PROPFIND",
        }
    }
}

impl Request {
    /// A request without headers.
    pub(crate) fn new(method: Method, body: Option<Vec<u8>>) -> Self {
        Self { method, credentials: Credentials::Present, headers: Vec::new(), body }
    }

    /// A body of this content type.
    pub(crate) fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Method::Post, Some(body.into())).with("content-type", content_type)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_credentials(mut self) -> Self {
        self.credentials = Credentials::LeftOut;
        self
    }
}
