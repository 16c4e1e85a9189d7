//! Dead letters, and the jobs that do something with them.

use elytra_webhooks_operator::{
    ChangedLetters, Job, JobView, Letter, LetterAction, LetterCount, LetterFilter, LetterTable,
    print_job, print_job_progress, print_letter,
};
use serde_json::value::RawValue;

use super::tables::raw;

const DIGEST: &str = "UIxRnw0znFXgbu2VnU6oup7HGFP0j5KWC8pUIN72KQg";

/// A dead letter that died at this time.
fn letter(subscription: &str, died_at: u64, rest: &str) -> Box<RawValue> {
    raw(&format!(
        r#"{{"id":"{subscription}/{died_at}/{DIGEST}","subscription":"{subscription}","attempts":1234,"accepted_at":1795542207957,"died_at":{died_at},{rest}}}"#
    ))
}

#[test]
fn a_row_says_whose_it_is_and_why_it_died() {
    let letters = [
        letter(
            "shop",
            1_795_542_207_985,
            r#""cause":"status","status":422,"event":{"id":"385d27ef-ac6d-4d93-904b-ea9801fc1bde"}"#,
        ),
        // The status is the reason only if the cause says so.
        letter(
            "shop",
            1_795_542_207_985,
            r#""cause":"no_subscription","status":500,"event":{"id":"\n"}"#,
        ),
        // The id of its event is long, and a later version has other causes.
        letter("search", 1_795_542_207_985, r#""cause":"boredom","event":{},"new":{}"#),
    ];
    let expected = "\
DIED                  TO      CAUSE            EVENT
2026-11-24T17:43:27Z  shop    status 422       385d27ef-ac6d-4d93-904b-ea9801fc1bde
2026-11-24T17:43:27Z  shop    no_subscription  \\n
2026-11-24T17:43:27Z  search  boredom          -
";
    assert_eq!(LetterTable::new(Some(100)).rows(&letters).unwrap(), expected);
    // The id of the event is copied, so it stays whole.
    let narrow = LetterTable::new(Some(80)).rows(&letters[..1]).unwrap();
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    assert!(narrow.contains("385d27ef-ac6d-4d93-904b-ea9801fc1bde\n"), "{narrow}");
    let wide = LetterTable::new(Some(160)).rows(&letters[..1]).unwrap();
    assert_eq!(wide, LetterTable::new(None).rows(&letters[..1]).unwrap());
    let row = format!("  1,234     shop/1795542207985/{DIGEST}\n");
    assert!(wide.ends_with(&row), "{wide}");
}

#[test]
fn those_that_are_meant_are_counted() {
    let mut few = LetterCount::default();
    assert_eq!(few.how_many(), "0 dead letters");
    few.add(&[letter("shop", 1_795_542_207_985, r#""cause":"gone","event":{"id":"1"}"#)]).unwrap();
    let expected = "\
DIED                  TO    CAUSE  EVENT
2026-11-24T17:43:27Z  shop  gone   1
";
    assert_eq!(
        (few.how_many(), few.print(Some(80))),
        ("1 dead letter".to_owned(), expected.to_owned())
    );
    let question = "Delete 1 dead letter? Its event is lost.";
    assert_eq!(LetterAction::Delete.question_of(&few), question);

    // A page after the other.
    let mut many = few.clone();
    let page: Vec<_> = (0..1_000)
        .map(|number| letter("shop", 1_795_542_207_985 - number * 1_000, r#""cause":"gone""#))
        .collect();
    many.add(&page).unwrap();
    many.add(&[letter("search", 1_795_542_300_000, r#""cause":"timeout""#)]).unwrap();
    let expected = "\
TO      CAUSE    NUMBER  FIRST DIED            LAST DIED
search  timeout  1       2026-11-24T17:45:00Z  2026-11-24T17:45:00Z
shop    gone     1,001   2026-11-24T17:26:48Z  2026-11-24T17:43:27Z
";
    assert_eq!(many.print(Some(80)), expected);
    assert_eq!(LetterAction::Redrive.question_of(&many), "Send 1,002 dead letters again?");
    let question = "Delete 1,002 dead letters? Their events are lost.";
    assert_eq!(LetterAction::Delete.question_of(&many), question);
}

/// The filter ends just after the last one that was counted, by the clock of the Worker.
#[test]
fn what_dies_later_is_not_among_them() {
    let filter = LetterFilter {
        cause: Some("gone".to_owned()),
        until: Some("2999-01-01T00:00:00Z".to_owned()),
        ..LetterFilter::default()
    };
    let of = |letters: &[Box<RawValue>]| {
        let mut count = LetterCount::default();
        count.add(letters).unwrap();
        count.only_these(&filter)
    };
    let later = letter("a", 1_795_542_207_999, "\"event\":{}");
    let until = of(&[later.clone(), letter("b", 1_795_542_207_985, "\"event\":{}")]).until;
    assert_eq!(until.as_deref(), Some("2026-11-24T17:43:28.000Z"));
    // A list does not know when it died, but its id does, and that is what counts.
    let unknown = raw(&format!(r#"{{"id":"z/1795542300000/{DIGEST}","died_at":0}}"#));
    let until = of(&[unknown, later]).until;
    assert_eq!(until.as_deref(), Some("2026-11-24T17:45:00.001Z"));
    // What somebody put there by hand has always been there.
    let by_hand = of(&[raw(r#"{"id":"shop","died_at":0}"#)]);
    assert_eq!(by_hand.until.as_deref(), Some("1970-01-01T00:00:00.001Z"));
    assert_eq!(by_hand.cause.as_deref(), Some("gone"));
}

#[test]
fn a_dead_letter_is_shown_with_the_last_answer() {
    let json = |rest: &str| {
        format!(
            r#"{{"code":"dead_letter","id":"shop/1/{DIGEST}","subscription":"shop","accepted_at":1795542207957,"died_at":1795542207985,"attempts":36,"cause":"status","reason":"the destination answered 422","status":422,{rest}}}"#
        )
    };
    let facts = format!(
        "\
id        shop/1/{DIGEST}
to        shop
cause     status: the destination answered 422
"
    );
    let rest = "\
attempts  36
accepted  2026-11-24T17:43:27Z
died      2026-11-24T17:43:27Z
";
    for (why, members, answer, event) in [
        (
            "what a server says may be meant for the terminal",
            r#""answer":{"content_type":"application/json","body":"{\"error\":\n\"no\u001b[2J\"}"},"event":{"id":"1","source":"s","type":"t"}"#,
            "answered  {\"error\":\\n\"no\\u{1b}[2J\"}\nas        application/json\n",
            "event     1\nsource    s\ntype      t\ntext      34 bytes: --json prints it\n",
        ),
        (
            "no text, and no event",
            r#""answer":{"body_base64":"/w=="},"event":"the message was not JSON""#,
            "in base64 /w==\n",
            "text      26 bytes: --json prints it\n",
        ),
        ("nothing was said", r#""event":{}"#, "", "text      2 bytes: --json prints it\n"),
    ] {
        let letter = Letter::read(&json(members)).unwrap();
        assert_eq!(print_letter(&letter), format!("{facts}{answer}{rest}{event}"), "{why}");
    }
}

/// A job with these members.
fn job(members: &str) -> Job {
    JobView::read(&format!(r#"{{"code":"job","job":{{"id":"1/a",{members}}}}}"#)).unwrap().job
}

/// What is stuck or left to others is counted, but never as sent.
#[test]
fn the_progress_is_a_line() {
    for (why, members, of, expected) in [
        (
            "it has begun",
            r#""action":"redrive","state":"running","redriven":0"#,
            Some(1_234),
            "[------------------------] 0/1,234 sent again",
        ),
        (
            "in the middle",
            r#""action":"redrive","state":"running","redriven":800,"already_sent":3,"under_way":1,"stuck":2"#,
            Some(1_234),
            "[###############---------] 800/1,234 sent again, 3 before, 1 left to others, 2 stuck",
        ),
        (
            "nobody counted",
            r#""action":"delete","state":"running","deleted":1200"#,
            None,
            "1,200 deleted",
        ),
        (
            "others were faster",
            r#""action":"delete","state":"finished","deleted":1"#,
            Some(3),
            "[########################] 1/3 deleted, finished",
        ),
        (
            "a later version does something else",
            r#""action":"frame","state":"hanging""#,
            Some(0),
            "[------------------------] 0/0 done, hanging",
        ),
    ] {
        assert_eq!(print_job_progress(&job(members), of), expected, "{why}");
    }
}

#[test]
fn a_job_is_a_success_or_says_why_not() {
    for (why, members, has_ended, found_nothing, failure) in [
        ("it runs", r#""state":"running""#, false, false, Some("the job is running")),
        ("all were sent", r#""state":"finished","redriven":1"#, true, false, None),
        ("all had been", r#""state":"finished","redriven":0,"already_sent":1"#, true, false, None),
        ("there were none", r#""state":"finished","redriven":0"#, true, true, None),
        (
            "some stay",
            r#""action":"redrive","state":"finished","redriven":1,"already_sent":1,"stuck":2,"under_way":1"#,
            true,
            false,
            Some(
                "not all were sent again: 1 left to another request; 2 stuck, and can never be sent again",
            ),
        ),
        ("it was stopped", r#""state":"stopped""#, true, false, Some("the job was stopped")),
        ("it failed", r#""state":"failed","reason":"r""#, true, false, Some("the job failed")),
        ("a new state", r#""state":"dreaming""#, false, false, Some("the job is dreaming")),
    ] {
        let job = job(members);
        let said = (job.has_ended(), job.found_nothing(), job.failure());
        assert_eq!(said, (has_ended, found_nothing, failure.map(str::to_owned)), "{why}");
    }
}

#[test]
fn a_job_is_shown() {
    let job = job(
        r#""action":"delete","filter":{"subscription":"shop","until":"2026-11-24T17:43:27.985Z"},"by":"ADMIN_TOKEN","started_at":1795542207985,"state":"failed","reason":"no queue","deleted":1234,"already_sent":1,"under_way":0,"stuck":0,"looked_at":2000"#,
    );
    let expected = "\
job       1/a
state     failed: no queue
letters   subscription=shop until=2026-11-24T17:43:27.985Z
started   2026-11-24T17:43:27Z
by        ADMIN_TOKEN
result    1,234 deleted
          1 sent again or deleted before
looked at 2,000
";
    assert_eq!(print_job(&job), expected);
}

#[test]
fn what_is_stuck_has_a_reason() {
    let json = r#"{"code":"redriven","redriven":["a"],"stuck":[{"id":"b/1/x","reason":"not a dead letter"}],"cursor":null}"#;
    let changed = ChangedLetters::read(json).unwrap();
    assert_eq!((changed.done.len(), changed.job.is_none()), (1, true));
    assert_eq!(changed.print_stuck(), "b/1/x: not a dead letter\n");
    // An answer that does not say what was done is none.
    assert!(ChangedLetters::read(r#"{"code":"redriven"}"#).is_err());
}
