//! What holds whatever is read.

use elytra_webhooks_operator::{
    Answer, Asked, Base, ChangedLetters, Credentials, EventColumns, EventFilter, EventKey,
    EventTable, EventView, JobView, Letter, LetterCount, LetterFilter, LetterTable, Limit, Pages,
    Plan, Program, RefusalTable, ReplayId, ReplayView, Request, Step, WIDTH, clean, print_event,
    print_job, print_job_progress, print_jobs, print_letter, print_plan, print_progress,
    print_replay, print_replays, read_replays,
};

/// The program that asks.
const PROGRAM: Program = Program { name: "npx elytra-webhooks", dev: "npm run dev" };
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::tables::raw;

/// Any JSON, in which the members often have names that mean something.
fn value() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "key",
            "arrived_at",
            "received",
            "code",
            "id",
            "source",
            "type",
            "event_type",
            "operation",
            "object_type",
            "object_id",
            "subscriptions",
            "subscription",
            "fate",
            "reason",
            "history",
            "at",
            "what",
            "entry",
            "event",
            "events",
            "refusals",
            "replays",
            "replay",
            "cursor",
            "counted",
            "first",
            "is_complete",
            "state",
            "filter",
            "keys",
            "sent",
            "not_sent",
            "removed",
            "not_reached",
            "status",
            "detail",
            "attempt",
            "result",
            "milliseconds",
            "delay_seconds",
            "dead_letter",
            "queue",
            "has_text",
            "dead_letters",
            "cause",
            "attempts",
            "died_at",
            "answer",
            "body",
            "job",
            "jobs",
            "action",
            "redriven",
            "deleted",
            "stuck",
            "under_way",
            "already_sent",
        ])
        .prop_map(str::to_owned),
        ".*",
    ];
    let word = prop::sample::select(vec![
        "received",
        "attempted",
        "stored",
        "drained",
        "replayed",
        "running",
        "finished",
        "unwanted",
        "delivered",
        "accepted",
        "batch",
        "redrive",
        "delete",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..100_u64).prop_map(Value::from),
        word.prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An event as the Worker lists it, with any texts and numbers.
fn event() -> impl Strategy<Value = Value> {
    let optional = || prop::option::of(".*");
    let state = (".*", ".*", optional()).prop_map(
        |(subscription, fate, reason)| json!({"subscription": subscription, "fate": fate, "reason": reason}),
    );
    let states = prop::collection::vec(state, 0..4);
    (".*", any::<u64>(), optional(), optional(), optional(), optional(), states).prop_map(
        |(key, at, event_type, object_type, object_id, code, states)| {
            json!({
                "key": key, "arrived_at": at, "event_type": event_type, "object_type": object_type,
                "object_id": object_id, "code": code, "subscriptions": states,
            })
        },
    )
}

fn is_clean(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_read_panics(value in value(), status in 100..600_u16) {
        let json = value.to_string();
        for text in [
            EventView::read(&json).map(|view| print_event(&view)),
            EventView::read(&json!({"entry": value}).to_string()).map(|view| print_event(&view)),
            Plan::read(&json).map(|plan| print_plan(&plan) + &plan.how_many()),
            ReplayView::read(&json).map(|view| print_replay(&view) + &print_progress(&view.replay)),
            ReplayView::read(&json!({"replay": value}).to_string())
                .map(|view| print_replay(&view) + &print_progress(&view.replay)),
            EventTable::new(EventColumns::Clients, Some(WIDTH)).rows(&[raw(&json)]),
            RefusalTable::new(Some(WIDTH)).rows(&[raw(&json)]),
            print_replays(&[raw(&json)]),
            Letter::read(&json).map(|letter| print_letter(&letter)),
            LetterTable::new(Some(WIDTH)).rows(&[raw(&json)]),
            LetterTable::new(None).rows(&[raw(&json)]),
            print_jobs(&[raw(&json)]),
            JobView::read(&json!({"job": value}).to_string())
                .map(|view| print_job(&view.job) + &print_job_progress(&view.job, Some(7))),
            ChangedLetters::read(&json).map(|changed| changed.print_stuck()),
        ].into_iter().flatten() {
            prop_assert!(is_clean(&text), "{text:?}");
        }
        let _ = read_replays(&json);
        let mut letters = LetterCount::default();
        if letters.add(&[raw(&json)]).is_ok() {
            prop_assert!(is_clean(&letters.print(Some(WIDTH))));
            let _ = letters.only_these(&LetterFilter::default());
        }
        let _ = Step::read(&json);
        let mut pages = Pages::of_events(&EventFilter::default(), Limit::All);
        let _ = pages.read(&json);
        let base = Base::parse("https://example.com").unwrap();
        let Ok(Asked::Complete(credentials)) = Credentials::read(|name| {
            (name == "ELYTRA_ADMIN_TOKEN").then(|| "s3cr3t".to_owned())
        }) else {
            return Err(TestCaseError::fail("the token is missing"));
        };
        let answer = Answer { status, body: json, ..Answer::default() };
        match answer.success(&Request::replays(), &base, &credentials, PROGRAM) {
            Ok(_) => prop_assert!((200..300).contains(&status)),
            Err(failure) => {
                prop_assert!(is_clean(&failure.message), "{:?}", failure.message);
                prop_assert!(!failure.message.contains("s3cr3t"));
            }
        }
    }

    #[test]
    fn nor_does_what_is_no_json(text in ".*") {
        let _ = (EventView::read(&text), Plan::read(&text), ReplayView::read(&text));
        let _ = (Step::read(&text), read_replays(&text));
        let _ = Pages::of_events(&EventFilter::default(), Limit::All).read(&text);
    }

    /// Whatever senders write.
    #[test]
    fn a_table_fits_a_terminal(events in prop::collection::vec(event(), 1..4)) {
        let items: Vec<_> = events.iter().map(|event| raw(&event.to_string())).collect();
        let table = EventTable::new(EventColumns::Clients, Some(WIDTH)).rows(&items).unwrap();
        prop_assert_eq!(table.lines().count(), items.len() + 1);
        prop_assert!(is_clean(&table), "{:?}", table);
        for line in table.lines() {
            prop_assert!(line.width() <= WIDTH, "{:?}", line);
            prop_assert_eq!(line.trim_end_matches(' '), line);
        }
    }

    /// The words of a history are those that the Worker sent, in the same order.
    #[test]
    fn wrapping_loses_nothing(reason in "[a-z ]{0,300}") {
        let line = json!({"at": 0, "what": "received", "code": "c", "subscriptions": [
            {"subscription": "s", "fate": "f", "reason": reason},
        ]});
        let view = EventView::read(&json!({"entry": {"history": [line]}}).to_string()).unwrap();
        let printed = print_event(&view);
        let words: Vec<_> = printed.split_whitespace().collect();
        let expected = format!("received c: s f ({reason})");
        let expected: Vec<_> = expected.split_whitespace().collect();
        prop_assert!(words.ends_with(&expected), "{printed}");
        let long = printed.lines().filter(|line| line.len() > WIDTH && line.trim().contains(' '));
        prop_assert_eq!(long.filter(|line| !line.starts_with("00:")).count(), 0, "{}", printed);
    }

    #[test]
    fn a_query_is_read_as_it_was_meant(id in ".*", source in ".*", cursor in ".*") {
        let filter = EventFilter { id: Some(id.clone()), source: Some(source.clone()), ..EventFilter::default() };
        let mut pages = Pages::of_events(&filter, Limit::First(10));
        pages.read(&json!({"events": [], "cursor": cursor}).to_string()).unwrap();
        let target = pages.request().unwrap().target();
        let (path, query) = target.split_once('?').unwrap();
        prop_assert_eq!(path, "/events");
        let read: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let expected = [("id", id), ("source", source), ("limit", "10".to_owned()), ("cursor", cursor)];
        prop_assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value)));
        prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
    }

    #[test]
    fn no_url_is_called_that_others_can_read(host in "[a-z0-9.@\\[\\]:-]{0,20}", rest in "[/?#@a-z]{0,6}") {
        if let Ok(base) = Base::parse(&format!("http://{host}{rest}")) {
            let own = host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
            prop_assert!(own && base.is_loopback() && !host.contains('@'), "{}", base);
        }
    }

    #[test]
    fn any_text_is_a_url_or_not(text in ".*") {
        if let Ok(base) = Base::parse(&text) {
            prop_assert!(text.starts_with(&base.to_string()));
            prop_assert_eq!(Base::parse(&base.to_string()), Ok(base));
        }
    }

    #[test]
    fn credentials_are_a_header_or_an_error_without_them(
        token in prop::option::of(".*"),
        username in prop::option::of(".*"),
        key in prop::option::of("[a-z]{9,20}|.{9,20}"),
        header in prop::option::of(".*"),
    ) {
        let read = Credentials::read(|name| match name {
            "ELYTRA_ADMIN_TOKEN" => token.clone(),
            "ELYTRA_ADMIN_USERNAME" => username.clone(),
            "ELYTRA_ADMIN_PASSWORD" => username.as_ref().and(key.clone()),
            "ELYTRA_ADMIN_API_KEY" => username.is_none().then(|| key.clone()).flatten(),
            _ => header.clone(),
        });
        match read {
            Ok(Asked::Complete(credentials)) => {
                let (name, value) = credentials.header();
                prop_assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            }
            Ok(Asked::Missing(missing)) => prop_assert!(is_clean(&missing.prompt())),
            Err(error) => prop_assert!(is_clean(&error.to_string())),
        }
    }

    #[test]
    fn a_key_or_an_id_is_what_was_read(text in "[A-Za-z0-9_-]{0,130}|.*") {
        if let Some(key) = EventKey::parse(&text) {
            prop_assert_eq!(key.to_string(), &*text);
            prop_assert_eq!(Request::event(&key).target(), format!("/events/{text}"));
        }
        if let Some(id) = ReplayId::parse(&text) {
            prop_assert_eq!(id.to_string(), &*text);
            prop_assert_eq!(Request::replay(&id).target(), format!("/replays/{text}"));
        }
    }

    #[test]
    fn a_time_stays_or_becomes_one(text in "[0-9]{0,25}[smhd]?|.*", now in any::<u64>()) {
        let filter = EventFilter { since: Some(text.clone()), ..EventFilter::default() };
        let fixed = filter.fixed_at(now);
        prop_assert_eq!(fixed.fixed_at(now), fixed.clone(), "it is fixed");
        let since = fixed.since.unwrap_or_default();
        prop_assert!(since == text || since.ends_with('Z'), "{since}");
    }

    #[test]
    fn a_clean_text_stays_so(text in ".*") {
        let cleaned = clean(&text);
        prop_assert!(is_clean(&cleaned) && !cleaned.contains('\n'));
        prop_assert_eq!(clean(&cleaned), cleaned);
    }
}
