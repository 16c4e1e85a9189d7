//! How a shop answers.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Counter;

/// How long a held answer waits before it looks whether it is released, or nobody waits for it.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How much of an endless body is written at a time.
const PIECE: [u8; 16 * 1024] = [b' '; 16 * 1024];

/// An answer, and how it comes.
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    manner: Manner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// At once.
    Prompt,
    /// When the shop releases it.
    Held,
    /// It is none: the connection is closed.
    HangsUp,
    /// The head at once, the body when the shop releases it.
    Stalls,
    /// The head and a part of the body; then the connection is closed.
    BreaksOff,
    /// The body goes on for as long as someone reads.
    Endless,
}

/// What comes after an answer.
pub(super) enum Next {
    /// Another order on the same connection.
    Order,
    /// Nothing, as was meant.
    End,
    /// Nothing: the caller has hung up.
    GivenUp,
}

impl Reply {
    /// This status, with no body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), manner: Manner::Prompt }
    }

    /// No answer: the connection is closed.
    pub fn hang_up() -> Self {
        Self { manner: Manner::HangsUp, ..Self::status(0) }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// It comes when the shop releases it.
    pub fn held(self) -> Self {
        Self { manner: Manner::Held, ..self }
    }

    /// Its head comes at once, and half of its body, and the rest when the shop releases it.
    pub fn stalled(self) -> Self {
        Self { manner: Manner::Stalls, ..self }
    }

    /// Its body is announced, and half of it comes; then the connection is closed.
    pub fn broken_off(self) -> Self {
        Self { manner: Manner::BreaksOff, ..self }
    }

    /// Its body never ends.
    pub fn endless(self) -> Self {
        Self { manner: Manner::Endless, ..self }
    }

    /// Writes it to what lies above a socket.
    pub(super) fn write(
        &self,
        stream: &mut impl Write,
        socket: &TcpStream,
        counter: &Counter,
    ) -> io::Result<Next> {
        match self.manner {
            Manner::HangsUp => return Ok(Next::End),
            Manner::Held if !wait(socket, counter)? => return Ok(Next::GivenUp),
            Manner::Prompt | Manner::Held => {
                stream.write_all(&self.head())?;
                if self.has_content() {
                    stream.write_all(&self.body)?;
                }
            }
            Manner::Stalls | Manner::BreaksOff => {
                let (some, rest) = self.body.split_at(self.body.len() / 2);
                stream.write_all(&self.head())?;
                stream.write_all(some)?;
                if self.manner == Manner::BreaksOff {
                    return Ok(Next::End);
                }
                if !wait(socket, counter)? {
                    return Ok(Next::GivenUp);
                }
                stream.write_all(rest)?;
            }
            Manner::Endless => {
                stream.write_all(&self.head())?;
                while !counter.is_released() {
                    write!(stream, "{:x}\r\n", PIECE.len())?;
                    stream.write_all(&PIECE)?;
                    stream.write_all(b"\r\n")?;
                    counter.written.fetch_add(PIECE.len(), Ordering::SeqCst);
                }
                stream.write_all(b"0\r\n\r\n")?;
            }
        }
        Ok(Next::Order)
    }

    /// Whether the status lets it have any (RFC 9110 section 6.4.1). What came all the same would be taken
    /// for the next answer on the connection.
    fn has_content(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if self.manner == Manner::Endless {
            head.push_str("Transfer-Encoding: chunked\r\n");
        } else if self.has_content() {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// Waits until the shop releases what is held; `false` where the caller hangs up before.
fn wait(stream: &TcpStream, counter: &Counter) -> io::Result<bool> {
    stream.set_read_timeout(Some(LOOK_AGAIN))?;
    while !counter.is_released() {
        match stream.peek(&mut [0]) {
            Ok(0) => return Ok(false),
            // More comes on the same connection.
            Ok(_) => std::thread::sleep(LOOK_AGAIN),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    stream.set_read_timeout(None)?;
    Ok(true)
}
