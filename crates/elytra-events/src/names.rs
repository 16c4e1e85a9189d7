//! Fixed lists of names, and names that may not be on one.

use std::borrow::Cow;
use std::fmt;

/// A name that is usually on a fixed list, such as an event type. If it is not, it is kept as it came.
///
/// # Examples
///
/// ```
/// use elytra_events::{EventType, Name};
///
/// let product = Name::<EventType>::new("product");
/// assert_eq!(product, Name::Known(EventType::Product));
///
/// let other = Name::<EventType>::new("something_new");
/// assert_eq!(other.known(), None);
/// assert_eq!(other.as_str(), "something_new");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a, T> {
    /// A name on the list.
    Known(T),
    /// Any other name. This is not an error: Elytra may have names that this version does not know.
    Unknown(Cow<'a, str>),
}

/// An enum whose variants are a fixed list of names. [`names!`](crate::names!) declares one.
///
/// # Examples
///
/// ```
/// use elytra_events::{Known, Operation};
///
/// assert_eq!(Operation::from_name("modify"), Some(Operation::Modify));
/// assert_eq!(Operation::Modify.as_str(), "modify");
///
/// let all: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
/// assert_eq!(all, ["add", "modify", "remove", "link", "unlink"]);
/// ```
pub trait Known: Copy + Eq + 'static {
    /// All of them, in the order of their declaration.
    const ALL: &'static [Self];

    /// The name.
    fn as_str(self) -> &'static str;

    /// The value with this name, which is case-sensitive.
    fn from_name(name: &str) -> Option<Self>;

    /// The index of the value in [`Self::ALL`].
    fn place(self) -> usize;
}

impl<'a, T: Known> Name<'a, T> {
    /// The known value with this name, or else the name itself.
    pub fn new(name: impl Into<Cow<'a, str>>) -> Self {
        let name = name.into();
        T::from_name(&name).map_or(Self::Unknown(name), Self::Known)
    }

    /// The name, known or not.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(known) => known.as_str(),
            Self::Unknown(name) => name,
        }
    }

    /// The value, if the name is on the list.
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

/// Declares an enum together with the names of its variants, and implements [`Known`] and
/// [`Display`](std::fmt::Display) for it.
///
/// # Examples
///
/// ```
/// use elytra_events::{Known, Name, names};
///
/// names! {
///     /// The values of an extension attribute of ours.
///     pub enum Channel {
///         Web = "web",
///         Print = "print",
///     }
/// }
///
/// assert_eq!(Name::<Channel>::new("print"), Name::Known(Channel::Print));
/// assert_eq!(Channel::Web.to_string(), "web");
/// ```
#[macro_export]
macro_rules! names {
    ($(#[$attribute:meta])* $visibility:vis enum $type:ident { $($variant:ident = $name:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visibility enum $type {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl $crate::Known for $type {
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

        impl ::core::fmt::Display for $type {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str($crate::Known::as_str(*self))
            }
        }
    };
}
