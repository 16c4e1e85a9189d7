//! The requests, and the pages of a list.

use elytra_webhooks_operator::{
    Erasure, EventFilter, EventKey, JobOrder, LetterAction, LetterFilter, Limit, Method, Order,
    Pages, RefusalFilter, ReplayId, ReplayOrder, Request,
};

/// 2026-11-24T17:43:27.985Z
const NOW: u64 = 1_795_542_207_985;

#[test]
fn each_request_has_its_method_path_and_query() {
    let key = EventKey::parse("AbCdEfGhIjKlMnOpQrStUvWxYz-_0123").unwrap();
    let id = ReplayId::parse("1795542207985-aBcD_-12").unwrap();
    let event = Erasure::Event { source: "a b".to_owned(), id: "1&2".to_owned() };
    let object = Erasure::Object("product/4711".to_owned());
    let shop = LetterFilter { subscription: Some("shop".to_owned()), ..LetterFilter::default() };
    let cases = [
        (Request::event(&key), Method::Get, "/events/AbCdEfGhIjKlMnOpQrStUvWxYz-_0123"),
        (Request::replays(), Method::Get, "/replays"),
        (Request::replay(&id), Method::Get, "/replays/1795542207985-aBcD_-12"),
        (Request::order(&id, Order::Pause), Method::Post, "/replays/1795542207985-aBcD_-12/pause"),
        (
            Request::order(&id, Order::Resume),
            Method::Post,
            "/replays/1795542207985-aBcD_-12/resume",
        ),
        (
            Request::order(&id, Order::Cancel),
            Method::Post,
            "/replays/1795542207985-aBcD_-12/cancel",
        ),
        (object.request(None), Method::Delete, "/events?object=product/4711"),
        (object.request(Some("c=")), Method::Delete, "/events?object=product/4711&cursor=c%3D"),
        (event.request(None), Method::Delete, "/events?id=1%262&source=a%20b"),
        (Request::dead_letter("shop/1/a"), Method::Get, "/dead-letters?id=shop/1/a"),
        (
            Request::change_letter(LetterAction::Redrive, "shop/1/a&until=7d"),
            Method::Post,
            "/dead-letters/redrive?id=shop/1/a%26until%3D7d",
        ),
        (
            Request::change_letters(LetterAction::Delete, &shop),
            Method::Post,
            "/dead-letters/delete?subscription=shop",
        ),
        // The Worker wants a condition. This one excludes none.
        (
            Request::change_letters(LetterAction::Delete, &LetterFilter::default()),
            Method::Post,
            "/dead-letters/delete?since=1970-01-01T00:00:00Z",
        ),
        (Request::job("1/a"), Method::Get, "/dead-letters/jobs?id=1/a"),
        (Request::order_job("1/a", JobOrder::Stop), Method::Post, "/dead-letters/jobs/stop?id=1/a"),
        (
            Request::order_job("1/a", JobOrder::Resume),
            Method::Post,
            "/dead-letters/jobs/resume?id=1/a",
        ),
    ];
    for (request, method, target) in cases {
        assert_eq!((request.method, &*request.target()), (method, target));
        assert_eq!(request.body, None, "{target}");
    }
}

#[test]
fn a_replay_says_only_what_was_ordered() {
    let filter = EventFilter { type_: Some("t".to_owned()), ..EventFilter::default() };
    let key = EventKey::parse("AbCdEfGhIjKlMnOpQrStUvWxYz-_0123").unwrap();
    let cases = [
        (
            "the Worker has its defaults",
            ReplayOrder { filter, ..ReplayOrder::default() },
            r#"{"filter":{"type":"t"},"dry_run":false}"#,
        ),
        (
            "everything else",
            ReplayOrder {
                keys: vec![key],
                subscriptions: vec!["shop".to_owned()],
                respect_filters: Some(false),
                events_per_second: Some(5),
                ..ReplayOrder::default()
            },
            r#"{"keys":["AbCdEfGhIjKlMnOpQrStUvWxYz-_0123"],"subscriptions":["shop"],"respect_filters":false,"events_per_second":5,"dry_run":false}"#,
        ),
    ];
    for (why, order, body) in cases {
        assert_eq!(order.start().body.as_deref(), Some(body), "{why}");
        let dry = body.replace("\"dry_run\":false", "\"dry_run\":true");
        assert_eq!(order.dry_run().body, Some(dry), "{why}");
    }
}

/// Nothing but the right path can be asked for, whatever is typed.
#[test]
fn what_stands_in_a_path_has_no_other_characters() {
    let of_length = |length: usize| "a".repeat(length);
    for (text, is_key, is_id) in [
        ("AbCdEfGhIjKlMnOpQrStUvWxYz-_0123", true, true),
        (&of_length(31), false, true),
        (&of_length(33), false, true),
        (&of_length(128), false, true),
        (&of_length(129), false, false),
        ("", false, false),
        (".", false, false),
        ("..", false, false),
        ("a/pause", false, false),
        ("a?b", false, false),
        ("AbCdEfGhIjKlMnOpQrStUvWxYz-_012%", false, false),
        // As long as a key in bytes.
        ("äääääääääääääääa", false, false),
    ] {
        assert_eq!(EventKey::parse(text).is_some(), is_key, "{text:?}");
        assert_eq!(ReplayId::parse(text).is_some(), is_id, "{text:?}");
    }
}

