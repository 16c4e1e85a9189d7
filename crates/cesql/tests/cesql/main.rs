//! CESQL through its public interface.

#[cfg(test)]
mod rules;
