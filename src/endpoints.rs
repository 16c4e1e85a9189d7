//! Routes each path and method to its endpoint.

use crate::access::allow;
use crate::auth::{Admin, Caller, CredentialFault, TokenFault, Unauthenticated};
use crate::body::{ReadBody, read};
use crate::config::{Broken, Config};
use crate::log::LogLine;
use crate::operator::{
    OperatorError, OperatorQuery, configuration, dead_letters, erase, events, explain, jobs,
    metrics, objects, overview, rates, refusals,
    replays::{self, Asked},
    set_aside,
};
use crate::outcome::{Outcome, Rejection};
use crate::platform::{CALL_MS, Platform, within};
use crate::receive::receive;
use crate::refused::refusal;
use crate::replay::Order;
use crate::reply::Reply;
use crate::request::{Body, RequestHead};
use crate::sign_in::{identify, is_of_this_site, show, sign_in};
use crate::trace::{Client, Trace};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    /// Events, and the handshake.
    Webhook,
    /// Whether the configuration is valid.
    Health,
    /// The files of the console.
    Console,
    /// The sessions of the console.
    Session(Visit),
    /// An operator's request.
    Operator(Question),
}

/// What the console asks about its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// Who has signed in.
    Show,
    /// Sign in.
    SignIn,
    /// Sign out.
    SignOut,
}

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Search the journal.
    Events,
    /// Read an event of the journal.
    Event,
    /// Read the text of an event.
    EventText,
    /// Look at the state of the whole.
    Overview,
    /// How much came when.
    Rates,
    /// Show the configuration.
    Configuration,
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

/// The path that events are sent to.
const WEBHOOK: &str = "/webhook";

/// The methods of endpoints that only read.
const READ: &[&str] = &["GET", "HEAD"];

/// The methods of endpoints that change something, or read a body.
const ACT: &[&str] = &["POST"];

/// The methods of endpoints that erase something.
const REMOVE: &[&str] = &["DELETE"];

/// A path and its methods, and where they lead.
#[derive(Debug, Clone, Copy)]
struct Route {
    /// The path. A segment `*` is whatever the request has there: the `id` of the query. `**` is all that follows.
    path: &'static str,
    endpoint: Endpoint,
    /// The methods. Those of `/webhook` come from the configuration and the handshake.
    methods: &'static [&'static str],
    /// The parameters that the query may have.
    parameters: &'static [&'static str],
}

/// All routes. Several may have the same path, with different methods.
static ROUTES: [Route; 33] = {
    use Endpoint::{Console, Health, Operator, Session, Webhook};
    use Question::{
        CancelReplay, Configuration, DeadLetters, DeleteLetters, Erase, Event, EventText, Events,
        Explain, Jobs, Metrics, ObjectsReset, Overview, PauseReplay, Rates, Redrive, Refusals,
        Replay, Replays, ResumeJob, ResumeReplay, Spool, SpoolDelete, SpoolSend, StartReplay,
        StopJob,
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
        &["code", "credential", "address", "id", "since", "until", "cursor", "limit"];
    [
        route(WEBHOOK, Webhook, &[], &[]),
        route("/health", Health, READ, &[]),
        route("/console", Console, READ, &[]),
        route("/console/**", Console, READ, &[]),
        route("/session", Session(Visit::Show), READ, &[]),
        route("/session", Session(Visit::SignIn), ACT, &[]),
        route("/session", Session(Visit::SignOut), REMOVE, &[]),
        route("/events", Operator(Events), READ, SEARCH),
        route("/events", Operator(Erase), REMOVE, &["object", "source", "id", "cursor"]),
        route("/events/*", Operator(Event), READ, &[]),
        route("/events/*/text", Operator(EventText), READ, &[]),
        route("/overview", Operator(Overview), READ, &[]),
        route("/rates", Operator(Rates), READ, &["since", "step"]),
        route("/configuration", Operator(Configuration), READ, &[]),
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
        if !self.path.ends_with('*') && !self.path.contains("/*/") {
            return (self.path == path).then_some("");
        }
        if let Some(folder) = self.path.strip_suffix("**") {
            return path.strip_prefix(folder);
        }
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

    /// Whether it is for requests with this method.
    fn takes(&self, method: &str) -> bool {
        self.endpoint == Endpoint::Webhook || self.methods.contains(&method)
    }
}

/// Where a request leads, and what its path names.
struct Destination<'p> {
    route: Route,
    /// What the path has in the place of `*`. Empty if there is none.
    named: &'p str,
}

/// The routes of a path, and what it names.
fn routes_of(path: &str) -> impl Iterator<Item = (&'static Route, &str)> {
    ROUTES.iter().filter_map(move |route| Some((route, route.matches(path)?)))
}

/// Finds the route of a path and a method. If the path has no such method, it is any route of the path.
fn route_of<'p>(path: &'p str, method: &str) -> Option<Destination<'p>> {
    let of_method = routes_of(path).find(|(route, _)| route.takes(method));
    let (route, named) = of_method.or_else(|| routes_of(path).next())?;
    Some(Destination { route: *route, named })
}

