//! Calls to HTTP servers.

use std::pin::pin;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use worker::{
    AbortController, AbortSignal, Fetch, Headers, Method, Request, RequestInit, RequestRedirect,
    Response,
};

use super::timer::Timers;
use crate::limits::MAX_ANSWER_BYTES;
use crate::platform::{HttpAnswer, HttpFailure, HttpRequest};

/// Makes a call, and aborts it on timeout. An answer counts once its head has arrived, whatever
/// happens to the body.
pub(super) async fn call(
    request: &HttpRequest<'_>,
    timers: &Timers,
) -> Result<HttpAnswer, HttpFailure> {
    let abort = AbortController::default();
    let mut time_is_up = pin!(timers.sleep(request.timeout_ms));
    let head = pin!(send(request, abort.signal()));
    let mut response = match select(head, &mut time_is_up).await {
        Either::Left((response, _)) => {
            response.map_err(|error| HttpFailure::Connection(error.to_string()))?
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

async fn send(request: &HttpRequest<'_>, signal: AbortSignal) -> worker::Result<Response> {
    Fetch::Request(convert(request)?).send_with_signal(&signal).await
}

fn convert(request: &HttpRequest<'_>) -> worker::Result<Request> {
    let headers = Headers::new();
    for (name, value) in &request.headers {
        headers.set(name, value)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(request.method.to_owned()))
        .with_headers(headers)
        .with_redirect(RequestRedirect::Manual)
        .with_body(Some(Uint8Array::from(&*request.body).into()));
    Request::new_with_init(request.url, &init)
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
