//! What all requests of an isolate may hold in memory together.
//!
//! An isolate has 128 MB, and whoever exceeds it ends every request in flight. So the bytes of bodies,
//! and of what is made of them, are reserved before they are taken; a request for which there is no room
//! left is answered with an error, and nothing is lost.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes the requests of an isolate may hold together: 48 MiB. Beside them an isolate has what
/// JavaScript makes of them for the bindings, the code, and what memory loses to fragments.
pub const MAX_HELD_BYTES: usize = 48 * 1024 * 1024;

/// What is left of an isolate's memory, for one request after the other to reserve a part of.
#[derive(Debug)]
pub struct Capacity {
    most: usize,
    held: AtomicUsize,
}

/// A part of it that a request has, until this is dropped.
#[derive(Debug)]
pub struct Reservation<'c> {
    capacity: &'c Capacity,
    bytes: usize,
}

/// There is no room left for a request now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityExceeded {
    /// How many bytes it wanted to hold, in all.
    pub bytes: usize,
    /// How many bytes all requests may hold together.
    pub limit: usize,
}

impl Default for Capacity {
    /// What an isolate has: [`MAX_HELD_BYTES`].
    fn default() -> Self {
        Self::new(MAX_HELD_BYTES)
    }
}

impl Capacity {
    /// Room for so many bytes.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, held: AtomicUsize::new(0) }
    }

    /// A reservation of nothing, which can grow.
    #[must_use]
    pub fn reserve(&self) -> Reservation<'_> {
        Reservation { capacity: self, bytes: 0 }
    }

    /// How many bytes are reserved.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Reservation<'_> {
    /// Reserves so many bytes in all, no less than before.
    ///
    /// # Errors
    ///
    /// There is no room for them; what was reserved before still is.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), CapacityExceeded> {
        let more = bytes.saturating_sub(self.bytes);
        let Capacity { most, held } = self.capacity;
        let fits = |held: usize| held.checked_add(more).filter(|held| held <= most);
        held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map_err(|_| CapacityExceeded { bytes, limit: *most })?;
        self.bytes += more;
        Ok(())
    }

    /// How many bytes are reserved.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.capacity.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl fmt::Display for CapacityExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, limit } = self;
        write!(
            f,
            "the request needs {bytes} bytes of memory, and together with others more than the {limit} \
             that an isolate has for them"
        )
    }
}
