//! Deals with the events that could not be delivered.

use clap::{Args, Subcommand};
use elytra_webhooks_operator::{
    ChangedLetters, Failure, FailureKind, JobOrder, JobView, Letter, LetterAction, LetterCount,
    LetterFilter, LetterSummary, LetterTable, Limit, Page, Pages, Request, clean, json_line,
    print_job, print_job_progress, print_jobs, print_letter,
};

use super::find::{LimitFlags, list};
use super::watch::{Seen, Watch};
use crate::client::{Client, Connection};
use crate::terminal::{Progress, confirm, print, print_json, say};
use crate::{Error, Host, Result};

/// How many dead letters of the same event are shown, if it must be said which one is meant.
const SAME_EVENT: usize = 10;

/// For how many seconds a job that has just begun may not be found. KV may take a minute to show it.
const UNPUBLISHED: u32 = 90;

/// The arguments of `dead-letters`.
#[derive(Debug, Args)]
pub struct DeadLettersArguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    filter: LetterFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    connection: Connection,
}

/// Which dead letters are meant: the parameters of `GET /dead-letters`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
struct LetterFlags {
    /// Those of this subscription
    #[arg(long, value_name = "NAME")]
    subscription: Option<String>,
    /// Those with this cause, such as status or timeout
    #[arg(long, value_name = "CODE")]
    cause: Option<String>,
    /// Those of the event with this id
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Those that died at this time or later: RFC 3339, or 90s, 15m, 1h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Those that died before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
enum Action {
    /// Show a dead letter, and what the destination answered
    Show {
        /// The id of the dead letter, or of its event
        id: String,
    },
    /// Send dead letters again; each is deleted after that
    Redrive(ChangeArguments),
    /// Delete dead letters; their events are lost
    Delete(ChangeArguments),
    /// List the jobs that redrive or delete, the newest first, or show one
    Jobs {
        /// The job
        job: Option<String>,
        /// Watch it until it ends
        #[arg(long, requires = "job")]
        follow: bool,
        #[command(flatten)]
        limit: LimitFlags,
    },
    /// Stop a job
    Stop {
        /// The job
        job: String,
    },
    /// Let a job go on that was stopped or failed
    Resume {
        /// The job
        job: String,
    },
}

/// Which dead letters are redriven or deleted, and what is asked before.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct ChangeArguments {
    #[command(flatten)]
    filter: LetterFlags,
    /// The dead letter with this id, instead of a filter
    #[arg(long, conflicts_with_all = ["subscription", "cause", "event", "since", "until", "all", "detach"])]
    id: Option<String>,
    /// All dead letters there are
    #[arg(long, conflicts_with_all = ["subscription", "cause", "event", "since", "until"])]
    all: bool,
    /// Only say which ones are meant
    #[arg(long, alias = "dry_run", conflicts_with = "yes")]
    dry_run: bool,
    /// Ask nothing
    #[arg(long, short)]
    yes: bool,
    /// Do not wait for the end
    #[arg(long)]
    detach: bool,
}

impl LetterFlags {
    /// The filter, with fixed times. `now` is in milliseconds since 1970.
    fn filter(&self, now: u64) -> LetterFilter {
        let filter = LetterFilter {
            subscription: self.subscription.clone(),
            cause: self.cause.clone(),
            event: self.event.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
        };
        filter.fixed_at(now)
    }
}

/// Lists dead letters, or does something with some, or with a job that does.
///
/// # Errors
/// There are none, the operator does not want it, some cannot be sent again, or the Worker does not answer as expected.
pub async fn dead_letters(host: &impl Host, arguments: &DeadLettersArguments) -> Result<()> {
    let DeadLettersArguments { action, filter, limit, connection } = arguments;
    let json = connection.json;
    let is_list = *filter != LetterFlags::default() || !limit.is_default();
    if action.is_some() && is_list {
        // What stands before `delete` would be missing from what it deletes.
        return Err(Error::usage(
            "expected which dead letters are meant after what to do with them",
        ));
    }
    if let Some(Action::Redrive(change) | Action::Delete(change)) = action {
        check(change)?;
    }
    let client = Client::new(host, connection).await?;
    match action {
        None => {
            let pages = Pages::of_dead_letters(&filter.filter(host.now()), limit.limit());
            let mut table = LetterTable::new(host.columns());
            let rows = |page: &Page| table.rows(&page.items);
            list(&client, pages, json, rows, "no dead letter was found").await
        }
        Some(Action::Show { id }) => show_letter(&client, id, json).await,
        Some(Action::Redrive(change)) => {
            self::change(&client, LetterAction::Redrive, change, json).await
        }
        Some(Action::Delete(change)) => {
            self::change(&client, LetterAction::Delete, change, json).await
        }
        Some(Action::Jobs { job: None, limit, .. }) => {
            let rows = |page: &Page| print_jobs(&page.items);
            list(&client, Pages::of_jobs(limit.limit()), json, rows, "there is no job").await
        }
        Some(Action::Jobs { job: Some(id), follow: false, .. }) => {
            show_job(host, &client.ask(&Request::job(id)).await?, json)
        }
        Some(Action::Jobs { job: Some(id), follow: true, .. }) => {
            let body = watch(&client, id, None, 0).await?;
            end(host, &body, json)
        }
        Some(Action::Stop { job }) => {
            let body = client.ask(&Request::order_job(job, JobOrder::Stop)).await?;
            show_job(host, &body, json)?;
            say(host, "the job stops before its next step, which can take a minute");
            Ok(())
        }
        Some(Action::Resume { job }) => {
            let body = client.ask(&Request::order_job(job, JobOrder::Resume)).await?;
            show_job(host, &body, json)
        }
    }
}

