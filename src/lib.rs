//! A Cloudflare Worker that receives the webhooks of Elytra PIM.
//!
//! Elytra calls it with CloudEvents over HTTPS. It authenticates the caller, validates the events,
//! finds the subscriptions that want each event, and forwards it to their queues, KV namespaces and
//! R2 buckets. HTTP destinations and services get their events from a queue of the Worker's own. The
//! answer is a 2xx only if every one of these destinations, or a queue or the spool on the way there,
//! holds the event, or if no subscription wants it.
//!
//! It does not change events. In `data`, it reads only which object the event is about, and what
//! filters name. It stores which destination holds which event, and what could not be forwarded
//! yet.
//!
//! [`receive::receive`] is the path of an event, step by step:
//!
//! ```text
//! request head ── auth ──> Caller ── body ──> bytes ── elytra-events ──> CloudEvents
//! CloudEvents ── plan ──> FittingPlan ── claim ──> ClaimedPlan ── forward ──> ForwardedPlan
//! ForwardedPlan ── settle ──> Fates ── reply ──> Reply
//! ```
//!
//! A crate that consumes the queue depends on `elytra-events` alone, which has the events and their
//! readers. The crate `cesql` compiles and evaluates filters of the dialect `sql`.

pub mod endpoints;

mod routes;

pub mod receive;

mod access;

mod sign_in;

pub mod auth;

pub mod request;

pub mod body;

pub mod capacity;

pub mod subscription;

pub mod filter;

pub mod plan;

mod dispatch;

pub mod large;

mod claim;

pub mod forward;

pub mod destination;

pub mod kv_entry;

pub mod message;

mod settle;

pub mod fate;

pub mod report;

pub mod outcome;

pub mod about;

pub mod trace;

pub mod reply;

pub mod log;

pub mod level;

pub mod handshake;

// What happens later, and what operators ask.

pub mod delivery;

pub mod jobs;

pub mod dead;

pub mod spool;

pub mod replay;

pub mod operator;

mod operator_claims;

pub mod ledger;

pub mod journal;

pub mod counts;

mod recording;

mod refused;

pub mod flush;

pub mod search;

pub mod guesses;

pub mod team_keys;

// The configuration.

pub mod config;

pub mod vars;

pub mod times;

pub mod limits;

pub mod names;

pub mod text;

pub mod when;

// The platform.

pub mod platform;

#[cfg(feature = "cloudflare")]
mod cloudflare;
