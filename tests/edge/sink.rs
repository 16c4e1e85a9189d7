//! The sink itself: a message that it leaves lying looks like a slow queue.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use edge::Sink;

/// How often it is tried: it went wrong one time in three.
const SINKS: usize = 10;

/// More connections than a receiver has to one queue at a time.
const CONNECTIONS: usize = 64;

/// How long an answer may take. None waits for another connection to end, so any is prompt.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a pool of threads left a connection lying while others were kept alive: its queue
/// looked as if it hung, so that the receiver spooled messages that arrived all the same.
#[test]
fn connections_that_are_kept_alive_do_not_hold_up_others() {
    for _ in 0..SINKS {
        open_many_connections();
    }
}

fn open_many_connections() {
    let sink = Sink::start();
    let address = sink.url().strip_prefix("http://").unwrap();
    let connections = (0..CONNECTIONS).map(|_| TcpStream::connect(address).unwrap());
    let mut connections: Vec<_> = connections.collect();
    for (number, connection) in connections.iter_mut().enumerate() {
        let body = format!(r#"["{number}"]"#);
        let length = body.len();
        let request = format!(
            "POST /EVENTS_QUEUE HTTP/1.1\r\nHost: sink\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        connection.write_all(request.as_bytes()).unwrap();
    }
    for connection in &mut connections {
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"HTTP/1.1 204");
    }
    assert_eq!(sink.take_messages("EVENTS_QUEUE").len(), CONNECTIONS);
}
