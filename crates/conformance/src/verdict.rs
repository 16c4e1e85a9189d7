//! What the answers say about a receiver.

/// What the answers say about a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It does as the specification says.
    Right,
    /// It does not.
    Wrong(Mistake),
    /// Neither can be said. The text says why: what is optional is not supported, or a case that
    /// this one builds on is not right.
    NotApplicable(String),
}

/// What a receiver did instead of what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What was special about the request.
    pub request: String,
    /// What was expected, such as `a 4xx`.
    pub expected: String,
    /// What came: a status, with the header that matters, or why no answer came.
    pub got: String,
    /// The beginning of the answer's body, on one line and fit for a terminal.
    pub said: String,
}
