//! Answers a request, whatever it is for.

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
use crate::report::Report;
use crate::request::{Body, RequestHead};
use crate::routes::{Endpoint, Match, Question, Visit, WEBHOOK, route_of, routes_of};
use crate::sign_in::{identify, is_of_this_site, show, sign_in};
use crate::trace::{Client, Trace};

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
    if let Err(rejection) = &result {
        note_refusal(rejection, &report, reply.status, config, head, platform, &trace);
    }
    let line = LogLine::new(result, report, trace, reply.status);
    (reply, line)
}

/// Notes a request that was refused in the journal, if there is one.
fn note_refusal(
    rejection: &Rejection<'_>,
    report: &Report,
    status: u16,
    config: Result<&Config, &Broken>,
    head: &impl RequestHead,
    platform: &impl Platform,
    trace: &Trace<'_>,
) {
    let now = platform.now();
    if !config.is_ok_and(|config| config.journal.is_some()) {
        return;
    }
    let Some(refusal) = refusal(rejection, report, status, head, trace, now) else { return };
    platform.collect(|pending| {
        // Whoever still uses a secret is seen, whatever comes of it.
        if let Some(credential) = trace.credential().filter(|_| head.path() == WEBHOOK) {
            pending.used(credential, now);
        }
        pending.refuse(&refusal);
    });
}

async fn serve<'c>(
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let found = route_of(head.path(), head.method()).ok_or(Rejection::NotFound)?;
    let Match { route, named } = found;
    trace.path = Some(route.path);
    trace.is_for_operator = !matches!(route.endpoint, Endpoint::Webhook | Endpoint::Health);
    match route.endpoint {
        Endpoint::Webhook if head.method() == "OPTIONS" => handshake(config, head),
        Endpoint::Webhook => receive(config, head, body, platform, trace).await,
        // The others are boxed: otherwise the future of an event would be as large as the largest of theirs.
        Endpoint::Health => Box::pin(health(config, head, platform, trace)).await,
        Endpoint::Console => Box::pin(console(named, config, head, platform)).await,
        Endpoint::Session(visit) => Box::pin(visit.answer(config, head, platform, trace)).await,
        Endpoint::Operator(question) => {
            Box::pin(operate(question, &found, config, head, body, platform, trace)).await
        }
    }
}

/// Allows only the methods of the path.
fn allow_methods<'c>(head: &impl RequestHead) -> Result<(), Rejection<'c>> {
    let methods = routes_of(head.path()).flat_map(|(route, _)| route.methods);
    allow(head, methods.copied().collect())
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
    allow_methods(head)?;
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

/// A file of the console. Everybody may have it: it has no data.
async fn console<'c>(
    path: &str,
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    platform: &impl Platform,
) -> Result<Outcome<'c>, Rejection<'c>> {
    admin(config)?;
    allow_methods(head)?;
    let etag = head.header("if-none-match");
    let path = format!("/{path}");
    let asset = within(platform, CALL_MS, platform.asset(&path, etag.as_deref())).await;
    let asset = asset.map_err(OperatorError::AssetsFailed)?;
    asset.map(Outcome::Console).ok_or(Rejection::NotFound)
}

impl Visit {
    async fn answer<'c>(
        self,
        config: Result<&'c Config, &'c Broken>,
        head: &impl RequestHead,
        platform: &impl Platform,
        trace: &mut Trace<'c>,
    ) -> Result<Outcome<'c>, Rejection<'c>> {
        let admin = admin(config)?;
        allow_methods(head)?;
        match self {
            Self::Show => {
                let session = show(admin, config.is_err(), head, platform).await;
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

/// Answers a question of an operator's.
async fn operate<'c>(
    question: Question,
    found: &Match<'_>,
    config: Result<&'c Config, &'c Broken>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
    trace: &mut Trace<'c>,
) -> Result<Outcome<'c>, Rejection<'c>> {
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
    let (caller, query) = admit(config, head, found, platform, trace).await?;
    question.answer(&caller, &query, config, head, body, platform, trace).await
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

/// Authenticates an operator, if the configuration has one, and reads the query.
async fn admit<'c>(
    config: &'c Config,
    head: &impl RequestHead,
    found: &Match<'_>,
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
