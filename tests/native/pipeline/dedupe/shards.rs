//! The configuration says how many shards the ledger has, and may be wrong. Then nothing is looked for where it is
//! not: the shard says how many there are.

use super::super::{batch, batches::numbered};
use super::{Memory, ask, deduplicating, forwarded, product};
use crate::memory::Fault;

/// An isolate that believes that the ledger has other shards than it has.
fn mistaken(memory: &Memory, known: usize) {
    memory.number_of_shards.known.set(known);
}

#[test]
fn an_event_is_found_by_an_isolate_with_another_number() {
    for known in [1, 2, 7, 16, 32] {
        let memory = Memory::default();
        let send = || ask(Ok(&deduplicating()), product(), &memory);
        assert_eq!(send().status, 202);
        mistaken(&memory, known);
        let again = send();
        assert_eq!(again.status, 200, "{known} instead of 8: {}", again.body);
        assert_eq!(memory.count("LEDGER", "claim"), 3, "the wrong shard, then the right one");
        assert_eq!(send().status, 200);
        assert_eq!(memory.count("LEDGER", "claim"), 4, "from then on, the right one");
        assert_eq!(forwarded(&memory), (1, 1));
    }
}

#[test]
fn what_an_isolate_with_another_number_forwards_is_where_others_look() {
    for known in [1, 3, 32] {
        let memory = Memory::default();
        mistaken(&memory, known);
        let elements: Vec<_> = (0..40).map(|id| numbered(id, "product")).collect();
        let send = || ask(Ok(&deduplicating()), batch(&elements), &memory).status;
        assert_eq!(send(), 202);
        assert_eq!(memory.sizes("LEDGER", "settle").iter().sum::<usize>(), 40);
        mistaken(&memory, 8);
        assert_eq!(send(), 200, "{known} instead of 8");
        assert_eq!(memory.count("QUEUE", "send"), 1);
    }
}

#[test]
fn what_was_forwarded_without_a_claim_is_recorded_where_others_look() {
    let memory = Memory::default().with("LEDGER", "claim", Fault::Fails, 1);
    mistaken(&memory, 1);
    let send = || ask(Ok(&deduplicating()), product(), &memory);
    let first = send();
    assert_eq!(first.status, 202, "{}", first.body);
    assert_eq!(memory.count("LEDGER", "settle"), 2, "the wrong shard, then the right one");
    assert_eq!(send().status, 200);
    assert_eq!(forwarded(&memory), (1, 1));
}
