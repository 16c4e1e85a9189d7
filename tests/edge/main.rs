//! What users are promised, tested over HTTP on the real runtime: workerd with queues and KV.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access_token;
mod authentication;
mod batch;
mod binary;
mod check;
mod clients;
mod configuration;
mod conformance;
mod console;
mod contract;
mod crash;
mod delivery;
mod deploying;
mod dev;
mod durability;
mod executor;
mod explain;
mod faults;
mod handshake;
mod journal;
mod ledger;
mod memory;
mod package;
mod panic;
mod r2;
mod rate_limit;
mod readme;
mod sink;
mod typescript;
mod unfinished;
mod upgrading;
mod volume;
mod webhooks;
