//! An answer of the Worker, and what to do about one that is an error.

use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::base::Base;
use crate::credentials::{Credentials, Kind, VARIABLES};
use crate::request::Request;
use crate::text::clean;

/// What the `type` of an error begins with that is the Worker's. Every version of it says so.
const OURS: &str = "urn:elytra-webhooks:";

/// How much of a text that is not the Worker's is shown, in characters.
const MAX_SHOWN: usize = 200;

/// An answer: what is needed of it. Headers that are not there are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `WWW-Authenticate`.
    pub www_authenticate: Option<String>,
    /// The body.
    pub body: String,
}

/// Why an operator did not get what they asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What went wrong, and what to do about it: a sentence, in lower case and without a full stop.
    pub message: String,
    /// The stable code of the Worker's error, if it is one.
    pub code: Option<String>,
}

/// What the operator runs, for advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The program that asks, such as `cargo xtask`.
    pub name: &'static str,
    /// What starts a local Worker, such as `cargo xtask dev`.
    pub dev: &'static str,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// It failed.
    Failed,
    /// The operator must ask for something else.
    Usage,
    /// There is no such thing.
    NotFound,
}

/// Problem details (RFC 9457).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    type_: Option<String>,
    code: Option<String>,
    title: Option<String>,
    detail: Option<String>,
    mistakes: Vec<Mistake>,
}

/// What is wrong with the configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mistake {
    path: String,
    message: String,
}

impl Problem {
    /// Reads the body of an error. One that is not the Worker's is empty, so nothing is concluded from it.
    fn read(body: &str) -> Self {
        let problem: Self = serde_json::from_str(body).unwrap_or_default();
        let is_ours = problem.type_.as_deref().is_some_and(|type_| type_.starts_with(OURS));
        if is_ours { problem } else { Self::default() }
    }
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Failed, message: message.into(), code: None }
    }
}

impl Answer {
    /// The body of an answer to this request.
    ///
    /// # Errors
    ///
    /// The answer is an error. The failure says what to do about it.
    pub fn success(
        self,
        request: &Request,
        base: &Base,
        credentials: &Credentials,
        program: Program,
    ) -> Result<String, Failure> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let problem = Problem::read(&self.body);
        let code = problem.code.as_deref();
        let said = problem.detail.as_deref().or(problem.title.as_deref()).map(clean);
        let (kind, message) = match (self.status, code) {
            (300..400, _) => (FailureKind::Failed, self.redirect(base)),
            (401, Some(_)) => (FailureKind::Failed, self.unauthenticated(base, credentials)),
            (404, Some("not_found")) => (FailureKind::Failed, not_found(request, base)),
            (404, Some(_)) => {
                (FailureKind::NotFound, said.unwrap_or_else(|| "there is no such thing".to_owned()))
            }
            (405, Some(_)) => {
                let what = format!("the Worker at {base} cannot do this: deploy a newer version");
                (FailureKind::Failed, what)
            }
            (400, Some(_)) => match said {
                Some(said) if is_unknown(&said) => (FailureKind::Failed, too_old_for(&said, base)),
                said => (FailureKind::Usage, said.unwrap_or_else(|| "it is refused".to_owned())),
            },
            (_, Some("broken_configuration")) => {
                (FailureKind::Failed, broken(&problem.mistakes, program))
            }
            (status, Some(code)) => {
                let said = said.unwrap_or_else(|| "the Worker does not say why".to_owned());
                let later = if said.contains("try again") { String::new() } else { self.later() };
                (FailureKind::Failed, format!("{status} {}: {said}{later}", clean(code)))
            }
            (status, None) => (FailureKind::Failed, self.foreign(status, base)),
        };
        Err(Failure { kind, message, code: problem.code })
    }

    fn redirect(&self, base: &Base) -> String {
        let location =
            self.location.as_deref().map_or_else(String::new, |to| format!(" to {}", shown(to)));
        format!(
            "{base} redirects{location}, and credentials are not sent there: if that is the Worker, name it with \
             --url"
        )
    }

    fn unauthenticated(&self, base: &Base, credentials: &Credentials) -> String {
        let sent = credentials.kind();
        let expected = self.www_authenticate.as_deref().and_then(Kind::of_challenge);
        match expected {
            Some(expected) if expected != sent => format!(
                "the Worker at {base} expects auth_type {:?}, not {:?}: set {} instead of {}",
                expected.auth_type(),
                sent.auth_type(),
                expected.variables(),
                sent.secret(),
            ),
            Some(_) => format!(
                "the Worker at {base} does not accept the credentials: set {} to what [vars.ADMIN] names",
                sent.variables()
            ),
            None => {
                format!("the Worker at {base} does not accept the credentials: set {VARIABLES}")
            }
        }
    }

    /// When to try again, if the answer says so.
    fn later(&self) -> String {
        let seconds =
            self.retry_after.as_deref().and_then(|after| after.trim().parse::<u32>().ok());
        seconds.map_or_else(String::new, |seconds| format!("; try again in {seconds} s"))
    }

    /// An error that is not in the Worker's words.
    fn foreign(&self, status: u16, base: &Base) -> String {
        let said = shown(self.body.trim());
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        format!(
            "{base} answered {status}, but not in the words of the Worker: check --url{}{said}",
            self.later()
        )
    }
}

