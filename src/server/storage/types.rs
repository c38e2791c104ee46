//! How types of the domain are stored in columns.

use crate::domain::{feed_url::FeedUrl, model_name::ModelName, safe_html::SafeHtml, scoring::ScoringStep};
use sqlx::{Database, Decode, Encode, Sqlite, Type, encode::IsNull, error::BoxDynError};

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

impl Type<Sqlite> for FeedUrl {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

/// Accepts text that is not a valid address, so that its row can be read ([`FeedUrl::from_stored`]).
impl<'r> Decode<'r, Sqlite> for FeedUrl {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self::from_stored(<&str as Decode<Sqlite>>::decode(value)?)?)
    }
}

impl Type<Sqlite> for ModelName {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl<'q> Encode<'q, Sqlite> for ModelName {
    fn encode_by_ref(&self, buffer: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <String as Encode<Sqlite>>::encode(self.as_str().to_owned(), buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for ModelName {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self::from(<String as Decode<Sqlite>>::decode(value)?))
    }
}

impl Type<Sqlite> for ScoringStep {
    fn type_info() -> <Sqlite as Database>::TypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl<'r> Decode<'r, Sqlite> for ScoringStep {
    fn decode(value: <Sqlite as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let word = <&str as Decode<Sqlite>>::decode(value)?;
        Self::parse(word).ok_or_else(|| format!("{word:?} is no step of scoring").into())
    }
}
