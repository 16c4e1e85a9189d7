//! What a shop gets: raw HTTP requests.

use std::io::{self, BufRead};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How many earlier requests had the same `Idempotency-Key`.
    pub before: usize,
}

impl Order {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    /// The event's id, from `Idempotency-Key`.
    #[must_use]
    pub fn id(&self) -> &str {
        let key = self.header("idempotency-key").unwrap_or_default();
        key.rsplit_once('/').map_or(key, |(_, id)| id)
    }

    /// The body as text.
    #[track_caller]
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Reads a request. `None` if the connection ended.
    pub(crate) fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let first = line(reader)?;
        let mut words = first.split(' ').map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
        let mut headers = Vec::new();
        loop {
            let line = line(reader)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut order = Self { method, path, headers, body: Vec::new(), before: 0 };
        order.body = match order.header("content-length").map(|length| length.parse().unwrap()) {
            Some(length) => bytes(reader, length)?,
            None if order.header("transfer-encoding").is_some() => chunks(reader)?,
            None => Vec::new(),
        };
        Ok(Some(order))
    }
}

/// Reads a line without its end.
fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn bytes(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunks(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(reader)?, 16).map_err(io::Error::other)?;
        body.extend(bytes(reader, length)?);
        line(reader)?;
        if length == 0 {
            return Ok(body);
        }
    }
}
