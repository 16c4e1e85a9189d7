//! Requests that no HTTP library would send, written to the socket byte by byte.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long the receiver may be silent before the test assumes that it does not answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection with a request on it.
#[derive(Debug)]
pub struct Connection(TcpStream);

/// The raw answer, up to the end of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAnswer(String);

/// A raw POST of this body to the webhook with the right token. The headers stay as they are. Only
/// `Host`, `Authorization` and `Connection: close` are added.
#[must_use]
pub fn raw_post(headers: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let mut request = b"POST /webhook HTTP/1.1\r\nHost: localhost\r\n\
        Authorization: Bearer right-token\r\nConnection: close\r\n"
        .to_vec();
    for (name, value) in headers {
        request.extend_from_slice(name.as_bytes());
        request.extend_from_slice(b": ");
        request.extend_from_slice(value);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    request
}

impl Connection {
    /// Connects to the server with this base URL, and writes these bytes.
    #[track_caller]
    #[must_use]
    pub fn open(base: &str, request: &[u8]) -> Self {
        let authority = base.strip_prefix("http://").unwrap().trim_end_matches('/');
        let mut stream = TcpStream::connect(authority).unwrap();
        // The receiver may answer and hang up before it has read everything. Then its answer
        // counts.
        let _ = stream.write_all(request);
        Self(stream)
    }

    /// Closes the connection for writing.
    #[must_use]
    pub fn end(self) -> Self {
        let _ = self.0.shutdown(Shutdown::Write);
        self
    }

    /// Reads the whole answer.
    #[track_caller]
    #[must_use]
    pub fn answer(self) -> RawAnswer {
        self.try_answer(PATIENCE).unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Reads the whole answer, unless nothing comes for this long.
    ///
    /// # Errors
    /// If nothing came.
    pub fn try_answer(mut self, patience: Duration) -> io::Result<RawAnswer> {
        self.0.set_read_timeout(Some(patience))?;
        let mut answer = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.0.read(&mut buffer) {
                Ok(0) => break,
                Ok(bytes) => answer.extend_from_slice(&buffer[..bytes]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => return Err(error),
            }
        }
        Ok(RawAnswer(String::from_utf8(answer).unwrap()))
    }
}

impl RawAnswer {
    /// The HTTP status. `None` if the connection ended without an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    }

    /// The headers.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let (head, _) = self.0.split_once("\r\n\r\n").unwrap_or_default();
        head.lines().skip(1).filter_map(|line| line.split_once(": "))
    }

    /// What follows the headers: the body, and the lengths of its chunks if it has some.
    #[must_use]
    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// The body as JSON, without the lengths of chunks around it.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        let json = self
            .0
            .find('{')
            .zip(self.0.rfind('}'))
            .and_then(|(start, end)| serde_json::from_str(self.0.get(start..=end)?).ok());
        json.unwrap_or_else(|| panic!("no JSON: {}", self.0))
    }

    /// The status, and the stable code in the body.
    #[track_caller]
    #[must_use]
    pub fn status_and_code(&self) -> (u16, String) {
        let status = self.status().unwrap_or_else(|| panic!("no answer: {:?}", self.0));
        (status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The text of the answer, including its headers.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}
