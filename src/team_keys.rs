//! The keys with which a team's Cloudflare Access signs its tokens, as far as an isolate knows them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// After how many milliseconds keys are fetched again.
const KEYS_FRESH_MS: u64 = 3_600_000;

/// For how many milliseconds keys are used that cannot be fetched again. Those that are replaced stay valid for a week.
const KEYS_USABLE_MS: u64 = 24 * 3_600_000;

/// How many milliseconds lie at least between two fetches: whoever invents keys must not cause more.
const FETCH_EVERY_MS: u64 = 10_000;

/// The keys of a team, as far as an isolate knows them.
#[derive(Debug, Default)]
pub struct TeamKeys {
    /// The keys, as JSON Web Keys (RFC 7517), by their ids.
    keys: BTreeMap<String, String>,
    /// When they were fetched, in milliseconds since 1970.
    fetched_at: u64,
    /// When somebody last tried to.
    tried_at: u64,
}

/// A set of keys (RFC 7517 section 5).
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Key {
    kid: String,
    kty: String,
}

impl TeamKeys {
    /// None so far.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: BTreeMap::new(), fetched_at: 0, tried_at: 0 }
    }

    /// The key with this id, as a JSON Web Key, if it can be used now (milliseconds since 1970).
    #[must_use]
    pub fn find(&self, id: &str, now: u64) -> Option<String> {
        let is_usable = now.saturating_sub(self.fetched_at) < KEYS_USABLE_MS;
        self.keys.get(id).filter(|_| is_usable).cloned()
    }

    /// Whether there are none, so that nobody can say which are right.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether to fetch the keys, since this one is not known, or they may have changed. If so, somebody does.
    pub fn must_fetch(&mut self, id: &str, now: u64) -> bool {
        let is_fresh = now.saturating_sub(self.fetched_at) < KEYS_FRESH_MS;
        let is_known = is_fresh && self.keys.contains_key(id);
        // A clock that was set back must not lock anybody out.
        let has_tried = (self.tried_at..self.tried_at + FETCH_EVERY_MS).contains(&now);
        if is_known || has_tried {
            return false;
        }
        self.tried_at = now;
        true
    }

    /// Takes the keys that were fetched.
    ///
    /// # Errors
    ///
    /// It is not a set of keys. Those that are known remain.
    pub fn take(&mut self, text: &str, now: u64) -> Result<(), String> {
        let set: KeySet = serde_json::from_str(text).map_err(|_| "not a set of keys".to_owned())?;
        let rsa = set.keys.iter().filter_map(|key| {
            let Key { kid, kty } = serde_json::from_str(key.get()).ok()?;
            (kty == "RSA").then(|| (kid, key.get().to_owned()))
        });
        let keys: BTreeMap<_, _> = rsa.collect();
        if keys.is_empty() {
            return Err("no RSA keys".to_owned());
        }
        (self.keys, self.fetched_at) = (keys, now);
        Ok(())
    }
}
