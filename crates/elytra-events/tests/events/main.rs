//! Events through the public interface of the crate.

#[cfg(test)]
mod timestamp;

#[cfg(test)]
mod media_type;

#[cfg(test)]
mod cloudevents;

#[cfg(test)]
mod elytra;

#[cfg(test)]
mod dataref;
