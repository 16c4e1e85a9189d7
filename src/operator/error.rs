//! Why an operator's request failed.

use crate::platform::BindingError;

/// Why an operator's request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorError {
    /// The query is invalid. The text says why.
    BadQuery(String),
    /// There is no dead letter with this id.
    NoSuchDeadLetter,
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
}
