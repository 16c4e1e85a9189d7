//! The native tests: each part through its public interface, and the whole line from a request to
//! its reply with destinations in memory.
//!
//! Every case says why it exists: a rule of a specification, a defect of a peer, a promise of ours.

#[cfg(test)]
mod support;

#[cfg(test)]
mod memory;

#[cfg(test)]
mod config;

#[cfg(test)]
mod auth;

#[cfg(test)]
mod subscription;

#[cfg(test)]
mod about;

#[cfg(test)]
mod capacity;

#[cfg(test)]
mod filter;

#[cfg(test)]
mod kv_entry;

mod layers;
#[cfg(test)]
mod when;

#[cfg(test)]
mod dataref;

#[cfg(test)]
mod ledger;

#[cfg(test)]
mod delivery;

#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod sign_in;

#[cfg(test)]
mod checklist;

#[cfg(test)]
mod documents;

#[cfg(test)]
mod codes;

#[cfg(test)]
mod house;
