//! Routes each path and method to its endpoint.

use crate::access::{allow, authenticate};
use crate::auth::{Caller, CredentialFault, Unauthenticated};
use crate::body::{ReadBody, read};
use crate::config::{Broken, Config};
use crate::log::LogLine;
use crate::operator::{
    OperatorError, OperatorQuery, dead_letters, explain, jobs, objects, set_aside,
};
use crate::outcome::{Outcome, Rejection};
use crate::platform::Platform;
use crate::receive::receive;
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

/// The paths, with their methods and query parameters. The methods of `/webhook` come from the
/// configuration and the handshake.
const ENDPOINTS: [(&str, Endpoint, &[&str], &[&str]); 13] = {
    use Endpoint::{Health, Operator, Webhook};
    use Question::{
        DeadLetters, DeleteLetters, Explain, Jobs, ObjectsReset, Redrive, ResumeJob, Spool,
        SpoolDelete, SpoolSend, StopJob,
    };

    const FIND: &[&str] =
        &["id", "subscription", "cause", "event", "since", "until", "cursor", "limit"];
    const MEAN: &[&str] = &["id", "subscription", "cause", "event", "since", "until"];
    [
        ("/webhook", Webhook, &[], &[]),
        ("/health", Health, READ, &[]),
        ("/dead-letters", Operator(DeadLetters), READ, FIND),
        ("/dead-letters/redrive", Operator(Redrive), ACT, MEAN),
        ("/dead-letters/delete", Operator(DeleteLetters), ACT, MEAN),
        ("/dead-letters/jobs", Operator(Jobs), READ, &["id", "cursor"]),
        ("/dead-letters/jobs/resume", Operator(ResumeJob), ACT, &["id"]),
        ("/dead-letters/jobs/stop", Operator(StopJob), ACT, &["id"]),
        ("/spool", Operator(Spool), READ, &["cursor", "limit"]),
        ("/spool/send", Operator(SpoolSend), ACT, &["id"]),
        ("/spool/delete", Operator(SpoolDelete), ACT, &["id"]),
        ("/objects/reset", Operator(ObjectsReset), ACT, &["object", "subscription"]),
        ("/explain", Operator(Explain), ACT, &["subscription"]),
    ]
};

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
    let path = head.path();
    let found = ENDPOINTS.iter().find(|(known, ..)| *known == path);
    let (_, endpoint, methods, parameters) = *found.ok_or(Rejection::NotFound)?;
    match endpoint {
        Endpoint::Webhook if head.method() == "OPTIONS" => handshake(config, head),
        Endpoint::Webhook => receive(config, head, body, platform, trace).await,
        Endpoint::Health => {
            allow(head, methods.to_vec())?;
            health(config, head, trace)
        }
        Endpoint::Operator(question) => {
            let config = config?;
            if !question.is_possible(config) {
                return Err(Rejection::NotFound);
            }
            let (caller, query) = admit(config, head, methods, parameters, platform.now(), trace)?;
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
    methods: &[&'static str],
    parameters: &[&'static str],
    now: u64,
    trace: &mut Trace<'c>,
) -> Result<(Caller<'c>, OperatorQuery), Rejection<'c>> {
    let admin = config.admin.as_ref().ok_or(Rejection::NotFound)?;
    allow(head, methods.to_vec())?;
    let caller = authenticate(admin, head, trace)?;
    let query = OperatorQuery::read(&head.query(), parameters, now);
    let query = query.map_err(OperatorError::BadQuery)?;
    Ok((caller, query))
}

impl Question {
    /// Whether the configuration has what this needs. If not, the path is not found.
    fn is_possible(self, config: &Config) -> bool {
        match self {
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
                let ReadBody { mode, bytes, reservation: _held } =
                    read(caller, head, body, config, platform, trace).await?;
                let explained =
                    explain::explain(mode, head, &bytes, config, &subscriptions, trace)?;
                Outcome::Explained(explained)
            }
        })
    }
}
