//! `cargo xtask <setup|build|check|dev|test|instructions|fuzz|soak|bench|explain>`: see `docs/developing.md`.
//! `cargo xtask <events|event|refusals|replay|erase>`: see `docs/operating.md`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::check;
use xtask::explain::{self, Question};
use xtask::fuzz::{self, Target};
use xtask::operator::{
    self, ErasureArguments, EventArguments, EventsArguments, RefusalsArguments, ReplayArguments,
};
use xtask::{
    Error, Exit, Project, Result, Worker, bench, build, dev, instructions, setup, soak, test,
};

/// Sets up, builds, runs and tests the Worker.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

/// The subcommands.
#[derive(Subcommand)]
enum Task {
    /// Install all missing tools, except those of `bench`
    Setup,
    /// Build a Worker for the runtime
    Build {
        /// Which Worker to build
        #[arg(value_enum, default_value_t = Worker::Receiver)]
        worker: Worker,
    },
    /// Check a configuration without running it: everything that is wrong with it, and its secrets
    Check {
        #[command(flatten)]
        question: check::Question,
    },
    /// Run the Worker on port 8787, together with an example consumer of its queues
    Dev {
        /// The configuration to run; if not given, the shipped `wrangler.toml`
        #[arg(long, short, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The environment of the configuration; if not given, its top level
        #[arg(long, short, value_name = "NAME")]
        env: Option<String>,
        /// More arguments for `wrangler dev`, such as `--port 8788`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        wrangler: Vec<String>,
    },
    /// Run all checks and tests
    Test,
    /// Count the instructions of each step of an event, and compare with the baseline
    Instructions {
        /// Make these counts the new baseline
        #[arg(long)]
        update: bool,
    },
    /// Run the parsers on random input, and check that none panics
    Fuzz {
        /// The targets; all of them if none is given
        #[arg(value_enum)]
        targets: Vec<Target>,
        /// How many seconds to fuzz each target
        // libFuzzer takes 0 as endless.
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
    },
    /// Send many events while bindings fail and workerd dies, and check that none is lost
    Soak {
        /// Arguments of the soak: `--events 100000 --faults 0.05 --restarts 5 --seed 1`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure what an event costs in workerd, compared with peers that do the same
    Bench {
        /// Arguments of the benchmarks: `--rounds 5 --seconds 1 --only filtered --update`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Explain which subscriptions want an event, and why others do not; nothing is sent
    Explain {
        #[command(flatten)]
        question: Question,
    },
    /// List the events of a running Worker, the newest first
    #[command(after_help = EVENTS_EXAMPLES)]
    Events(EventsArguments),
    /// Show what happened to an event
    #[command(after_help = EVENT_EXAMPLES)]
    Event(EventArguments),
    /// List the requests that a running Worker refused, the newest first
    #[command(after_help = REFUSALS_EXAMPLES)]
    Refusals(RefusalsArguments),
    /// Send events again, and watch or end that
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayArguments),
    /// Erase everything that is kept of an object or an event
    #[command(after_help = ERASE_EXAMPLES)]
    Erase(ErasureArguments),
}

const EVENTS_EXAMPLES: &str = "Examples:
  cargo xtask events --object product/4711 --since 1h
  cargo xtask events --subscription shop --since 1d --all --json --url https://webhooks.example.com";

const EVENT_EXAMPLES: &str = "Examples:
  cargo xtask event 385d27ef-ac6d-4d93-904b-ea9801fc1bde
  cargo xtask event --source elytra-pim --id 1 --json";

const REFUSALS_EXAMPLES: &str = "Examples:
  cargo xtask refusals --since 1d
  cargo xtask refusals --code credentials_wrong --address 203.0.113.7";

const REPLAY_EXAMPLES: &str = "Examples:
  cargo xtask replay --since 1h --subscription shop --to shop --dry-run
  cargo xtask replay --object product/4711 --yes";

const ERASE_EXAMPLES: &str = "Examples:
  cargo xtask erase --object product/4711
  cargo xtask erase --source elytra-pim --id 385d27ef-ac6d-4d93-904b-ea9801fc1bde --yes";

fn main() -> ExitCode {
    let Err(error) = perform(Arguments::parse().task) else { return ExitCode::SUCCESS };
    let said = match error.exit() {
        Exit::NotRead => String::new(),
        Exit::Nothing => format!("{error}\n"),
        Exit::Failed | Exit::Usage => format!("error: {error}\n"),
    };
    // If this cannot be written, there is nothing left to do.
    let _ = std::io::stderr().write_all(said.as_bytes());
    ExitCode::from(error.exit() as u8)
}

fn perform(task: Task) -> Result<()> {
    let project = Project::here();
    match task {
        Task::Setup => setup::setup_and_report(&project),
        Task::Build { worker } => {
            if worker == Worker::Receiver {
                check::check_deployment()?;
            }
            build::build(&setup::setup(&project)?, worker)
        }
        Task::Check { question } => check::check(&project, &question),
        Task::Dev { config, env, wrangler } => dev::dev(&project, config, env, wrangler),
        Task::Test => test::test(&project),
        Task::Instructions { update } => instructions::instructions(&project, update),
        Task::Fuzz { targets, seconds } => fuzz::fuzz(&project, &targets, seconds),
        Task::Soak { arguments } => soak::soak(&project, &arguments),
        Task::Bench { arguments } => bench::bench(&project, &arguments),
        Task::Explain { question } => {
            let reported = explain::explain(&project, &question)?;
            std::io::stdout()
                .write_all(reported.as_bytes())
                .map_err(|cause| Error::new(format!("cannot print the explanation: {cause}")))
        }
        Task::Events(arguments) => operator::events(&arguments),
        Task::Event(arguments) => operator::event(&arguments),
        Task::Refusals(arguments) => operator::refusals(&arguments),
        Task::Replay(arguments) => operator::replay(&arguments),
        Task::Erase(arguments) => operator::erase(&arguments),
    }
}
