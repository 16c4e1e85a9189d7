//! What came back.

/// What came back for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An answer.
    Received(Received),
    /// None.
    None(NoAnswer),
}

/// An answer of the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// The headers, whose names can be in any case.
    pub headers: Vec<(String, String)>,
    /// The body. The first few hundred bytes are enough.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// None came in time.
    TimedOut,
    /// There was a connection, and it ended before an answer came.
    Closed,
    /// There was no connection, or something else went wrong. The text says what.
    Failed(String),
}

impl Received {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// How a header reads in a report.
    pub(crate) fn header_text(&self, name: &str) -> String {
        self.header(name).map_or_else(|| format!("no {name}"), |value| format!("{name}: {value}"))
    }
}

impl NoAnswer {
    /// How it reads in a report.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::TimedOut => "no answer in time".to_owned(),
            Self::Closed => "no answer: the connection was closed".to_owned(),
            Self::Failed(cause) => format!("no answer: {cause}"),
        }
    }
}
