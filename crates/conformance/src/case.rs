//! A case, and how it is judged.

use elytra_webhooks_operator::clean;

use crate::answer::{Answer, NoAnswer, Received};
use crate::request::Request;
use crate::section::Section;
use crate::verdict::{Mistake, Verdict};

/// How much of an answer's body is shown, in characters.
const SHOWN: usize = 160;

/// One thing that a receiver is held to.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its stable name, in kebab-case.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// Where the rule comes from.
    pub section: Section,
    /// How strong the rule is.
    pub level: Level,
    /// What the rule says, in plain words.
    pub says: &'static str,
    needs: Option<&'static str>,
    steps: Vec<Step>,
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Events as one JSON document.
    Structured,
    /// Which attributes there are.
    Attributes,
    /// What is in them.
    Values,
    /// The attribute `time`.
    Time,
    /// `data` and `data_base64`.
    Data,
    /// Events as headers and a body.
    Binary,
    /// How headers are decoded.
    HeaderValues,
    /// Several events at once.
    Batches,
    /// Methods, sizes and statuses.
    Http,
    /// Credentials and consent.
    Access,
}

/// How strong a rule is, in the words of RFC 2119. For an invalid event, it is the rule that the
/// event breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It has to be kept.
    Must,
    /// There can be good reasons not to keep it.
    Should,
}

/// A request, and what is expected of its answer.
#[derive(Debug, Clone)]
struct Step {
    /// What is special about the request.
    what: String,
    request: Request,
    expect: Expect,
}

/// What is expected of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// A 2xx.
    Accepted,
    /// A 4xx.
    Refused,
    /// A 4xx, or a 207 that reports each event by itself.
    RefusedOrReported,
    /// 415, which says that the format is unknown.
    UnknownFormat,
    /// An answer to somebody who did nothing the receiver could not expect: a 2xx or a 4xx.
    Answered,
    /// A 2xx. With a 4xx, the receiver makes use of a choice it has.
    AcceptedUnless(&'static str),
    /// A 4xx. With a 2xx, the receiver makes use of a choice it has.
    RefusedUnless(&'static str),
    /// 413, unless the limit is higher, or the connection is closed.
    TooLarge,
    /// `WebHook-Allowed-Origin` of this origin, or of all of them.
    Consent(String),
    /// What a function finds.
    Checked(&'static str, fn(&Received) -> Check),
}

/// What is found in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Check {
    Right,
    /// What came instead.
    Wrong(String),
    /// Why nothing can be said.
    NotApplicable(String),
}

impl Group {
    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Structured => "Structured mode",
            Self::Attributes => "Attributes",
            Self::Values => "Values of attributes",
            Self::Time => "Time",
            Self::Data => "Data",
            Self::Binary => "Binary mode",
            Self::HeaderValues => "Values of headers",
            Self::Batches => "Batches",
            Self::Http => "HTTP",
            Self::Access => "Credentials and consent",
        }
    }
}

impl Level {
    /// As RFC 2119 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        }
    }
}

impl Case {
    pub(crate) fn new(
        group: Group,
        id: &'static str,
        section: Section,
        level: Level,
        says: &'static str,
    ) -> Self {
        Self { id, group, section, level, says, needs: None, steps: Vec::new() }
    }

    /// The case that this one builds on.
    pub(crate) fn needing(mut self, id: &'static str) -> Self {
        self.needs = Some(id);
        self
    }

    /// With one more request.
    pub(crate) fn step(mut self, what: impl Into<String>, request: Request, e: Expect) -> Self {
        self.steps.push(Step { what: what.into(), request, expect: e });
        self
    }

    /// With a request that is to be accepted.
    pub(crate) fn accepts(self, what: impl Into<String>, request: Request) -> Self {
        self.step(what, request, Expect::Accepted)
    }

    /// With a request that is to be refused.
    pub(crate) fn refuses(self, what: impl Into<String>, request: Request) -> Self {
        self.step(what, request, Expect::Refused)
    }

