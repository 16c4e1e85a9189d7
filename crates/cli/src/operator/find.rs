//! Finds events and refusals.

use clap::Args;
use elytra_webhooks_operator::{
    EventColumns, EventFilter, EventKey, EventTable, EventView, Failure, FailureKind, Limit, Page,
    Pages, RefusalFilter, RefusalTable, Request, Summary, counted, json_line, print_event,
};

use super::EventFlags;
use crate::client::{Client, Connection};
use crate::terminal::{print, print_json, say};
use crate::{Error, Host, Result};

/// How many events with the same id are shown, if it must be said which one is meant.
const SHOWN: usize = 10;

/// How many to list if nothing is said.
const LISTED: u32 = 50;

/// How many to list.
#[derive(Debug, Clone, PartialEq, Args)]
pub(super) struct LimitFlags {
    /// How many to list at most
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = LISTED,
        value_parser = clap::value_parser!(u32).range(1..),
        conflicts_with = "all"
    )]
    limit: u32,
    /// List all of them
    #[arg(long)]
    all: bool,
}

impl LimitFlags {
    /// Whether they ask for nothing special.
    pub(super) fn is_default(&self) -> bool {
        *self == Self { limit: LISTED, all: false }
    }

    pub(super) fn limit(&self) -> Limit {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if self.all { Limit::All } else { Limit::First(limit) }
    }
}

/// The arguments of `events`.
#[derive(Debug, Args)]
pub struct EventsArguments {
    #[command(flatten)]
    filter: EventFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    connection: Connection,
}

/// The arguments of `event`.
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

/// The arguments of `refusals`.
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
pub async fn events(host: &impl Host, arguments: &EventsArguments) -> Result<()> {
    let client = Client::new(host, &arguments.connection).await?;
    let pages = Pages::of_events(&arguments.filter.filter(host.now()), arguments.limit.limit());
    // Whoever looks for a credential wants to know who still uses it.
    let has_credential = arguments.filter.filter(host.now()).credential.is_some();
    let columns = if has_credential { EventColumns::Clients } else { EventColumns::Ids };
    let mut table = EventTable::new(columns, host.columns());
    let rows = |page: &Page| table.rows(&page.items);
    list(&client, pages, arguments.connection.json, rows, "no event was found").await
}

/// Lists requests that were refused, the newest first.
///
/// # Errors
/// There are none, or the Worker does not answer as expected.
pub async fn refusals(host: &impl Host, arguments: &RefusalsArguments) -> Result<()> {
    let client = Client::new(host, &arguments.connection).await?;
    let filter = RefusalFilter {
        code: arguments.code.clone(),
        credential: arguments.credential.clone(),
        address: arguments.address.clone(),
        id: arguments.id.clone(),
        since: arguments.since.clone(),
        until: arguments.until.clone(),
    };
    let pages = Pages::of_refusals(&filter.fixed_at(host.now()), arguments.limit.limit());
    let mut table = RefusalTable::new(host.columns());
    let rows = |page: &Page| table.rows(&page.items);
    list(&client, pages, arguments.connection.json, rows, "no refusal was found").await
}

/// Prints the pages of a list as they come.
pub(super) async fn list(
    client: &Client<'_, impl Host>,
    mut pages: Pages,
    json: bool,
    mut rows: impl FnMut(&Page) -> std::result::Result<String, Failure>,
    nothing: &str,
) -> Result<()> {
    let host = client.host;
    let mut found: usize = 0;
    let mut more_counted = 0;
    while let Some(request) = pages.request() {
        let page = pages.read(&client.ask(&request).await?)?;
        found = found.saturating_add(page.items.len());
        // Every page says how many there were, whatever the page.
        more_counted = page.counted.max(more_counted);
        if json {
            let lines = page.items.iter().map(|item| json_line(item.get()) + "\n");
            print(host, &lines.collect::<String>())?;
        } else {
            print(host, &rows(&page)?)?;
        }
    }
    if let Some(counted) = counted(more_counted) {
        say(host, &counted);
    }
    if found == 0 {
        return Err(Error::nothing(nothing));
    }
    if pages.has_more() {
        say(
            host,
            &format!(
                "there may be more: these are {found}, and --limit NUMBER or --all lists others"
            ),
        );
    }
    Ok(())
}

/// Shows one event and its history.
///
/// # Errors
/// There is no such event, or more than one, or the Worker does not answer as expected.
pub async fn event(host: &impl Host, arguments: &EventArguments) -> Result<()> {
    let EventArguments { event, id, source, connection } = arguments;
    let client = Client::new(host, connection).await?;
    // An id can look like a key.
    let key = event.as_deref().filter(|_| source.is_none()).and_then(EventKey::parse);
    if let Some(key) = key {
        match client.ask(&Request::event(&key)).await {
            Err(Failure { kind: FailureKind::NotFound, .. }) => {}
            Err(failure) => return Err(failure.into()),
            Ok(body) => return show(host, &body, connection.json),
        }
    }
    let id = id.as_ref().or(event.as_ref()).cloned();
    let filter = EventFilter { id, source: source.clone(), ..EventFilter::default() };
    let key = only(&client, &filter).await?;
    show(host, &client.ask(&Request::event(&key)).await?, connection.json)
}

fn show(host: &impl Host, body: &str, json: bool) -> Result<()> {
    if json { print_json(host, body) } else { print(host, &print_event(&EventView::read(body)?)) }
}

/// The key of the only event that is meant.
async fn only(client: &Client<'_, impl Host>, filter: &EventFilter) -> Result<EventKey> {
    let mut pages = Pages::of_events(filter, Limit::First(SHOWN));
    let mut items = Vec::new();
    while let Some(request) = pages.request() {
        items.extend(pages.read(&client.ask(&request).await?)?.items);
    }
    let mut keys = items
        .iter()
        .filter_map(|item| EventKey::parse(&serde_json::from_str::<Summary>(item.get()).ok()?.key));
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => {
            let host = client.host;
            say(host, EventTable::new(EventColumns::Keys, None).rows(&items)?.trim_end());
            Err(Error::usage("several events have this id: name one by its key, or with --source"))
        }
        _ => Err(Error::nothing(format!(
            "the journal has no event with this key or id; events are kept for retention_days, and one that was refused \
             is found with `{} refusals --id`",
            client.host.program().name
        ))),
    }
}
