//! Who may call an endpoint, with which method, and how often.

use crate::auth::{Authentication, Caller};
use crate::config::Config;
use crate::outcome::Rejection;
use crate::platform::{Clock, RateLimiter, within};
use crate::request::RequestHead;
use crate::trace::Trace;

/// How long a rate limit may take to answer, in milliseconds. After that, the request passes.
const RATE_LIMIT_MS: u64 = 1_000;

/// Allows only these methods.
pub(crate) fn allow<'c>(
    head: &impl RequestHead,
    methods: Vec<&'static str>,
) -> Result<(), Rejection<'c>> {
    if methods.contains(&head.method()) {
        Ok(())
    } else {
        let method = head.method().to_owned();
        Err(Rejection::MethodNotAllowed { method, allowed: methods })
    }
}

/// Authenticates a caller, and records it in the trace.
pub(crate) fn authenticate<'c>(
    authentication: &'c Authentication,
    head: &impl RequestHead,
    trace: &mut Trace<'c>,
) -> Result<Caller<'c>, Rejection<'c>> {
    trace.auth_type = Some(authentication.auth_type());
    let caller = authentication.verify(head)?;
    trace.caller = Some(caller.clone());
    Ok(caller)
}

/// Applies the rate limit of a credential, if one is configured.
pub(crate) async fn limit_rate<'c>(
    config: &Config,
    caller: &Caller<'_>,
    platform: &(impl RateLimiter + Clock),
) -> Result<(), Rejection<'c>> {
    let Some(rate_limit) = &config.receiver.rate_limit else { return Ok(()) };
    let key = caller.credential().unwrap_or("none");
    let allows = async { Ok(platform.allows(rate_limit, key).await) };
    let allows = within(platform, RATE_LIMIT_MS, allows).await.unwrap_or(true);
    if allows { Ok(()) } else { Err(Rejection::TooFast) }
}
