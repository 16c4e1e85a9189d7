//! Which of two events of an object stays.

use futures_util::future::join;

use super::{LATER, Memory, NOON, Request, held, mirroring, send, state};
use crate::memory::Fault;
use crate::pipeline::answer_to;

/// Sends events with these times, and checks which of them stays, counted from 1.
#[track_caller]
fn check(why: &str, times: &[&str], stays: usize) {
    let memory = Memory::default();
    for (place, time) in times.iter().enumerate() {
        let text = state(&(place + 1).to_string(), time, "modify");
        assert_eq!(send(&text, &memory).status, 202, "{why}: an outdated one is no failure");
    }
    assert_eq!(held(&memory), stays.to_string(), "{why}: {times:?}");
}

#[test]
fn the_newer_stays_in_whatever_order_they_come() {
    let pairs = [
        ("a second", NOON, LATER),
        ("a nanosecond", "2025-11-30T12:00:00.000000001Z", "2025-11-30T12:00:00.000000002Z"),
        ("a fraction is more than none", NOON, "2025-11-30T12:00:00.000000001Z"),
        ("digits count from the left", "2025-11-30T12:00:00.09Z", "2025-11-30T12:00:00.1Z"),
        ("offsets are honoured", "2025-11-30T13:00:00+02:00", "2025-11-30T11:30:00Z"),
        ("across days", "2025-12-01T00:30:00+01:00", "2025-11-30T23:45:00Z"),
        ("before 1970", "1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58.6Z"),
        ("none is as new as its arrival", NOON, ""),
        ("which is not the newest of all", "", "2025-12-01T00:04:00Z"),
    ];
    for (why, older, newer) in pairs {
        check(why, &[older, newer], 2);
        check(why, &[newer, older], 1);
        check(why, &[older, newer, older], 2);
    }
}

#[test]
fn what_is_outdated_is_told_as_such() {
    let memory = Memory::default();
    assert_eq!(send(&state("1", LATER, "modify"), &memory).status, 202);
    let answer = send(&state("2", NOON, "modify"), &memory);
    let body = r#"{"code":"accepted","id":"2","subscriptions":[],"superseded":["prices"]}"#;
    assert_eq!((answer.status, &*answer.body), (202, body), "it is not held, and needs not be");
    assert!(answer.log.contains(r#""superseded":["prices"]"#), "{}", answer.log);
    assert!(answer.log.contains(r#""subscriptions":[],"superseded":["prices"]"#), "{}", answer.log);
}

#[test]
fn of_one_time_the_later_arrival_stays() {
    check("a state can change within a tick of its clock", &[NOON, NOON], 2);
    check("written in another way", &[NOON, "2025-11-30T13:00:00.000+01:00"], 2);
    check("three of them", &[NOON, NOON, NOON], 3);
    check("without time", &["", ""], 2);
}

#[test]
fn an_older_state_does_not_bring_back_what_was_removed() {
    let memory = Memory::default();
    assert_eq!(send(&state("1", LATER, "remove"), &memory).status, 202);
    assert_eq!(send(&state("2", NOON, "modify"), &memory).status, 202);
    assert_eq!(held(&memory), "1", "the tombstone stays");
    assert_eq!(send(&state("3", "2025-11-30T12:00:02Z", "add"), &memory).status, 202);
    assert_eq!(held(&memory), "3", "it is there again");
    assert_eq!(memory.namespace("KV")[0].1.expiration_ttl, None);
}

/// Two events arrive at the same moment, and KV is slow.
#[track_caller]
fn check_at_once(why: &str, first: &str, second: &str, stays: &str, puts: usize) {
    let config = mirroring("");
    let memory = Memory::default().with("KV", "put", Fault::Takes(500), 1);
    let (first, second) = memory.time.run(join(
        answer_to(Ok(&config), Request::body(state("1", first, "add")), &memory),
        answer_to(Ok(&config), Request::body(state("2", second, "modify")), &memory),
    ));
    assert_eq!((first.status, second.status), (202, 202), "{why}");
    assert_eq!((&*held(&memory), memory.count("KV", "put")), (stays, puts), "{why}");
}

#[test]
fn one_write_waits_for_another() {
    // The third put is for the second event. KV refuses it within a second of the first.
    check_at_once("the second is newer", NOON, LATER, "2", 3);
    check_at_once("of one time", NOON, NOON, "2", 3);
    check_at_once("the second is older", LATER, NOON, "1", 1);
}
