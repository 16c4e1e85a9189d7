//! The commands of elytra-webhooks for those who deploy and operate it: `check` and `explain`, what operators ask a
//! running Worker, and what sets one up.
//!
//! There are two programs that have them: `cargo xtask` in a checkout, and the npm package's `elytra-webhooks`, which
//! is this crate as WebAssembly, run by Node. So everything about the machine (files, the terminal, the clock, the
//! network) is behind the trait [`Host`], and the commands, their help and their errors are the same in both.
//!
//! Results go to the standard output, everything else to the standard error.

pub mod check;

pub mod explain;

pub mod trigger;

pub mod webhook_config;

pub mod conformance;

pub mod sender;

pub mod operator;

pub mod init;

pub mod completions;

pub mod deployment;

pub mod client;

mod terminal;

mod dotenv;

mod error;

pub mod host;

#[cfg(test)]
mod memory;

use clap::Subcommand;

pub use elytra_webhooks_operator::Program;
pub use error::{Error, Exit, Result};
pub use host::Host;

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a configuration without running it: everything that is wrong with it, and its secrets
    Check(check::Question),
    /// Explain which subscriptions want an event, and why others do not; nothing is sent
    Explain(explain::Question),
    /// Send sample events, or your own, to a local or deployed receiver
    Trigger(trigger::TriggerArguments),
    /// Print the webhook to register in Elytra, so that it sends what a subscription wants
    WebhookConfig(webhook_config::WebhookConfigArguments),
    /// Run what our receiver is held to against any receiver of CloudEvents
    Conformance(conformance::ConformanceArguments),
    /// List the events of a running Worker, the newest first
    Events(operator::EventsArguments),
    /// Show what happened to an event
    Event(operator::EventArguments),
    /// List the requests that a running Worker refused, the newest first
    Refusals(operator::RefusalsArguments),
    /// Send events again, and watch or end that
    Replay(operator::ReplayArguments),
    /// List the events that could not be delivered, send them again, or delete them
    DeadLetters(operator::DeadLettersArguments),
    /// Erase everything that is kept of an object or an event
    Erase(operator::ErasureArguments),
}

/// Examples at the end of each command's help. The program's name is put before each.
const EXAMPLES: [(&str, &[&str]); 11] = [
    (
        "conformance",
        &[
            "conformance http://localhost:8787/webhook --header 'Authorization: Bearer dev-token'",
            "conformance http://localhost:3000 --type com.example.made --json",
        ],
    ),
    ("check", &["check", "check --env staging --strict --json"]),
    (
        "explain",
        &[
            "explain --event event.json",
            "explain --event - --subscription shop --json < event.json",
        ],
    ),
    (
        "trigger",
        &[
            "trigger --event-type document --operation add --object document/12",
            "trigger --file event.json --mode binary --url https://webhooks.example.com",
        ],
    ),
    (
        "webhook-config",
        &[
            "webhook-config --url https://webhooks.example.com",
            "webhook-config --url https://webhooks.example.com --show-secrets",
        ],
    ),
    (
        "events",
        &[
            "events --object product/4711 --since 1h",
            "events --subscription shop --since 1d --all --json --url https://webhooks.example.com",
        ],
    ),
    (
        "event",
        &["event 385d27ef-ac6d-4d93-904b-ea9801fc1bde", "event --source elytra-pim --id 1 --json"],
    ),
    (
        "refusals",
        &["refusals --since 1d", "refusals --code credentials_wrong --address 203.0.113.7"],
    ),
    (
        "replay",
        &[
            "replay --since 1h --subscription shop --to shop --dry-run",
            "replay --object product/4711 --yes",
        ],
    ),
    (
        "dead-letters",
        &[
            "dead-letters --subscription shop --since 1d",
            "dead-letters redrive --subscription shop --cause timeout",
        ],
    ),
    (
        "erase",
        &[
            "erase --object product/4711",
            "erase --source elytra-pim --id 385d27ef-ac6d-4d93-904b-ea9801fc1bde --yes",
        ],
    ),
];

/// Adds the examples to the help of a program that has these commands, and keeps the help of each to what fits a
/// screen.
#[must_use]
pub fn with_examples(mut command: clap::Command, program: Program) -> clap::Command {
    command = command.mut_subcommands(with_short_help);
    for (name, examples) in EXAMPLES {
        let lines = examples.iter().map(|example| format!("  {} {example}", program.name));
        let text = format!("Examples:\n{}", lines.collect::<Vec<_>>().join("\n"));
        command = command.mut_subcommand(name, |command| command.after_help(text));
    }
    command
}

/// Without the long help, in which every option takes several lines.
fn with_short_help(command: clap::Command) -> clap::Command {
    let help = clap::Arg::new("help").short('h').long("help").help("Print help");
    command
        .disable_help_flag(true)
        .arg(help.action(clap::ArgAction::HelpShort))
        .mut_subcommands(with_short_help)
}

/// Performs a command.
///
/// # Errors
/// It fails. The error says what to do about it, and how the program ends.
pub async fn perform(command: &Command, host: &impl Host) -> Result<()> {
    match command {
        Command::Check(question) => check::check(host, question),
        Command::Explain(question) => explain::explain(host, question),
        Command::Trigger(arguments) => trigger::trigger(host, arguments).await,
        Command::WebhookConfig(arguments) => webhook_config::webhook_config(host, arguments),
        Command::Conformance(arguments) => conformance::conformance(host, arguments).await,
        Command::Events(arguments) => operator::events(host, arguments).await,
        Command::Event(arguments) => operator::event(host, arguments).await,
        Command::Refusals(arguments) => operator::refusals(host, arguments).await,
        Command::Replay(arguments) => operator::replay(host, arguments).await,
        Command::DeadLetters(arguments) => operator::dead_letters(host, arguments).await,
        Command::Erase(arguments) => operator::erase(host, arguments).await,
    }
}
