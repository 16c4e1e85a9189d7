//! Fixed lists of names, and what to do with a name that is not on them.

use std::borrow::Cow;
use std::fmt;

/// A name of a fixed list that may also hold one that is not on it, kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a, T> {
    /// A name on the list.
    Known(T),
    /// Any other, which is no fault: Elytra may know more than we do.
    Unknown(Cow<'a, str>),
}

/// A fixed list of names.
pub trait Known: Copy + Eq + 'static {
    /// All of them, in the order they are told in.
    const ALL: &'static [Self];

    /// The name as it stands in events and in the configuration.
    fn as_str(self) -> &'static str;

    /// The value of this name.
    fn from_name(name: &str) -> Option<Self>;

    /// Where it stands in [`Self::ALL`].
    fn place(self) -> usize;
}

/// The candidate that resembles the name most, if any resembles it enough to be what was meant.
pub(crate) fn nearest<'n>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    /// Half of the letters may be wrong at most; what resembles less is no help to anyone.
    const LEAST_SIMILARITY: f64 = 0.5;

    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let similarity =
                strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase());
            (similarity, candidate)
        })
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// The end of a message about a name that nobody knows: the nearest of those that are known.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    did_you_mean(nearest(name, known))
}

/// The same with the nearest, if there is one.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", did you mean {nearest:?}?")).unwrap_or_default()
}

impl<'a, T: Known> Name<'a, T> {
    /// The name as known as it can be.
    pub fn new(name: impl Into<Cow<'a, str>>) -> Self {
        let name = name.into();
        T::from_name(&name).map_or(Self::Unknown(name), Self::Known)
    }

    /// The name as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(known) => known.as_str(),
            Self::Unknown(name) => name,
        }
    }

    /// The value, where the name is on the list.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(known) => Some(*known),
            Self::Unknown(_) => None,
        }
    }
}

impl<T: Known> fmt::Display for Name<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares an enum of names, so that a name and its value stand in one place.
macro_rules! names {
    ($(#[$attribute:meta])* $visibility:vis enum $type:ident { $($variant:ident = $name:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visibility enum $type {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl $crate::names::Known for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn place(self) -> usize {
                self as usize
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::names::Known::as_str(*self))
            }
        }
    };
}

pub(crate) use names;
