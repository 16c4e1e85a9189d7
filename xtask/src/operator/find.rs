//! Finds events and refusals.

use clap::Args;
use elytra_webhooks_operator::{
    EventColumns, EventFilter, EventKey, EventTable, EventView, Failure, FailureKind, Limit, Page,
    Pages, RefusalFilter, RefusalTable, Request, Summary, counted, json_line, print_event,
};

use super::client::Client;
use super::terminal::{columns_of_terminal, print, print_json};
use super::{Connection, EventFlags, now};
use crate::output::say;
use crate::{Error, Result};

/// How many events with the same id are shown, if it must be said which one is meant.
const SHOWN: usize = 10;

/// How many to list.
#[derive(Debug, Clone, Args)]
struct LimitFlags {
    /// How many to list at most
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..),
        conflicts_with = "all"
    )]
    limit: u32,
    /// List all of them
    #[arg(long)]
    all: bool,
}

impl LimitFlags {
    fn limit(&self) -> Limit {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if self.all { Limit::All } else { Limit::First(limit) }
    }
}

/// The arguments of `cargo xtask events`.
#[derive(Debug, Args)]
pub struct EventsArguments {
    #[command(flatten)]
    filter: EventFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    connection: Connection,
}

/// The arguments of `cargo xtask event`.
#[derive(Debug, Args)]
pub struct EventArguments {
    /// The key of the event, as `events` lists it, or its id
    #[arg(value_name = "KEY OR ID", required_unless_present = "id", conflicts_with = "id")]
    event: Option<String>,
    /// The id of the event
    #[arg(long)]
    id: Option<String>,
    /// Its source, if several have events with this id
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// The arguments of `cargo xtask refusals`.
#[derive(Debug, Args)]
pub struct RefusalsArguments {
    /// Those with this code, such as `credentials_wrong`
    #[arg(long)]
    code: Option<String>,
    /// Those with this secret
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
    /// Those from this IP address
    #[arg(long, value_name = "IP")]
    address: Option<String>,
    /// Those of the event with this id
    #[arg(long)]
    id: Option<String>,
    /// Those that came at this time or later: RFC 3339, or 90s, 15m, 1h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Those that came before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    connection: Connection,
}

/// Lists events, the newest first.
///
/// # Errors
/// There are none, or the Worker does not answer as expected.
pub fn events(arguments: &EventsArguments) -> Result<()> {
    let client = Client::new(&arguments.connection)?;
    let pages = Pages::of_events(&arguments.filter.filter(), arguments.limit.limit());
    // Whoever looks for a credential wants to know who still uses it.
    let has_credential = arguments.filter.filter().credential.is_some();
    let columns = if has_credential { EventColumns::Clients } else { EventColumns::Ids };
    let mut table = EventTable::new(columns, columns_of_terminal());
    let rows = |page: &Page| table.rows(&page.items);
    list(&client, pages, arguments.connection.json, rows, "no event was found")
}

/// Lists requests that were refused, the newest first.
///
/// # Errors
/// There are none, or the Worker does not answer as expected.
pub fn refusals(arguments: &RefusalsArguments) -> Result<()> {
    let client = Client::new(&arguments.connection)?;
    let filter = RefusalFilter {
        code: arguments.code.clone(),
        credential: arguments.credential.clone(),
        address: arguments.address.clone(),
        id: arguments.id.clone(),
        since: arguments.since.clone(),
        until: arguments.until.clone(),
    };
    let pages = Pages::of_refusals(&filter.fixed_at(now()), arguments.limit.limit());
    let mut table = RefusalTable::new(columns_of_terminal());
    let rows = |page: &Page| table.rows(&page.items);
    list(&client, pages, arguments.connection.json, rows, "no refusal was found")
}

/// Prints the pages of a list as they come.
fn list(
    client: &Client,
    mut pages: Pages,
    json: bool,
    mut rows: impl FnMut(&Page) -> std::result::Result<String, Failure>,
    nothing: &str,
) -> Result<()> {
    let mut found: usize = 0;
    let mut more_counted = 0;
    while let Some(request) = pages.request() {
        let page = pages.read(&client.ask(&request)?)?;
        found = found.saturating_add(page.items.len());
        // Every page says how many there were, whatever the page.
        more_counted = page.counted.max(more_counted);
        if json {
            let lines = page.items.iter().map(|item| json_line(item.get()) + "\n");
            print(&lines.collect::<String>())?;
        } else {
            print(&rows(&page)?)?;
        }
    }
    if let Some(counted) = counted(more_counted) {
        say(&counted);
    }
    if found == 0 {
        return Err(Error::nothing(nothing));
    }
    if pages.has_more() {
        say(&format!(
            "there may be more: these are {found}, and --limit NUMBER or --all lists others"
        ));
    }
    Ok(())
}

/// Shows one event and its history.
///
/// # Errors
/// There is no such event, or more than one, or the Worker does not answer as expected.
pub fn event(arguments: &EventArguments) -> Result<()> {
    let EventArguments { event, id, source, connection } = arguments;
    let client = Client::new(connection)?;
    // An id can look like a key.
    let key = event.as_deref().filter(|_| source.is_none()).and_then(EventKey::parse);
    if let Some(key) = key {
        match client.ask(&Request::event(&key)) {
            Err(Failure { kind: FailureKind::NotFound, .. }) => {}
            Err(failure) => return Err(failure.into()),
            Ok(body) => return show(&body, connection.json),
        }
    }
    let id = id.as_ref().or(event.as_ref()).cloned();
    let filter = EventFilter { id, source: source.clone(), ..EventFilter::default() };
    let key = only(&client, &filter)?;
    show(&client.ask(&Request::event(&key))?, connection.json)
}

fn show(body: &str, json: bool) -> Result<()> {
    if json { print_json(body) } else { print(&print_event(&EventView::read(body)?)) }
}

/// The key of the only event that is meant.
fn only(client: &Client, filter: &EventFilter) -> Result<EventKey> {
    let mut pages = Pages::of_events(filter, Limit::First(SHOWN));
    let mut items = Vec::new();
    while let Some(request) = pages.request() {
        items.extend(pages.read(&client.ask(&request)?)?.items);
    }
    let mut keys = items
        .iter()
        .filter_map(|item| EventKey::parse(&serde_json::from_str::<Summary>(item.get()).ok()?.key));
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => {
            say(EventTable::new(EventColumns::Keys, None).rows(&items)?.trim_end());
            Err(Error::usage("several events have this id: name one by its key, or with --source"))
        }
        _ => Err(Error::nothing(
            "the journal has no event with this key or id; events are kept for retention_days, and one that was refused \
             is found with `cargo xtask refusals --id`",
        )),
    }
}
