//! `cargo xtask <setup|build|dev|package|test|instructions|fuzz|soak|bench>`: see `docs/developing.md`.
//! All others are the commands of the npm package, too: see `docs/command-line.md`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use elytra_webhooks_cli::{Command, Host as _, check, perform, with_examples};
use xtask::fuzz::{self, Target};
use xtask::{
    Machine, Project, Result, Worker, bench, build, dev, instructions, machine, package, setup,
    soak, test,
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
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
enum Task {
    /// Install all missing tools, except those of `bench`
    Setup,
    /// Build a Worker for the runtime
    Build {
        /// Which Worker to build
        #[arg(value_enum, default_value_t = Worker::Receiver)]
        worker: Worker,
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
    /// Build the npm package, `dist/elytra-webhooks-<version>.tgz`
    Package,
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
    #[command(flatten)]
    Shared(Command),
}

fn main() -> ExitCode {
    let project = Project::here();
    let machine = Machine::new(&project);
    let command = with_examples(Arguments::command(), machine.program());
    // Both end the program if the arguments are wrong, or ask for help.
    let arguments = Arguments::from_arg_matches(&command.get_matches());
    let arguments = arguments.unwrap_or_else(|error| error.exit());
    let Err(error) = run(arguments.task, &project, &machine) else { return ExitCode::SUCCESS };
    // If this cannot be written, there is nothing left to do.
    let _ = std::io::stderr().write_all(error.last_words().as_bytes());
    ExitCode::from(error.exit() as u8)
}

fn run(task: Task, project: &Project, machine: &Machine<'_>) -> Result<()> {
    match task {
        Task::Setup => setup::setup_and_report(project),
        Task::Build { worker } => {
            if worker == Worker::Receiver {
                check::check_deployment(machine)?;
            }
            build::build(&setup::setup(project)?, worker)
        }
        Task::Dev { config, env, wrangler } => dev::dev(project, config, env, wrangler),
        Task::Package => package::package_and_report(&setup::setup(project)?),
        Task::Test => test::test(project),
        Task::Instructions { update } => instructions::instructions(project, update),
        Task::Fuzz { targets, seconds } => fuzz::fuzz(project, &targets, seconds),
        Task::Soak { arguments } => soak::soak(project, &arguments),
        Task::Bench { arguments } => bench::bench(project, &arguments),
        Task::Shared(command) => machine::run(perform(&command, machine)),
    }
}
