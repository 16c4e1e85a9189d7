//! What `run` does for a call.

use js_sys::{Array, JsString, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// An object of `run`, for one call.
    #[derive(Clone)]
    pub type Host;

    /// Notes that there is news with this tag, and has [`proceed`](super::proceed) called with it later.
    #[wasm_bindgen(method)]
    pub(super) fn tell(this: &Host, tag: u32);

    /// Tells what comes of a promise, with this number.
    #[wasm_bindgen(method, catch)]
    pub(super) fn watch(this: &Host, promise: &Promise, number: u32) -> Result<(), JsValue>;

    /// Tells after this many milliseconds that they have passed, with this number.
    #[wasm_bindgen(method)]
    pub(super) fn wait(this: &Host, milliseconds: f64, number: u32);

    /// The messages for `sendBatch` whose bodies are in this text, with a separator between them.
    #[wasm_bindgen(method)]
    pub(in crate::cloudflare) fn messages(
        this: &Host,
        bodies: &JsString,
        separator: &JsString,
    ) -> Array;

    /// Has what was collected written after the answer: at once, or after a while.
    #[wasm_bindgen(method)]
    pub(in crate::cloudflare) fn flush(this: &Host, at_once: bool);

    /// A file of the console: `null`, or its media type, its entity tag and its text, which is `null` if the caller has it.
    #[wasm_bindgen(method)]
    pub(in crate::cloudflare) fn asset(
        this: &Host,
        env: &JsValue,
        path: &str,
        etag: Option<&str>,
    ) -> Promise;

    /// The text at a URL, which may have this many bytes.
    #[wasm_bindgen(method)]
    pub(in crate::cloudflare) fn text(this: &Host, url: &str, most: u32) -> Promise;

    /// Whether a JSON Web Key has signed a text with RS256.
    #[wasm_bindgen(method, js_name = hasSigned)]
    pub(in crate::cloudflare) fn has_signed(
        this: &Host,
        key: &str,
        text: &str,
        signature: &[u8],
    ) -> Promise;
}
