//! A request of Cloudflare's as the core wants it: a head, and a body that is still to be read.

use futures_util::StreamExt;
use worker::{ByteStream, Headers, Request};

use crate::cloudevents::{self, PREFIX};
use crate::outcome::BodyError;
use crate::receive::{Body, RequestHead};

/// The head of a request. Only the headers that are asked for are fetched from JavaScript.
pub(super) struct WorkerRequestHead {
    method: String,
    path: String,
    url: String,
    headers: Headers,
}

impl WorkerRequestHead {
    pub(super) fn new(request: &Request) -> Self {
        Self {
            // `Request::method` takes every method it does not know for GET.
            method: request.inner().method(),
            path: request.path(),
            url: request.inner().url(),
            headers: Headers(request.inner().headers()),
        }
    }
}

impl RequestHead for WorkerRequestHead {
    fn method(&self) -> &str {
        &self.method
    }

    fn path(&self) -> &str {
        &self.path
    }

    fn query(&self) -> String {
        // A URL that a request was made to has no fragment.
        self.url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    }
}

impl cloudevents::Headers for WorkerRequestHead {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let headers = self.headers.entries();
        headers
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)))
            .collect()
    }
}

/// The body of a request. One whose length was announced comes whole, which costs a single copy;
/// the runtime lets no more than that through. Any other comes as it arrives.
pub(super) enum RequestBody {
    Announced(Request),
    Streamed(ByteStream),
    Read,
}

impl RequestBody {
    pub(super) fn new(mut request: Request) -> Self {
        // Beside a transfer encoding, an announced length means nothing (RFC 9112 section 6.3).
        let has = |name| request.headers().has(name).unwrap_or(false);
        let is_announced = has("content-length") && !has("transfer-encoding");
        if is_announced {
            return Self::Announced(request);
        }
        // A request without a body has no stream either.
        request.stream().map_or(Self::Read, Self::Streamed)
    }
}

impl Body for RequestBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        match self {
            Self::Announced(request) => {
                let bytes = request.bytes().await.map_err(broke_off)?;
                *self = Self::Read;
                Ok(Some(bytes))
            }
            Self::Streamed(stream) => stream.next().await.transpose().map_err(broke_off),
            Self::Read => Ok(None),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn broke_off(error: worker::Error) -> BodyError {
    BodyError(error.to_string())
}
