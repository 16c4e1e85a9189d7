//! Slow bodies: what arrives fast enough is read, and everything else is refused.

use std::collections::VecDeque;

use elytra_webhooks::capacity::MAX_HELD_BYTES;
use elytra_webhooks::endpoints::answer;
use elytra_webhooks::platform::Isolate as _;
use elytra_webhooks::request::Body;
use elytra_webhooks::request::BodyError;

use super::{Memory, WEBHOOK, authorized, configure};
use crate::memory::Time;
use crate::support::event;

/// Chunks, and how many milliseconds each takes to arrive.
struct SlowBody<'t> {
    time: &'t Time,
    chunks: VecDeque<(u64, Vec<u8>)>,
    /// When the next one arrives, in milliseconds since 1970.
    next_at: u64,
    /// Whether the body stalls after the last chunk.
    never_ends: bool,
}

impl Body for SlowBody<'_> {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        let Some((milliseconds, _)) = self.chunks.front() else {
            if self.never_ends {
                std::future::pending::<()>().await;
            }
            return Ok(None);
        };
        if self.next_at == 0 {
            self.next_at = self.time.now() + milliseconds;
        }
        // This may be dropped and started again. The chunk arrives at its time.
        self.time.sleep(self.next_at.saturating_sub(self.time.now())).await;
        self.next_at = 0;
        Ok(self.chunks.pop_front().map(|(_, chunk)| chunk))
    }
}

/// Chunks of this many bytes, this many milliseconds apart, with the end right after the last.
fn steady(count: usize, bytes: usize, milliseconds: u64) -> Vec<(u64, Vec<u8>)> {
    let event = event(r#""data":1"#);
    let mut body = event.into_bytes();
    body.resize((count * bytes).max(body.len()), b' ');
    body.chunks(bytes).map(|chunk| (milliseconds, chunk.to_vec())).collect()
}

/// The answer, and after how many milliseconds it came.
fn send(chunks: Vec<(u64, Vec<u8>)>, never_ends: bool) -> (u16, &'static str, u64) {
    let webhook = WEBHOOK
        .replace(r#","auth""#, r#","body_timeout_ms":10000,"max_body_bytes":2000000,"auth""#);
    let config = configure(&webhook, &[("A", r#"{"kv":{"binding":"KV"}}"#)]);
    let memory = Memory::default();
    let body = SlowBody { time: &memory.time, chunks: chunks.into(), next_at: 0, never_ends };
    let (reply, line) = memory.time.run(answer(Ok(&config), &authorized(), body, &memory));
    assert_eq!(line.code, reply.code);
    if reply.status == 408 {
        assert_eq!(memory.held(), [], "nothing of it is forwarded");
        assert_eq!(line.outcome, "refused");
        let why = r#""detail":"the body did not arrive within 10000 ms (body_timeout_ms), or arrived too slowly""#;
        assert!(reply.body.contains(why), "{}", reply.body);
    }
    (reply.status, reply.code, memory.time.passed())
}

const TIMED_OUT: (u16, &str) = (408, "body_timed_out");

#[track_caller]
fn check(why: &str, chunks: Vec<(u64, Vec<u8>)>, never_ends: bool, expected: (u16, &str, u64)) {
    assert_eq!(send(chunks, never_ends), expected, "{why}");
}

#[test]
fn a_body_has_so_much_time_and_more_for_what_came_of_it() {
    let accepted = |after| (202, "accepted", after);
    let timed_out = |after| (TIMED_OUT.0, TIMED_OUT.1, after);
    check("all at once", steady(1, 100, 0), false, accepted(0));
    check("at the last moment", steady(1, 100, 9_999), false, accepted(9_999));
    check("nothing at all", Vec::new(), true, timed_out(10_000));
    check("a part, and then nothing", steady(1, 100, 0), true, timed_out(10_006));
    check("a byte a second", steady(100, 1, 1_000), false, timed_out(10_000));
    check("16 KB for each second", steady(60, 16_000, 1_000), false, accepted(60_000));
    check("half as much", steady(60, 8_000, 1_000), false, timed_out(19_500));
    check("much, and then nothing", steady(1, 1_600_000, 0), true, timed_out(110_000));
}

#[test]
fn what_has_timed_out_holds_nothing() {
    let config = configure(WEBHOOK, &[("A", r#"{"kv":{"binding":"KV"}}"#)]);
    let memory = Memory::default();
    let chunks = steady(1, 900_000, 0).into();
    let body = SlowBody { time: &memory.time, chunks, next_at: 0, never_ends: true };
    let (reply, _) = memory.time.run(answer(Ok(&config), &authorized(), body, &memory));
    assert_eq!(reply.status, 408);
    assert_eq!(memory.capacity().held(), 0);
}

#[test]
fn a_request_that_finds_no_room_is_to_come_again() {
    let config = configure(WEBHOOK, &[("A", r#"{"kv":{"binding":"KV"}}"#)]);
    let memory = Memory::default();
    let mut others = memory.capacity().reserve();
    others.grow_to(MAX_HELD_BYTES - 500_000).unwrap();

    let send = |bytes| {
        let chunks = steady(1, bytes, 0).into();
        let body = SlowBody { time: &memory.time, chunks, next_at: 0, never_ends: false };
        memory.time.run(answer(Ok(&config), &authorized(), body, &memory))
    };
    assert_eq!(send(400_000).0.status, 202, "there is room for this one");
    let (reply, line) = send(600_000);
    assert_eq!((reply.status, reply.code), (503, "overloaded"));
    assert!(reply.headers.contains(&("retry-after", "1".to_owned())), "{:?}", reply.headers);
    assert!(line.to_json().contains("600000 bytes of memory"), "{}", line.to_json());
    assert_eq!(memory.capacity().held(), MAX_HELD_BYTES - 500_000, "it has let go of its part");
    drop(others);
    memory.time.pass(1_000); // KV allows one write per second and key
    assert_eq!(send(600_000).0.status, 202, "when it is retried");
}
