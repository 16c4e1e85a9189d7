//! Calls to HTTP servers.

use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use js_sys::futures::JsFuture;
use js_sys::{Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use worker::{
    AbortController, AbortSignal, Env, Fetch, Headers, Method, Request, RequestInit,
    RequestRedirect, Response, ResponseBody, web_sys, worker_sys,
};

use super::bound::BoundEnv;
use crate::limits::{MAX_ANSWER_BYTES, MAX_EXCERPT_BYTES};
use crate::platform::{AnswerContent, HttpAnswer, HttpClient, HttpFailure, HttpRequest, Target};

/// A call is given up when its time is over. An answer counts when its head is there: what becomes of
/// its body does not change what it means.
impl HttpClient for BoundEnv<'_> {
    async fn call(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        let abort = AbortController::default();
        let signal = abort.signal();
        let mut time_is_up = pin!(self.timers.sleep(request.timeout_ms));
        let head = pin!(send(request, self.env, &signal));
        let mut response = match select(head, &mut time_is_up).await {
            Either::Left((response, _)) => {
                response.map_err(|error| HttpFailure::Connection(reason(request.target, &error)))?
            }
            Either::Right(_) => {
                abort.abort();
                return Err(HttpFailure::Timeout);
            }
        };
        let header = |name| response.headers().get(name).ok().flatten();
        let mut answer = HttpAnswer {
            status: response.status_code(),
            retry_after: header("retry-after"),
            location: header("location"),
            content: None,
        };
        if answer.is_success() {
            if let Either::Right(_) = select(pin!(drain(&mut response)), time_is_up).await {
                abort.abort();
            }
        } else {
            let content_type = header("content-type");
            let mut content = AnswerContent { content_type, ..AnswerContent::default() };
            // What is missing when the time is up is left out.
            select(pin!(begin(&response, &mut content)), time_is_up).await;
            if !content.is_whole {
                abort.abort();
            }
            answer.content = Some(content);
        }
        Ok(answer)
    }
}

async fn send(
    request: &HttpRequest<'_>,
    env: &Env,
    signal: &AbortSignal,
) -> worker::Result<Response> {
    match request.target {
        Target::Url(url) => Fetch::Request(convert(request, url)?).send_with_signal(signal).await,
        Target::Service { binding, url } => {
            let service: worker_sys::Fetcher = env.service(binding)?.into_rpc();
            let init = web_sys::RequestInit::new();
            init.set_signal(Some(signal));
            let response = service.fetch_with_init(convert(request, url)?.inner(), &init)?;
            let response: web_sys::Response = JsFuture::from(response).await?.dyn_into()?;
            Ok(response.into())
        }
    }
}

/// Why there is no answer. What another Worker throws comes here with its text, which may be anything,
/// such as an event's data: it belongs in that Worker's log, not in ours.
fn reason(target: Target<'_>, error: &worker::Error) -> String {
    match target {
        Target::Url(_) => error.to_string(),
        Target::Service { .. } => "the service failed, and its own log says why".to_owned(),
    }
}

fn convert(request: &HttpRequest<'_>, url: &str) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.to_owned()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(Uint8Array::from(&*request.body).into()));
    Request::new_with_init(url, &init)
}

/// Reads the beginning of the body. A reader with a buffer of its own gets no more than that into memory.
/// What arrived before an error counts, as with a body that takes too long.
async fn begin(response: &Response, content: &mut AnswerContent) {
    let ResponseBody::Stream(body) = response.body() else {
        content.is_whole = true;
        return;
    };
    let body: &AnswerBody = body.unchecked_ref();
    let Ok(reader) = BYOB.with(|mode| body.get_reader(mode)) else { return };
    loop {
        let room = MAX_EXCERPT_BYTES.saturating_sub(content.bytes.len());
        let Some(room) = u32::try_from(room).ok().filter(|room| *room > 0) else { return };
        let Ok(read) = reader.read(&Uint8Array::new_with_length(room)) else { return };
        let Ok(read) = JsFuture::from(read).await else { return };
        let read: &PieceRead = read.unchecked_ref();
        content.bytes.extend(read.value().iter().flat_map(Uint8Array::to_vec));
        if read.done() {
            content.is_whole = true;
            return;
        }
    }
}

thread_local! {
    /// The options of `getReader`.
    static BYOB: JsValue = {
        let options = Object::new();
        // Cannot fail: the object is new.
        let _ = Reflect::set(&options, &"mode".into(), &"byob".into());
        options.into()
    };
}

#[wasm_bindgen(wasm_bindgen = ::worker::wasm_bindgen)]
extern "C" {
    /// A `ReadableStream` of bytes.
    type AnswerBody;

    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn get_reader(this: &AnswerBody, options: &JsValue) -> Result<AnswerReader, JsValue>;

    /// A `ReadableStreamBYOBReader`.
    type AnswerReader;

    #[wasm_bindgen(method, catch)]
    fn read(this: &AnswerReader, buffer: &Uint8Array) -> Result<Promise, JsValue>;

    /// What it read.
    type PieceRead;

    #[wasm_bindgen(method, getter)]
    fn done(this: &PieceRead) -> bool;

    #[wasm_bindgen(method, getter)]
    fn value(this: &PieceRead) -> Option<Uint8Array>;
}

/// Reads some of the body, so that the connection can be reused. Neither its content nor an error
/// matters.
async fn drain(response: &mut Response) {
    let Ok(mut body) = response.stream() else { return };
    let mut bytes = 0;
    while bytes <= MAX_ANSWER_BYTES
        && let Some(Ok(chunk)) = body.next().await
    {
        bytes += chunk.len();
    }
}
