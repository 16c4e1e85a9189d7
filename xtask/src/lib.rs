//! The library of `cargo xtask`: installs the tools; builds, runs, tests, soaks, fuzzes and
//! measures the Workers; counts their instructions; and runs the commands for those who deploy and
//! operate them, which are in the crate `elytra-webhooks-cli`, on this machine.
//!
//! It is a library so that the tests on the real runtime start wrangler with the same tools and
//! environment as `cargo xtask dev`: see [`Tools`].
//!
//! Everything that it installs goes to the project (`node_modules`) or to the user's cache
//! (`elytra-webhooks/` in `~/.cache`), with one exception: if rustup can get the wasm target, it
//! adds the target to the active toolchain.
//!
//! In reading order:

pub mod setup;

pub mod tools;

pub mod build;

pub mod dev;

pub mod package;

pub mod test;

mod dependencies;

pub mod instructions;

pub mod fuzz;

pub mod soak;

pub mod bench;

pub mod machine;

pub mod project;

mod cache;
mod command;
mod output;

pub use build::Worker;
pub use elytra_webhooks_cli::{Error, Exit, Result};
pub use machine::Machine;
pub use output::say;
pub use project::Project;
pub use tools::Tools;