fn check(change: &ChangeArguments) -> Result<()> {
    let is_named = change.id.is_some() || change.all || change.filter != LetterFlags::default();
    if is_named {
        return Ok(());
    }
    Err(Error::usage(
        "expected which dead letters are meant, such as --subscription shop or --id, or --all for all there are",
    ))
}

/// Whether a text has the form of a dead letter's id.
fn is_letter_id(text: &str) -> bool {
    let mut parts = text.rsplit('/');
    let (digest, time, name) = (parts.next(), parts.next(), parts.next());
    let is_digits = |time: &str| !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
    digest.is_some() && time.is_some_and(is_digits) && name.is_some() && parts.next().is_none()
}

/// Shows the dead letter with this id, or the only one of the event with this id.
async fn show_letter(client: &Client<'_, impl Host>, id: &str, json: bool) -> Result<()> {
    // The id of an event can look like one of a dead letter.
    if is_letter_id(id) {
        match client.ask(&Request::dead_letter(id)).await {
            Err(Failure { kind: FailureKind::NotFound | FailureKind::Usage, .. }) => {}
            Err(failure) => return Err(failure.into()),
            Ok(body) => return show(client.host, &body, json),
        }
    }
    let filter = LetterFilter { event: Some(id.to_owned()), ..LetterFilter::default() };
    let mut pages = Pages::of_dead_letters(&filter, Limit::First(SAME_EVENT));
    let mut items = Vec::new();
    while let Some(request) = pages.request() {
        items.extend(pages.read(&client.ask(&request).await?)?.items);
    }
    match &*items {
        [] => {
            Err(Error::nothing("there is no dead letter with this id, or of an event with this id"))
        }
        [one] => {
            let letter: LetterSummary = serde_json::from_str(one.get()).unwrap_or_default();
            show(client.host, &client.ask(&Request::dead_letter(&letter.id)).await?, json)
        }
        several => {
            say(client.host, LetterTable::new(None).rows(several)?.trim_end());
            Err(Error::usage("the event has several dead letters: name one by its own id"))
        }
    }
}

fn show(host: &impl Host, body: &str, json: bool) -> Result<()> {
    if json { print_json(host, body) } else { print(host, &print_letter(&Letter::read(body)?)) }
}

fn show_job(host: &impl Host, body: &str, json: bool) -> Result<()> {
    if json { print_json(host, body) } else { print(host, &print_job(&JobView::read(body)?.job)) }
}

/// Redrives or deletes dead letters.
async fn change(
    client: &Client<'_, impl Host>,
    action: LetterAction,
    arguments: &ChangeArguments,
    json: bool,
) -> Result<()> {
    if let Some(id) = &arguments.id {
        return change_one(client, action, id, arguments, json).await;
    }
    let host = client.host;
    let mut filter = arguments.filter.filter(host.now());
    let mut of = None;
    // The job itself leaves alone what dies after it has started. A question takes longer.
    if !arguments.yes {
        let found = count(client, &filter, json && arguments.dry_run).await?;
        if found.number == 0 {
            return Err(Error::nothing("there is no such dead letter"));
        }
        if arguments.dry_run {
            if !json {
                print(host, &found.print(host.columns()))?;
            }
            say(host, &format!("{} would be {}", found.how_many(), action.done()));
            return Ok(());
        }
        say(host, found.print(host.columns()).trim_end());
        confirm(host, &action.question_of(&found)).await?;
        filter = found.only_these(&filter);
        of = Some(found.number);
    }
    let body = match client.ask(&Request::change_letters(action, &filter)).await {
        Ok(body) => body,
        Err(failure) => {
            if failure.kind == FailureKind::Failed && failure.code.is_none() {
                let program = host.program().name;
                say(host, &format!("`{program} dead-letters jobs` shows whether it has begun"));
            }
            return Err(failure.into());
        }
    };
    let started = ChangedLetters::read(&body)?;
    let job = started.job.as_ref();
    let job = job.ok_or_else(|| Error::new("the Worker does not say which job it has started"))?;
    let body = if job.has_ended() {
        body
    } else {
        say(host, &format!("job {} has started", clean(&job.id)));
        if arguments.detach {
            return show_job(host, &body, json);
        }
        watch(client, &job.id, of, UNPUBLISHED).await?
    };
    if !json {
        // Of later steps, only the log says why.
        let stuck = started.print_stuck();
        if !stuck.is_empty() {
            say(host, stuck.trim_end());
        }
    }
    end(host, &body, json)
}

