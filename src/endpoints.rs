//! Routes each path and method to its endpoint.

use crate::access::{allow, authenticate};
use crate::auth::{Caller, CredentialFault, Unauthenticated};
use crate::body::{ReadBody, read};
use crate::config::{Broken, Config};
use crate::log::LogLine;
use crate::operator::{
    OperatorError, OperatorQuery, dead_letters, erase, events, explain, jobs, metrics, objects,
    refusals,
    replays::{self, Asked},
    set_aside,
};
use crate::outcome::{Outcome, Rejection};
use crate::platform::Platform;
use crate::receive::receive;
use crate::refused::refusal;
use crate::replay::Order;
use crate::reply::Reply;
use crate::request::{Body, RequestHead};
use crate::trace::{Client, Trace};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    /// Events, and the handshake.
    Webhook,
    /// Whether the configuration is valid.
    Health,
    /// An operator's request.
    Operator(Question),
}

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Search the journal.
    Events,
    /// Read an event of the journal.
    Event,
    /// Erase events.
    Erase,
    /// Tell the metrics.
    Metrics,
    /// List the requests that were refused.
    Refusals,
    /// Start a replay.
    StartReplay,
    /// List the replays.
    Replays,
    /// Show a replay.
    Replay,
    /// Pause a replay.
    PauseReplay,
    /// Resume a replay.
    ResumeReplay,
    /// Cancel a replay.
    CancelReplay,
    /// List the events that could not be delivered, or read one.
    DeadLetters,
    /// Send dead letters again.
    Redrive,
    /// Delete dead letters.
    DeleteLetters,
    /// List the jobs, or show one.
    Jobs,
    /// Start a job again.
    ResumeJob,
    /// Stop a job.
    StopJob,
    /// List the messages that no queue takes.
    Spool,
    /// Send one of these messages.
    SpoolSend,
    /// Delete one of these messages.
    SpoolDelete,
    /// Reset an object.
    ObjectsReset,
    /// Explain what would happen to a request.
    Explain,
}

/// The methods of endpoints that only read.
const READ: &[&str] = &["GET", "HEAD"];

/// The methods of endpoints that change something, or read a body.
const ACT: &[&str] = &["POST"];

/// The methods of endpoints that erase something.
const REMOVE: &[&str] = &["DELETE"];

/// A path and its methods, and where they lead.
#[derive(Debug, Clone, Copy)]
struct Route {
    /// The path. A segment `*` is whatever the request has there: the `id` of the query.
    path: &'static str,
    endpoint: Endpoint,
    /// The methods. Those of `/webhook` come from the configuration and the handshake.
    methods: &'static [&'static str],
    /// The parameters that the query may have.
    parameters: &'static [&'static str],
}

/// All routes. Several may have the same path, with different methods.
const ROUTES: [Route; 24] = {
    use Endpoint::{Health, Operator, Webhook};
    use Question::{
        CancelReplay, DeadLetters, DeleteLetters, Erase, Event, Events, Explain, Jobs, Metrics,
        ObjectsReset, PauseReplay, Redrive, Refusals, Replay, Replays, ResumeJob, ResumeReplay,
        Spool, SpoolDelete, SpoolSend, StartReplay, StopJob,
    };

    const fn route(
        path: &'static str,
        endpoint: Endpoint,
        methods: &'static [&'static str],
        parameters: &'static [&'static str],
    ) -> Route {
        Route { path, endpoint, methods, parameters }
    }

    const FIND: &[&str] =
        &["id", "subscription", "cause", "event", "since", "until", "cursor", "limit"];
    const MEAN: &[&str] = &["id", "subscription", "cause", "event", "since", "until"];
    const SEARCH: &[&str] = &[
        "id",
        "source",
        "object",
        "type",
        "event_type",
        "operation",
        "subscription",
        "code",
        "credential",
        "since",
        "until",
        "cursor",
        "limit",
    ];
    const REFUSED: &[&str] =
        &["code", "credential", "address", "since", "until", "cursor", "limit"];
    [
        route("/webhook", Webhook, &[], &[]),
        route("/health", Health, READ, &[]),
        route("/events", Operator(Events), READ, SEARCH),
        route("/events", Operator(Erase), REMOVE, &["object", "source", "id", "cursor"]),
        route("/events/*", Operator(Event), READ, &[]),
        route("/metrics", Operator(Metrics), READ, &[]),
        route("/refusals", Operator(Refusals), READ, REFUSED),
        route("/replays", Operator(Replays), READ, &[]),
        route("/replays", Operator(StartReplay), ACT, &[]),
        route("/replays/*", Operator(Replay), READ, &[]),
        route("/replays/*/pause", Operator(PauseReplay), ACT, &[]),
        route("/replays/*/resume", Operator(ResumeReplay), ACT, &[]),
        route("/replays/*/cancel", Operator(CancelReplay), ACT, &[]),
        route("/dead-letters", Operator(DeadLetters), READ, FIND),
        route("/dead-letters/redrive", Operator(Redrive), ACT, MEAN),
        route("/dead-letters/delete", Operator(DeleteLetters), ACT, MEAN),
        route("/dead-letters/jobs", Operator(Jobs), READ, &["id", "cursor"]),
        route("/dead-letters/jobs/resume", Operator(ResumeJob), ACT, &["id"]),
        route("/dead-letters/jobs/stop", Operator(StopJob), ACT, &["id"]),
        route("/spool", Operator(Spool), READ, &["cursor", "limit"]),
        route("/spool/send", Operator(SpoolSend), ACT, &["id"]),
        route("/spool/delete", Operator(SpoolDelete), ACT, &["id"]),
        route("/objects/reset", Operator(ObjectsReset), ACT, &["object", "subscription"]),
        route("/explain", Operator(Explain), ACT, &["subscription"]),
    ]
};

