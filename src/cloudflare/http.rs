//! Calls to HTTP servers.

use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use js_sys::futures::JsFuture;
use wasm_bindgen::JsCast as _;
use worker::{
    AbortController, AbortSignal, Env, Fetch, Headers, Method, Request, RequestInit,
    RequestRedirect, Response, web_sys, worker_sys,
};

use super::bound::BoundEnv;
use crate::limits::MAX_ANSWER_BYTES;
use crate::platform::{HttpAnswer, HttpClient, HttpFailure, HttpRequest, Target};

/// A call is given up when its time is over. An answer counts when its head is there: what becomes of
/// its body does not matter.
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
        let answer = HttpAnswer {
            status: response.status_code(),
            retry_after: header("retry-after"),
            location: header("location"),
        };
        if let Either::Right(_) = select(pin!(drain(&mut response)), time_is_up).await {
            abort.abort();
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
