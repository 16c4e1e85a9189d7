//! The messages of jobs: each makes a step, sends the next message, and is acknowledged then.
//!
//! What a step sends to `DELIVERIES` lies there before the next message, so the deliveries set the pace.

use super::Disposition;
use super::consume::Received;
use super::outage::wait_with_delay;
use crate::config::Config;
use crate::dead::Acted;
use crate::jobs::{
    BLOCKED_SECONDS, Job, JobLine, JobState, Next, control, publish, send_next, step,
};
use crate::ledger::Verdict;
use crate::operator_claims::OperatorClaims;
use crate::platform::{BindingError, Platform};

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
    let message = [job.message_id()];
    // A queue may deliver a message twice, and one step must not have two successors.
    let claims = match OperatorClaims::claim("job", &message, config, platform).await {
        Ok(claims) => claims,
        Err(error) => return wait(&job, &acted, &error, received, platform).await,
    };
    match claims.verdict(0) {
        Verdict::Granted | Verdict::Uncertain => {}
        Verdict::Held => return (Disposition::Ack, JobLine::new(&job, &acted).superseded()),
        // Either it is at work on this step, or it has died and the claim ends.
        Verdict::UnderWay => {
            let line = JobLine::new(&job, &acted).after(BLOCKED_SECONDS);
            return (Disposition::Retry { delay_seconds: BLOCKED_SECONDS }, line);
        }
    }
    let (disposition, line) = match go_on(&mut job, &mut acted, received, config, platform).await {
        Ok(WentOn::Done) => (Disposition::Ack, JobLine::new(&job, &acted)),
        Ok(WentOn::Superseded) => (Disposition::Ack, JobLine::new(&job, &acted).superseded()),
        Ok(WentOn::Waits) => (Disposition::Ack, JobLine::new(&job, &acted).after(BLOCKED_SECONDS)),
        Err(error) => wait(&job, &acted, &error, received, platform).await,
    };
    let settled = if disposition == Disposition::Ack { &message[..] } else { &[] };
    claims.settle(settled, platform).await;
    (disposition, line)
}

/// Makes a job wait as in an outage. What was done is done: the new message has the new position.
async fn wait(
    job: &Job,
    acted: &Acted,
    error: &BindingError,
    received: &Received,
    platform: &impl Platform,
) -> (Disposition, JobLine) {
    let next = Received { text: Some(job.next_message()), ..received.clone() };
    let (disposition, delay_seconds) = wait_with_delay(&next, platform).await;
    (disposition, JobLine::new(job, acted).waiting(error, delay_seconds))
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
    send_next(job, next, platform).await?;
    Ok(if next == Next::Wait { WentOn::Waits } else { WentOn::Done })
}
