//! A state's own data as JSON beside the columns that SQL needs.

use sea_orm::prelude::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tasuki_core::decision::canonical_text;

use crate::error::StoreError;

/// The JSON of a domain value.
pub(crate) fn to_row<T: Serialize>(table: &'static str, value: &T) -> Result<Json, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Row { table, cause: error.to_string() })
}

/// The canonical JSON text of a domain value, for what is hashed or written often.
pub(crate) fn to_text<T: Serialize>(table: &'static str, value: &T) -> Result<String, StoreError> {
    canonical_text(value).map_err(|error| StoreError::Row { table, cause: error.to_string() })
}

/// The domain value of a JSON document.
pub(crate) fn from_row<T: DeserializeOwned>(
    table: &'static str,
    json: Json,
) -> Result<T, StoreError> {
    serde_json::from_value(json)
        .map_err(|error| StoreError::Row { table, cause: error.to_string() })
}