fn not_found(request: &Request, base: &Base) -> String {
    let (path, needs) = (&request.path, request.needs());
    format!(
        "the Worker at {base} has nothing at {path}: either its configuration lacks {needs}, or it is older than this \
         program, and you must deploy a newer version; check --url, too"
    )
}

/// Whether the Worker refuses something because it does not know it. This program asks for nothing that a Worker as
/// new as itself does not know, whatever the operator typed.
fn is_unknown(said: &str) -> bool {
    said.starts_with("unknown parameter ") || said.contains("unknown field `")
}

fn too_old_for(said: &str, base: &Base) -> String {
    format!(
        "the Worker at {base} does not know all that this program asks ({said}): deploy a newer version"
    )
}

fn broken(mistakes: &[Mistake], program: Program) -> String {
    let mut message = format!(
        "the Worker's configuration has mistakes: fix them and deploy, or find them with `{} check`",
        program.name
    );
    for Mistake { path, message: why } in mistakes {
        // Writing to a string cannot fail.
        let _ = write!(message, "\n  {}: {}", clean(path), clean(why));
    }
    message
}

/// The beginning of a text from somebody else, on one line.
fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let beginning: String = characters.by_ref().take(MAX_SHOWN).collect();
    let rest = if characters.next().is_some() { "…" } else { "" };
    clean(&beginning) + rest
}

/// Reads the body of an answer.
pub(crate) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Failure> {
    /// What every answer of the Worker has, and few others.
    #[derive(Deserialize)]
    struct Ours {
        #[serde(rename = "code")]
        _code: String,
    }
    serde_json::from_str(body).map_err(|error| {
        if serde_json::from_str::<Ours>(body).is_ok() {
            return of_another_version(&error);
        }
        Failure::failed(format!(
            "the answer is not what the Worker would say ({}): check --url",
            shown(&error.to_string())
        ))
    })
}

/// Reads a part of an answer that was the Worker's.
pub(crate) fn parse_item<T: DeserializeOwned>(item: &RawValue) -> Result<T, Failure> {
    serde_json::from_str(item.get()).map_err(|error| of_another_version(&error))
}

/// What the Worker says cannot be read here.
fn of_another_version(error: &serde_json::Error) -> Failure {
    Failure::failed(format!(
        "the Worker's answer cannot be read ({}): it and this program are of different versions; deploy the Worker \
         again, or update this program, whichever is older",
        shown(&error.to_string())
    ))
}

/// The failure of a request that got no answer. `cause` is what the client says.
#[must_use]
pub fn no_connection(base: &Base, cause: &str, program: Program) -> Failure {
    let advice = if base.is_loopback() {
        format!("start the Worker with `{}`, or name another one with --url", program.dev)
    } else {
        "check --url and the network".to_owned()
    };
    Failure::failed(format!("no answer from {base} ({}): {advice}", shown(cause)))
}
