//! How a result is reported, to the caller and in the log.

/// How a result is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The stable code, as the answer and the log show it.
    pub code: &'static str,
    /// A summary in a few words. Empty if the request succeeded.
    pub title: &'static str,
    /// The explanation for the caller. It reveals nothing about the configuration, secrets, or what
    /// a destination answered. Empty if the request succeeded.
    pub detail: String,
    /// What only the log says: details that the caller must not see, or a copy of `detail`.
    pub reasons: Vec<String>,
    /// Who must act.
    pub fault: Fault,
    /// After how many seconds the caller may retry.
    pub retry_after: Option<u32>,
}

/// Who must act before the request can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody: the request succeeded, or a retry will.
    Nobody,
    /// The caller, who must change the request.
    Caller,
    /// The operator of the receiver.
    Receiver,
}

/// After how many seconds to retry when a destination failed. It is short because a sender may give
/// up after half a minute.
pub(crate) const AFTER_A_FAILURE: u32 = 1;

impl Report {
    /// The caller must change the request. The log says the same as the answer.
    pub(crate) fn of_caller(
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        let reasons = vec![detail.clone()];
        Self { code, title, detail, reasons, fault: Fault::Caller, retry_after: None }
    }

    /// The receiver is at fault, and the caller may retry soon. The caller of this function adds
    /// the reasons.
    pub(crate) fn of_receiver(code: &'static str, title: &'static str, detail: &str) -> Self {
        Self {
            code,
            title,
            detail: detail.to_owned(),
            reasons: Vec::new(),
            fault: Fault::Receiver,
            retry_after: Some(AFTER_A_FAILURE),
        }
    }
}
