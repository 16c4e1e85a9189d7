//! A list that the Worker answers page by page.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Failure, parse};
use crate::filter::{EventFilter, LetterFilter, RefusalFilter};
use crate::request::Request;

/// The largest page that the Worker gives.
const MAX_PAGE: usize = 1_000;

/// How many to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// At most this many.
    First(usize),
    /// All of them.
    All,
}

/// The pages of a list, one after the other.
#[derive(Debug)]
pub struct Pages {
    /// Without a limit and a cursor.
    request: Request,
    /// How many more to list. `None` for all.
    left: Option<usize>,
    size: Size,
    next: Next,
    /// Whether a page had more than what was to be listed.
    is_cut: bool,
}

/// Who says how much is on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// The request does.
    Asked,
    /// The Worker does.
    Fixed,
}

#[derive(Debug, PartialEq)]
enum Next {
    First,
    Cursor(String),
    Nothing,
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct Page {
    /// What is listed, each as the Worker wrote it.
    pub items: Vec<Box<RawValue>>,
    /// How many more were only counted. Refusals have that.
    pub counted: u64,
}

#[derive(Deserialize)]
struct Body {
    #[serde(alias = "events", alias = "refusals", alias = "dead_letters", alias = "jobs")]
    items: Vec<Box<RawValue>>,
    #[serde(default)]
    counted: u64,
    #[serde(default)]
    cursor: Option<String>,
}

impl Pages {
    /// Events, the newest first.
    #[must_use]
    pub fn of_events(filter: &EventFilter, limit: Limit) -> Self {
        Self::new("/events", filter.query(), limit)
    }

    /// Requests that were refused, the newest first.
    #[must_use]
    pub fn of_refusals(filter: &RefusalFilter, limit: Limit) -> Self {
        Self::new("/refusals", filter.query(), limit)
    }

    /// Events that could not be delivered, the oldest of each subscription first.
    #[must_use]
    pub fn of_dead_letters(filter: &LetterFilter, limit: Limit) -> Self {
        Self::new("/dead-letters", filter.query(), limit)
    }

    /// The jobs that redrive or delete dead letters, the newest first.
    #[must_use]
    pub fn of_jobs(limit: Limit) -> Self {
        Self { size: Size::Fixed, ..Self::new("/dead-letters/jobs", Vec::new(), limit) }
    }

    fn new(path: &str, query: Vec<(&'static str, String)>, limit: Limit) -> Self {
        let left = match limit {
            Limit::First(limit) => Some(limit),
            Limit::All => None,
        };
        let request = Request { query, ..Request::get(path) };
        Self { request, left, size: Size::Asked, next: Next::First, is_cut: false }
    }

    /// The request for the next page. `None` if there is none, or enough are listed.
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        let mut request = self.request.clone();
        let limit = self.left.map_or(MAX_PAGE, |left| left.min(MAX_PAGE));
        if limit == 0 {
            return None;
        }
        if self.size == Size::Asked {
            request.query.push(("limit", limit.to_string()));
        }
        match &self.next {
            Next::First => {}
            Next::Cursor(cursor) => request.query.push(("cursor", cursor.clone())),
            Next::Nothing => return None,
        }
        Some(request)
    }

    /// Reads the answer to that.
    ///
    /// # Errors
    ///
    /// It is not a page, or the list would never end.
    pub fn read(&mut self, body: &str) -> Result<Page, Failure> {
        let Body { mut items, counted, cursor } = parse(body)?;
        let next = cursor.map_or(Next::Nothing, Next::Cursor);
        if next != Next::Nothing && next == self.next && items.is_empty() {
            return Err(Failure::failed(
                "the Worker gave the same cursor twice, and nothing with it",
            ));
        }
        self.next = next;
        if let Some(left) = &mut self.left {
            self.is_cut |= items.len() > *left;
            items.truncate(*left);
            *left = left.saturating_sub(items.len());
        }
        Ok(Page { items, counted })
    }

    /// Whether there may be more than what was listed.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.is_cut || self.next != Next::Nothing
    }
}
