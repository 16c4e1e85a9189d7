//! Failures of the mirror: it writes nothing rather than something wrong.

use elytra_webhooks::destination::{PUT_AGAIN_MS, PUT_TRIES, REMEMBER_OBJECTS_MS};

use super::{LATER, Memory, NOON, Request, ask, held, mirroring, send, state};
use crate::memory::{ALWAYS, Fault};
use crate::pipeline::answer_to;

#[test]
fn a_write_that_kv_refuses_is_tried_again_a_second_later() {
    let memory = Memory::default().with("KV", "put", Fault::Fails, 1);
    assert_eq!(
        ask(Ok(&mirroring("")), Request::body(state("1", NOON, "add")), &memory).status,
        202
    );
    assert_eq!((memory.count("KV", "put"), memory.time.passed()), (2, PUT_AGAIN_MS));
    let request = Request::body(state("2", LATER, "modify"));
    let before = memory.time.passed();
    assert_eq!(
        ask(Ok(&mirroring("")), request, &memory).status,
        202,
        "the limit of KV is respected"
    );
    assert_eq!((&*held(&memory), memory.time.passed() - before), ("2", PUT_AGAIN_MS));
}

#[test]
fn a_write_that_kv_always_refuses_is_to_come_again() {
    let memory = Memory::default().with("KV", "put", Fault::Fails, ALWAYS);
    let answer = send(&state("1", NOON, "add"), &memory);
    assert_eq!(answer.status, 503, "the retries are bounded");
    assert!(answer.log.contains(r#""reasons":["prices: destination-canary"]"#), "{answer:?}");
    assert_eq!(memory.count("KV", "put"), PUT_TRIES);
    memory.repair();
    assert_eq!(send(&state("0", "2025-11-30T11:00:00Z", "add"), &memory).status, 202);
    assert_eq!(held(&memory), "0", "what was not written is not known to be newer");
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 202);
    assert_eq!(held(&memory), "1", "the claim was released");
}

#[test]
fn without_the_ledger_nothing_is_written() {
    for fault in [Fault::Fails, Fault::Hangs] {
        let memory = Memory::default().with("LEDGER", "claim", fault, ALWAYS);
        let answer = send(&state("1", NOON, "add"), &memory);
        assert_eq!((answer.status, memory.count("KV", "put")), (503, 0), "{fault:?}");
        let reason = match fault {
            Fault::Hangs => "prices: no answer before the deadline",
            _ => "prices: the ledger: destination-canary",
        };
        assert!(answer.log.contains(reason), "nobody would know what is newer: {}", answer.log);
    }
}

#[test]
fn what_kv_does_not_tell_is_not_overwritten() {
    let memory = Memory::default().with("KV", "time", Fault::Fails, 1);
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 503);
    assert_eq!(memory.count("KV", "put"), 0);
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 202);
}

#[test]
fn what_cannot_be_settled_is_to_come_again() {
    let memory = Memory::default().with("LEDGER", "settle", Fault::Fails, 1);
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 503);
    memory.time.pass(4_000);
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 202, "the claim has ended");
    assert_eq!(held(&memory), "1");
}

#[test]
fn what_the_ledger_forgot_kv_tells() {
    let memory = Memory::default();
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 202);
    memory.time.pass(REMEMBER_OBJECTS_MS);
    assert_eq!(send(&state("2", "2025-11-30T11:59:59Z", "modify"), &memory).status, 202);
    assert_eq!((&*held(&memory), memory.count("KV", "time")), ("1", 2), "KV was asked");
    assert_eq!(send(&state("3", "2025-11-30T11:59:59.5Z", "modify"), &memory).status, 202);
    assert_eq!((&*held(&memory), memory.count("KV", "time")), ("1", 2), "now the ledger knows");

    memory.forget_ledger();
    assert_eq!(send(&state("4", LATER, "modify"), &memory).status, 202);
    assert_eq!(held(&memory), "4", "a newer one is written");
}

#[test]
fn a_write_whose_holder_died_is_taken_over() {
    let config = mirroring("");
    let memory = Memory::default().with("KV", "put", Fault::Hangs, 1);
    let request = Request::body(state("1", NOON, "add"));
    assert!(memory.time.run_for(100, answer_to(Ok(&config), request, &memory)).is_none());
    let again = ask(Ok(&config), Request::body(state("1", NOON, "add")), &memory);
    assert_eq!((again.status, memory.count("KV", "put")), (503, 1), "still unknown");
    assert_eq!(memory.time.passed(), 4_100, "it waited as long as it could");
    assert_eq!(send(&state("1", NOON, "add"), &memory).status, 202);
    assert_eq!(held(&memory), "1");
}

#[test]
fn what_was_written_and_not_acknowledged_is_not_overwritten_by_something_older() {
    for (method, fault) in [("put", Fault::HangsAfterwards), ("settle", Fault::Fails)] {
        let memory = Memory::default();
        assert_eq!(send(&state("1", "2025-11-30T11:00:00Z", "add"), &memory).status, 202);
        let binding = if method == "put" { "KV" } else { "LEDGER" };
        memory.breaks(binding, method, fault, 1);
        assert_eq!(send(&state("3", LATER, "modify"), &memory).status, 503);
        memory.time.pass(10_000);
        assert_eq!(send(&state("2", NOON, "modify"), &memory).status, 202);
        assert_eq!(
            held(&memory),
            "3",
            "{method} {fault:?}: an older event never overwrites a newer"
        );
    }
}
