//! What is seen and asked at the terminal.

use elytra_webhooks_operator::harmless;
use serde::de::IgnoredAny;

use crate::host::Stream;
use crate::{Error, Host, Result};

/// Prints a result.
pub(crate) fn print(host: &impl Host, text: &str) -> Result<()> {
    host.print(text).map_err(|cause| Error::print(&cause))
}

/// Prints the body of an answer, which is JSON, and ends the line.
///
/// # Errors
/// It is something else, or cannot be printed.
pub(crate) fn print_json(host: &impl Host, body: &str) -> Result<()> {
    if serde_json::from_str::<IgnoredAny>(body).is_err() {
        return Err(Error::new("the answer is not JSON, so it is not the Worker's: check --url"));
    }
    let end = if body.ends_with('\n') { "" } else { "\n" };
    print(host, &format!("{}{end}", harmless(body)))
}

/// Prints a line beside the result.
pub(crate) fn say(host: &impl Host, line: &str) {
    host.say(&format!("{line}\n"));
}

/// Asks whether to go on.
///
/// # Errors
/// The answer is no, or nobody can answer.
pub(crate) async fn confirm(host: &impl Host, question: &str) -> Result<()> {
    if !host.is_terminal(Stream::Input) {
        return Err(Error::usage(format!("{question} Nobody can answer here: add --yes")));
    }
    host.say(&format!("{question} [y/N] "));
    let answer = host.read_line(false).await;
    let answer = answer.map_err(|cause| Error::new(format!("cannot read the answer: {cause}")))?;
    if matches!(&*answer.trim().to_ascii_lowercase(), "y" | "yes") {
        Ok(())
    } else {
        Err(Error::new("nothing was done"))
    }
}

/// After this time, in milliseconds, it is said how far something is.
const SILENCE_MS: u64 = 1_000;

/// A line that says how far something is: one that changes on a terminal, a new one now and then elsewhere.
pub(crate) struct Progress<'h, H> {
    host: &'h H,
    is_terminal: bool,
    /// When it began, in milliseconds since 1970.
    start: u64,
    /// Whether [`Self::show_if_slow`] has shown anything.
    is_shown: bool,
}

impl<'h, H: Host> Progress<'h, H> {
    pub(crate) fn new(host: &'h H) -> Self {
        let is_terminal = host.is_terminal(Stream::Error);
        Self { host, is_terminal, start: host.now(), is_shown: false }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows the line in place of the one before.
    pub(crate) fn show(&self, line: &str) {
        if self.is_terminal {
            // Back to the beginning, and erase what is longer.
            self.host.say(&format!("\r{line}\x1b[K"));
        } else {
            say(self.host, line);
        }
    }

    /// Shows the line on a terminal, once it has taken longer than anybody waits without a word.
    pub(crate) fn show_if_slow(&mut self, line: impl FnOnce() -> String) {
        if self.is_terminal && self.host.now().saturating_sub(self.start) > SILENCE_MS {
            self.show(&line());
            self.is_shown = true;
        }
    }

    /// Like [`Self::end`], if [`Self::show_if_slow`] has shown anything.
    pub(crate) fn end_if_shown(&self) {
        if self.is_shown {
            self.end();
        }
    }

    /// What is printed next is on a line of its own.
    pub(crate) fn end(&self) {
        if self.is_terminal {
            say(self.host, "");
        }
    }
}
