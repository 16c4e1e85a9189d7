//! What `cargo xtask` does: get the tools, build the Workers, run them here, test them,
//! count their instructions, soak, fuzz and measure them, and explain what they would make of an event.
//!
//! It is a library too, so that the tests on the real runtime start wrangler with the very
//! tools and environment that `cargo xtask dev` uses: see [`Tools`].
//!
//! Everything it installs lands in the project (`node_modules`) or in the user's cache
//! (`elytra-webhooks/` below `~/.cache`), with one exception: where rustup can get the wasm
//! target, it adds it to the active toolchain, as it does for everybody.
//!
//! In reading order:

pub mod setup;

pub mod tools;

pub mod build;

pub mod dev;

pub mod test;

mod dependencies;

pub mod instructions;

pub mod fuzz;

pub mod soak;

pub mod bench;

pub mod explain;

pub mod project;

mod cache;
mod command;
mod error;
mod output;

pub use build::Worker;
pub use error::{Error, Result};
pub use output::say;
pub use project::Project;
pub use tools::Tools;
