//! What can be wrong with a configuration, and the messages about it.

use std::fmt;

use super::MAX_VAR_BYTES;
use super::bindings::BindingKind;
use super::danger::Danger;
use crate::filter::FilterMistake;
use crate::names::did_you_mean;

/// A mistake in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Where the mistake is: the var, followed by the fields, such as `SUBSCRIPTION_A.kv.binding`.
    pub path: String,
    /// What is wrong there.
    pub mistake: Mistake,
}

/// What can be wrong at one place in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages below say what each means")]
pub enum Mistake {
    Missing,
    NotATable,
    TooLarge {
        bytes: usize,
    },
    UnknownVar {
        nearest: Option<String>,
    },
    UnknownField {
        nearest: Option<String>,
    },
    WrongType {
        expected: &'static str,
    },
    OutOfRange {
        least: u64,
        most: u64,
    },
    NotBetween {
        least: u32,
        most: u32,
    },
    UnknownName {
        name: String,
        nearest: Option<String>,
    },
    UnknownRetryPolicy {
        name: String,
        nearest: Option<String>,
    },
    NoMethods,
    AuthWithNone,
    AuthWithoutType,
    NoCredentials,
    BadHeaderName(String),
    ColonInUsername(String),
    SecretNotSet {
        nearest: Option<String>,
    },
    OperatorSecretNotSet {
        example: String,
    },
    SecretEmpty {
        binding: String,
    },
    SecretNotSendable {
        binding: String,
    },
    SecretNotAscii {
        binding: String,
    },
    NoSubscriptions,
    BadSubscriptionName,
    SameSubscriptionName {
        other: String,
    },
    /// Contains what is expected instead.
    NoDestination(String),
    OnlyWithObjectKeys,
    ReservedBinding(String),
    BadUrl,
    InsecureUrl,
    CredentialsInUrl,
    FragmentInUrl,
    BadPath,
    /// With the reason.
    NotForService(&'static str),
    TakenHeader(String),
    AdminWithNone,
    OnlyForAdmin,
    BadTeamDomain,
    WithoutBodies,
    LongerThanTheEvent {
        days: u64,
    },
    Danger(Danger),
    /// Contains the names of all destination fields.
    SeveralDestinations(String),
    Filter(FilterMistake),
    NoBinding {
        binding: String,
        kind: BindingKind,
        nearest: Option<String>,
    },
    WrongBinding {
        binding: String,
        kind: BindingKind,
        found: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.mistake)
    }
}

impl fmt::Display for Mistake {
    #[expect(clippy::too_many_lines, reason = "it is a table with a row for each mistake")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::NotATable => f.write_str("expected a table"),
            Self::TooLarge { bytes } => {
                write!(f, "{bytes} bytes, but a var may have at most {MAX_VAR_BYTES}")
            }
            Self::UnknownVar { nearest } => {
                f.write_str("unknown var")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::UnknownField { nearest } => {
                f.write_str("unknown field")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::WrongType { expected } => write!(f, "expected {expected}"),
            Self::OutOfRange { least, most } => {
                write!(f, "expected a whole number from {least} to {most}")
            }
            Self::NotBetween { least, most } => {
                write!(f, "expected a number from {least} to {most}")
            }
            Self::UnknownName { name, nearest } => {
                write!(f, "unknown name {name:?}")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::UnknownRetryPolicy { name, nearest } => {
                write!(f, "expected a table or \"elytra\", found {name:?}")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::NoMethods => f.write_str("expected at least one method"),
            Self::AuthWithNone => f.write_str("not allowed with auth_type \"none\""),
            Self::AuthWithoutType => {
                f.write_str("required with auth: expected \"basic\", \"bearer\" or \"apikey\"")
            }
            Self::NoCredentials => f.write_str("expected at least one credential"),
            Self::BadHeaderName(name) => write!(f, "{name:?} is not the name of a header"),
            Self::ColonInUsername(binding) => {
                write!(f, "the user name in {binding:?} contains a colon, which HTTP Basic forbids")
            }
            // The value is not repeated, because it may be the secret itself, put in the wrong place.
            Self::SecretNotSet { nearest } => {
                f.write_str("no secret with this name is set, expected the name of a secret")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::OperatorSecretNotSet { example } => write!(
                f,
                "no secret with this name is set, expected a secret that only operators have, such as \
                 {example:?}"
            ),
            Self::SecretEmpty { binding } => write!(f, "the secret {binding:?} is empty"),
            Self::SecretNotSendable { binding } => write!(
                f,
                "the secret {binding:?} begins or ends with white space or contains a control \
                 character, so it cannot be sent in a header"
            ),
            Self::SecretNotAscii { binding } => {
                write!(f, "the secret {binding:?} is not ASCII, so it cannot be sent in a header")
            }
            Self::NoSubscriptions => {
                f.write_str("missing: without a subscription every event would be ignored")
            }
            Self::BadSubscriptionName => {
                f.write_str("expected 1 to 64 letters, digits and underscores after SUBSCRIPTION_")
            }
            Self::SameSubscriptionName { other } => {
                write!(f, "the same name as {other}, ignoring case")
            }
            Self::NoDestination(expected) => write!(f, "expected a destination: {expected}"),
            Self::ReservedBinding(binding) => {
                write!(f, "{binding:?} is reserved for the Worker itself, expected another binding")
            }
            Self::OnlyWithObjectKeys => f.write_str("only allowed with key = \"object\""),
            Self::BadUrl => f.write_str("expected an absolute https URL"),
            Self::InsecureUrl => {
                f.write_str("expected https: http is only allowed with allow_insecure = true")
            }
            Self::CredentialsInUrl => {
                f.write_str("must not contain credentials: put them in secrets that auth names")
            }
            Self::FragmentInUrl => f.write_str("must not have a fragment"),
            Self::BadPath => {
                f.write_str("expected a path that begins with /, without a query or a fragment")
            }
            Self::NotForService(why) => write!(f, "not for a service: {why}"),
            Self::TakenHeader(name) => write!(f, "the header {name:?} is reserved"),
            Self::Danger(danger) => danger.fmt(f),
            Self::OnlyForAdmin => {
                f.write_str("access is only for ADMIN: whoever sends events has no browser")
            }
            Self::BadTeamDomain => f.write_str(
                "expected the name of a host, such as team.cloudflareaccess.com, without https://",
            ),
            Self::AdminWithNone => f.write_str("\"none\" is not allowed here"),
            Self::WithoutBodies => f.write_str("not allowed with bodies = false"),
            Self::LongerThanTheEvent { days } => {
                write!(
                    f,
                    "expected at most {days}: no text is kept longer than its event (retention_days)"
                )
            }
            Self::SeveralDestinations(fields) => write!(
                f,
                "expected only one of {fields}: a second destination needs a second subscription"
            ),
            Self::Filter(mistake) => mistake.fmt(f),
            Self::NoBinding { binding, kind, nearest } => {
                write!(f, "no {kind} is bound as {binding:?}")?;
                f.write_str(&did_you_mean(nearest.as_deref()))
            }
            Self::WrongBinding { binding, kind, found } => {
                write!(f, "{binding:?} is bound to {found}, expected {}", kind.with_article())
            }
        }
    }
}