impl Route {
    /// Whether a path is this route's. If so, what it has in the place of `*`, which is empty if there is none.
    fn matches<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (mut own, mut others) = (self.path.split('/'), path.split('/'));
        let mut found = "";
        loop {
            match (own.next(), others.next()) {
                (None, None) => return Some(found),
                (Some("*"), Some(segment)) if !segment.is_empty() => found = segment,
                (Some(own), Some(other)) if own == other => {}
                _ => return None,
            }
        }
    }
}

/// Where a request leads, and what its path names.
struct Destination<'p> {
    route: Route,
    /// All methods of the path.
    methods: Vec<&'static str>,
    /// What the path has in the place of `*`. Empty if there is none.
    named: &'p str,
}

/// Finds the route of a path and a method. If the path has no such method, it is any route of the path.
fn route_of<'p>(path: &'p str, method: &str) -> Option<Destination<'p>> {
    let of_path = || ROUTES.iter().filter_map(|route| Some((*route, route.matches(path)?)));
    let of_method = of_path().find(|(route, _)| route.methods.contains(&method));
    let (route, named) = of_method.or_else(|| of_path().next())?;
    let methods = of_path().flat_map(|(route, _)| route.methods).copied().collect();
    Some(Destination { route, methods, named })
}

/// Answers a request, and returns the reply and the log line.
pub async fn answer<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
) -> (Reply, LogLine<'c>) {
    let mut trace = Trace::default();
    let result = serve(config, head, body, platform, &mut trace).await;
    if let Err(Rejection::Unauthenticated(_) | Rejection::TooFast) = &result {
        trace.turned_away = Some(Client::of(head));
    }
    let report = match &result {
        Ok(outcome) => outcome.report(),
        Err(rejection) => rejection.report(),
    };
    let reply = Reply::new(&result, &report, &trace);
    if config.is_ok_and(|config| config.journal.is_some())
        && let Err(rejection) = &result
        && let Some(refusal) =
            refusal(rejection, &report, reply.status, head, &trace, platform.now())
    {
        platform.collect(|pending| pending.refuse(&refusal));
    }
    let line = LogLine::new(result, report, trace, reply.status);
    (reply, line)
}

async fn serve<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let found = route_of(head.path(), head.method()).ok_or(Rejection::NotFound)?;
    match found.route.endpoint {
        Endpoint::Webhook if head.method() == "OPTIONS" => handshake(config, head),
        Endpoint::Webhook => receive(config, head, body, platform, trace).await,
        Endpoint::Health => {
            allow(head, found.methods)?;
            health(config, head, trace)
        }
        Endpoint::Operator(question) => {
            let config = config?;
            if !question.is_possible(config) {
                return Err(Rejection::NotFound);
            }
            let (caller, query) = admit(config, head, &found, platform.now(), trace)?;
            question.answer(&caller, &query, config, head, body, platform, trace).await
        }
    }
}

/// Says whether the configuration is valid, and tells an operator what is wrong with it. Wrong credentials make no
/// difference: whoever watches the Worker needs none.
fn health<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let admin = config.map_or_else(|broken| &broken.admin, |config| &config.admin).as_ref();
    if let Some(admin) = admin {
        match admin.verify(head) {
            Ok(caller) => {
                trace.auth_type = Some(admin.auth_type());
                trace.caller = Some(caller);
            }
            // Who guesses here is seen in the log, as elsewhere.
            Err(Unauthenticated { fault: CredentialFault::Wrong, .. }) => {
                trace.auth_type = Some(admin.auth_type());
                trace.turned_away = Some(Client::of(head));
            }
            Err(_) => {}
        }
    }
    let is_operator = trace.caller.is_some();
    match config {
        Ok(config) => Ok(Outcome::Healthy(is_operator.then_some(&*config.warnings))),
        Err(broken) if is_operator => Err(Rejection::BrokenForOperator(&broken.mistakes)),
        Err(broken) => Err(broken.into()),
    }
}

/// Tells a sender whether it may send.
fn handshake<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = config?;
    let origin = head.header("webhook-request-origin");
    let consent = origin.as_deref().zip(config.receiver.handshake.as_ref());
    let consent = consent.and_then(|(origin, settings)| settings.consent(origin));
    Ok(Outcome::Handshake { origin, consent, methods: config.receiver.methods() })
}

