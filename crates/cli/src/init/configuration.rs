//! The `wrangler.toml` of the receiver, and that of the consumer of its queue.

use std::fmt::Write as _;

use elytra_webhooks_check::{Scope, check};

use super::answers::{
    Answers, Authentication, Console, Destination, EventTypes, SubscriptionName, WorkerName,
};
use super::project::MAIN;

/// The runtime's behaviour that the Worker was built for.
pub(super) const COMPATIBILITY_DATE: &str = "2026-11-01";

/// Where the example of a consumer is.
pub(super) const CONSUMER: &str = "consumer";

/// The secret of the console.
const ADMIN_SECRET: &str = "ADMIN_TOKEN";

/// Where a Worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The top level of the file.
    Production,
    /// `[env.staging]`.
    Staging,
}

impl Stage {
    /// What begins the names of tables that are not inherited.
    fn prefix(self) -> &'static str {
        match self {
            Self::Production => "",
            Self::Staging => "env.staging.",
        }
    }

    /// What ends the names of queues and buckets.
    fn suffix(self) -> &'static str {
        match self {
            Self::Production => "",
            Self::Staging => "-staging",
        }
    }
}

/// A secret that a caller must present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Secret {
    /// The name of its binding.
    pub(super) name: &'static str,
    /// Its value, if it is a name rather than a secret.
    pub(super) value: Option<&'static str>,
}

/// The secrets of the Worker, sorted by name.
pub(super) fn secrets(answers: &Answers) -> Vec<Secret> {
    let random = |name| Secret { name, value: None };
    let admin = (answers.console == Console::Yes).then(|| random(ADMIN_SECRET));
    let callers = match answers.authentication {
        Authentication::Bearer => vec![random("ELYTRA_TOKEN")],
        Authentication::Basic => vec![
            random("ELYTRA_PASSWORD"),
            Secret { name: "ELYTRA_USERNAME", value: Some("elytra") },
        ],
        Authentication::Apikey => vec![random("ELYTRA_API_KEY")],
    };
    admin.into_iter().chain(callers).collect()
}

/// The queue that the consumer reads, or the bucket.
pub(super) fn resource(answers: &Answers, stage: Stage) -> String {
    let Answers { name, subscription, .. } = answers;
    format!("{}-{}{}", name.as_str(), subscription.label(), stage.suffix())
}

/// The receiver's `wrangler.toml`.
pub(super) fn receiver(answers: &Answers) -> String {
    let mut text = head(answers);
    environment(&mut text, answers, Stage::Production);
    if answers.has_staging {
        text.push_str(STAGING);
        environment(&mut text, answers, Stage::Staging);
    }
    text
}

fn head(answers: &Answers) -> String {
    let name = answers.name.as_str();
    let console = if answers.console == Console::Yes { CONSOLE } else { "" };
    format!(
        r#"#:schema ./node_modules/elytra-webhooks/schema.json

# The Worker that receives Elytra's webhooks.

name = "{name}"
main = "{MAIN}"
compatibility_date = "{COMPATIBILITY_DATE}"

# Checks this file before wrangler runs or deploys it.
[build]
command = "npx --no elytra-webhooks check --deployment"
{console}
# Keeps the Worker's log, one line per request.
[observability]
enabled = true
redact_query_string = true   # a token may come in the query

# Drains SPOOL every minute.
[triggers]
crons = ["* * * * *"]

[[migrations]]
tag = "v1"
new_sqlite_classes = ["Ledger"]
"#
    )
}

const CONSOLE: &str = r#"
# The console, a page for operators, at /console.
[assets]
directory = "node_modules/elytra-webhooks/console"
binding = "ASSETS"
run_worker_first = true   # the Worker decides who gets a file, and with which headers
"#;

const STAGING: &str = r"
# Staging, a Worker of its own. It inherits what is above, except vars, secrets and bindings.
[env.staging]
routes = []   # otherwise staging would take over the custom domains of the top level
";