/// Allows only the methods of the path.
fn allow_methods<'c>(head: &impl RequestHead) -> Result<(), Rejection<'c>> {
    let methods = routes_of(head.path()).flat_map(|(route, _)| route.methods);
    allow(head, methods.copied().collect())
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
        trace.turned_away.get_or_insert_with(|| Client::of(head));
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
        let now = platform.now();
        platform.collect(|pending| {
            // Whoever still uses a secret is seen, whatever comes of it.
            if let Some(credential) = trace.credential().filter(|_| head.path() == WEBHOOK) {
                pending.used(credential, now);
            }
            pending.refuse(&refusal);
        });
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
    trace.path = Some(found.route.path);
    trace.is_for_operator = !matches!(found.route.endpoint, Endpoint::Webhook | Endpoint::Health);
    match found.route.endpoint {
        Endpoint::Webhook if head.method() == "OPTIONS" => handshake(config, head),
        Endpoint::Webhook => receive(config, head, body, platform, trace).await,
        // Their futures are larger than that of an event, which would be as large as the largest.
        _ => Box::pin(serve_operator(found, config, head, body, platform, trace)).await,
    }
}

/// Serves operators, and those who watch the Worker.
async fn serve_operator<'c>(
    found: Destination<'_>,
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    match found.route.endpoint {
        Endpoint::Webhook => Err(Rejection::NotFound),
        Endpoint::Health => {
            allow_methods(head)?;
            health(config, head, platform, trace).await
        }
        Endpoint::Console => {
            admin(config)?;
            allow_methods(head)?;
            console(found.named, head, platform).await
        }
        Endpoint::Session(visit) => {
            let admin = admin(config)?;
            allow_methods(head)?;
            visit.answer(admin, config.is_err(), head, platform, trace).await
        }
        Endpoint::Operator(question) => {
            let config = match config {
                Ok(config) => config,
                Err(broken) if question == Question::Configuration => {
                    return show_broken(broken, head, platform, trace).await;
                }
                Err(broken) => return Err(broken.into()),
            };
            if !question.is_possible(config) {
                return Err(Rejection::NotFound);
            }
            let (caller, query) = admit(config, head, &found, platform, trace).await?;
            question.answer(&caller, &query, config, head, body, platform, trace).await
        }
    }
}

/// How operators authenticate. Without that, there is nothing for them here.
fn admin<'c>(config: Result<&'c Config, &'c Broken>) -> Result<&'c Admin, Rejection<'c>> {
    let admin = config.map_or_else(|broken| &broken.admin, |config| &config.admin);
    admin.as_ref().ok_or(Rejection::NotFound)
}

