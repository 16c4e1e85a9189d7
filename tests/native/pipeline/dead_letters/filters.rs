//! Which dead letters an operator means.

use elytra_webhooks::delivery::Cause;
use elytra_webhooks::operator::dead_letters::LIST_PAGES;
use elytra_webhooks::when::to_rfc3339;

use super::access::check_query;
use super::{Memory, ask, bury, config, cursor, form_encoded, ids, letter, list, redrive};
use crate::memory::START;
use crate::support::event;

/// A minute, in milliseconds.
const MINUTE: u64 = 60_000;

/// An event with an id that is too long for metadata.
fn long_id(last: char) -> String {
    format!("{}{last}", "i".repeat(160))
}

fn with_id(id: &str) -> String {
    event("").replace(r#""id":"1""#, &format!(r#""id":"{id}""#))
}

#[test]
fn by_event_and_time() {
    let memory = Memory::default();
    let early = bury(&memory, "shop", MINUTE, &Cause::Gone, &letter(1));
    let other = bury(&memory, "shop_b", 2 * MINUTE, &Cause::Timeout, &letter(1));
    let late = bury(&memory, "shop", 3 * MINUTE, &Cause::Timeout, &letter(2));
    memory.time.pass(4 * MINUTE - memory.time.passed());
    let at = |minutes: u64| to_rfc3339(START + minutes * MINUTE);
    let table = [
        ("one event, of every subscription", "event=1".to_owned(), vec![&early, &other]),
        ("no prefix", "event=11".to_owned(), vec![]),
        ("with a subscription", "event=1&subscription=shop_b".to_owned(), vec![&other]),
        ("with a cause", "event=1&cause=gone".to_owned(), vec![&early]),
        ("since, inclusive", format!("since={}", at(2)), vec![&late, &other]),
        ("until, exclusive", format!("until={}", at(2)), vec![&early]),
        ("ago", "since=1m".to_owned(), vec![&late]),
        ("a range", format!("since={}&until=1m", at(2)), vec![&other]),
        ("of one", "subscription=shop&since=2m".to_owned(), vec![&late]),
        ("until of one", format!("subscription=shop&until={}", at(3)), vec![&early]),
        ("before all", "until=2025-11-30T00:00:00Z".to_owned(), vec![]),
        ("before all of one", "subscription=shop&until=2025-11-30T00:00:00Z".to_owned(), vec![]),
        ("long ago", "subscription=shop&since=9999999d".to_owned(), vec![&early, &late]),
    ];
    for (why, query, expected) in table {
        let answer = ask(Ok(&config()), list(&query), &memory);
        assert_eq!(answer.status, 200, "{why}: {}", answer.body);
        assert_eq!(ids(&answer).iter().collect::<Vec<_>>(), expected, "{why}");
        assert_eq!(cursor(&answer), None, "{why}");
    }
}

/// Whoever asks for one event gets it, not twenty empty pages.
#[test]
fn what_is_asked_for_is_looked_for_in_many_pages() {
    let memory = Memory::default();
    let metadata = |id: usize| {
        format!(
            r#"{{"subscription":"shop","cause":"gone","attempts":1,"accepted_at":1,"died_at":{START},"event":{{"id":"{id}"}}}}"#
        )
    };
    let key = |id: usize| format!("shop/{}/{}", START + id as u64, "k".repeat(43));
    let most = LIST_PAGES * 1_000;
    for id in 0..most + 2 {
        memory.store_with("DEAD", &key(id), "anything", &metadata(id));
    }
    memory.time.pass(MINUTE);
    let answer = ask(Ok(&config()), list(&format!("event={}", most - 1)), &memory);
    assert_eq!(ids(&answer), [key(most - 1)]);
    assert_eq!(memory.count("DEAD", "list"), LIST_PAGES, "and that is the bound");
    let answer = ask(Ok(&config()), list(&format!("event={}", most + 1)), &memory);
    assert_eq!(ids(&answer), Vec::<String>::new());
    let query = format!("event={}{}", most + 1, cursor(&answer).unwrap());
    assert_eq!(ids(&ask(Ok(&config()), list(&query), &memory)), [key(most + 1)], "then the cursor");

    // Keys sort by time, so a range of one subscription is found without looking at the others.
    memory.calls.borrow_mut().clear();
    let since = to_rfc3339(START + most as u64 - 3);
    let until = to_rfc3339(START + most as u64 - 1);
    let query = format!("subscription=shop&since={since}&until={until}");
    assert_eq!(ids(&ask(Ok(&config()), list(&query), &memory)), [key(most - 3), key(most - 2)]);
    assert!(memory.count("DEAD", "list") <= 2, "{}", memory.count("DEAD", "list"));
}

/// A page ends within a page of KV, and the next one continues there.
#[test]
fn pages_of_what_is_asked_for() {
    let memory = Memory::default();
    let mut expected = Vec::new();
    for number in 0..30 {
        let cause = if number % 3 == 0 { Cause::Gone } else { Cause::Timeout };
        let id = bury(&memory, "shop", number, &cause, &letter(usize::try_from(number).unwrap()));
        if cause == Cause::Gone {
            expected.push(id);
        }
    }
    for limit in 1..12 {
        let mut found = Vec::new();
        let mut place = Some(String::new());
        while let Some(cursor_) = place {
            let query = format!("cause=gone&limit={limit}{cursor_}");
            let answer = ask(Ok(&config()), list(&query), &memory);
            assert!(ids(&answer).len() <= limit);
            found.extend(ids(&answer));
            place = cursor(&answer);
        }
        assert_eq!(found, expected, "{limit} at a time");
    }
}

#[test]
fn an_id_that_is_too_long_for_metadata_is_looked_for_in_the_events() {
    let memory = Memory::default();
    let wanted = bury(&memory, "shop", 1, &Cause::Gone, &with_id(&long_id('a')));
    let other = bury(&memory, "shop", 2, &Cause::Gone, &with_id(&long_id('b')));
    bury(&memory, "shop", 3, &Cause::Gone, "no event");
    let query = format!("event={}", long_id('a'));
    assert_eq!(ids(&ask(Ok(&config()), list(&query), &memory)), [&*wanted]);
    let answer = ask(Ok(&config()), redrive(&query), &memory);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(memory.queue("DELIVERIES").len(), 1);
    let left: Vec<_> = memory.letters().into_iter().map(|(key, _)| key).collect();
    assert_eq!((left.len(), &left[0]), (2, &other));
}

#[test]
fn what_is_kept_of_jobs_is_no_dead_letter() {
    let memory = Memory::default();
    let id = bury(&memory, "shop", 1, &Cause::Gone, &letter(1));
    for number in 0..5 {
        memory.store("DEAD", &format!(".jobs/{number:013}/x"), "{}");
        memory.store("DEAD", &format!(".jobs-control/{number:013}/x"), "{}");
    }
    for query in ["", "limit=1", "cause=gone", "since=1h"] {
        assert_eq!(ids(&ask(Ok(&config()), list(query), &memory)), [&*id], "{query}");
    }
    let answer = ask(Ok(&config()), super::delete("since=1d"), &memory);
    assert!(answer.body.contains(r#""deleted":1"#), "{}", answer.body);
    assert_eq!(memory.namespace("DEAD").len(), 11, "those, and this job");
}

#[test]
fn values_that_can_be_none_are_told() {
    let expected = "expected a time in RFC 3339, such as 2025-12-31T04:19:30Z, or how long ago, such as 90s, 15m, 1h or 7d";
    for request in [list, redrive, super::delete] {
        check_query(
            "a date",
            request("since=2025-12-01"),
            &format!("since: {expected}, did you mean \"2025-12-01T00:00:00Z\"?"),
        );
        check_query("a word", request("until=yesterday"), &format!("until: {expected}"));
        check_query(
            "the other way round",
            request("since=1h&until=2h"),
            "since: expected a time before until",
        );
        check_query("nothing", request("event="), "event: expected the id of an event");
    }
    let plus = form_encoded("2025-12-01T01:00:00+01:00");
    let answer = ask(Ok(&config()), list(&format!("since={plus}")), &Memory::default());
    assert_eq!(answer.status, 200, "as people copy it");
}
