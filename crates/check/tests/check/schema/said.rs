//! Which mistakes the schema says.
#![expect(clippy::match_same_arms, reason = "each has a reason of its own")]

use elytra_webhooks::config::{FilterMistake, Mistake};
use elytra_webhooks::filter::BadName;

/// Whether the schema refuses every configuration with such a mistake.
pub(super) fn is_said(mistake: &Mistake) -> bool {
    match mistake {
        // It can count characters, but not bytes.
        Mistake::WrongType { expected } => *expected != "at most 256 bytes",
        Mistake::Missing
        | Mistake::NotATable
        | Mistake::UnknownVar { .. }
        | Mistake::UnknownField { .. }
        | Mistake::OutOfRange { .. }
        | Mistake::NotBetween { .. }
        | Mistake::UnknownName { .. }
        | Mistake::UnknownRetryPolicy { .. }
        | Mistake::NoMethods
        | Mistake::AuthWithNone
        | Mistake::AuthWithoutType
        | Mistake::NoCredentials
        | Mistake::BadHeaderName(_)
        | Mistake::NoSubscriptions
        | Mistake::BadSubscriptionName
        | Mistake::NoDestination(_)
        | Mistake::SeveralDestinations(_)
        | Mistake::OnlyWithObjectKeys
        | Mistake::ReservedBinding(_)
        | Mistake::InsecureUrl
        | Mistake::CredentialsInUrl
        | Mistake::FragmentInUrl
        | Mistake::NotForService(_)
        | Mistake::TakenHeader(_)
        | Mistake::AdminWithNone
        | Mistake::OnlyForAdmin
        | Mistake::WithoutBodies => true,
        Mistake::Filter(mistake) => is_said_of_a_filter(mistake),
        // A pattern says the most of these, but not all: a port, an escape, how long a host is.
        Mistake::BadUrl | Mistake::BadPath | Mistake::BadTeamDomain => false,
        // The size of a var as JSON.
        Mistake::TooLarge { .. } => false,
        // Two names, two fields, two tables are not compared.
        Mistake::SameSubscriptionName { .. }
        | Mistake::LongerThanTheEvent { .. }
        | Mistake::Danger(_) => false,
        // What is bound is elsewhere in the file, and what is secret is nowhere in it.
        Mistake::NoBinding { .. }
        | Mistake::WrongBinding { .. }
        | Mistake::SecretNotSet { .. }
        | Mistake::OperatorSecretNotSet { .. }
        | Mistake::SecretEmpty { .. }
        | Mistake::SecretNotSendable { .. }
        | Mistake::SecretNotAscii { .. }
        | Mistake::ColonInUsername(_) => false,
    }
}

fn is_said_of_a_filter(mistake: &FilterMistake) -> bool {
    match mistake {
        FilterMistake::NoDialect
        | FilterMistake::SeveralDialects(_)
        | FilterMistake::UnknownDialect { .. }
        | FilterMistake::NoAttributes
        | FilterMistake::Empty
        | FilterMistake::NoFilters => true,
        FilterMistake::BadAttribute(name) => match name {
            BadName::Empty
            | BadName::Unknown { .. }
            | BadName::Data
            | BadName::EmptyPart
            | BadName::TooDeep => true,
            // In bytes.
            BadName::TooLong => false,
        },
        // The grammar of CESQL.
        FilterMistake::BadExpression(_) => false,
        // A schema that refers to itself counts neither how deep that is nor how often.
        FilterMistake::TooDeep | FilterMistake::TooMany { .. } => false,
    }
}
