//! Instants on their way into and out of rows: `chrono` there, ours here.

use chrono::{DateTime, Utc};
use tasuki_core::time::Timestamp;

use crate::error::StoreError;

/// The row's form. Both databases keep microseconds.
pub(crate) fn to_row(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.as_microseconds()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The domain's form.
pub(crate) fn from_row(table: &'static str, at: DateTime<Utc>) -> Result<Timestamp, StoreError> {
    Timestamp::from_microseconds(at.timestamp_micros())
        .map_err(|error| StoreError::Row { table, cause: error.to_string() })
}
