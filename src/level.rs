//! Who must act on a log line.

/// Who must act on a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nobody.
    Info,
    /// The caller; or we, before long, since something works only because there is a substitute.
    Warning,
    /// We, now.
    Error,
}

impl Level {
    /// The same, but for a warning where it was none.
    pub(crate) fn at_least_warning(self) -> Self {
        if self == Self::Info { Self::Warning } else { self }
    }
}
