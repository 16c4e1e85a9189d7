//! A request as it comes: its head, and its body, which is still to be read.

use elytra_events::http::Headers;

/// What is known of a request before its body is read.
pub trait RequestHead: Headers {
    /// The method, in capitals.
    fn method(&self) -> &str;

    /// The path of the URL, without the query.
    fn path(&self) -> &str;

    /// The query of the URL, without the question mark; empty where there is none.
    fn query(&self) -> String;
}

/// A body that is still to be read.
#[expect(async_fn_in_trait, reason = "a Worker has one thread, so no future need be Send")]
pub trait Body {
    /// The next bytes, as many as came; `None` at the end. Where this is dropped before it has ended,
    /// nothing is lost: the next call gives them.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError>;
}

/// The body broke off; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyError(pub String);
