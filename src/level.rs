//! Who must act on a log line.

/// Who must act on a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nobody.
    Info,
    /// The caller, or the operator before long, because something works only through its
    /// substitute.
    Warning,
    /// The operator, now.
    Error,
}

impl Level {
    /// Raises `Info` to `Warning`.
    pub(crate) fn at_least_warning(self) -> Self {
        if self == Self::Info { Self::Warning } else { self }
    }
}
