//! Explains what the Worker would do with an event under the configuration in a `wrangler.toml`,
//! like `POST /explain` but without the Worker.

mod lines;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use elytra_events::http::{Headers, Mode};
use elytra_webhooks::config::Config;
use elytra_webhooks::operator::explain::{Explained, choose, explain as explain_events};
use elytra_webhooks::outcome::{Outcome, Rejection};
use elytra_webhooks::reply::Reply;
use elytra_webhooks::trace::Trace;
use elytra_webhooks_check as wrangler;

use crate::terminal::print;
use crate::{Error, Exit, Host, Result};

/// The arguments of `explain`.
#[derive(Debug, Default, clap::Args)]
pub struct Question {
    /// The file with the event or the batch of events; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    pub event: String,
    /// Explain only this subscription, by its name in lower case
    #[arg(long, value_name = "NAME")]
    pub subscription: Option<String>,
    /// The `Content-Type` of the request; if not given, one event in the JSON format
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// Another header, such as `--header 'ce-id: 1'`; can be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// The configuration; if not given, the `wrangler.toml` of the project
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<String>,
    /// The environment of the configuration; if not given, its top level
    #[arg(long, short, value_name = "NAME")]
    pub env: Option<String>,
    /// Print the JSON of `POST /explain`
    #[arg(long)]
    pub json: bool,
}

/// Prints the explanation.
///
/// # Errors
/// If a file cannot be read, the configuration has errors, the request would be refused ([`Exit::Invalid`]), or no
/// subscription wants any of its events ([`Exit::Nothing`]). The explanation is printed even then, if there is one.
pub fn explain(host: &impl Host, question: &Question) -> Result<()> {
    let (text, found) = explanation(host, question)?;
    print(host, &text)?;
    match found {
        Found::Wanted => Ok(()),
        Found::Unwanted => Err(Error::quiet(Exit::Nothing)),
        Found::Invalid => Err(Error::quiet(Exit::Invalid)),
    }
}

/// What is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// A subscription wants an event.
    Wanted,
    /// None does.
    Unwanted,
    /// An event is invalid, so nothing is forwarded.
    Invalid,
}

impl Found {
    fn of(events: &[Explained]) -> Self {
        let (mut wanted, mut invalid) = (false, false);
        for event in events {
            match event {
                Explained::Valid(event) => {
                    wanted |= event.subscriptions.iter().any(|one| one.matches);
                }
                Explained::Invalid { .. } => invalid = true,
            }
        }
        match (invalid, wanted) {
            (true, _) => Self::Invalid,
            (false, true) => Self::Wanted,
            (false, false) => Self::Unwanted,
        }
    }
}

/// The text to print, and what it says.
fn explanation(host: &impl Host, question: &Question) -> Result<(String, Found)> {
    let path = question.config.clone().unwrap_or_else(|| host.default_config());
    let text = host.read(&path).map_err(|cause| Error::file("read", &path, &cause))?;
    let text = String::from_utf8_lossy(&text);
    let config = wrangler::config(&text, question.env.as_deref(), &BTreeMap::new())
        .map_err(|report| Error::mistakes(&report, &path))?;
    let file = &question.event;
    let body = if file == "-" { host.read_input() } else { host.read(file) };
    let body = body.map_err(|cause| Error::file("read", file, &cause))?;
    let subscriptions = choose(question.subscription.as_deref(), &config).map_err(Error::usage)?;
    let head = Head::new(question)?;
    let mode = Mode::of(&head).map_err(|found| refused(&found.into()))?;
    check_size(&body, &config)?;
    let mut trace = Trace::default();
    let reported = explain_events(mode, &head, &body, &config, &subscriptions, &mut trace)
        .map_err(|invalid| refused(&invalid.into()))?;
    let found = Found::of(&reported.events);
    if question.json {
        // The answer itself, so that the two are the same.
        let outcome = Outcome::Explained(reported);
        let report = outcome.report();
        return Ok((Reply::new(&Ok(outcome), &report, &trace).body + "\n", found));
    }
    Ok((lines::lines(&reported), found))
}

fn check_size(body: &[u8], config: &Config) -> Result<()> {
    let limit = config.receiver.max_body_bytes;
    if body.len() > limit { Err(refused(&Rejection::BodyTooLarge { limit })) } else { Ok(()) }
}

/// The error, in the words of the answer to such a request.
fn refused(rejection: &Rejection<'_>) -> Error {
    Error::new(format!("the request would be refused: {}", rejection.report().detail))
        .with_exit(Exit::Invalid)
}

/// The headers of the request, with names in lower case.
struct Head(Vec<(String, String)>);

impl Head {
    fn new(question: &Question) -> Result<Self> {
        let content_type = question.content_type.iter();
        let content_type = content_type.map(|type_| ("content-type".to_owned(), type_.clone()));
        let mut headers: Vec<_> = content_type.collect();
        for header in &question.header {
            let (name, value) = header.split_once(':').ok_or_else(|| {
                Error::usage(format!("--header {header:?}: expected a name, a colon and a value"))
            })?;
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Self(headers))
    }
}

impl Headers for Head {
    fn header(&self, name: &str) -> Option<String> {
        let named = self.0.iter().filter(|(found, _)| found == name);
        let values: Vec<_> = named.map(|(_, value)| &**value).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let headers = self.0.iter();
        headers
            .filter_map(|(name, value)| Some((name.strip_prefix("ce-")?.to_owned(), value.clone())))
            .collect()
    }
}
