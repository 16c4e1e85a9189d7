//! Explains what the Worker would do with an event under the configuration in a `wrangler.toml`,
//! like `POST /explain` but without the Worker.

mod lines;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use elytra_events::http::{Headers, Mode};
use elytra_webhooks::config::Config;
use elytra_webhooks::operator::explain::{choose, explain as explain_events};
use elytra_webhooks::outcome::{Outcome, Rejection};
use elytra_webhooks::reply::Reply;
use elytra_webhooks::trace::Trace;
use elytra_webhooks_check as wrangler;

use crate::{Error, Project, Result};

/// The arguments of `cargo xtask explain`.
#[derive(Debug, Default, clap::Args)]
pub struct Question {
    /// The file with the event, or the batch of events: the body of a request
    #[arg(long, value_name = "FILE")]
    pub event: PathBuf,
    /// Explain only this subscription, by its name in lower case
    #[arg(long, value_name = "NAME")]
    pub subscription: Option<String>,
    /// The `Content-Type` of the request; if not given, one event in the JSON format
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// Another header, such as `--header 'ce-id: 1'`; can be repeated
    #[arg(long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// The configuration; if not given, the shipped `wrangler.toml`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The environment of the configuration; if not given, its top level
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Print the JSON of `POST /explain`
    #[arg(long)]
    pub json: bool,
}

/// Returns the explanation to print.
///
/// # Errors
/// If a file cannot be read, the configuration has errors, or the request would be refused before
/// its events are examined.
pub fn explain(project: &Project, question: &Question) -> Result<String> {
    let path = question.config.clone().unwrap_or_else(|| project.root().join("wrangler.toml"));
    let text = fs::read_to_string(&path).map_err(|cause| Error::file("read", &path, &cause))?;
    let config =
        wrangler::config(&text, question.env.as_deref(), &BTreeMap::new()).map_err(|report| {
            let file = path.display().to_string();
            Error::new(format!("the configuration has mistakes\n{}", report.print(&file)))
        })?;
    let body =
        fs::read(&question.event).map_err(|cause| Error::file("read", &question.event, &cause))?;
    let subscriptions = choose(question.subscription.as_deref(), &config).map_err(Error::new)?;
    let head = Head::new(question)?;
    let mode = Mode::of(&head).map_err(|found| refused(&found.into()))?;
    check_size(&body, &config)?;
    let mut trace = Trace::default();
    let reported = explain_events(mode, &head, &body, &config, &subscriptions, &mut trace)
        .map_err(|invalid| refused(&invalid.into()))?;
    if question.json {
        // The answer itself, so that the two are the same.
        let outcome = Outcome::Explained(reported);
        let report = outcome.report();
        return Ok(Reply::new(&Ok(outcome), &report, &trace).body + "\n");
    }
    Ok(lines::lines(&reported))
}

fn check_size(body: &[u8], config: &Config) -> Result<()> {
    let limit = config.receiver.max_body_bytes;
    if body.len() > limit { Err(refused(&Rejection::BodyTooLarge { limit })) } else { Ok(()) }
}

/// The error, in the words of the answer to such a request.
fn refused(rejection: &Rejection<'_>) -> Error {
    Error::new(format!("the request would be refused: {}", rejection.report().detail))
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
                Error::new(format!("--header {header:?}: expected a name, a colon and a value"))
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