/// What an environment does not inherit. It is explained where it is first.
fn environment(text: &mut String, answers: &Answers, stage: Stage) {
    let p = stage.prefix();
    let explains = stage == Stage::Production;
    let mut add = |about: &str, table: &str| {
        text.push('\n');
        if explains {
            for line in about.lines() {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "# {line}");
            }
        }
        text.push_str(table);
    };
    let names = secrets(answers).iter().map(|secret| quoted(secret.name)).collect::<Vec<_>>();
    add(
        "The secrets that must be set. `npx elytra-webhooks check --fix` corrects the list.",
        &format!("[{p}secrets]\nrequired = [{}]\n", names.join(", ")),
    );
    let auth = match answers.authentication {
        Authentication::Bearer => "auth_type = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }",
        Authentication::Basic => {
            "auth_type = \"basic\"\nauth = { username = \"ELYTRA_USERNAME\", password = \"ELYTRA_PASSWORD\" }"
        }
        Authentication::Apikey => {
            "auth_type = \"apikey\"\nauth = { api_key = \"ELYTRA_API_KEY\", header_name = \"api-key\" }"
        }
    };
    add(
        "Who may call, and with what: the names of secrets, never the secrets themselves. An event that comes again\n\
         within a day is a duplicate.",
        &format!("[{p}vars.WEBHOOK]\n{auth}\ndedupe_window_seconds = 86_400\n"),
    );
    if answers.console == Console::Yes {
        add(
            "Who may use the console, and the commands for operators.",
            &format!(
                "[{p}vars.ADMIN]\nauth_type = \"bearer\"\nauth = {{ token = \"{ADMIN_SECRET}\" }}\n"
            ),
        );
    }
    add(
        "Keeps what came and what became of it, for a week.",
        &format!("[{p}vars.JOURNAL]\nretention_days = 7\n"),
    );
    add(
        "Which events go where. Each SUBSCRIPTION_<NAME> is one subscription, with one destination.",
        &subscription(answers, stage),
    );
    for (about, table) in destination(answers, stage) {
        add(about, &table);
    }
    add(
        "Events that are too large for a queue.",
        &format!("[[{p}kv_namespaces]]\nbinding = \"CLAIMS\"\n"),
    );
    add(
        "Messages that a queue has refused, until it takes them.",
        &format!("[[{p}kv_namespaces]]\nbinding = \"SPOOL\"\n"),
    );
    add(
        "Records which destination holds which event. The journal is there too.",
        &format!("[[{p}durable_objects.bindings]]\nname = \"LEDGER\"\nclass_name = \"Ledger\"\n"),
    );
}

fn subscription(answers: &Answers, stage: Stage) -> String {
    let Answers { subscription, event_types, .. } = answers;
    let mut text = format!("[{}vars.SUBSCRIPTION_{}]\n", stage.prefix(), subscription.upper());
    let names = event_types.names().into_iter().map(quoted).collect::<Vec<_>>();
    if names.is_empty() {
        text.push_str("event_types = []   # all\n");
    } else {
        text.push_str(&listed("event_types", &names));
    }
    let line = match &answers.destination {
        Destination::Queue => format!("queue = \"{}\"\n", binding(subscription)),
        Destination::Kv => format!("kv = {{ binding = \"{}\" }}\n", binding(subscription)),
        Destination::R2 => format!("r2 = {{ binding = \"{}\" }}\n", binding(subscription)),
        Destination::Webhook { url, staging_url } => {
            let url = match (stage, staging_url) {
                (Stage::Staging, Some(staging_url)) => staging_url,
                _ => url,
            };
            format!("webhook = {{ url = {} }}\n", quoted(url))
        }
        Destination::Service { .. } => format!("service = \"{}\"\n", binding(subscription)),
    };
    text.push_str(&line);
    text
}

/// The binding of the subscription's destination.
fn binding(subscription: &SubscriptionName) -> String {
    format!("{}_EVENTS", subscription.upper())
}

/// The bindings that the destination needs, each with what is to be said about it.
fn destination(answers: &Answers, stage: Stage) -> Vec<(&'static str, String)> {
    let p = stage.prefix();
    let binding = binding(&answers.subscription);
    let resource = resource(answers, stage);
    match &answers.destination {
        Destination::Queue => vec![(
            "The queue that the Worker in consumer/ reads. `wrangler deploy` creates it.",
            format!("[[{p}queues.producers]]\nbinding = \"{binding}\"\nqueue = \"{resource}\"\n"),
        )],
        Destination::Kv => vec![(
            "The namespace that gets the events. `wrangler deploy` creates it.",
            format!("[[{p}kv_namespaces]]\nbinding = \"{binding}\"\n"),
        )],
        Destination::R2 => vec![(
            "The bucket that gets the events. `wrangler deploy` creates it.",
            format!("[[{p}r2_buckets]]\nbinding = \"{binding}\"\nbucket_name = \"{resource}\"\n"),
        )],
        Destination::Webhook { .. } => deliveries(&answers.name, stage),
        Destination::Service { worker } => {
            let worker = format!("{worker}{}", stage.suffix());
            let service =
                format!("[[{p}services]]\nbinding = \"{binding}\"\nservice = \"{worker}\"\n");
            let mut all = vec![("The other Worker. It must be deployed before this one.", service)];
            all.extend(deliveries(&answers.name, stage));
            all
        }
    }
}

