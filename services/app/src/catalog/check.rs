//! Checks files of rate cards without storing them.

use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_pricing::cards::Cards;
use tasuki_pricing::rate_card::{Level, RateCard, RateCardError};

use crate::call::Call;
use crate::context::Context;

/// What is wrong with files of rate cards, each for itself and as versions that follow each other:
/// errors and warnings, by file and line.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub fn check_rate_cards(
    ctx: &Context,
    call: &Call,
    files: &[(String, String)],
) -> Result<Vec<RateCardError>, Problem> {
    call.require(ctx, Permission::Read)?;
    Ok(findings(files))
}

/// What is wrong with files of rate cards, each for itself and as versions that follow each other.
pub fn findings(files: &[(String, String)]) -> Vec<RateCardError> {
    let mut found: Vec<_> =
        files.iter().flat_map(|(file, text)| RateCard::check(file, text).findings).collect();
    if found.iter().all(|finding| finding.level != Level::Error)
        && let Err(misfits) =
            Cards::load(files.iter().map(|(file, text)| (file.as_str(), text.as_str())))
    {
        found.extend(misfits.errors);
    }
    found
}
