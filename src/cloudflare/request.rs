//! Cloudflare's requests as our traits: a head, and a body that has not been read yet.

use elytra_events::http::{self, PREFIX};
use js_sys::{Array, JSON, JsString};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::web_sys;

use super::executor::{JsBody, Piece};
use super::js_string::js_string;
use crate::capacity::{Capacity, Reservation};
use crate::request::{Body, BodyError, RequestHead};

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// The headers of a request.
    type Headers;

    #[wasm_bindgen(method)]
    fn get(this: &Headers, name: &JsString) -> Option<String>;
}

/// The head of a request. It gets only those headers from JavaScript that are asked for.
pub(super) struct WorkerRequestHead {
    method: String,
    url: String,
    headers: Headers,
}

impl WorkerRequestHead {
    pub(super) fn new(request: &web_sys::Request) -> Self {
        let headers = request.headers().unchecked_into();
        Self { method: request.method(), url: request.url(), headers }
    }

    /// Where the path begins in the URL, which is absolute: a scheme, an authority, and a path that starts with a slash.
    fn path_begins(&self) -> usize {
        let authority = self.url.find("://").map_or(0, |at| at + 3);
        let slash = self.url.get(authority..).and_then(|rest| rest.find('/'));
        slash.map_or(self.url.len(), |at| authority + at)
    }
}

impl RequestHead for WorkerRequestHead {
    fn method(&self) -> &str {
        &self.method
    }

    fn origin(&self) -> &str {
        self.url.get(..self.path_begins()).unwrap_or_default()
    }

    fn path(&self) -> &str {
        let path = self.url.get(self.path_begins()..).unwrap_or_default();
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        if path.is_empty() { "/" } else { path }
    }

    fn query(&self) -> String {
        // The URL of a request has no fragment.
        self.url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    }
}

impl http::Headers for WorkerRequestHead {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(&js_string(name))
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        // All of them in one text, because each step of an iterator would be several calls of JavaScript.
        let headers = JSON::stringify(&Array::from(self.headers.as_ref()));
        let headers = headers.ok().and_then(|headers| headers.as_string()).unwrap_or_default();
        let headers: Vec<(String, String)> = serde_json::from_str(&headers).unwrap_or_default();
        let of_event = headers
            .into_iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)));
        of_event.collect()
    }
}

/// The longest body that is read in one piece, in bytes. One piece costs a single copy and call,
/// but its progress is not visible.
const MAX_WHOLE_BODY_BYTES: usize = 128 * 1024;

/// How many bytes may be read in one piece at the same time: 16 MiB. If senders stall, other bodies
/// are read in chunks, and still get through.
static WHOLE_BODIES: Capacity = Capacity::new(16 * 1024 * 1024);

/// The body of a request. A body with a short announced length is read in one piece, and the
/// runtime enforces that length. Any other is read in chunks.
pub(super) struct RequestBody {
    body: JsBody,
    /// The memory for a body in one piece, until it has arrived.
    whole: Option<Reservation<'static>>,
    has_ended: bool,
}

impl RequestBody {
    pub(super) fn new(request: &web_sys::Request, body: JsBody) -> Self {
        let whole = announced(request).filter(|bytes| *bytes <= MAX_WHOLE_BODY_BYTES);
        let whole = whole.and_then(|bytes| {
            let mut reservation = WHOLE_BODIES.reserve();
            reservation.grow_to(bytes).ok().map(|()| reservation)
        });
        Self { body, whole, has_ended: false }
    }
}

impl Body for RequestBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        if self.has_ended {
            return Ok(None);
        }
        let piece =
            if self.whole.is_some() { self.body.whole().await } else { self.body.chunk().await };
        let was_whole = self.whole.take().is_some();
        self.has_ended = was_whole || !matches!(piece, Piece::Bytes(_));
        match piece {
            Piece::Bytes(bytes) => Ok(Some(bytes.to_vec())),
            Piece::End => Ok(None),
            Piece::Failed(error) => Err(BodyError(worker::Error::from(error).to_string())),
        }
    }
}

/// The announced length of the body, in bytes. With a transfer encoding, it has no meaning (RFC
/// 9112 section 6.3).
fn announced(request: &web_sys::Request) -> Option<usize> {
    let headers = request.headers();
    let length = headers.get("content-length").ok()??.parse().ok()?;
    let is_chunked = headers.has("transfer-encoding").unwrap_or(false);
    (!is_chunked).then_some(length)
}
