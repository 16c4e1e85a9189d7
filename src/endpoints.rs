//! Which path and method leads where.

use crate::access::{allow, authenticate};
use crate::auth::Caller;
use crate::body::{ReadBody, read};
use crate::config::{Config, ConfigError};
use crate::log::LogLine;
use crate::operator::{OperatorError, OperatorQuery, dead_letters, explain, objects, set_aside};
use crate::outcome::{Outcome, Rejection};
use crate::platform::Platform;
use crate::receive::receive;
use crate::reply::Reply;
use crate::request::{Body, RequestHead};
use crate::trace::Trace;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    /// Events, and the handshake.
    Webhook,
    /// Whether the configuration stands.
    Health,
    /// What an operator asks for.
    Operator(Question),
}

/// What an operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Which events could not be delivered.
    DeadLetters,
    /// That they are sent again.
    Redrive,
    /// Which messages no queue takes.
    Spool,
    /// That one of them is sent once more.
    SpoolSend,
    /// That one of them is deleted.
    SpoolDelete,
    /// That an object can be written anew.
    ObjectsReset,
    /// What would become of a request.
    Explain,
}

/// What only shows something.
const READ: &[&str] = &["GET", "HEAD"];

/// What changes something, or has a body.
const ACT: &[&str] = &["POST"];

/// The paths, with the methods they take and the parameters that their query may have. `/webhook` takes the
/// methods of the configuration and the handshake's.
const ENDPOINTS: [(&str, Endpoint, &[&str], &[&str]); 9] = {
    use Endpoint::{Health, Operator, Webhook};
    use Question::{DeadLetters, Explain, ObjectsReset, Redrive, Spool, SpoolDelete, SpoolSend};

    const FIND: &[&str] = &["id", "subscription", "cause", "cursor", "limit"];
    [
        ("/webhook", Webhook, &[], &[]),
        ("/health", Health, READ, &[]),
        ("/dead-letters", Operator(DeadLetters), READ, FIND),
        ("/dead-letters/redrive", Operator(Redrive), ACT, &["id", "subscription", "cursor"]),
        ("/spool", Operator(Spool), READ, &["cursor", "limit"]),
        ("/spool/send", Operator(SpoolSend), ACT, &["id"]),
        ("/spool/delete", Operator(SpoolDelete), ACT, &["id"]),
        ("/objects/reset", Operator(ObjectsReset), ACT, &["object", "subscription"]),
        ("/explain", Operator(Explain), ACT, &["subscription"]),
    ]
};

/// Answers a request: the reply for the caller, and the line for the log.
pub async fn answer<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
    body: impl Body,
    platform: &impl Platform,
) -> (Reply, LogLine<'c>) {
    let mut trace = Trace::default();
    let result = serve(config, head, body, platform, &mut trace).await;
    let report = match &result {
        Ok(outcome) => outcome.report(),
        Err(rejection) => rejection.report(),
    };
    let reply = Reply::new(&result, &report, &trace);
    let line = LogLine::new(result, report, trace, reply.status);
    (reply, line)
}

async fn serve<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
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
            config.map(|_| Outcome::Healthy).map_err(Rejection::from)
        }
        Endpoint::Operator(question) => {
            let config = config?;
            if !question.is_possible(config) {
                return Err(Rejection::NotFound);
            }
            let (caller, query) = admit(config, head, methods, parameters, trace)?;
            question.answer(&caller, &query, config, head, body, platform, trace).await
        }
    }
}

/// Tells a sender whether it may send.
fn handshake<'c>(
    config: Result<&'c Config, &'c [ConfigError]>,
    head: &impl RequestHead,
) -> Result<Outcome<'c>, Rejection<'c>> {
    let config = config?;
    let origin = head.header("webhook-request-origin");
    let consent = origin.as_deref().zip(config.receiver.handshake.as_ref());
    let consent = consent.and_then(|(origin, settings)| settings.consent(origin));
    Ok(Outcome::Handshake { origin, consent, methods: config.receiver.methods() })
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
    let query = OperatorQuery::read(&head.query(), parameters).map_err(OperatorError::BadQuery)?;
    Ok((caller, query))
}

impl Question {
    /// Whether the configuration has what it is about; otherwise there is nothing at its path.
    fn is_possible(self, config: &Config) -> bool {
        match self {
            Self::DeadLetters | Self::Redrive => config.stores.has_dead_letters,
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
