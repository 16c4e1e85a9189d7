//! Replies as Cloudflare's responses.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::{Array, Object};
use wasm_bindgen::JsValue;
use worker::console_error;
use worker::web_sys::{Response, ResponseInit};

use crate::reply::Reply;

thread_local! {
    /// One per status and content type of replies without other headers. Creating it costs as much
    /// as the response.
    static INITS: RefCell<BTreeMap<(u16, String), ResponseInit>> = RefCell::default();
}

/// Converts a reply to a response.
pub(super) fn convert(reply: &Reply) -> JsValue {
    let init = match &*reply.headers {
        [("content-type", content_type)] => INITS.with_borrow_mut(|inits| {
            let init = inits.entry((reply.status, content_type.clone()));
            init.or_insert_with(|| init_of(reply)).clone()
        }),
        _ => init_of(reply),
    };
    // Fetch allows no body, not even an empty one, with this status.
    let body = Some(&*reply.body).filter(|_| reply.status != 304);
    match Response::new_with_opt_str_and_init(body, &init) {
        Ok(response) => response.into(),
        Err(error) => {
            console_error!("the reply could not be converted to a response: {error:?}");
            Response::error().into()
        }
    }
}

fn init_of(reply: &Reply) -> ResponseInit {
    let pair = |(name, value): &(&str, String)| Array::of2(&(*name).into(), &value.into());
    let headers = reply.headers.iter().map(pair).collect::<Array>();
    let init = ResponseInit::new();
    init.set_status(reply.status);
    match Object::from_entries(&headers) {
        Ok(headers) => init.set_headers(&headers),
        Err(_) => init.set_headers(&headers),
    }
    init
}