/// Says whether the configuration is valid, and tells an operator what is wrong with it. Wrong credentials make no
/// difference: whoever watches the Worker needs none.
async fn health<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let mut is_operator = false;
    if let Ok(admin) = admin(config) {
        let mut identified = Trace::default();
        let caller = identify(admin, head, platform, &mut identified).await;
        let is_missing = matches!(
            caller,
            Err(Rejection::BadToken(TokenFault::Missing)
                | Rejection::Unauthenticated(Unauthenticated {
                    fault: CredentialFault::Missing,
                    ..
                }))
        );
        is_operator = caller.is_ok();
        // Who guesses here is seen in the log, as elsewhere.
        if !is_missing {
            trace.auth_type = identified.auth_type;
            trace.caller = identified.caller;
            trace.turned_away = identified.turned_away;
        }
    }
    match config {
        Ok(config) => Ok(Outcome::Healthy(is_operator.then_some(&*config.warnings))),
        Err(broken) if is_operator => Err(Rejection::BrokenForOperator(&broken.mistakes)),
        Err(broken) => Err(broken.into()),
    }
}

/// Tells an operator what is wrong with the configuration.
async fn show_broken<'c>(
    broken: &'c Broken,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let admin = broken.admin.as_ref().ok_or_else(|| Rejection::from(broken))?;
    allow_methods(head)?;
    identify(admin, head, platform, trace).await?;
    Err(Rejection::BrokenForOperator(&broken.mistakes))
}

/// A file of the console. Everybody may have it: it has no data.
async fn console<'c>(
    path: &str,
    head: &impl RequestHead,
    platform: &impl Platform,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let etag = head.header("if-none-match");
    let path = format!("/{path}");
    let asset = within(platform, CALL_MS, platform.asset(&path, etag.as_deref())).await;
    let asset = asset.map_err(OperatorError::AssetsFailed)?;
    asset.map(Outcome::Console).ok_or(Rejection::NotFound)
}

impl Visit {
    async fn answer<'c>(
        self,
        admin: &'c Admin,
        is_broken: bool,
        head: &impl RequestHead,
        platform: &impl Platform,
        trace: &mut Trace<'c>,
    ) -> Result<Outcome<'c>, Rejection<'c>> {
        match self {
            Self::Show => {
                let session = show(admin, is_broken, head, platform).await;
                Ok(Outcome::Session(session))
            }
            Self::SignIn => {
                let (signed_in, cookie) = sign_in(admin, head, platform, trace)?;
                Ok(Outcome::SignedIn { signed_in, cookie })
            }
            // Whoever is not signed in may sign out as well, but no other site signs anybody out.
            Self::SignOut if is_of_this_site(head) => Ok(Outcome::SignedOut),
            Self::SignOut => Err(Rejection::WrongOrigin),
        }
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
async fn admit<'c>(
    config: &'c Config,
    head: &impl RequestHead,
    found: &Destination<'_>,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<(Caller<'c>, OperatorQuery), Rejection<'c>> {
    let admin = config.admin.as_ref().ok_or(Rejection::NotFound)?;
    allow_methods(head)?;
    let caller = identify(admin, head, platform, trace).await?;
    let query = OperatorQuery::read(&head.query(), found.route.parameters, platform.now());
    let mut query = query.map_err(OperatorError::BadQuery)?;
    if !found.named.is_empty() {
        query.id = Some(found.named.to_owned());
    }
    query.by = caller.name().map(str::to_owned);
    Ok((caller, query))
}

impl Question {
    /// Whether the configuration has what this needs. If not, the path is not found.
    fn is_possible(self, config: &Config) -> bool {
        match self {
            Self::Events
            | Self::Event
            | Self::EventText
            | Self::Rates
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
            Self::Explain | Self::Overview | Self::Configuration => true,
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
            Self::EventText => {
                let key = query.id.as_deref().unwrap_or_default();
                Outcome::EventText(events::text(key, platform).await?)
            }
            Self::Overview => Outcome::Overview(Box::new(overview::look(config, platform).await)),
            Self::Rates => Outcome::Rates(rates::list(query, platform).await?),
            Self::Configuration => Outcome::Configuration(configuration::show(config)),
            Self::Refusals => Outcome::Refusals(refusals::list(query, config, platform).await?),
            Self::Erase => Outcome::Erased(erase::erase(query, config, platform).await?),
            Self::Metrics => Outcome::Metrics(metrics::print(config, platform).await?),
            Self::StartReplay => {
                let ReadBody { bytes, reservation: _held, .. } =
                    read(caller, head, body, config, platform, trace).await?;
                match replays::start(&bytes, query.by.clone(), config, platform).await? {
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
