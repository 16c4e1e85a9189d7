//! Runs what our receiver is held to against any receiver of CloudEvents.

use std::fmt::Write as _;

use elytra_webhooks_conformance::{
    Answer, Credentials, NoAnswer, Options, Paint, Presented, Received, Request, Run,
};
use elytra_webhooks_operator::Base;

use crate::host::{FetchError, HttpRequest, Stream};
use crate::terminal::{Progress, print, say};
use crate::{Error, Host, Result};

/// The arguments of `conformance`.
#[derive(Debug, clap::Args)]
pub struct ConformanceArguments {
    /// Where the receiver takes events, such as `http://localhost:8787/webhook`
    url: String,
    /// Credentials for tests: others on this machine can see them; can be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The type of the events
    #[arg(long = "type", value_name = "TEXT", default_value = "com.elytra.integration_test")]
    type_: String,
    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,
}

fn header(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected a name, a colon and a value")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

/// Prints what the receiver gets right and wrong, with the sections of the specifications.
///
/// # Errors
/// It gets something wrong, or does not accept a plain event.
pub async fn conformance(host: &impl Host, arguments: &ConformanceArguments) -> Result<()> {
    let ConformanceArguments { url, header, type_, json } = arguments;
    let base = Base::parse(url).map_err(|error| Error::usage(format!("{url}: {error}")))?;
    let has_credentials = !header.is_empty();
    let options = Options {
        event_type: type_.clone(),
        presented: if has_credentials { Presented::Something } else { Presented::Nothing },
        ..Options::new(run_id(host)?)
    };
    let mut run = Run::new(&options);
    let mut progress = Progress::new(host);
    while let Some(request) = run.next_request() {
        let call = call(&base, url, request, header);
        let answer = host.fetch(&call).await;
        run.take(taken(answer));
        progress.show_if_slow(|| format!("{} of {} cases", run.done(), run.total()));
    }
    progress.end_if_shown();
    let report = run.finish();
    let is_coloured = host.is_terminal(Stream::Output)
        && host.variable("NO_COLOR").is_none_or(|no| no.is_empty());
    let paint = if is_coloured { Paint::Ansi } else { Paint::None };
    if *json {
        print(host, &(report.json() + "\n"))?;
    } else {
        print(host, &report.print(host.columns(), paint))?;
    }
    if report.is_right() {
        return Ok(());
    }
    if !report.is_meaningful() {
        return Err(Error::new(format!(
            "{base} does not accept a plain event, so nothing else was sent"
        )));
    }
    say(host, "docs/conformance.md explains what each case asks for");
    Err(Error::new("the receiver gets something wrong"))
}

fn call(
    base: &Base,
    url: &str,
    request: &Request,
    credentials: &[(String, String)],
) -> HttpRequest {
    let mut headers = request.headers.clone();
    if request.credentials == Credentials::Present {
        headers.extend(credentials.iter().cloned());
    }
    HttpRequest {
        method: request.method.as_str().to_owned(),
        url: url.to_owned(),
        headers,
        body: request.body.clone(),
        may_use_proxy: !base.is_loopback(),
    }
}

fn taken(answer: std::result::Result<crate::host::HttpAnswer, FetchError>) -> Answer {
    match answer {
        Ok(answer) => Answer::Received(Received {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        }),
        Err(FetchError::TimedOut(_)) => Answer::None(NoAnswer::TimedOut),
        Err(FetchError::Closed(_)) => Answer::None(NoAnswer::Closed),
        Err(FetchError::Failed(cause)) => Answer::None(NoAnswer::Failed(cause)),
    }
}

/// A receiver that recognizes duplicates takes no event for one of an earlier run.
fn run_id(host: &impl Host) -> Result<String> {
    let mut bytes = [0; 8];
    host.random(&mut bytes)
        .map_err(|cause| Error::new(format!("the machine has no random numbers: {cause}")))?;
    Ok(bytes.iter().fold(String::new(), |mut id, byte| {
        // Writing to a string cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    }))
}
