//! Enums whose variants are stored and sent as words.

/// Declares an enum whose variants are words. Add `#[derive(Default)]` and `#[default]` where there is a default.
macro_rules! string_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("Stored and sent as `", $word, "`.")] #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// All of them, in the order of the pages.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database, addresses, forms and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads [`Self::as_str`] back.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
