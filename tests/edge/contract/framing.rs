//! Where a body ends, whatever `Content-Length` says.

use edge::{RawAnswer, Receiver, Settings, event, raw_post};

const CONTENT_TYPE: (&str, &[u8]) = ("Content-Type", b"application/cloudevents+json");
const CHUNKED: (&str, &[u8]) = ("Transfer-Encoding", b"chunked");

fn announced(length: usize, body: &[u8]) -> Vec<u8> {
    raw_post(&[CONTENT_TYPE, ("Content-Length", length.to_string().as_bytes())], body)
}

fn chunked(body: &[u8]) -> Vec<u8> {
    raw_post(&[CONTENT_TYPE, CHUNKED], body)
}

/// A body in chunks of at most this many bytes, without the final empty chunk.
fn chunks(body: &[u8], bytes: usize) -> Vec<u8> {
    let chunk =
        |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    body.chunks(bytes).flat_map(chunk).collect()
}

#[track_caller]
fn expect(answer: &RawAnswer, status: u16, code: &str) {
    assert_eq!(answer.status_and_code(), (status, code.to_owned()), "{}", answer.text());
}

#[test]
fn content_length_that_lies() {
    let receiver = Receiver::start(&Settings::standard());
    let answer = |request: &[u8]| receiver.raw(request).answer();
    let event = event("1", "product");
    let bytes = event.as_bytes();

    // The correct length.
    expect(&answer(&announced(bytes.len(), bytes)), 202, "accepted");

    // A length that is too short: the rest is not part of the body.
    let with_more = format!("{event} and more");
    expect(&answer(&announced(bytes.len(), with_more.as_bytes())), 202, "accepted");
    let cut = answer(&announced(bytes.len() - 1, bytes));
    expect(&cut, 400, "invalid_event");
    assert_eq!(cut.json()["violations"][0]["code"], "not_json");
    assert_eq!(receiver.received(2), [event.clone(), event.clone()]);

    // A length that is too long: a body that is cut off is not forwarded, even if it is a complete
    // event.
    for broken in
        [announced(bytes.len() + 1, bytes), announced(100, b""), chunked(&chunks(bytes, 50))]
    {
        expect(&receiver.raw(&broken).end().answer(), 503, "body_broke_off");
    }
    // A chunk length that is not a number also cuts off the body.
    let nonsense = [&chunks(bytes, 1_000)[..], b"many\r\n"].concat();
    expect(&answer(&chunked(&nonsense)), 503, "body_broke_off");

    // The runtime refuses a length that is not a number, and two lengths.
    for length in ["many", "+1", "-1", "1\r\nContent-Length: 2"] {
        let request = raw_post(&[CONTENT_TYPE, ("Content-Length", length.as_bytes())], b"{}");
        assert_eq!(answer(&request).status(), Some(400), "{length:?}");
    }

    // With chunks, the length is ignored (RFC 9112 section 6.1).
    for length in ["1", "99999"] {
        let headers = [CONTENT_TYPE, ("Content-Length", length.as_bytes()), CHUNKED];
        let whole = [&chunks(bytes, 7)[..], b"0\r\n\r\n"].concat();
        expect(&answer(&raw_post(&headers, &whole)), 202, "accepted");
        let too_large = [&chunks(&vec![b' '; 65_537], 65_537)[..], b"0\r\n\r\n"].concat();
        expect(&answer(&raw_post(&headers, &too_large)), 413, "body_too_large");
    }
    assert_eq!(receiver.received(4).len(), 4, "only what was whole has arrived");
}

#[test]
fn announced_over_the_limit() {
    let receiver = Receiver::start(&Settings::standard());
    // The answer arrives while the sender still waits to send.
    let waiting = receiver.raw(&announced(65_537, b""));
    assert_eq!(receiver.log(1)[0]["code"], "body_too_large");
    drop(waiting);
}

#[test]
fn chunked_empty_and_one_byte() {
    let receiver = Receiver::start(&Settings::standard());
    let answer = |request: &[u8]| receiver.raw(request).answer();
    let event = event("1", "product");

    // An event in chunks of one byte.
    let whole = [&chunks(event.as_bytes(), 1)[..], b"0\r\n\r\n"].concat();
    expect(&answer(&chunked(&whole)), 202, "accepted");
    assert_eq!(receiver.received(1), [event]);

    // No body, in several ways, and bodies of one byte.
    for (request, code) in [
        (raw_post(&[CONTENT_TYPE], b""), "no_body"),
        (announced(0, b""), "no_body"),
        (chunked(b"0\r\n\r\n"), "no_body"),
        (announced(1, b" "), "no_body"),
        (announced(1, b"{"), "not_json"),
        (chunked(b"1\r\n{\r\n0\r\n\r\n"), "not_json"),
        (announced(1, b"1"), "not_an_object"),
        (announced(1, b"\xff"), "not_utf8"),
    ] {
        let answer = answer(&request);
        expect(&answer, 400, "invalid_event");
        assert_eq!(answer.json()["violations"][0]["code"], code, "{}", answer.text());
    }
}
