//! Sends events again.

use clap::{Args, Subcommand};
use elytra_webhooks_operator::{
    EventKey, Order, Plan, Replay, ReplayId, ReplayOrder, ReplayView, Request, json_line,
    print_plan, print_progress, print_replay, print_replays, read_replays,
};

use super::EventFlags;
use super::watch::{Seen, Watch};
use crate::client::{Client, Connection};
use crate::terminal::{confirm, print, print_json, say};
use crate::{Error, Host, Result};

/// The arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    start: StartArguments,
    #[command(flatten)]
    connection: Connection,
}

/// Which events are sent again, to whom and how fast.
#[derive(Debug, Default, PartialEq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
struct StartArguments {
    #[command(flatten)]
    filter: EventFlags,
    /// The key of an event, instead of a filter; can be repeated
    #[arg(long, allow_hyphen_values = true)]
    key: Vec<String>,
    /// Send only to this subscription; can be repeated
    #[arg(long, value_name = "NAME")]
    to: Vec<String>,
    /// Send what the filters of these subscriptions keep out, too
    #[arg(long, requires = "to")]
    ignore_filters: bool,
    /// How fast, 1 to 100; the default is the Worker's
    #[arg(long, alias = "events_per_second", value_name = "NUMBER")]
    events_per_second: Option<u64>,
    /// Only say which events would be sent
    #[arg(long, alias = "dry_run")]
    dry_run: bool,
    /// Ask nothing
    #[arg(long, short)]
    yes: bool,
    /// Do not wait for the end
    #[arg(long)]
    detach: bool,
}

/// What to do with replays that were started.
#[derive(Debug, Subcommand)]
enum Action {
    /// List the replays, the newest first
    List,
    /// Show a replay, and the events that it could not send
    Show {
        /// The replay
        id: String,
        /// Watch it until it ends
        #[arg(long)]
        follow: bool,
    },
    /// Let a replay wait
    Pause {
        /// The replay
        id: String,
    },
    /// Let a replay go on
    Resume {
        /// The replay
        id: String,
    },
    /// End a replay
    Cancel {
        /// The replay
        id: String,
    },
}

/// Starts a replay, or does something with one.
///
/// # Errors
/// There is nothing to send, the operator does not want it, the replay fails, or the Worker does not answer as expected.
pub async fn replay(host: &impl Host, arguments: &ReplayArguments) -> Result<()> {
    let connection = &arguments.connection;
    let json = connection.json;
    if arguments.action.is_some() && arguments.start != StartArguments::default() {
        return Err(Error::usage(
            "expected either events to send again, or what to do with a replay",
        ));
    }
    let (id, order) = match &arguments.action {
        None => return start(host, &arguments.start, connection).await,
        Some(Action::List) => return list(&Client::new(host, connection).await?, json).await,
        Some(Action::Show { id, follow }) => {
            let id = replay_id(host, id)?;
            let client = Client::new(host, connection).await?;
            let body = client.ask(&Request::replay(&id)).await?;
            return if *follow { watch(&client, &id, json).await } else { show(host, &body, json) };
        }
        Some(Action::Pause { id }) => (id, Order::Pause),
        Some(Action::Resume { id }) => (id, Order::Resume),
        Some(Action::Cancel { id }) => (id, Order::Cancel),
    };
    let request = Request::order(&replay_id(host, id)?, order);
    show(host, &Client::new(host, connection).await?.ask(&request).await?, json)
}

fn replay_id(host: &impl Host, text: &str) -> Result<ReplayId> {
    ReplayId::parse(text).ok_or_else(|| {
        let program = host.program().name;
        Error::usage(format!("{text:?} is not the id of a replay: see `{program} replay list`"))
    })
}

async fn list(client: &Client<'_, impl Host>, json: bool) -> Result<()> {
    let host = client.host;
    let replays = read_replays(&client.ask(&Request::replays()).await?)?;
    if replays.is_empty() {
        return Err(Error::nothing("there is no replay"));
    }
    if json {
        print(host, &replays.iter().map(|one| json_line(one.get()) + "\n").collect::<String>())
    } else {
        print(host, &print_replays(&replays)?)
    }
}

