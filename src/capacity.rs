//! The memory that the requests of an isolate may use together.
//!
//! An isolate has 128 MB, and exceeding them ends every request in flight. So the memory for
//! bodies, and for what is made of them, is reserved before it is allocated. A request that finds
//! no room is answered with an error, and nothing is lost.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes the requests of an isolate may hold together: 48 MiB. The rest is for the code,
/// fragmentation, and the copies that JavaScript makes for the bindings.
pub const MAX_HELD_BYTES: usize = 48 * 1024 * 1024;

/// The memory that requests can reserve.
#[derive(Debug)]
pub struct Capacity {
    most: usize,
    held: AtomicUsize,
}

/// A reserved part of the [`Capacity`], released on drop.
#[derive(Debug)]
pub struct Reservation<'c> {
    capacity: &'c Capacity,
    bytes: usize,
}

/// There is no room for a request right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapacityExceeded {
    /// How many bytes the request needs in total.
    pub bytes: usize,
    /// How many bytes all requests may hold together.
    pub limit: usize,
}

impl Default for Capacity {
    /// The capacity of an isolate: [`MAX_HELD_BYTES`].
    fn default() -> Self {
        Self::new(MAX_HELD_BYTES)
    }
}

impl Capacity {
    /// A capacity of this many bytes.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, held: AtomicUsize::new(0) }
    }

    /// An empty reservation, which can grow.
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
    /// Grows the reservation to this many bytes in total. It never shrinks.
    ///
    /// # Errors
    ///
    /// There is no room. The reservation keeps its size.
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
            "the request needs {bytes} bytes of memory, and with the other requests that is more than the {limit} \
             that an isolate has for them"
        )
    }
}
