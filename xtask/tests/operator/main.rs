//! The commands of an operator, as programs, and a server on loopback that answers as the Worker would.

#[cfg(test)]
mod credentials;

#[cfg(test)]
mod dead_letters;

#[cfg(test)]
mod erase;

#[cfg(test)]
mod failures;

#[cfg(test)]
mod help;

#[cfg(test)]
mod lists;

#[cfg(test)]
mod one_event;

#[cfg(test)]
mod replay;

#[cfg(test)]
mod server;

#[cfg(test)]
mod terminal;

#[cfg(test)]
mod versions;
