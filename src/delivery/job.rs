//! The messages of jobs: each makes a step, sends the next message, and is acknowledged then.
//!
//! What a step sends to `DELIVERIES` lies there before the next message, so the deliveries set the pace.

use super::Disposition;
use super::consume::Received;
use super::outage::wait_with_delay;
use crate::config::Config;
use crate::dead::Acted;
use crate::jobs::{BLOCKED_SECONDS, Job, JobLine, JobState, Next, control, publish, step};
use crate::limits::DELIVERIES;
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// How long a job goes on without publishing its progress, in milliseconds. KV allows one write a second
/// for a key.
const PUBLISH_MS: u64 = 5_000;

/// Why a job fails whose message a queue has given up.
const GIVEN_UP: &str = "the queue gave up its message; resume the job";

/// Makes a step of a job.
pub(super) async fn consume(
    mut job: Job,
    received: &Received,
    config: &Config,
    platform: &impl Platform,
) -> (Disposition, JobLine) {
    let mut acted = Acted::default();
    match go_on(&mut job, &mut acted, received, config, platform).await {
        Ok(WentOn::Done) => (Disposition::Ack, JobLine::new(&job, &acted)),
        Ok(WentOn::Superseded) => (Disposition::Ack, JobLine::new(&job, &acted).superseded()),
        Ok(WentOn::Waits) => (Disposition::Ack, JobLine::new(&job, &acted).after(BLOCKED_SECONDS)),
        // What was done is done. The message waits with the new position, as in an outage.
        Err(error) => {
            let next = Received { text: Some(job.print() + "\n"), ..received.clone() };
            let (disposition, delay_seconds) = wait_with_delay(&next, platform).await;
            (disposition, JobLine::new(&job, &acted).waiting(&error, delay_seconds))
        }
    }
}

/// How a message of a job ends.
enum WentOn {
    /// The next one was sent, or there is none.
    Done,
    /// It belongs to an earlier run.
    Superseded,
    /// The next one comes after [`BLOCKED_SECONDS`].
    Waits,
}

async fn go_on(
    job: &mut Job,
    acted: &mut Acted,
    received: &Received,
    config: &Config,
    platform: &impl Platform,
) -> Result<WentOn, BindingError> {
    let control = control(&job.id, platform).await?;
    if control.run > job.run {
        return Ok(WentOn::Superseded);
    }
    let is_given_up = job.queue.as_ref().is_some_and(|queue| *queue != received.queue);
    if is_given_up {
        job.fail(GIVEN_UP);
    } else if control.run == job.run && control.is_stopped {
        job.state = JobState::Stopped;
    }
    job.queue.get_or_insert_with(|| received.queue.clone());
    // A job that has ended before is only published once more.
    let next = if job.state == JobState::Running {
        let (new, next) = step(job, config, platform).await;
        *acted = new;
        next?
    } else {
        Next::Finish
    };
    if next == Next::Finish {
        return publish(job, platform).await.map(|()| WentOn::Done);
    }
    if platform.now().saturating_sub(job.published_at) >= PUBLISH_MS {
        // The progress is in the message. If it is not seen now, it is after a later step.
        let _ = publish(job, platform).await;
    }
    let text = job.print() + "\n";
    if next == Next::Wait {
        let sent = platform.send_later(DELIVERIES, &text, BLOCKED_SECONDS);
        return within(platform, CALL_MS, sent).await.map(|()| WentOn::Waits);
    }
    within(platform, CALL_MS, platform.send(DELIVERIES, &[&text])).await.map(|()| WentOn::Done)
}
