//! How types of the domain are stored in columns.

use crate::domain::safe_html::SafeHtml;
use sqlx::{Database, Decode, Sqlite, Type, error::BoxDynError};

impl Type<Sqlite> for SafeHtml {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

/// Columns of HTML hold only what was a [`SafeHtml`] when it was stored.
impl<'r> Decode<'r, Sqlite> for SafeHtml {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        <String as Decode<Sqlite>>::decode(value).map(Self::from_sanitized)
    }
}
