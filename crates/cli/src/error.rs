//! The error type: a sentence for the person at the terminal.

use std::fmt;
use std::io;
use std::path::Path;

use elytra_webhooks_check::Report;
use elytra_webhooks_operator::{Failure, FailureKind};

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// One sentence that says what went wrong and what to do about it.
#[derive(Debug)]
pub struct Error {
    sentence: String,
    exit: Exit,
}

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nobody reads the output any more, as after `| head`. There is nothing to say.
    NotRead = 0,
    /// Something failed.
    Failed = 1,
    /// The arguments are wrong, as clap sees it too.
    Usage = 2,
    /// There is no such thing; of an event, nobody who wants it.
    Nothing = 3,
    /// An event, or the request that has it, is invalid.
    Invalid = 4,
}

impl Error {
    /// An error with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), exit: Exit::Failed }
    }

    /// An error of whoever wrote the arguments.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(sentence) }
    }

    /// There is nothing of what was looked for.
    pub fn nothing(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Nothing, ..Self::new(sentence) }
    }

    /// What is printed cannot be.
    #[must_use]
    pub fn print(cause: &io::Error) -> Self {
        let error = Self::new(format!("cannot print: {cause}"));
        let is_closed = cause.kind() == io::ErrorKind::BrokenPipe;
        if is_closed { Self { exit: Exit::NotRead, ..error } } else { error }
    }

    /// An error from an action ("read", "create") on a file or folder.
    pub fn file(action: &str, path: impl AsRef<Path>, cause: &io::Error) -> Self {
        Self::new(format!("cannot {action} {}: {cause}", path.as_ref().display()))
    }

    /// A configuration cannot be used. `path` is its file, as the user knows it.
    #[must_use]
    pub fn mistakes(report: &Report, path: &str) -> Self {
        let printed = report.print(path);
        Self::new(format!("the configuration has mistakes\n{}", printed.trim_end()))
    }

    /// What was printed says all; only the program's end is not a success.
    #[must_use]
    pub fn quiet(exit: Exit) -> Self {
        Self { sentence: String::new(), exit }
    }

    /// The same error with another end of the program.
    #[must_use]
    pub fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// How the program ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What is printed at the program's end. Empty if there is nothing to say.
    #[must_use]
    pub fn last_words(&self) -> String {
        match self.exit {
            Exit::NotRead => String::new(),
            _ if self.sentence.is_empty() => String::new(),
            Exit::Nothing => format!("{self}\n"),
            Exit::Failed | Exit::Usage | Exit::Invalid => format!("error: {self}\n"),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let exit = match failure.kind {
            FailureKind::Failed => Exit::Failed,
            FailureKind::Usage => Exit::Usage,
            FailureKind::NotFound => Exit::Nothing,
        };
        Self { sentence: failure.message, exit }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Error {}
