//! A Cloudflare Worker that receives the webhooks of Elytra PIM.
//!
//! Elytra calls it with CloudEvents over HTTPS. It authenticates the caller, validates the events,
//! finds the subscriptions that want each and forwards it to their queues and KV namespaces. A 2xx
//! is sent only when every one of them holds the event, or when none wants it.
//!
//! It does not read what an event's `data` means and does not change an event. All that it keeps of
//! its own is which event was forwarded to whom, for a while.
//!
//! The path of an event, step by step, is [`receive::receive`]. The modules, in the order an event
//! meets them:
//!
//! ```text
//! request head ── auth ──> Caller ── read (bounded) ──> bytes
//! bytes ── cloudevents ──> CloudEvents ── subscription ──> Plan ── dedupe, forward ──> Fates ── reply
//! ```
//!
//! A crate that consumes the queue uses [`CloudEvent::from_json`] on each message, and depends on
//! this one with `default-features = false`, which leaves the Worker out.

pub mod receive;

pub mod config;

pub mod auth;

pub mod handshake;

pub mod cloudevents;

pub mod elytra;

pub mod subscription;

pub mod plan;

pub mod dedupe;

pub mod forward;

pub mod ledger;

pub mod spool;

pub mod webhook;

pub mod dead_letters;

pub mod platform;

pub mod outcome;

pub mod trace;

pub mod reply;

pub mod log;

#[cfg(feature = "cloudflare")]
mod cloudflare;

mod names;

pub use cloudevents::CloudEvent;
pub use names::{Known, Name};
