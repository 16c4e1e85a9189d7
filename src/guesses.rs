//! Wrong credentials of operators, which are limited for each address.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

/// How many wrong credentials an address may present in [`GUESSES_MS`]. After that, it has to wait.
pub const GUESSES: u32 = 10;

/// The time over which they are counted, in milliseconds.
pub const GUESSES_MS: u64 = 60_000;

/// How many addresses are told apart. What comes from others is counted together.
const MAX_ADDRESSES: usize = 1_000;

/// What an isolate has seen of wrong credentials.
///
/// Each isolate counts for itself, in memory: this makes guessing slow, and costs no call. It is the length of a secret
/// that makes it hopeless.
#[derive(Debug, Default)]
pub struct Guesses {
    /// How many came from each address, and until when they count, in milliseconds since 1970.
    by_address: BTreeMap<String, (u32, u64)>,
}

impl Guesses {
    /// None so far.
    #[must_use]
    pub const fn new() -> Self {
        Self { by_address: BTreeMap::new() }
    }

    /// For how many milliseconds an address has to wait. Zero if it need not. `now` is in milliseconds since 1970.
    #[must_use]
    pub fn wait(&self, address: Option<&str>, now: u64) -> u64 {
        let counted = self.by_address.get(&self.place(address));
        let until = counted.filter(|(count, _)| *count >= GUESSES).map_or(0, |(_, until)| *until);
        // A clock that was set back must not lock anybody out.
        until.saturating_sub(now).min(GUESSES_MS)
    }

    /// Notes that an address has presented wrong credentials.
    pub fn wrong(&mut self, address: Option<&str>, now: u64) {
        self.by_address.retain(|_, (_, until)| (now..=now + GUESSES_MS).contains(until));
        let place = self.place(address);
        let (count, _) = self.by_address.entry(place).or_insert((0, now + GUESSES_MS));
        *count = count.saturating_add(1);
    }

    /// Where an address is counted.
    fn place(&self, address: Option<&str>) -> String {
        let place = network(address.unwrap_or_default());
        if self.by_address.len() < MAX_ADDRESSES || self.by_address.contains_key(&place) {
            place
        } else {
            String::new()
        }
    }
}

/// What belongs to one subscriber: an IPv4 address, or the first half of an IPv6 address (RFC 6177 section 2).
fn network(address: &str) -> String {
    match address.parse::<Ipv6Addr>() {
        Ok(address) => {
            let [first, second, third, fourth, ..] = address.segments();
            format!("{first:x}:{second:x}:{third:x}:{fourth:x}::/64")
        }
        Err(_) => address.chars().take(64).collect(),
    }
}
