//! Who gets in, with which method, and how often.

use crate::auth::{Authentication, Caller};
use crate::config::Config;
use crate::outcome::Rejection;
use crate::platform::{Clock, RateLimiter, within};
use crate::request::RequestHead;
use crate::trace::Trace;

/// How long a rate limit may take for its answer, in milliseconds; then the request passes.
const RATE_LIMIT_MS: u64 = 1_000;

/// Lets a request in that comes with one of these methods.
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

/// Lets a caller in, and notes who it is.
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

/// Counts the request of a credential, where a rate limit is configured.
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
