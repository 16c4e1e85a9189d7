//! Enums whose variants have names.

/// A fixed list of names.
pub(crate) trait Names: Sized + 'static {
    /// All of them.
    const ALL: &'static [Self];
}

/// Declares an enum together with the names of its variants.
macro_rules! names {
    ($(#[$attribute:meta])* $visibility:vis enum $type:ident { $($variant:ident = $name:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $visibility enum $type {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl $crate::names::Names for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl $type {
            /// The name.
            #[must_use]
            $visibility fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use names;
