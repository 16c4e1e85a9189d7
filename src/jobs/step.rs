//! A step of a job.

use super::Job;
use super::job::JobState;
use crate::config::Config;
use crate::dead::{Acted, Scan, act, scan};
use crate::limits::DELIVERIES;
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// How many letters a step acts on. A large one needs four calls of bindings, so this is less than half of
/// the 1,000 that Cloudflare allows for an invocation, on the free plan too.
pub const STEP_LETTERS: usize = 100;

/// How many pages of keys a step looks at.
const STEP_LISTS: usize = 10;

/// For how long a step goes on, in milliseconds. It must end before its claims do.
pub const STEP_MS: u64 = 20_000;

/// How long a job waits for a letter that is under way elsewhere, in seconds: until the claim on it ends,
/// if whoever made it has died.
pub const BLOCKED_SECONDS: u64 = 65;

/// How often in a row it waits for the same letter. After that, it leaves the letter to the others.
pub const MAX_BLOCKED: u32 = 5;

/// How a job continues after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It has done everything.
    Finish,
    /// With the next step.
    Continue,
    /// With the next step, after [`BLOCKED_SECONDS`].
    Wait,
}

/// Makes a step of a job, and moves its position and progress forward by what was done.
///
/// # Errors
///
/// A binding failed. The position is before the first letter that needs more attention.
pub(crate) async fn step(
    job: &mut Job,
    config: &Config,
    platform: &impl Platform,
) -> (Acted, Result<Next, BindingError>) {
    let meant = job.meant();
    let end = platform.now().saturating_add(STEP_MS);
    let how_far = Scan { letters: STEP_LETTERS, lists: STEP_LISTS, end };
    let scanned = match scan(&meant, &job.position, how_far, platform).await {
        Ok(scanned) => scanned,
        Err(error) => return (Acted::default(), Err(error)),
    };
    let (acted, result) =
        act(job.action, job.by.as_deref(), &scanned.found, &meant, end, config, platform).await;
    job.progress.add(&acted);
    if acted.settled > 0 {
        job.blocked = 0;
    }
    let next = match scanned.found.get(acted.settled) {
        // All of them are settled.
        None => {
            job.progress.looked_at += scanned.looked_at;
            match scanned.next {
                Some(position) => {
                    job.position = position;
                    Next::Continue
                }
                None => Next::Finish,
            }
        }
        Some(letter) => {
            job.progress.looked_at += letter.looked_at;
            job.position = letter.before.clone();
            match (&result, acted.is_blocked) {
                (Ok(()), true) if job.blocked >= MAX_BLOCKED => {
                    job.blocked = 0;
                    job.progress.under_way += 1;
                    job.progress.looked_at += 1;
                    job.position = job.position.after(&letter.id);
                    Next::Continue
                }
                (Ok(()), true) => {
                    job.blocked += 1;
                    Next::Wait
                }
                _ => Next::Continue,
            }
        }
    };
    if result.is_ok() {
        job.waits = 0;
        if next == Next::Finish {
            job.state = JobState::Finished;
        }
    }
    (acted, result.map(|()| next))
}

/// Sends the message of a job's next step, if there is one.
///
/// # Errors
///
/// `DELIVERIES` failed.
pub(crate) async fn send_next(
    job: &Job,
    next: Next,
    platform: &impl Platform,
) -> Result<(), BindingError> {
    let text = match next {
        Next::Finish => return Ok(()),
        Next::Continue | Next::Wait => job.next_message(),
    };
    if next == Next::Wait {
        let sent = platform.send_later(DELIVERIES, &text, BLOCKED_SECONDS);
        return within(platform, CALL_MS, sent).await;
    }
    within(platform, CALL_MS, platform.send(DELIVERIES, &[&text])).await
}
