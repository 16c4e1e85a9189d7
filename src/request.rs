//! An incoming request: its head, and a body that has not been read yet.

use elytra_events::http::Headers;

/// What is known about a request before its body is read.
pub trait RequestHead: Headers {
    /// The method, in upper case.
    fn method(&self) -> &str;

    /// The scheme and the authority of the URL, as in the header `Origin` (RFC 6454 section 6.2).
    fn origin(&self) -> &str;

    /// The path of the URL, without the query.
    fn path(&self) -> &str;

    /// The query of the URL, without the question mark. Empty if there is none.
    fn query(&self) -> String;
}

/// A body that has not been read yet.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Body {
    /// The next bytes that arrive, or `None` at the end. If the future is dropped, nothing is lost:
    /// the next call returns the bytes.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError>;
}

/// The body was cut off. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyError(pub String);
