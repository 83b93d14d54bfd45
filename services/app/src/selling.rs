//! What is sold: plans and prices of the rate cards in use.

use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::CivilDate;
pub use tasuki_pricing::rate_card::{BelowMinimum, Plan, PlanOption, PlanTerm, Price, RateCard};
pub use tasuki_pricing::tier::{Model, Tier};

use crate::call::Call;
use crate::context::Context;

/// Every version of every rate card in use, by code and first day; those in force on a day, if one
/// is named.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub fn list_rate_cards<'a>(
    ctx: &'a Context,
    call: &Call,
    on: Option<CivilDate>,
) -> Result<Vec<&'a RateCard>, Problem> {
    call.require(ctx, Permission::Read)?;
    let cards = ctx.library.cards.all().iter();
    Ok(cards.filter(|card| on.is_none_or(|day| card.is_in_force_on(day))).collect())
}

/// A rate card by its name, `code` for the version in force on the day or `code@version`.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `RATE_CARD_NOT_FOUND`.
pub fn get_rate_card<'a>(
    ctx: &'a Context,
    call: &Call,
    name: &str,
    on: CivilDate,
) -> Result<&'a RateCard, Problem> {
    call.require(ctx, Permission::Read)?;
    ctx.library.cards.named(name, on).ok_or_else(|| {
        let text = format!("no rate card `{name}` is in force on `{on}`");
        Problem::new(Reason::RateCardNotFound, text).with("rate_card", name).with("day", on)
    })
}

/// Today, for calls that concern no tenant: in Japan, where the schemes run.
///
/// # Errors
/// Only if the zone database is broken.
pub fn today(ctx: &Context) -> Result<CivilDate, Problem> {
    let zone = tasuki_core::time::Zone::named(tasuki_core::time::Zone::TOKYO)?;
    Ok(ctx.clock.now().day_in(&zone))
}
