//! Finds dead letters, in the order of their keys.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::entry::DeadLetterMetadata;
use super::filter::{LetterFilter, Meant};
use super::is_letter;
use crate::limits::DEAD;
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// As many keys as KV lists at once.
const MAX_LIST_KEYS: usize = 1_000;

/// A position among the keys of `DEAD`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The cursor of the page. `None` for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// The key of the page after which the position is. `None` if it is before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl Position {
    /// Reads [`Self::to_text`], or a cursor of KV.
    pub(crate) fn from_text(text: &str) -> Self {
        let own = text.split_once('.').and_then(|(after, cursor)| {
            let after = BASE64_URL_SAFE_NO_PAD.decode(after).ok()?;
            let cursor = Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty());
            Some(Self { cursor, after: Some(String::from_utf8(after).ok()?) })
        });
        own.unwrap_or_else(|| Self { cursor: Some(text.to_owned()), after: None })
    }

    /// The position as one text: the cursor of KV, preceded by the key and a full stop if it is within a page.
    pub(crate) fn to_text(&self) -> String {
        let cursor = self.cursor.as_deref().unwrap_or_default();
        match &self.after {
            None => cursor.to_owned(),
            Some(after) => format!("{}.{cursor}", BASE64_URL_SAFE_NO_PAD.encode(after)),
        }
    }

    /// The position after this key of the same page.
    pub(crate) fn after(&self, key: &str) -> Self {
        Self { cursor: self.cursor.clone(), after: Some(key.to_owned()) }
    }
}

/// How far a scan goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan {
    /// The most letters to find.
    pub(crate) letters: usize,
    /// The most lists to ask KV for.
    pub(crate) lists: usize,
    /// When to stop, in milliseconds since 1970. At least one list is asked for.
    pub(crate) end: u64,
}

/// A letter that was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its key.
    pub(crate) id: String,
    /// What a list knows about it.
    pub(crate) metadata: Option<DeadLetterMetadata>,
    /// Whether it is meant for sure. If not, its value must be looked at.
    pub(crate) is_certain: bool,
    /// The position before it.
    pub(crate) before: Position,
    /// How many keys were looked at before it.
    pub(crate) looked_at: usize,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    /// The letters.
    pub(crate) found: Vec<Found>,
    /// How many keys were looked at.
    pub(crate) looked_at: usize,
    /// Where to continue. `None` at the end.
    pub(crate) next: Option<Position>,
}

/// Finds the letters that are meant, from a position on.
///
/// # Errors
///
/// `DEAD` failed.
pub(crate) async fn scan(
    filter: &LetterFilter,
    from: &Position,
    how_far: Scan,
    platform: &impl Platform,
) -> Result<Scanned, BindingError> {
    let prefix = filter.prefix(platform.now());
    let page_keys =
        if filter.is_selective() { MAX_LIST_KEYS } else { how_far.letters.min(MAX_LIST_KEYS) };
    let mut scanned = Scanned::default();
    let mut at = from.clone();
    for lists in 1.. {
        let page = platform.list(DEAD, &prefix, page_keys, at.cursor.as_deref());
        let page = within(platform, CALL_MS, page).await?;
        for (key, metadata) in page.keys {
            if at.after.as_ref().is_some_and(|after| key <= *after) {
                continue;
            }
            if filter.is_past(&key) {
                return Ok(scanned);
            }
            if scanned.found.len() >= how_far.letters {
                scanned.next = Some(at);
                return Ok(scanned);
            }
            if is_letter(&key) {
                let metadata = metadata.and_then(|metadata| serde_json::from_value(metadata).ok());
                let meant = filter.is_meant(&key, metadata.as_ref());
                if meant != Meant::No {
                    scanned.found.push(Found {
                        id: key.clone(),
                        metadata,
                        is_certain: meant == Meant::Yes,
                        before: at.clone(),
                        looked_at: scanned.looked_at,
                    });
                }
                scanned.looked_at += 1;
            }
            at.after = Some(key);
        }
        let Some(cursor) = page.cursor else { return Ok(scanned) };
        at = Position { cursor: Some(cursor), after: None };
        let is_enough = scanned.found.len() >= how_far.letters || lists >= how_far.lists;
        if is_enough || platform.now() >= how_far.end {
            break;
        }
    }
    scanned.next = Some(at);
    Ok(scanned)
}
