//! The answers of a shop.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Counter;

/// How often a held answer checks whether it is released, or its caller is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The chunk in which an endless body is written.
const PIECE: [u8; 16 * 1024] = [b' '; 16 * 1024];

/// An answer, and how it is sent.
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
    /// Immediately.
    Prompt,
    /// When the shop releases it.
    Held,
    /// No answer: the connection is closed.
    HangsUp,
    /// The head immediately, and the body when the shop releases it.
    Stalls,
    /// The head and a part of the body. Then the connection is closed.
    BreaksOff,
    /// The body continues as long as someone reads.
    Endless,
}

/// What follows an answer.
pub(super) enum Next {
    /// Another request on the same connection.
    Order,
    /// The end, as intended.
    End,
    /// The end, because the caller hung up.
    GivenUp,
}

impl Reply {
    /// An answer with this status and no body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), manner: Manner::Prompt }
    }

    /// No answer: the connection is closed.
    pub fn hang_up() -> Self {
        Self { manner: Manner::HangsUp, ..Self::status(0) }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it when the shop releases it.
    pub fn held(self) -> Self {
        Self { manner: Manner::Held, ..self }
    }

    /// Sends the head and half of the body immediately, and the rest when the shop releases it.
    pub fn stalled(self) -> Self {
        Self { manner: Manner::Stalls, ..self }
    }

    /// Announces the whole body, sends half of it, and closes the connection.
    pub fn broken_off(self) -> Self {
        Self { manner: Manner::BreaksOff, ..self }
    }

    /// Sends a body that never ends.
    pub fn endless(self) -> Self {
        Self { manner: Manner::Endless, ..self }
    }

    /// Writes the answer to a stream above the socket.
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

    /// Whether the status allows a body (RFC 9110 section 6.4.1). Otherwise it would be read as the
    /// next answer on the connection.
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

/// Waits until the shop releases held answers. `false` if the caller hangs up first.
fn wait(stream: &TcpStream, counter: &Counter) -> io::Result<bool> {
    stream.set_read_timeout(Some(LOOK_AGAIN))?;
    while !counter.is_released() {
        match stream.peek(&mut [0]) {
            Ok(0) => return Ok(false),
            // More arrived on the same connection.
            Ok(_) => std::thread::sleep(LOOK_AGAIN),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
    stream.set_read_timeout(None)?;
    Ok(true)
}
