//! What the operator sees and is asked.

use std::io::{self, IsTerminal as _, Write as _};

use crate::output::say;
use crate::{Error, Result};

/// How many columns the terminal has that the result is printed on. `None` for a file or another program.
pub(super) fn columns_of_terminal() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stdout).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Prints a result.
pub(super) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.map_err(|cause| Error::print(&cause))
}

/// Prints the body of an answer as it is, and ends the line.
pub(super) fn print_json(body: &str) -> Result<()> {
    let end = if body.ends_with('\n') { "" } else { "\n" };
    print(&format!("{body}{end}"))
}

/// Asks whether to go on.
///
/// # Errors
/// The answer is no, or nobody can answer.
pub(super) fn confirm(question: &str) -> Result<()> {
    if !io::stdin().is_terminal() {
        return Err(Error::usage(format!("{question} Nobody can answer here: add --yes")));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.map_err(|cause| Error::new(format!("cannot read the answer: {cause}")))?;
    if matches!(&*answer.trim().to_ascii_lowercase(), "y" | "yes") {
        Ok(())
    } else {
        Err(Error::new("nothing was done"))
    }
}

/// A line that says how far something is: one that changes on a terminal, a new one now and then elsewhere.
pub(super) struct Progress {
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows the line in place of the one before.
    pub(super) fn show(&self, line: &str) {
        if self.is_terminal {
            let mut stderr = io::stderr();
            // Back to the beginning, and erase what is longer.
            let _ = write!(stderr, "\r{line}\x1b[K").and_then(|()| stderr.flush());
        } else {
            say(line);
        }
    }

    /// What is printed next is on a line of its own.
    pub(super) fn end(&self) {
        if self.is_terminal {
            say("");
        }
    }
}
