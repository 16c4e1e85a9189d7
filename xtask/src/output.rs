//! What is said to the person at the terminal, all of it on stderr.

use std::io::{self, Write as _};
use std::time::Instant;

use crate::Result;

/// Says one line.
pub fn say(line: &str) {
    // A terminal that is gone cannot be told so.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Names a step whose own output is hidden as it starts, and says how long it took when it ends.
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

/// The same for a step that shows its own output.
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