fn show(host: &impl Host, body: &str, json: bool) -> Result<()> {
    if json { print_json(host, body) } else { print(host, &print_replay(&ReplayView::read(body)?)) }
}

impl StartArguments {
    fn order(&self, host: &impl Host) -> Result<ReplayOrder> {
        let key = |text: &String| {
            EventKey::parse(text).ok_or_else(|| {
                let program = host.program().name;
                Error::usage(format!(
                    "--key {text:?}: expected a key that `{program} events` lists"
                ))
            })
        };
        let keys: Vec<_> = self.key.iter().map(key).collect::<Result<_>>()?;
        let filter = self.filter.filter(host.now());
        match (filter.is_empty(), keys.is_empty()) {
            (true, true) => {
                return Err(Error::usage(
                    "expected which events to send again, such as --object product/4711 or --since 1h",
                ));
            }
            (false, false) => {
                return Err(Error::usage("expected either --key or other conditions, not both"));
            }
            _ => {}
        }
        Ok(ReplayOrder {
            filter,
            keys,
            subscriptions: self.to.clone(),
            respect_filters: self.ignore_filters.then_some(false),
            events_per_second: self.events_per_second,
        })
    }
}

async fn start(
    host: &impl Host,
    arguments: &StartArguments,
    connection: &Connection,
) -> Result<()> {
    let order = arguments.order(host)?;
    let client = Client::new(host, connection).await?;
    let json = connection.json;
    // What cannot be sent is no success, even if nothing is asked.
    let body = client.ask(&order.dry_run()).await?;
    let plan = Plan::read(&body)?;
    if json && arguments.dry_run {
        print_json(host, &body)?;
    }
    if plan.is_empty() {
        return Err(Error::nothing("there is no such event to send again"));
    }
    let (events, to_whom) = (plan.how_many(), order.to_whom());
    if arguments.dry_run {
        if !json {
            print(host, &print_plan(&plan))?;
            say(host, &format!("{events} would be sent again, {to_whom}"));
        }
        return Ok(());
    }
    if !arguments.yes {
        let first = print_plan(&plan);
        if !first.is_empty() {
            say(host, first.trim_end());
        }
        confirm(host, &format!("Send {events} again, {to_whom}?")).await?;
    }
    let body = client.ask(&order.start()).await?;
    let started = ReplayView::read(&body)?.replay;
    if arguments.detach {
        return show(host, &body, json);
    }
    let id = ReplayId::parse(&started.id)
        .ok_or_else(|| Error::new("the Worker started a replay, but its id cannot be read"))?;
    say(host, &format!("replay {id} has started"));
    watch(&client, &id, json).await
}

/// Shows how far a replay is until it ends. Ctrl-C ends only this.
async fn watch(client: &Client<'_, impl Host>, id: &ReplayId, json: bool) -> Result<()> {
    let host = client.host;
    let watch = Watch { request: Request::replay(id), advice: how_to_go_on(host, id), missing: 0 };
    let body = watch
        .follow(client, |body| {
            let replay = ReplayView::read(body)?.replay;
            Ok(Seen { line: print_progress(&replay), has_ended: replay.has_ended() })
        })
        .await?;
    show(host, &body, json)?;
    let replay = ReplayView::read(&body)?.replay;
    if replay.is_done() { Ok(()) } else { Err(not_done(&replay)) }
}

fn not_done(replay: &Replay) -> Error {
    Error::new(match (&*replay.state, replay.not_sent) {
        ("finished", 1) => "1 event could not be sent".to_owned(),
        ("finished", not_sent) => format!("{not_sent} events could not be sent"),
        (state, _) => format!("the replay is {state}"),
    })
}

fn how_to_go_on(host: &impl Host, id: &ReplayId) -> String {
    let program = host.program().name;
    format!(
        "the replay goes on: `{program} replay show {id} --follow` watches it, and `{program} replay cancel {id}` ends it"
    )
}
