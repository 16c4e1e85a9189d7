//! The program `elytra-webhooks` of the npm package: the commands of `elytra-webhooks-cli`, run by Node.
//!
//! `npm/bin/elytra-webhooks.mjs` starts it, and `npm/bin/machine.mjs` is the machine that the commands see.

mod node;

use std::panic;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use elytra_webhooks_cli::completions::{CompletionsArguments, completions};
use elytra_webhooks_cli::init::{InitArguments, init};
use elytra_webhooks_cli::{Command, Host as _, perform, with_examples};
use wasm_bindgen::prelude::wasm_bindgen;

use node::{Machine, Node};

/// Sets up, checks and operates elytra-webhooks, a Cloudflare Worker that receives the webhooks of Elytra PIM.
#[derive(Parser)]
#[command(name = "elytra-webhooks", bin_name = "npx elytra-webhooks", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
enum Task {
    /// Write a new project, after four questions
    #[command(after_help = INIT_EXAMPLES)]
    Init(InitArguments),
    #[command(flatten)]
    Shared(Command),
    /// Print what a shell needs to complete the commands
    Completions(CompletionsArguments),
}

const INIT_EXAMPLES: &str = "Examples:
  npx elytra-webhooks init my-webhooks
  npx elytra-webhooks init my-webhooks --auth basic --destination kv --console no --staging --yes";

/// Runs a command with the arguments after the program's name, and returns the exit code.
#[wasm_bindgen]
pub async fn run(machine: Machine, arguments: Vec<String>) -> u8 {
    let host = Node::new(machine);
    host.show_panics();
    let command = with_examples(Arguments::command(), host.program());
    let name = "elytra-webhooks".to_owned();
    let matches = command.try_get_matches_from([name].into_iter().chain(arguments));
    let arguments = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    let done = match arguments {
        Ok(Arguments { task: Task::Init(arguments) }) => init(&host, &arguments).await,
        Ok(Arguments { task: Task::Shared(command) }) => perform(&command, &host).await,
        Ok(Arguments { task: Task::Completions(arguments) }) => {
            completions(&host, &arguments, Arguments::command())
        }
        Err(error) => {
            let text = error.render().to_string();
            if error.use_stderr() {
                host.say(&text);
            } else {
                // There is nobody left to tell if it cannot be printed.
                let _ = host.print(&text);
            }
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let Err(error) = done else { return 0 };
    host.say(&error.last_words());
    error.exit() as u8
}

impl Node {
    /// A panic is a bug of ours: its message is shown before the trap.
    fn show_panics(&self) {
        let host = self.clone();
        panic::set_hook(Box::new(move |panicked| host.say(&format!("{panicked}\n"))));
    }
}