/// Finds out which dead letters are meant.
async fn count(
    client: &Client<'_, impl Host>,
    filter: &LetterFilter,
    print_all: bool,
) -> Result<LetterCount> {
    let host = client.host;
    let mut progress = Progress::new(host);
    let mut found = LetterCount::default();
    let mut pages = Pages::of_dead_letters(filter, Limit::All);
    while let Some(request) = pages.request() {
        let items = pages.read(&client.ask(&request).await?)?.items;
        if print_all {
            let lines = items.iter().map(|item| json_line(item.get()) + "\n");
            print(host, &lines.collect::<String>())?;
        }
        found.add(&items)?;
        progress.show_if_slow(|| format!("{} so far", found.how_many()));
    }
    progress.end_if_shown();
    Ok(found)
}

/// Redrives or deletes one dead letter.
async fn change_one(
    client: &Client<'_, impl Host>,
    action: LetterAction,
    id: &str,
    arguments: &ChangeArguments,
    json: bool,
) -> Result<()> {
    let host = client.host;
    if !arguments.yes {
        let body = client.ask(&Request::dead_letter(id)).await?;
        if arguments.dry_run {
            show(host, &body, json)?;
            say(host, &format!("this dead letter would be {}", action.done()));
            return Ok(());
        }
        say(host, print_letter(&Letter::read(&body)?).trim_end());
        confirm(host, action.question()).await?;
    }
    let body = client.ask(&Request::change_letter(action, id)).await?;
    let changed = ChangedLetters::read(&body)?;
    if json {
        print_json(host, &body)?;
    }
    if let Some(stuck) = changed.stuck.first() {
        return Err(Error::new(format!(
            "the dead letter can never be sent again, and stays: {}",
            clean(&stuck.reason)
        )));
    }
    if !changed.under_way.is_empty() {
        return Err(Error::new(
            "another request is sending or deleting the dead letter: try again in a minute",
        ));
    }
    if json {
        return Ok(());
    }
    let what = if changed.already_sent.is_empty() {
        format!("the dead letter was {}\n", action.done())
    } else {
        "the dead letter had been sent again or deleted before\n".to_owned()
    };
    print(host, &what)
}

/// Watches a job until it ends, and returns the last answer. `of` is how many dead letters it is for, if that is known.
async fn watch(
    client: &Client<'_, impl Host>,
    id: &str,
    of: Option<u64>,
    missing: u32,
) -> Result<String> {
    let (program, name) = (client.host.program().name, clean(id));
    let advice = format!(
        "the job goes on: `{program} dead-letters jobs {name} --follow` watches it, and `{program} dead-letters stop {name}` \
         stops it"
    );
    let watch = Watch { request: Request::job(id), advice, missing };
    let look = |body: &str| {
        let job = JobView::read(body)?.job;
        Ok(Seen { line: print_job_progress(&job, of), has_ended: job.has_ended() })
    };
    watch.follow(client, look).await
}

/// Shows a job that has ended, and says what it has left.
fn end(host: &impl Host, body: &str, json: bool) -> Result<()> {
    let job = JobView::read(body)?.job;
    if job.found_nothing() {
        if json {
            print_json(host, body)?;
        }
        return Err(Error::nothing("there is no such dead letter"));
    }
    show_job(host, body, json)?;
    let Some(failure) = job.failure() else { return Ok(()) };
    if job.state == "finished" {
        return Err(Error::new(failure));
    }
    let (program, id) = (host.program().name, clean(&job.id));
    Err(Error::new(format!("{failure}: `{program} dead-letters resume {id}` lets it go on")))
}
