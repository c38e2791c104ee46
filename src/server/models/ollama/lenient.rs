//! Tolerant reading of fields of Ollama's JSON.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a field; anything that is not a `T` (null, another type, a year too large) becomes the default.
pub(in crate::server::models) fn lenient<'de, D: Deserializer<'de>, T: Default + for<'a> Deserialize<'a>>(
    d: D,
) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(d)?).unwrap_or_default())
}