#[test]
fn how_long_ago_becomes_a_time() {
    for (why, text, expected) in [
        ("seconds", "90s", "2026-11-24T17:41:57.985Z"),
        ("minutes", "15m", "2026-11-24T17:28:27.985Z"),
        ("hours", "1h", "2026-11-24T16:43:27.985Z"),
        ("days", "7d", "2026-11-17T17:43:27.985Z"),
        ("before 1970", "99999999999999999999d", "1970-01-01T00:00:00.000Z"),
        ("a time stays", "2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
        ("no unit: the Worker says so", "15", "15"),
        ("no number", "h", "h"),
        ("a sign", "-1h", "-1h"),
        ("another unit", "1w", "1w"),
        ("upper case", "1H", "1H"),
        ("nothing", "", ""),
    ] {
        let filter = EventFilter {
            since: Some(text.to_owned()),
            until: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let fixed = filter.fixed_at(NOW);
        assert_eq!(fixed.since.as_deref(), Some(expected), "{why}");
        assert_eq!(fixed.until.as_deref(), Some(expected), "{why}");
        let refusals = RefusalFilter { since: Some(text.to_owned()), ..RefusalFilter::default() };
        assert_eq!(refusals.fixed_at(NOW).since.as_deref(), Some(expected), "{why}");
        let letters = LetterFilter { until: Some(text.to_owned()), ..LetterFilter::default() };
        assert_eq!(letters.fixed_at(NOW).until.as_deref(), Some(expected), "{why}");
    }
}

/// Why a case exists, how many to list, the answers, the limits that are asked for, how many were listed, and whether
/// there may be more.
type Case =
    (&'static str, Limit, &'static [&'static str], &'static [&'static str], &'static [usize], bool);

/// Reads these answers as long as there is something to ask, and returns the targets and how many were listed.
fn read(mut pages: Pages, answers: &[&str]) -> (Vec<String>, Vec<usize>, bool) {
    let (mut targets, mut listed) = (Vec::new(), Vec::new());
    for answer in answers {
        let Some(request) = pages.request() else { break };
        targets.push(request.target());
        listed.push(pages.read(answer).unwrap().items.len());
    }
    assert_eq!(pages.request(), None, "there is no other page");
    (targets, listed, pages.has_more())
}

const TWO: &str = r#"{"events":[{},{}],"cursor":"a"}"#;
const LAST: &str = r#"{"events":[{},{}],"cursor":null}"#;

#[test]
fn a_list_is_read_page_by_page() {
    let none = EventFilter::default();
    let cases: [Case; 7] = [
        ("all of them", Limit::All, &[TWO, LAST], &["1000", "1000&cursor=a"], &[2, 2], false),
        (
            "as many as there are",
            Limit::First(9),
            &[TWO, LAST],
            &["9", "7&cursor=a"],
            &[2, 2],
            false,
        ),
        ("as many as asked for", Limit::First(2), &[TWO], &["2"], &[2], true),
        ("a page that is too long", Limit::First(1), &[TWO], &["1"], &[1], true),
        (
            "more than a page can have",
            Limit::First(1_001),
            &[TWO, LAST],
            &["1000", "999&cursor=a"],
            &[2, 2],
            false,
        ),
        ("none", Limit::First(0), &[], &[], &[], true),
        (
            "an older Worker has no cursor",
            Limit::All,
            &[r#"{"events":[]}"#],
            &["1000"],
            &[0],
            false,
        ),
    ];
    for (why, limit, answers, targets, listed, has_more) in cases {
        let targets: Vec<_> =
            targets.iter().map(|target| format!("/events?limit={target}")).collect();
        let expected = (targets, listed.to_vec(), has_more);
        assert_eq!(read(Pages::of_events(&none, limit), answers), expected, "{why}");
    }
}

/// How many are on a page of jobs is the Worker's to say: it takes no limit.
#[test]
fn a_page_of_jobs_has_a_fixed_size() {
    for (why, limit, answer, listed, has_more) in [
        ("some of them", Limit::First(1), r#"{"jobs":[{},{}],"cursor":null}"#, 1, true),
        ("as many as there are", Limit::First(2), r#"{"jobs":[{},{}],"cursor":null}"#, 2, false),
        ("all of them", Limit::All, r#"{"jobs":[{},{}],"cursor":null}"#, 2, false),
        ("there are others", Limit::First(2), r#"{"jobs":[{},{}],"cursor":"a"}"#, 2, true),
    ] {
        let mut pages = Pages::of_jobs(limit);
        assert_eq!(pages.request().unwrap().target(), "/dead-letters/jobs", "{why}");
        assert_eq!(pages.read(answer).unwrap().items.len(), listed, "{why}");
        assert_eq!((pages.request(), pages.has_more()), (None, has_more), "{why}");
    }
}

#[test]
fn refusals_that_were_only_counted_are_counted() {
    let mut pages = Pages::of_refusals(&RefusalFilter::default(), Limit::All);
    let page = pages.read(r#"{"refusals":[{"at":1}],"counted":12,"cursor":null}"#).unwrap();
    assert_eq!((page.items.len(), page.counted), (1, 12));
}
