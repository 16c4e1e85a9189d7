//! How much is read, and how much a destination takes.

use elytra_webhooks::config::Config;
use elytra_webhooks::limits::MAX_QUEUE_EVENT_BYTES;
use elytra_webhooks::request::BodyError;

use super::{
    Answer, Expected, Memory, Request, WEBHOOK, ask, authorized, check_answer, configure, event,
};

const LIMIT: usize = 65_536;

const TOO_LARGE: Expected<'_> = Expected {
    status: 413,
    headers: "",
    body: r#"{"type":"urn:elytra-webhooks:body_too_large","title":"The body is too large","status":413,"code":"body_too_large","detail":"the body is larger than 65536 bytes (max_body_bytes)"}"#,
    log: r#"{"outcome":"refused","code":"body_too_large","status":413,"mode":"structured","reasons":["the body is larger than 65536 bytes (max_body_bytes)"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
};

/// A configuration that reads 64 KiB, with a subscription that wants every event.
fn config() -> Config {
    let webhook = WEBHOOK.replace(r#","auth""#, r#","max_body_bytes":65536,"auth""#);
    configure(&webhook, &[("A", r#"{"queue":"QUEUE"}"#)])
}

/// An event of exactly this many bytes.
fn event_of(bytes: usize) -> String {
    let room = bytes - event(r#""data":"""#).len();
    event(&format!(r#""data":"{}""#, "x".repeat(room)))
}

fn ask_small(request: Request) -> (Answer, usize) {
    let memory = Memory::default();
    let answer = ask(Ok(&config()), request, &memory);
    (answer, memory.held().len())
}

#[track_caller]
fn check_announced(why: &str, length: &str, expected: Option<&Expected<'_>>) {
    let request = Request::new(authorized().with("content-length", length), event(""));
    let (answer, held) = ask_small(request);
    match expected {
        Some(expected) => {
            check_answer(why, &answer, expected);
            assert_eq!((answer.polls, held), (0, 0), "{why}: not one byte is read");
        }
        None => assert_eq!((answer.status, held), (202, 1), "{why}"),
    }
}

#[test]
fn what_is_announced_too_large_is_not_read() {
    check_announced("exactly the limit", "65536", None);
    check_announced("one byte more", "65537", Some(&TOO_LARGE));
    check_announced("nonsense announces nothing", "many", None);
}

#[test]
fn an_announced_length_beyond_any_integer_is_too_large() {
    let why = "beyond usize, which has 32 bits in wasm and 64 here";
    check_announced(why, "4294967296", Some(&TOO_LARGE));
    check_announced(why, "99999999999999999999", Some(&TOO_LARGE));
}

#[track_caller]
fn check_chunks(why: &str, chunks: &[usize], polls: usize, expected: Option<&Expected<'_>>) {
    let body = event_of(chunks.iter().sum());
    let mut rest = body.as_bytes();
    let mut script = Vec::new();
    for length in chunks {
        let (chunk, behind) = rest.split_at(*length);
        script.push(Ok(chunk.to_vec()));
        rest = behind;
    }
    let (answer, held) = ask_small(Request::chunks(script));
    match expected {
        Some(expected) => {
            check_answer(why, &answer, expected);
            assert_eq!(held, 0, "{why}: truncation is never acceptance");
        }
        None => assert_eq!((answer.status, held), (202, 1), "{why}"),
    }
    assert_eq!(answer.polls, polls, "{why}: how often the body was asked");
}

#[test]
fn what_comes_in_chunks_is_counted_while_it_is_read() {
    check_chunks("one chunk of exactly the limit", &[LIMIT], 2, None);
    check_chunks("several", &[1, 0, LIMIT / 2, LIMIT / 2 - 1], 5, None);
    check_chunks("an empty one first", &[0, 0, LIMIT], 4, None);
    check_chunks("the byte that is too many", &[LIMIT, 1, 1, 1], 2, Some(&TOO_LARGE));
    check_chunks("one chunk too large", &[LIMIT + 1], 1, Some(&TOO_LARGE));
    check_chunks("too large after a small one", &[10, LIMIT, 10], 2, Some(&TOO_LARGE));
}

#[test]
fn an_announcement_that_lies_is_no_way_around() {
    let head = authorized().with("content-length", "10");
    let (answer, _) = ask_small(Request::new(head, event_of(LIMIT + 1)));
    check_answer("a body that is too large is never cut", &answer, &TOO_LARGE);
}

#[test]
fn a_body_that_breaks_off_is_to_come_again() {
    let expected = Expected {
        status: 503,
        headers: "retry-after: 1",
        body: r#"{"type":"urn:elytra-webhooks:body_broke_off","title":"The body was cut off","status":503,"code":"body_broke_off","detail":"the body was cut off before its end"}"#,
        log: r#"{"outcome":"failed","code":"body_broke_off","status":503,"mode":"structured","reasons":["connection reset"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
    };
    let broken = || Err(BodyError("connection reset".to_owned()));
    let whole = || Ok(event("").into_bytes());
    for script in [vec![broken()], vec![whole(), broken()], vec![whole(), broken(), whole()]] {
        let (answer, held) = ask_small(Request::chunks(script));
        check_answer("even where an event seems whole", &answer, &expected);
        assert_eq!(held, 0, "nothing is forwarded");
    }
}

#[test]
fn an_event_larger_than_a_queue_takes_goes_nowhere() {
    assert_eq!(
        MAX_QUEUE_EVENT_BYTES, 127_900,
        "128 KB less the 100 bytes that Cloudflare counts besides"
    );
    let both = [("A", r#"{"kv":{"binding":"KV"}}"#), ("B", r#"{"queue":"QUEUE"}"#)];
    let config = configure(WEBHOOK, &both);
    let memory = Memory::default();
    let answer = ask(Ok(&config), Request::body(event_of(127_901)), &memory);
    check_answer(
        "no retry can help, so this is not a 503",
        &answer,
        &Expected {
            status: 413,
            headers: "",
            body: r#"{"type":"urn:elytra-webhooks:event_too_large","title":"The event is too large","status":413,"code":"event_too_large","detail":"the event has 127901 bytes, but the destination of \"b\" takes at most 127900, and no KV namespace is bound as CLAIMS"}"#,
            log: r#"{"outcome":"refused","code":"event_too_large","status":413,"mode":"structured","id":"1","source":"s","type":"t","reasons":["the event has 127901 bytes, but the destination of \"b\" takes at most 127900, and no KV namespace is bound as CLAIMS"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}"#,
        },
    );
    assert_eq!(memory.take_held(), [], "not even where it fits");

    let answer = ask(Ok(&config), Request::body(event_of(127_900)), &memory);
    assert_eq!((answer.status, memory.take_held().len()), (202, 2), "exactly at the limit");

    let kv = configure(WEBHOOK, &both[..1]);
    let answer = ask(Ok(&kv), Request::body(event_of(1_048_576)), &memory);
    assert_eq!((answer.status, memory.take_held().len()), (202, 1), "KV takes all that is read");
}

#[test]
fn an_event_of_64_kib_passes_by_the_least_limit() {
    let (answer, held) = ask_small(Request::body(event_of(64 * 1024)));
    assert_eq!((answer.status, held), (202, 1), "core section 5: intermediaries forward 64 KiB");
}
