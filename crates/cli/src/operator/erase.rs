//! Erases what is kept of an object or an event.

use clap::Args;
use elytra_webhooks_operator::{Erased, Erasure, EventColumns, EventTable, Limit, Step, json_line};

use crate::client::{Client, Connection};
use crate::terminal::{confirm, print, say};
use crate::{Error, Host, Result};

/// How many of the events are shown before they are erased.
const SHOWN: usize = 10;

/// The arguments of `erase`.
#[derive(Debug, Args)]
pub struct ErasureArguments {
    /// All events about this object, such as product/4711
    #[arg(long, value_name = "TYPE/ID", required_unless_present = "id", conflicts_with_all = ["id", "source"])]
    object: Option<String>,
    /// The event with this id, from the source in --source
    #[arg(long, requires = "source")]
    id: Option<String>,
    /// The source of the event
    #[arg(long, value_name = "TEXT", requires = "id")]
    source: Option<String>,
    /// Ask nothing
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    connection: Connection,
}

impl ErasureArguments {
    fn erasure(&self) -> Result<Erasure> {
        match (&self.object, &self.source, &self.id) {
            (Some(object), None, None) => Ok(Erasure::Object(object.clone())),
            (None, Some(source), Some(id)) => {
                Ok(Erasure::Event { source: source.clone(), id: id.clone() })
            }
            _ => Err(Error::usage("expected --object, or --source and --id")),
        }
    }
}

/// Erases everything that is kept of an object or an event, step by step.
///
/// # Errors
/// There is nothing, the operator does not want it, or the Worker does not answer as expected.
pub async fn erase(host: &impl Host, arguments: &ErasureArguments) -> Result<()> {
    let erasure = arguments.erasure()?;
    let client = Client::new(host, &arguments.connection).await?;
    show(&client, &erasure).await?;
    if !arguments.yes {
        confirm(host, &format!("Erase {}? It cannot be undone.", erasure.describe())).await?;
    }
    let mut erased = Erased::default();
    let done = perform(&client, &erasure, arguments.connection.json, &mut erased).await;
    if let Err(error) = done {
        if !erased.is_empty() {
            say(
                host,
                &format!("erased so far: {}; the same command erases the rest", erased.sum()),
            );
        }
        return Err(error);
    }
    if !arguments.connection.json {
        print(host, &erased.print())?;
    }
    if erased.is_empty() { Err(Error::nothing("there was nothing to erase")) } else { Ok(()) }
}

/// Shows what will be erased.
async fn show(client: &Client<'_, impl Host>, erasure: &Erasure) -> Result<()> {
    let host = client.host;
    let mut pages = erasure.events(Limit::First(SHOWN));
    let mut table = EventTable::new(EventColumns::Ids, host.columns());
    let mut found: usize = 0;
    while let Some(request) = pages.request() {
        let items = pages.read(&client.ask(&request).await?)?.items;
        found = found.saturating_add(items.len());
        let rows = table.rows(&items)?;
        if !rows.is_empty() {
            say(host, rows.trim_end());
        }
    }
    if pages.has_more() {
        say(host, "and perhaps more");
    } else if found == 0 {
        say(
            host,
            "the journal has no such event, but there may be claims, spooled messages or dead letters",
        );
    }
    Ok(())
}

async fn perform(
    client: &Client<'_, impl Host>,
    erasure: &Erasure,
    json: bool,
    erased: &mut Erased,
) -> Result<()> {
    let host = client.host;
    let mut cursor: Option<String> = None;
    loop {
        let body = client.ask(&erasure.request(cursor.as_deref())).await?;
        if json {
            print(host, &(json_line(&body) + "\n"))?;
        }
        let step = Step::read(&body)?;
        erased.add(&step);
        if step.is_stuck(cursor.as_deref()) {
            return Err(Error::new("the Worker makes no progress: try again later"));
        }
        cursor = step.cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}
