//! Shows jobs, stops them and resumes them.

use super::answer::{JobPage, JobView};
use super::dead_letters::send;
use super::error::OperatorError;
use super::query::{OperatorQuery, is_id};
use crate::jobs::{self, Control, Job, JobState, Next};
use crate::platform::Platform;

/// How many jobs a page has. Each must be read.
pub const PAGE_JOBS: usize = 20;

/// Lists the jobs of the last week, the newest first.
///
/// # Errors
///
/// `DEAD` failed.
pub async fn list(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<JobPage, OperatorError> {
    let listed = jobs::list(PAGE_JOBS, query.cursor.as_deref(), platform).await;
    let (jobs, cursor) = listed.map_err(OperatorError::DeadLettersFailed)?;
    Ok(JobPage { jobs: jobs.iter().map(JobView::new).collect(), cursor })
}

/// The job with this id.
///
/// # Errors
///
/// There is no such job, the id is impossible, or `DEAD` failed.
pub async fn find(id: &str, platform: &impl Platform) -> Result<JobView, OperatorError> {
    Ok(JobView::new(&published(id, platform).await?))
}

/// Stops a job before its next step. KV may take a minute to show that to the next step.
///
/// # Errors
///
/// There is no such job, it is not running, the id is impossible, or `DEAD` failed.
pub async fn stop(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<JobView, OperatorError> {
    let job = published(named(query)?, platform).await?;
    if job.state != JobState::Running {
        return Err(OperatorError::JobEnded(job.state.as_str()));
    }
    let control =
        jobs::control(&job.id, platform).await.map_err(OperatorError::DeadLettersFailed)?;
    let run = control.run.max(job.run);
    let stopped = jobs::order(&job.id, Control { run, is_stopped: true }, platform).await;
    stopped.map_err(OperatorError::DeadLettersFailed)?;
    Ok(JobView::new(&job))
}

/// Starts a job again from the position that was last published, as a new run.
///
/// # Errors
///
/// There is no such job, it has finished, the id is impossible, or a binding failed.
pub async fn resume(
    query: &OperatorQuery,
    platform: &impl Platform,
) -> Result<JobView, OperatorError> {
    let mut job = published(named(query)?, platform).await?;
    if job.state == JobState::Finished {
        return Err(OperatorError::JobEnded(job.state.as_str()));
    }
    let control =
        jobs::control(&job.id, platform).await.map_err(OperatorError::DeadLettersFailed)?;
    let run = control.run.max(job.run).saturating_add(1);
    job.resume(run);
    let ordered = jobs::order(&job.id, Control { run, is_stopped: false }, platform).await;
    ordered.map_err(OperatorError::DeadLettersFailed)?;
    let sent = send(&mut job, Next::Continue, platform).await;
    sent.map_err(OperatorError::DeadLettersFailed)?;
    Ok(JobView::new(&job))
}

fn named(query: &OperatorQuery) -> Result<&str, OperatorError> {
    query.id.as_deref().ok_or_else(|| OperatorError::BadQuery("id: missing".to_owned()))
}

/// The job with this id, as it was last published.
async fn published(id: &str, platform: &impl Platform) -> Result<Job, OperatorError> {
    if !is_id(&format!("job/{id}"), |name| name == "job") {
        let expected = "id: expected the id of a job, <milliseconds>/<digest>";
        return Err(OperatorError::BadQuery(expected.to_owned()));
    }
    let job = jobs::find(id, platform).await.map_err(OperatorError::DeadLettersFailed)?;
    job.ok_or(OperatorError::NoSuchJob)
}
