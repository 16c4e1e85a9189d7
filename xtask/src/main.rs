//! `cargo xtask <setup|build|dev|test|instructions|fuzz|soak|bench|explain>`: see `docs/developing.md`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::explain::{self, Question};
use xtask::fuzz::{self, Target};
use xtask::{Error, Project, Result, Worker, bench, build, dev, instructions, setup, soak, test};

/// Sets up, builds, runs and tests the Worker.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

/// What is to be done.
#[derive(Subcommand)]
enum Task {
    /// Get every tool that is missing, but those of `bench`
    Setup,
    /// Build a Worker for the runtime
    Build {
        /// Which one
        #[arg(value_enum, default_value_t = Worker::Receiver)]
        worker: Worker,
    },
    /// Run the Worker on port 8787, with the example consumer beside it
    Dev {
        /// Further arguments for `wrangler dev`, such as `--port 8788`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        wrangler: Vec<String>,
    },
    /// Run every check and every test
    Test,
    /// Count the instructions that each step of an event takes, and compare with the baseline
    Instructions {
        /// Make what is counted the baseline
        #[arg(long)]
        update: bool,
    },
    /// Run the parsers on random input, and see that none panics
    Fuzz {
        /// Which of them; all, where none is named
        #[arg(value_enum)]
        targets: Vec<Target>,
        /// For how many seconds each
        // libFuzzer takes 0 for endless.
        #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
    },
    /// Send many events while bindings fail and workerd dies, and see that none is lost
    Soak {
        /// How many and how bad: `--events 100000 --faults 0.05 --restarts 5 --seed 1`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure what an event costs in workerd, beside peers that do the same
    Bench {
        /// How long, which, and where to: `--rounds 5 --seconds 1 --only filtered --update`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Tell which subscriptions want an event, and why others do not; nothing is sent
    Explain {
        #[command(flatten)]
        question: Question,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if this cannot be written.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let project = Project::here();
    match task {
        Task::Setup => setup::setup_aloud(&project),
        Task::Build { worker } => build::build(&setup::setup(&project)?, worker),
        Task::Dev { wrangler } => dev::dev(&project, &wrangler),
        Task::Test => test::test(&project),
        Task::Instructions { update } => instructions::instructions(&project, update),
        Task::Fuzz { targets, seconds } => fuzz::fuzz(&project, &targets, seconds),
        Task::Soak { arguments } => soak::soak(&project, &arguments),
        Task::Bench { arguments } => bench::bench(&project, &arguments),
        Task::Explain { question } => {
            let told = explain::explain(&project, &question)?;
            std::io::stdout()
                .write_all(told.as_bytes())
                .map_err(|cause| Error::new(format!("cannot print the explanation: {cause}")))
        }
    }
}
