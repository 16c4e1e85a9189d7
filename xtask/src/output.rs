//! Messages for the person at the terminal, all on stderr.

use std::io::{self, Write as _};
use std::time::Instant;

use crate::Result;

/// Prints a line.
pub fn say(line: &str) {
    // There is no way to report that the terminal is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints the name of a step whose output is hidden, and how long it took.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut terminal = io::stderr();
    let _ = write!(terminal, "{name} ... ").and_then(|()| terminal.flush());
    let start = Instant::now();
    let done = work();
    let seconds = start.elapsed().as_secs_f64();
    say(&match done {
        Ok(_) => format!("{seconds:.1} s"),
        Err(_) => format!("failed after {seconds:.1} s"),
    });
    done
}

/// Like [`step`], for a step that shows its own output.
pub(crate) fn stage<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("== {name}"));
    let start = Instant::now();
    let done = work();
    let seconds = start.elapsed().as_secs_f64();
    say(&match done {
        Ok(_) => format!("== {name}: {seconds:.1} s"),
        Err(_) => format!("== {name}: failed after {seconds:.1} s"),
    });
    done
}
