//! A Cloudflare Worker that receives the webhooks of Elytra PIM.
//!
//! Elytra calls it with CloudEvents over HTTPS. It authenticates the caller, validates the events,
//! finds the subscriptions that want each and forwards it to their queues, KV namespaces and R2
//! buckets, or delivers it to their webhooks from a queue of its own. A 2xx is sent only when every one of them,
//! or a queue or the spool on the way there, holds the event, or when none wants it.
//!
//! It does not change an event, and of its `data` it reads no more than which object it is about and
//! what filters name. What it keeps of its own is which event was forwarded to whom, and what could not
//! be yet.
//!
//! The path of an event, step by step, is [`receive::receive`]. The modules, in the order an event
//! meets them:
//!
//! ```text
//! request head ── auth ──> Caller ── read (bounded) ──> bytes
//! bytes ── elytra-events ──> CloudEvents ── subscription ──> Plan ── dedupe, forward ──> Fates ── reply
//! ```
//!
//! A crate that consumes the queue depends on `elytra-events` alone: it has the events and what reads
//! them. Filters of the dialect `sql` are compiled and evaluated by the crate `cesql`.

pub mod endpoints;

pub mod receive;

mod access;

pub mod request;

pub mod body;

pub mod vars;

pub mod times;

pub mod config;

pub mod auth;

pub mod handshake;

pub mod subscription;

pub mod filter;

mod dispatch;

pub mod destination;

pub mod plan;

pub mod large;

mod claim;

pub mod forward;

mod settle;

pub mod kv_entry;

pub mod ledger;

pub mod spool;

pub mod delivery;

pub mod message;

pub mod operator;

pub mod platform;

pub mod capacity;

pub mod limits;

pub mod fate;

pub mod outcome;

pub mod trace;

pub mod reply;

pub mod log;

pub mod level;

#[cfg(feature = "cloudflare")]
mod cloudflare;

mod names;

pub mod text;
