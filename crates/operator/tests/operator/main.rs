//! What is asked, and how the answers read.

#[cfg(test)]
mod base;

#[cfg(test)]
mod credentials;

#[cfg(test)]
mod dead_letters;

#[cfg(test)]
mod history;

#[cfg(test)]
mod properties;

#[cfg(test)]
mod replays;

#[cfg(test)]
mod requests;

#[cfg(test)]
mod tables;
