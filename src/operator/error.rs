//! Why an operator's request failed.

use crate::fate::FateKind;
use crate::platform::BindingError;
use crate::report::{AFTER_A_FAILURE, Report};

/// Why an operator's request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorError {
    /// The query is invalid. The text says why.
    BadQuery(String),
    /// There is no dead letter with this id.
    NoSuchDeadLetter,
    /// There is no job with this id.
    NoSuchJob,
    /// The job cannot be stopped or resumed, because it has ended. The text says how.
    JobEnded(&'static str),
    /// The dead letters cannot be read or sent again. Some may have been sent.
    DeadLettersFailed(BindingError),
    /// No message with this id was set aside.
    NoSuchMessage,
    /// Another request is sending or deleting the message.
    MessageUnderWay,
    /// What was set aside cannot be read, sent or deleted.
    SpoolFailed(BindingError),
    /// An event of the object is being written.
    ObjectUnderWay,
    /// The ledger failed.
    LedgerFailed(BindingError),
    /// There are no sessions: Cloudflare Access has its own.
    NoSessions,
    /// The files of the console cannot be read.
    AssetsFailed(BindingError),
    /// The journal has no event with this key.
    NoSuchEvent,
    /// The journal failed.
    JournalFailed(BindingError),
    /// The journal does not keep the text of the event any more.
    NoText,
    /// There is no replay with this id.
    NoSuchReplay,
    /// The replay has ended. The text says how.
    ReplayEnded(&'static str),
}

impl OperatorError {
    /// How the error is reported.
    #[expect(clippy::too_many_lines, reason = "it is a table with a row for each error")]
    pub(crate) fn report(&self) -> Report {
        match self {
            Self::BadQuery(why) => Report::of_caller("bad_query", "The query is invalid", &**why),
            Self::NoSuchDeadLetter => Report::of_caller(
                "no_such_dead_letter",
                "There is no such dead letter",
                "there is no dead letter with this id",
            ),
            Self::NoSuchJob => Report::of_caller(
                "no_such_job",
                "There is no such job",
                "there is no job with this id; jobs are kept for a week",
            ),
            Self::JobEnded(state) => {
                Report::of_caller("job_ended", "The job has ended", format!("the job is {state}"))
            }
            Self::DeadLettersFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "dead_letters_failed",
                    "The dead letters are unavailable",
                    "the dead letters are unavailable right now; the log says why",
                )
            },
            Self::NoSuchMessage => Report::of_caller(
                "no_such_message",
                "There is no such message",
                "no message with this id was set aside",
            ),
            Self::MessageUnderWay => Report {
                retry_after: Some(AFTER_A_FAILURE),
                ..Report::of_caller(
                    FateKind::UnderWay.code(),
                    "The message is being sent or deleted",
                    "another request is sending or deleting this message; try again",
                )
            },
            Self::SpoolFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "spool_failed",
                    "The spool failed",
                    "the spool or the queue failed; the log says why",
                )
            },
            Self::ObjectUnderWay => Report {
                retry_after: Some(AFTER_A_FAILURE),
                ..Report::of_caller(
                    FateKind::UnderWay.code(),
                    "The object is being written",
                    "an event of the object is being written right now; try again",
                )
            },
            Self::LedgerFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "ledger_failed",
                    "The ledger failed",
                    "the ledger failed; its log says why",
                )
            },
            Self::NoSessions => Report::of_caller(
                "no_sessions",
                "There is nothing to sign in to",
                "with this auth_type of ADMIN, nobody signs in here",
            ),
            Self::AssetsFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "console_failed",
                    "The console is unavailable",
                    "the files of the console are unavailable right now; the log says why",
                )
            },
            Self::NoSuchEvent => Report::of_caller(
                "no_such_event",
                "There is no such event",
                "the journal has no event with this key; events are kept for retention_days",
            ),
            Self::NoText => Report::of_caller(
                "no_text",
                "The event's text is not kept",
                "the journal does not keep the text of this event; see bodies and body_retention_days",
            ),
            Self::NoSuchReplay => Report::of_caller(
                "no_such_replay",
                "There is no such replay",
                "there is no replay with this id; the last 100 are kept",
            ),
            Self::ReplayEnded(state) => Report::of_caller(
                "replay_ended",
                "The replay has ended",
                format!("the replay is {state}"),
            ),
            Self::JournalFailed(error) => Report {
                reasons: vec![error.to_string()],
                ..Report::of_receiver(
                    "journal_failed",
                    "The journal failed",
                    "the journal is unavailable right now; the log says why",
                )
            },
        }
    }
}
