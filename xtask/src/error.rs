//! The one error: a sentence for the person at the terminal.

use std::fmt;
use std::io;
use std::path::Path;

/// What can go wrong ends here.
pub type Result<T> = std::result::Result<T, Error>;

/// One sentence that says what went wrong and what to do about it.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// An error that reads like this.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// A file or folder with which `deed` ("read", "create") could not be done.
    pub(crate) fn file(deed: &str, path: &Path, cause: &io::Error) -> Self {
        Self(format!("cannot {deed} {}: {cause}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