    /// The id of the case that must be right for this one to mean anything.
    #[must_use]
    pub fn needs(&self) -> Option<&'static str> {
        self.needs
    }

    /// Its requests, in order.
    #[must_use]
    pub fn requests(&self) -> impl ExactSizeIterator<Item = &Request> {
        self.steps.iter().map(|step| &step.request)
    }

    /// One of its requests.
    pub(crate) fn request(&self, index: usize) -> Option<&Request> {
        self.steps.get(index).map(|step| &step.request)
    }

    /// Judges the answers, one for each request in order. After a wrong one, others can be missing;
    /// otherwise, all are needed.
    #[must_use]
    pub fn judge(&self, answers: &[Answer]) -> Verdict {
        let mut verdict = Verdict::Right;
        for (index, step) in self.steps.iter().enumerate() {
            let Some(answer) = answers.get(index) else {
                return Verdict::NotApplicable("not every request was sent".to_owned());
            };
            match step.expect.check(answer) {
                Check::Right => {}
                Check::Wrong(got) => return Verdict::Wrong(step.mistake(&got, answer)),
                Check::NotApplicable(why) => verdict = Verdict::NotApplicable(why),
            }
        }
        verdict
    }
}

impl Step {
    fn mistake(&self, got: &str, answer: &Answer) -> Mistake {
        let said = match answer {
            Answer::Received(received) => excerpt(&received.body),
            Answer::None(_) => String::new(),
        };
        Mistake { request: self.what.clone(), expected: self.expect.text(), got: clean(got), said }
    }
}

impl Expect {
    /// How it reads in a report.
    fn text(&self) -> String {
        match self {
            Self::Accepted | Self::AcceptedUnless(_) => "a 2xx".to_owned(),
            Self::Refused | Self::RefusedOrReported | Self::RefusedUnless(_) => "a 4xx".to_owned(),
            Self::UnknownFormat => "415".to_owned(),
            Self::Answered => "a 2xx or a 4xx".to_owned(),
            Self::TooLarge => "413".to_owned(),
            Self::Consent(origin) => format!("WebHook-Allowed-Origin: {origin}, or *"),
            Self::Checked(expected, _) => (*expected).to_owned(),
        }
    }

    fn check(&self, answer: &Answer) -> Check {
        let received = match answer {
            Answer::Received(received) => received,
            Answer::None(NoAnswer::Closed) if matches!(self, Self::TooLarge) => {
                let why = "the connection was closed, as HTTP allows for a body that is too large";
                return Check::NotApplicable(why.to_owned());
            }
            Answer::None(cause) => return Check::Wrong(cause.text()),
        };
        // It says nothing about the event.
        if received.status == 429 {
            return Check::NotApplicable("429: the receiver wants fewer requests".to_owned());
        }
        let status = received.status;
        let is_right = match self {
            Self::AcceptedUnless(why) if is_refusal(status) => {
                return Check::NotApplicable((*why).to_owned());
            }
            Self::RefusedUnless(why) if is_success(status) => {
                return Check::NotApplicable((*why).to_owned());
            }
            Self::TooLarge if is_success(status) => {
                return Check::NotApplicable("a body of this size is accepted".to_owned());
            }
            Self::Accepted | Self::AcceptedUnless(_) => is_success(status),
            Self::Refused | Self::RefusedUnless(_) => is_refusal(status),
            Self::RefusedOrReported => is_refusal(status) || status == 207,
            Self::UnknownFormat => status == 415,
            Self::TooLarge => status == 413,
            Self::Answered => is_success(status) || is_refusal(status),
            Self::Consent(origin) => return consent(received, origin),
            Self::Checked(_, check) => return check(received),
        };
        if is_right { Check::Right } else { Check::Wrong(status.to_string()) }
    }
}

/// Whether an answer allows this origin.
fn consent(received: &Received, origin: &str) -> Check {
    match received.header("webhook-allowed-origin").map(str::trim) {
        None => Check::NotApplicable(NO_CONSENT.to_owned()),
        Some(allowed) if allowed == "*" || allowed == origin => Check::Right,
        Some(_) => Check::Wrong(received.header_text("WebHook-Allowed-Origin")),
    }
}

/// Why nothing can be said of a consent that was not given.
pub(crate) const NO_CONSENT: &str = "no consent: the handshake is optional, the origin can be \
    unknown, and consent can come by callback";

/// Whether a status says that the event was accepted.
pub(crate) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Whether a status says that the request is to blame.
pub(crate) fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

/// The beginning of a body, on one line.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<_> = text.split_whitespace().collect();
    let text = clean(&words.join(" "));
    if text.chars().count() <= SHOWN {
        return text;
    }
    text.chars().take(SHOWN.saturating_sub(1)).chain(['…']).collect()
}
