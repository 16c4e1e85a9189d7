//! The floor: what every Worker written with workers-rs pays to read a body and to answer.

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(mut request: Request, _env: Env, _context: Context) -> Result<Response> {
    request.bytes().await?;
    Response::ok("ok")
}