/// What an HTTP server or a Worker needs: the queue of events in transit, and what is left of those that cannot be
/// delivered.
fn deliveries(name: &WorkerName, stage: Stage) -> Vec<(&'static str, String)> {
    let p = stage.prefix();
    let queue = |binding: &str, label: &str, dead: &str| {
        let queue = format!("{}-{label}{}", name.as_str(), stage.suffix());
        format!(
            "[[{p}queues.producers]]\nbinding = \"{binding}\"\nqueue = \"{queue}\"\n\n\
             [[{p}queues.consumers]]\nqueue = \"{queue}\"\nmax_batch_size = 6\nmax_batch_timeout = 0\n\
             max_retries = 100\n{dead}"
        )
    };
    let dead_letters =
        format!("dead_letter_queue = \"{}-dead-letters{}\"\n", name.as_str(), stage.suffix());
    vec![
        (
            "Events in transit, which the Worker consumes itself: six at a time, because it makes as many calls at once.",
            queue("DELIVERIES", "deliveries", &dead_letters),
        ),
        (
            "Events that could not be delivered, on their way to DEAD, which keeps them for the operator.",
            queue("DEAD_LETTERS", "dead-letters", ""),
        ),
        ("", format!("[[{p}kv_namespaces]]\nbinding = \"DEAD\"\n")),
    ]
}

/// The `wrangler.toml` of the consumer.
pub(super) fn consumer(answers: &Answers) -> String {
    let name = answers.name.as_str();
    let mut text = format!(
        r#"# The Worker that reads the queue.

name = "{name}-consumer"
main = "src/index.ts"
compatibility_date = "{COMPATIBILITY_DATE}"

# Keeps what the Worker prints.
[observability]
enabled = true
"#
    );
    let claims = "# Where the receiver keeps events that are too large for a queue: the same namespace as there, whose id\n\
                  # `npm run deploy` writes into both files.\n";
    let queue = "# How many messages come at once, how many seconds are waited for so many, and how often one that fails is\n\
                 # retried. Then it is dropped, unless there is a dead_letter_queue.\n";
    let stages = [Stage::Production, Stage::Staging];
    let stages = stages.iter().take(if answers.has_staging { 2 } else { 1 });
    for &stage in stages {
        let p = stage.prefix();
        let explain = |comment| if stage == Stage::Production { comment } else { "" };
        let resource = resource(answers, stage);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{}[[{p}kv_namespaces]]\nbinding = \"CLAIMS\"\n\n\
             {}[[{p}queues.consumers]]\nqueue = \"{resource}\"\nmax_batch_size = 10\nmax_batch_timeout = 1\n\
             max_retries = 3\n",
            explain(claims),
            explain(queue),
        );
    }
    text
}

/// A text in TOML.
fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

/// A list in TOML, on one line if it is short.
fn listed(field: &str, values: &[String]) -> String {
    const WIDTH: usize = 120;
    let line = format!("{field} = [{}]\n", values.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let lines = values.iter().map(|value| format!("  {value},\n"));
    format!("{field} = [\n{}]\n", lines.collect::<String>())
}

/// Checks the URL of a server, as the Worker would.
///
/// # Errors
/// The Worker would refuse it.
pub(super) fn check_url(url: &str) -> Result<String, String> {
    let destination = Destination::Webhook { url: url.to_owned(), staging_url: None };
    let answers = Answers {
        name: WorkerName::of_folder(""),
        authentication: Authentication::Bearer,
        subscription: SubscriptionName::parse("server")?,
        event_types: EventTypes::parse("all")?,
        destination,
        console: Console::No,
        has_staging: false,
    };
    let report = check(&receiver(&answers), Scope::TopLevel, |_| true);
    match report.mistakes.first() {
        None => Ok(url.to_owned()),
        Some(mistake) => Err(mistake.message.clone()),
    }
}
