//! Requests that were refused.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Failure, parse_item};
use crate::table::{Column, Fit, Table};
use crate::text::{self, count};

/// A request that was refused. What the Worker does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// When it came, in milliseconds since 1970.
    pub at: u64,
    /// The code in the answer.
    pub code: String,
    /// The status of the answer.
    pub status: Option<u64>,
    /// What the answer says.
    pub detail: String,
    /// All violations, and whatever else only the log says.
    pub reasons: Vec<String>,
    /// The name of the secret that the caller presented.
    pub credential: Option<String>,
    /// The IP address of the caller.
    pub client_address: Option<String>,
    /// `User-Agent` of the caller.
    pub user_agent: Option<String>,
    /// The path of the request, if there is something at it.
    pub path: Option<String>,
}

/// A table of refusals. It can be printed page by page.
#[derive(Debug)]
pub struct RefusalTable(Table);

impl RefusalTable {
    /// An empty table, for a terminal with this many columns, or for anything else.
    #[must_use]
    pub fn new(columns: Option<usize>) -> Self {
        let column = |title, fit| Column { title, fit };
        let all = [
            column("TIME", Fit::Whole),
            column("ANSWER", Fit::Short),
            column("PATH", Fit::Short),
            column("CREDENTIAL", Fit::Short),
            column("FROM", Fit::Whole),
            column("WHY", Fit::Short),
            column("USER AGENT", Fit::Short),
        ];
        Self(Table::new(&all, columns))
    }

    /// The lines of these refusals, each as the Worker wrote it.
    ///
    /// # Errors
    ///
    /// One is something else.
    pub fn rows(&mut self, items: &[Box<RawValue>]) -> Result<String, Failure> {
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let refusal: Refusal = parse_item(item)?;
            let status = refusal.status.map_or_else(String::new, |status| format!("{status} "));
            let why = match refusal.reasons.first() {
                Some(reason) if *reason != refusal.detail => {
                    format!("{}: {reason}", refusal.detail)
                }
                _ => refusal.detail,
            };
            rows.push(vec![
                text::time(refusal.at),
                format!("{status}{}", refusal.code),
                refusal.path.unwrap_or_else(|| "-".to_owned()),
                refusal.credential.unwrap_or_else(|| "-".to_owned()),
                refusal.client_address.unwrap_or_else(|| "-".to_owned()),
                why,
                refusal.user_agent.unwrap_or_default(),
            ]);
        }
        Ok(self.0.rows(&rows))
    }
}

/// What is said of the refusals that were only counted. `None` if there were none.
#[must_use]
pub fn counted(number: u64) -> Option<String> {
    (number > 0)
        .then(|| format!("{} more came too fast, and were only counted", count(number, "request")))
}
