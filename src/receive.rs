//! The straight line: from a request to what became of its events.
//!
//! Nothing here knows of Cloudflare. The request's head, its body and the bindings are traits, so
//! the same line runs in tests and in the Worker.

use elytra_events::http;

use crate::auth::{Authentication, Caller};
use crate::body::{ReadBody, read};
use crate::config::{Config, ConfigError};
use crate::dead_letters;
use crate::dedupe;
use crate::explain;
use crate::forward::forward;
use crate::large::check_datarefs;
use crate::log::LogLine;
use crate::objects;
use crate::operator::OperatorQuery;
use crate::outcome::{Outcome, Rejection};
use crate::plan::{Fate, Plan};
use crate::platform::{Clock, Platform, RateLimiter, within};
use crate::reply::Reply;
use crate::request::{Body, RequestHead};
use crate::spool::aside;
use crate::trace::Trace;

/// How long a rate limit may take for its answer, in milliseconds; then the request passes.
const RATE_LIMIT_MS: u64 = 1_000;

/// Answers a request: the reply for the caller, and the line for the log.
pub async fn answer<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
) -> (Reply, LogLine<'c>) {
    let mut trace = Trace::default();
    let result = match (head.path(), head.method()) {
        ("/webhook", "OPTIONS") => handshake(config, head),
        ("/webhook", _) => receive(config, head, body, platform, &mut trace).await,
        ("/health", _) => health(config, head),
        ("/dead-letters", _) => dead_letters(config, head, platform, &mut trace).await,
        ("/dead-letters/redrive", _) => redrive(config, head, platform, &mut trace).await,
        ("/spool", _) => spool(config, head, platform, &mut trace).await,
        ("/spool/send" | "/spool/delete", _) => {
            settle_set_aside(config, head, platform, &mut trace).await
        }
        ("/objects/reset", _) => reset(config, head, platform, &mut trace).await,
        ("/explain", _) => explain(config, head, body, platform, &mut trace).await,
        _ => Err(Rejection::NotFound),
    };
    let reply = Reply::new(&result, &trace);
    let line = LogLine::new(result, trace, &reply);
    (reply, line)
}

/// The path of an event. What each step hands on is the only way into the next.
///
/// # Errors
///
/// The first step that could not be taken; nothing was forwarded unless it is the last.
pub async fn receive<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    // 1. A broken configuration lets nobody in.
    let config = config?;

    // 2. An event comes with one of the methods that are allowed.
    allow(head, config.methods())?;

    // 3. The caller is known, and not too fast. Nothing of the body has been read.
    let caller = authenticate(&config.authentication, head, trace)?;
    limit_rate(config, &caller, platform).await?;

    // 4. The content type is one that is read here; then the body, never more than the limit.
    let ReadBody { mode, bytes, reservation: _held } =
        read(&caller, head, body, config, platform, trace).await?;

    // 5. The body holds valid events: one, or in a batch any number.
    let events = http::decode(mode, head, &bytes, config.max_batch_events)
        .and_then(|events| check_datarefs(&events, mode).map(|()| events))
        .inspect_err(|invalid| trace.invalid(invalid))?;
    trace.events(&events, Some(config.latest(platform.now())));

    // 6. Each goes to the subscriptions that want it, and every destination can hold it.
    let mut plan = Plan::new(&config.subscriptions, &events);
    plan.check_sizes(mode, config.claims_expiration_ttl)?;
    plan.check_writes(mode, config)?;

    // 7. What a destination holds already is not forwarded again. From here on the time counts; what
    // the sender needed for the body does not, or a slow line would never get an event through.
    let deadline = platform.now() + config.forward_ms();
    let claims = dedupe::claim(&mut plan, config, platform).await;

    // 8. Every other destination does hold it, before the time is up.
    forward(&mut plan, config, platform, deadline).await;

    // 9. That is remembered, and the sender is told.
    trace.ledger_failures = dedupe::settle(claims, &mut plan, config, platform).await;
    let fates = plan.into_fates();
    if fates.iter().any(Fate::has_failed) {
        Err(Rejection::Undelivered(fates))
    } else if fates.iter().any(Fate::is_under_way) {
        Err(Rejection::UnderWay(fates))
    } else {
        Ok(Outcome::Served(fates))
    }
}

/// Tells a sender whether it may send.
fn handshake<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = config?;
    let origin = head.header("webhook-request-origin");
    let consent = origin.as_deref().zip(config.handshake.as_ref());
    let consent = consent.and_then(|(origin, settings)| settings.consent(origin));
    Ok(Outcome::Handshake { origin, consent, methods: config.methods() })
}

/// Tells whether the configuration stands.
fn health<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
) -> Result<Outcome<'c>, Rejection<'c>> {
    allow(head, vec!["GET", "HEAD"])?;
    config?;
    Ok(Outcome::Healthy)
}

