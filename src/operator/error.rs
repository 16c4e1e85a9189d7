//! Why an operator's request is not served.

use crate::platform::BindingError;

/// Why an operator's request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorError {
    /// The query of the URL asks for what there is not; the text says what.
    BadQuery(String),
    /// There is no dead letter with this id.
    NoSuchDeadLetter,
    /// The dead letters cannot be read or sent again; some may have been.
    DeadLettersFailed(BindingError),
    /// No message with this id was set aside.
    NoSuchMessage,
    /// Another request is sending or deleting the message.
    MessageUnderWay,
    /// What was set aside cannot be read, sent or deleted.
    SpoolFailed(BindingError),
    /// Somebody is writing the object that the operator wants to be forgotten.
    ObjectUnderWay,
    /// The ledger cannot do what the operator asks of it.
    LedgerFailed(BindingError),
}
