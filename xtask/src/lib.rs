//! The library of `cargo xtask`: installs the tools; builds, runs, tests, soaks, fuzzes and
//! measures the Workers; counts their instructions; explains what they would do with an event; and
//! asks a deployed one on behalf of an operator.
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

pub mod check;

pub mod deployment;

pub mod dev;

pub mod test;

mod dependencies;

pub mod instructions;

pub mod fuzz;

pub mod soak;

pub mod bench;

pub mod explain;

pub mod operator;

pub mod project;

mod cache;
mod command;
mod error;
mod output;

pub use build::Worker;
pub use error::{Error, Exit, Result};
pub use output::say;
pub use project::Project;
pub use tools::Tools;