fn allow<'c>(head: &impl RequestHead, methods: Vec<&'static str>) -> Result<(), Rejection<'c>> {
    if methods.contains(&head.method()) {
        Ok(())
    } else {
        let method = head.method().to_owned();
        Err(Rejection::MethodNotAllowed { method, allowed: methods })
    }
}

/// Shows an operator which events could not be delivered.
async fn dead_letters<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    const PARAMETERS: [&str; 5] = ["id", "subscription", "cause", "cursor", "limit"];

    let config = with_dead_letters(config?)?;
    let (_, query) = admit(config, head, &["GET", "HEAD"], &PARAMETERS, trace)?;
    if let Some(id) = &query.id {
        let letter = dead_letters::find(id, platform).await?;
        return Ok(Outcome::DeadLetter(Box::new(letter)));
    }
    Ok(Outcome::DeadLetters(dead_letters::list(&query, config, platform).await?))
}

/// Sends events again that could not be delivered.
async fn redrive<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = with_dead_letters(config?)?;
    let (_, query) = admit(config, head, &["POST"], &["id", "subscription", "cursor"], trace)?;
    Ok(Outcome::Redriven(dead_letters::redrive(&query, config, platform).await?))
}

/// Shows an operator which messages of the spool no queue takes.
async fn spool<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = with_spool(config?)?;
    let (_, query) = admit(config, head, &["GET", "HEAD"], &["cursor", "limit"], trace)?;
    Ok(Outcome::SetAside(aside::list(&query, platform).await?))
}

/// Sends one of them once more, or deletes it.
async fn settle_set_aside<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = with_spool(config?)?;
    let (_, query) = admit(config, head, &["POST"], &["id"], trace)?;
    if head.path() == "/spool/send" {
        Ok(Outcome::MessageSent(aside::send(&query, config, platform).await?))
    } else {
        Ok(Outcome::MessageDeleted(aside::delete(&query, config, platform).await?))
    }
}

fn with_spool(config: &Config) -> Result<&Config, Rejection<'_>> {
    if config.has_spool { Ok(config) } else { Err(Rejection::NotFound) }
}

/// Lets an object be written anew that a wrong clock, or a key deleted by hand, keeps from being written.
async fn reset<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = config?;
    if !objects::has_mirrors(config) {
        return Err(Rejection::NotFound);
    }
    let (_, query) = admit(config, head, &["POST"], &["object", "subscription"], trace)?;
    Ok(Outcome::Reset(objects::reset(&query, config, platform).await?))
}

fn with_dead_letters(config: &Config) -> Result<&Config, Rejection<'_>> {
    if config.has_dead_letters { Ok(config) } else { Err(Rejection::NotFound) }
}

/// Tells an operator what would become of a request, and why.
async fn explain<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = config?;
    let (caller, query) = admit(config, head, &["POST"], &["subscription"], trace)?;
    let subscriptions = explain::choose(query.subscription.as_deref(), config);
    let subscriptions = subscriptions.map_err(Rejection::BadQuery)?;
    let ReadBody { mode, bytes, reservation: _held } =
        read(&caller, head, body, config, platform, trace).await?;
    Ok(Outcome::Explained(explain::explain(mode, head, &bytes, config, &subscriptions, trace)?))
}

/// Lets an operator in, where the configuration has one. What is asked must be in order too.
fn admit<'c>(
    config: &'c Config,
    head: &impl RequestHead,
    methods: &[&'static str],
    parameters: &[&'static str],
    trace: &mut Trace<'c>,
) -> Result<(Caller<'c>, OperatorQuery), Rejection<'c>> {
    let admin = config.admin.as_ref().ok_or(Rejection::NotFound)?;
    allow(head, methods.to_vec())?;
    let caller = authenticate(admin, head, trace)?;
    let query = OperatorQuery::read(&head.query(), parameters).map_err(Rejection::BadQuery)?;
    Ok((caller, query))
}

fn authenticate<'c>(
    authentication: &'c Authentication,
    head: &impl RequestHead,
    trace: &mut Trace<'c>,
) -> Result<Caller<'c>, Rejection<'c>> {
    let auth_type = authentication.auth_type();
    trace.auth_type = Some(auth_type);
    let caller = authentication
        .verify(head)
        .map_err(|reason| Rejection::Unauthenticated { auth_type, reason })?;
    trace.caller = Some(caller.clone());
    Ok(caller)
}

/// Counts the request of a credential, where a rate limit is configured.
async fn limit_rate<'c>(
    config: &Config,
    caller: &Caller<'_>,
    platform: &(impl RateLimiter + Clock),
) -> Result<(), Rejection<'c>> {
    let Some(rate_limit) = &config.rate_limit else { return Ok(()) };
    let key = caller.credential().unwrap_or("none");
    let allows = async { Ok(platform.allows(rate_limit, key).await) };
    let allows = within(platform, RATE_LIMIT_MS, allows).await.unwrap_or(true);
    if allows { Ok(()) } else { Err(Rejection::TooFast) }
}
