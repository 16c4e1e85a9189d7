//! The error type: a sentence for the person at the terminal.

use std::fmt;
use std::io;
use std::path::Path;

/// The result of everything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// One sentence that says what went wrong and what to do about it.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// An error with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// An error from an action ("read", "create") on a file or folder.
    pub(crate) fn file(action: &str, path: &Path, cause: &io::Error) -> Self {
        Self(format!("cannot {action} {}: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
