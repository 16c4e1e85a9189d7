//! Properties of many values.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Checks a property of many values; a failure shows the smallest value that has it not.
#[track_caller]
pub fn property<S: Strategy>(strategy: S, check: impl Fn(S::Value)) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |value| {
        check(value);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