/// Authenticates an operator, if the configuration has one, and reads the query.
fn admit<'c>(
    config: &'c Config,
    head: &impl RequestHead,
    found: &Destination<'_>,
    now: u64,
    trace: &mut Trace<'c>,
) -> Result<(Caller<'c>, OperatorQuery), Rejection<'c>> {
    let admin = config.admin.as_ref().ok_or(Rejection::NotFound)?;
    allow(head, found.methods.clone())?;
    let caller = authenticate(admin, head, trace)?;
    let query = OperatorQuery::read(&head.query(), found.route.parameters, now);
    let mut query = query.map_err(OperatorError::BadQuery)?;
    if !found.named.is_empty() {
        query.id = Some(found.named.to_owned());
    }
    Ok((caller, query))
}

impl Question {
    /// Whether the configuration has what this needs. If not, the path is not found.
    fn is_possible(self, config: &Config) -> bool {
        match self {
            Self::Events
            | Self::Event
            | Self::Refusals
            | Self::Erase
            | Self::Metrics
            | Self::StartReplay
            | Self::Replays
            | Self::Replay
            | Self::PauseReplay
            | Self::ResumeReplay
            | Self::CancelReplay => config.journal.is_some(),
            Self::DeadLetters
            | Self::Redrive
            | Self::DeleteLetters
            | Self::Jobs
            | Self::ResumeJob
            | Self::StopJob => config.stores.has_dead_letters,
            Self::Spool | Self::SpoolSend | Self::SpoolDelete => config.stores.has_spool,
            Self::ObjectsReset => objects::has_mirrors(config),
            Self::Explain => true,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a question may need all that a request has")]
    async fn answer<'c>(
        self,
        caller: &Caller<'c>,
        query: &OperatorQuery,
        config: &'c Config,
        head: &impl RequestHead,
        body: impl Body,
        platform: &impl Platform,
        trace: &mut Trace<'c>,
    ) -> Result<Outcome<'c>, Rejection<'c>> {
        Ok(match self {
            Self::Events => Outcome::Events(events::list(query, config, platform).await?),
            Self::Event => {
                let key = query.id.as_deref().unwrap_or_default();
                Outcome::Event(Box::new(events::find(key, platform).await?))
            }
            Self::Refusals => Outcome::Refusals(refusals::list(query, platform).await?),
            Self::Erase => Outcome::Erased(erase::erase(query, config, platform).await?),
            Self::Metrics => Outcome::Metrics(metrics::print(config, platform).await?),
            Self::StartReplay => {
                let ReadBody { bytes, reservation: _held, .. } =
                    read(caller, head, body, config, platform, trace).await?;
                match replays::start(&bytes, config, platform).await? {
                    Asked::Planned(plan) => Outcome::ReplayPlanned(plan),
                    Asked::Started(replay) => Outcome::ReplayStarted(replay),
                }
            }
            Self::Replays => Outcome::Replays(replays::list(platform).await?),
            Self::Replay => Outcome::Replay(Box::new(replays::find(query, platform).await?)),
            Self::PauseReplay => {
                Outcome::ReplayPaused(replays::order(query, Order::Pause, platform).await?)
            }
            Self::ResumeReplay => {
                Outcome::ReplayResumed(replays::order(query, Order::Resume, platform).await?)
            }
            Self::CancelReplay => {
                Outcome::ReplayCancelled(replays::order(query, Order::Cancel, platform).await?)
            }
            Self::DeadLetters => match &query.id {
                Some(id) => Outcome::DeadLetter(Box::new(dead_letters::find(id, platform).await?)),
                None => Outcome::DeadLetters(dead_letters::list(query, config, platform).await?),
            },
            Self::Redrive => {
                Outcome::Redriven(dead_letters::redrive(query, config, platform).await?)
            }
            Self::DeleteLetters => {
                Outcome::LettersDeleted(dead_letters::delete(query, config, platform).await?)
            }
            Self::Jobs => match &query.id {
                Some(id) => Outcome::Job(Box::new(jobs::find(id, platform).await?)),
                None => Outcome::Jobs(jobs::list(query, platform).await?),
            },
            Self::ResumeJob => Outcome::JobResumed(Box::new(jobs::resume(query, platform).await?)),
            Self::StopJob => Outcome::JobStopped(Box::new(jobs::stop(query, platform).await?)),
            Self::Spool => Outcome::SetAside(set_aside::list(query, platform).await?),
            Self::SpoolSend => {
                Outcome::MessageSent(set_aside::send(query, config, platform).await?)
            }
            Self::SpoolDelete => {
                Outcome::MessageDeleted(set_aside::delete(query, config, platform).await?)
            }
            Self::ObjectsReset => Outcome::Reset(objects::reset(query, config, platform).await?),
            Self::Explain => {
                let subscriptions = explain::choose(query.subscription.as_deref(), config)
                    .map_err(OperatorError::BadQuery)?;
                let ReadBody { mode, bytes, reservation: _held, .. } =
                    read(caller, head, body, config, platform, trace).await?;
                let explained =
                    explain::explain(mode, head, &bytes, config, &subscriptions, trace)?;
                Outcome::Explained(explained)
            }
        })
    }
}
