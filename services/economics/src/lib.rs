//! What cover costs a scheme: how much it may pay in a year, how sure that is, and what follows for
//! next year's premium; and what other terms would have paid for a recorded book.
//!
//! Two ways lead to the losses of a year, so that one can check the other: the distribution itself,
//! on a grid of amounts (Panjer's recursion and convolution), and so many years drawn with a seed.
//! What is paid for one loss is computed by [`tasuki_core::benefit`] in both, as for a real claim.
//!
//! Probabilities are floating-point numbers, and this crate is the one place where they live
//! (`docs/decisions/0017-scheme-economics.md`). What leaves it is money in whole yen, rounded once by
//! a named rounding, or an exact decimal.
#![expect(
    clippy::float_arithmetic,
    reason = "probabilities; amounts are rounded by name in `number`"
)]

pub use distribution::Distribution;
pub use error::EconomicsError;
pub use frequency::Frequency;
pub use law::{Law, Point};
pub use outcome::{Bar, Outcome, Percentile, StopLoss};
pub use panjer::compound;
pub use portfolio::{
    Band, FrequencyKind, Group, LimitLine, LossModel, PartLine, Portfolio, PremiumLine,
    SeverityModel, TermsLine, example,
};
pub use severity::Severity;
pub use simulate::{Method, Scheme, Simulation, Wish, YEARS_AT_MOST, law_of_year, simulate};

pub mod book;

mod distribution;
mod error;
mod exact;
mod frequency;
mod law;
mod monte_carlo;
mod number;
mod outcome;
mod panjer;
mod portfolio;
mod severity;
mod simulate;
mod terms;
