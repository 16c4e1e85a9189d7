//! What an operator wants to know first: what is wrong, who sends, and what waits.

use serde::Serialize;

use super::replays::{self, ReplayView};
use super::state;
use crate::auth::Credential;
use crate::config::{Config, ConfigError};
use crate::platform::{BindingError, Platform};
use crate::when::to_rfc3339;
use futures_util::future::{OptionFuture, join5};

/// The state of the Worker. What is not configured is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Now, in RFC 3339.
    pub now_time: String,
    /// What is dangerous in the configuration unless it is intended.
    pub warnings: Vec<Warning>,
    /// The sources of events, the latest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<Source>>,
    /// The credentials of senders.
    pub credentials: Vec<CredentialUse>,
    /// How many dead letters each subscription has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<Vec<LettersOf>>,
    /// The spool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spool: Option<Spool>,
    /// The queues whose bindings tell how many messages they have.
    pub backlog: Vec<Backlog>,
    /// The replays that have not ended, and those that have failed.
    pub replays: Vec<ReplayView>,
    /// The parts that could not be read: `journal`, `dead_letters`, `spool` or `replays`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<&'static str>,
    /// Why, for the log.
    #[serde(skip)]
    pub failures: Vec<String>,
}

/// A warning about the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Where.
    pub path: String,
    /// What.
    pub message: String,
}

impl Warning {
    /// In words.
    pub(super) fn new(error: &ConfigError) -> Self {
        Self { path: error.path.clone(), message: error.mistake.to_string() }
    }
}

/// A source of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// `source`.
    pub source: String,
    /// When an event of it last came, whatever became of it, in RFC 3339.
    pub last_received_time: String,
    /// When an event of it was last accepted, in RFC 3339. `None` if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_accepted_time: Option<String>,
    /// For how many seconds none has come.
    pub seconds: u64,
}

/// A credential, and when it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialUse {
    /// The binding of the secret.
    pub credential: String,
    /// When a request for `/webhook` last came with it, whatever became of it, in RFC 3339. `None` if none has since the
    /// journal began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_time: Option<String>,
}

/// How many dead letters a subscription has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LettersOf {
    /// The subscription.
    pub subscription: String,
    /// How many. At most 10,000 are counted in all.
    pub number: u64,
}

/// What is in the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spool {
    /// How many messages. At most 10,000 are counted.
    pub messages: u64,
    /// When the oldest one was spooled, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_time: Option<String>,
}

/// What is in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Its binding.
    pub queue: String,
    /// How many messages.
    pub messages: u64,
}

/// Looks at everything at once. What fails is named: the rest matters all the more.
pub async fn look(config: &Config, platform: &impl Platform) -> Overview {
    let has_journal = config.journal.is_some();
    let counts = OptionFuture::from(has_journal.then(|| state::counts(platform)));
    let replays = OptionFuture::from(has_journal.then(|| replays::list(platform)));
    let letters = config.stores.has_dead_letters.then(|| state::dead_letters(platform));
    let spool = config.stores.has_spool.then(|| state::spool(platform));
    let (counts, replays, letters, spool, backlogs) = join5(
        counts,
        replays,
        OptionFuture::from(letters),
        OptionFuture::from(spool),
        state::backlogs(config, platform),
    )
    .await;
    let replays = replays
        .map(|replays| replays.map_err(|error| BindingError(error.report().reasons.join("; "))));
    let mut missing = Vec::new();
    let counts = available(counts, "journal", &mut missing);
    let replays = available(replays, "replays", &mut missing);
    let letters = available(letters, "dead_letters", &mut missing);
    let spool = available(spool, "spool", &mut missing);
    let (unavailable, failures) = missing.into_iter().unzip();
    let now = platform.now();
    let used = |name: &str| counts.as_ref()?.credentials.get(name).copied().map(to_rfc3339);
    let mut names: Vec<_> =
        config.receiver.authentication.credentials().map(Credential::name).collect();
    names.dedup();
    let credentials = names
        .into_iter()
        .map(|name| CredentialUse { credential: name.to_owned(), last_used_time: used(name) });
    let credentials = credentials.collect();
    let sources = counts.map(|counts| {
        let accepted = counts.sources;
        let mut heard = counts.heard;
        for (source, at) in &accepted {
            // What was counted by a version before this one.
            let last = heard.entry(source.clone()).or_default();
            *last = (*at).max(*last);
        }
        let mut sources: Vec<_> = heard.into_iter().collect();
        sources.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        let source = |(source, at): (String, u64)| Source {
            last_received_time: to_rfc3339(at),
            last_accepted_time: accepted.get(&source).copied().map(to_rfc3339),
            seconds: now.saturating_sub(at) / 1_000,
            source,
        };
        sources.into_iter().map(source).collect()
    });
    let letters = letters.map(|letters| {
        let of = |(subscription, number)| LettersOf { subscription, number };
        letters.into_iter().map(of).collect()
    });
    let is_news = |replay: &ReplayView| matches!(replay.state, "running" | "paused" | "failed");
    let replays = replays.map(|page| page.replays).unwrap_or_default();
    Overview {
        now_time: to_rfc3339(now),
        warnings: config.warnings.iter().map(Warning::new).collect(),
        sources,
        credentials,
        dead_letters: letters,
        spool: spool
            .map(|(messages, oldest)| Spool { messages, oldest_time: oldest.map(to_rfc3339) }),
        backlog: backlogs
            .into_iter()
            .map(|(queue, messages)| Backlog { queue: queue.to_owned(), messages })
            .collect(),
        replays: replays.into_iter().filter(is_news).collect(),
        unavailable,
        failures,
    }
}

/// What was read, if that is configured and did not fail.
fn available<T>(
    read: Option<Result<T, BindingError>>,
    name: &'static str,
    missing: &mut Vec<(&'static str, String)>,
) -> Option<T> {
    read?.map_err(|error| missing.push((name, format!("{name}: {error}")))).ok()
}
