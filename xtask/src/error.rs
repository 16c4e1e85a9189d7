//! The error type: a sentence for the person at the terminal.

use std::fmt;
use std::io;
use std::path::Path;

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
    /// There is no such thing.
    Nothing = 3,
}

impl Error {
    /// An error with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), exit: Exit::Failed }
    }

    /// An error of whoever wrote the arguments.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(sentence) }
    }

    /// There is nothing of what was looked for.
    pub(crate) fn nothing(sentence: impl Into<String>) -> Self {
        Self { exit: Exit::Nothing, ..Self::new(sentence) }
    }

    /// What is printed cannot be.
    pub(crate) fn print(cause: &io::Error) -> Self {
        let error = Self::new(format!("cannot print: {cause}"));
        let is_closed = cause.kind() == io::ErrorKind::BrokenPipe;
        if is_closed { Self { exit: Exit::NotRead, ..error } } else { error }
    }

    /// An error from an action ("read", "create") on a file or folder.
    pub(crate) fn file(action: &str, path: &Path, cause: &io::Error) -> Self {
        Self::new(format!("cannot {action} {}: {cause}", path.display()))
    }

    /// How the program ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
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
