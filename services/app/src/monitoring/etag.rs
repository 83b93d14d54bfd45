//! Versions of records as callers give them back.

use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;

/// Refuses a change to something that was changed since the caller read it; an empty etag stands
/// for whatever version.
///
/// # Errors
/// `ETAG_MISMATCH`.
pub(crate) fn check(etag: &str, version: i64) -> Result<(), Problem> {
    let current = version.to_string();
    if etag.is_empty() || etag == current {
        return Ok(());
    }
    let text = format!("it was changed since: the etag is `{current}`, not `{etag}`");
    Err(Problem::new(Reason::EtagMismatch, text).with("etag", current))
}
