//! Watches what the Worker does by itself, until it ends.

use elytra_webhooks_operator::{Failure, FailureKind, Request};

use crate::client::Client;
use crate::terminal::{Progress, say};
use crate::{Error, Host, Result};

/// How often the Worker is asked how far it is.
const ASK_EVERY_MS: u64 = 1_000;

/// How often that is said where no line can change.
const SAY_EVERY_MS: u64 = 5_000;

/// How often in a row the Worker may not say how far it is. It may be deployed just now.
const MAX_FAILURES: u32 = 5;

/// Something that goes on at the Worker.
pub(super) struct Watch {
    /// What asks how far it is.
    pub(super) request: Request,
    /// What is said when nobody watches it any more: that it goes on, and how to see that.
    pub(super) advice: String,
    /// How often the Worker may say that there is no such thing. It may not show yet what has just begun.
    pub(super) missing: u32,
}

/// How far it is.
pub(super) struct Seen {
    /// The same, as it is shown.
    pub(super) line: String,
    /// Whether it has ended.
    pub(super) has_ended: bool,
}

impl Watch {
    /// Shows how far it is until it ends, and returns the last answer. Ctrl-C ends only this.
    ///
    /// # Errors
    /// The Worker does not answer as expected.
    pub(super) async fn follow<H: Host>(
        &self,
        client: &Client<'_, H>,
        look: impl Fn(&str) -> std::result::Result<Seen, Failure>,
    ) -> Result<String> {
        let host = client.host;
        let progress = Progress::new(host);
        // It may be waiting for an answer, so it ends from there.
        host.leave_when_interrupted(format!("\n{}", self.advice))
            .map_err(|cause| Error::new(format!("cannot wait for signals: {cause}")))?;
        let (mut failures, mut missing, mut said) = (0, 0, None::<u64>);
        loop {
            match client.ask(&self.request).await {
                Ok(body) => {
                    failures = 0;
                    let Seen { line, has_ended } = look(&body)?;
                    let is_time =
                        said.is_none_or(|said| host.now().saturating_sub(said) >= SAY_EVERY_MS);
                    if has_ended || progress.is_terminal() || is_time {
                        progress.show(&line);
                        said = Some(host.now());
                    }
                    if has_ended {
                        progress.end();
                        return Ok(body);
                    }
                }
                Err(Failure { kind: FailureKind::NotFound, .. }) if missing < self.missing => {
                    missing += 1;
                }
                Err(failure) if failure.kind == FailureKind::Failed && failures < MAX_FAILURES => {
                    failures += 1;
                }
                Err(failure) => {
                    progress.end();
                    say(host, &self.advice);
                    return Err(failure.into());
                }
            }
            host.sleep(ASK_EVERY_MS).await;
        }
    }
}
