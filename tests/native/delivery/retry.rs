//! When an HTTP destination is called again.

use proptest::prelude::*;

use crate::support::property;
use elytra_webhooks::destination::RetryPolicy;

/// The longest delay that a queue allows, in seconds.
const DAY: u64 = 86_400;

fn policy(initial_delay: u64, backoff_multiplier: f64, max_delay: u64) -> RetryPolicy {
    RetryPolicy { max_retries: 99, initial_delay, backoff_multiplier, max_delay }
}

#[track_caller]
fn check(why: &str, policy: RetryPolicy, spread: u8, expected: &[u64]) {
    let delays = (0..).take(expected.len()).map(|retry| policy.delay_seconds(retry, None, spread));
    assert_eq!(delays.collect::<Vec<_>>(), expected, "{why}");
}

#[test]
fn the_policy_of_elytra_is_exact() {
    assert_eq!(RetryPolicy::ELYTRA.max_retries, 5, "Elytra's RetryConfig");
    for spread in 0..=255 {
        let expected = [1, 2, 4, 8, 16];
        check("whatever the jitter", RetryPolicy::ELYTRA, spread, &expected);
    }
}

#[test]
fn the_default_policy_lasts_for_a_day() {
    let policy = RetryPolicy::default();
    let total = |spread| {
        let delays = (0..policy.max_retries).map(|retry| policy.delay_seconds(retry, None, spread));
        delays.sum::<u64>()
    };
    let doubled: Vec<_> = (0..12).map(|retry| 1 << retry).collect();
    let expected = [doubled, vec![3_600; 23]].concat();
    assert_eq!(expected.len(), usize::try_from(policy.max_retries).unwrap());
    check("doubling up to an hour", policy, 0, &expected);
    assert_eq!(total(0), 86_895, "a day and eight minutes");
    assert_eq!(total(255), 92_294, "and the jitter");
}

#[test]
fn delays_grow_up_to_max_delay() {
    check("it is hit", policy(1_000, 2.0, 5_000), 255, &[1, 2, 4, 5, 5, 5]);
    check("it is less than the first", policy(10_000, 2.0, 1_000), 255, &[1, 1]);
    check("it is not a whole second", policy(1_000, 2.0, 1_500), 0, &[1, 2, 2]);
    check("a multiplier of 1", policy(3_000, 1.0, 300_000), 255, &[3, 3, 3]);
    check("a fraction", policy(1_000, 1.5, 300_000), 0, &[1, 2, 3, 4, 6, 8]);
    check(
        "a queue knows whole seconds, and none is shorter than was asked for",
        policy(100, 2.0, 300_000),
        0,
        &[1, 1, 1, 1, 2, 4, 7, 13],
    );
    check("a millisecond over", policy(1_001, 1.0, 300_000), 0, &[2]);
}

#[test]
fn events_that_failed_together_do_not_come_back_together() {
    let policy = policy(160_000, 1.0, 300_000);
    let delays: Vec<_> = (0..=255).map(|spread| policy.delay_seconds(0, None, spread)).collect();
    assert_eq!((delays[0], delays[128], delays[255]), (160, 165, 169), "a sixteenth is 10 s");
    assert!(delays.is_sorted());
}

#[test]
fn nothing_overflows() {
    for retry in [0, 1, 99, i32::MAX.unsigned_abs(), u32::MAX] {
        for spread in [0, 255] {
            let delay = |policy: RetryPolicy| policy.delay_seconds(retry, Some(u64::MAX), spread);
            assert_eq!(delay(policy(86_400_000, 1_000.0, 86_400_000)), DAY, "the largest bounds");
            assert_eq!(delay(policy(u64::MAX, f64::MAX, u64::MAX)), DAY, "and beyond them");
        }
    }
}

#[test]
fn the_destination_may_ask_for_more() {
    let asked = |retry, seconds| RetryPolicy::ELYTRA.delay_seconds(retry, Some(seconds), 255);
    let table = [
        ("now", 0, 0, 1),
        ("as long as the policy", 0, 1, 1),
        ("longer", 0, 7, 7),
        ("shorter than the policy", 4, 3, 16),
        ("exactly max_delay", 0, 300, 300),
        ("longer than max_delay", 0, 301, 300),
        ("for ever", 0, u64::MAX, 300),
    ];
    for (why, retry, seconds, expected) in table {
        assert_eq!(asked(retry, seconds), expected, "{why}");
    }
    let fraction = policy(100, 1.0, 1_500).delay_seconds(0, Some(60), 0);
    assert_eq!(fraction, 2, "a max_delay with a fraction of a second is rounded up");
}

/// The delay according to the policy, in milliseconds, by plain multiplication.
fn exact_delay(policy: RetryPolicy, retry: u32) -> f64 {
    let initial_delay = u32::try_from(policy.initial_delay).unwrap();
    let max_delay = f64::from(u32::try_from(policy.max_delay).unwrap());
    let mut delay = f64::from(initial_delay);
    for _ in 0..retry {
        delay = (delay * policy.backoff_multiplier).min(max_delay);
    }
    delay.min(max_delay)
}

#[test]
fn a_delay_is_never_shorter_and_little_longer() {
    let multiplier = prop_oneof![Just(1.0), 1.0..3.0_f64, 1.0..1_000.0_f64];
    let delay = |least: u64| prop_oneof![least..10_000, least..=86_400_000];
    let policies = (delay(100), multiplier, delay(1_000)).prop_map(|(a, b, c)| policy(a, b, c));
    property((policies, 0..=99_u32, any::<u8>()), |(policy, retry, spread)| {
        let seconds = policy.delay_seconds(retry, None, spread);
        assert!((1..=DAY).contains(&seconds), "{seconds}: a queue takes a day at most");
        let seconds = f64::from(u32::try_from(seconds).unwrap());
        let exact = exact_delay(policy, retry);
        let noise = 1e-6;
        assert!(seconds * 1_000.0 >= exact - noise, "{seconds} s, not {exact} ms");
        // The delay is rounded up to whole seconds, plus jitter of up to a sixteenth.
        let most = ((exact + noise) / 1_000.0).ceil() * 17.0 / 16.0;
        assert!(seconds <= most, "{seconds} s, {most} s at most");
    });
}
