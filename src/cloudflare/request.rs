//! A request of Cloudflare's as the core wants it: a head, and a body that is still to be read.

use futures_util::StreamExt as _;
use js_sys::Uint8Array;
use wasm_bindgen::JsCast as _;
use worker::web_sys::{self, Headers};
use worker::{ByteStream, Request};

use super::call::JsBody;
use crate::cloudevents::{self, PREFIX};
use crate::outcome::BodyError;
use crate::receive::{Body, RequestHead};

/// The head of a request. Only the headers that are asked for are fetched from JavaScript.
pub(super) struct WorkerRequestHead {
    method: String,
    url: String,
    headers: Headers,
}

impl WorkerRequestHead {
    pub(super) fn new(request: &web_sys::Request) -> Self {
        Self { method: request.method(), url: request.url(), headers: request.headers() }
    }
}

impl RequestHead for WorkerRequestHead {
    fn method(&self) -> &str {
        &self.method
    }

    fn path(&self) -> &str {
        // The URL of a request is absolute: a scheme, an authority, and a path that begins with a slash.
        let behind_scheme = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let path = behind_scheme.find('/').and_then(|at| behind_scheme.get(at..)).unwrap_or("/");
        path.split_once('?').map_or(path, |(path, _)| path)
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
        worker::Headers(self.headers.clone())
            .entries()
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)))
            .collect()
    }
}

/// The body of a request. One whose length was announced comes whole, which costs a single copy;
/// the runtime lets no more than that through. Any other comes as it arrives.
pub(super) enum RequestBody {
    Unread(web_sys::Request, JsBody),
    Streamed(ByteStream),
    Read,
}

impl RequestBody {
    pub(super) fn new(request: web_sys::Request, body: JsBody) -> Self {
        Self::Unread(request, body)
    }
}

impl Body for RequestBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        loop {
            match std::mem::replace(self, Self::Read) {
                Self::Unread(request, body) if is_announced(&request) => {
                    let bytes = body.read().await.dyn_into::<Uint8Array>();
                    return Ok(Some(bytes.map_err(broke_off)?.to_vec()));
                }
                Self::Unread(request, _) => {
                    // A request without a body has no stream either.
                    let stream = Request::from(request).stream();
                    *self = stream.map_or(Self::Read, Self::Streamed);
                }
                Self::Streamed(mut stream) => {
                    let chunk = stream.next().await.transpose().map_err(broke_off)?;
                    *self = Self::Streamed(stream);
                    return Ok(chunk);
                }
                Self::Read => return Ok(None),
            }
        }
    }
}

/// Whether the length of the body was announced. Beside a transfer encoding, it means nothing
/// (RFC 9112 section 6.3).
fn is_announced(request: &web_sys::Request) -> bool {
    let headers = request.headers();
    let has = |name| headers.has(name).unwrap_or(false);
    has("content-length") && !has("transfer-encoding")
}

fn broke_off(error: impl Into<worker::Error>) -> BodyError {
    BodyError(error.into().to_string())
}
