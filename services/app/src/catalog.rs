//! Rate cards: what is sold, versions from draft to activation, checks and comparisons.
//!
//! See the folder's README for what belongs here.

mod activate;
mod adopt;
mod check;
mod compare;
mod draft;
mod views;

pub use activate::{CardActivation, activate_rate_card};
pub use adopt::{adopt_cards, refresh_cards};
pub use check::{check_rate_cards, findings};
pub use compare::{
    CardComparison, MovedSubscription, Moves, WithSubscriptions, compare_rate_cards, moves_between,
};
pub use draft::{CardDraft, NewCardDraft, create_card_draft};
pub use views::{CardStanding, RateCardView, cards_on, get_rate_card, list_rate_cards, today};

pub use tasuki_pricing::compare::{Comparison, PlanChange, PriceChange, compare};
pub use tasuki_pricing::rate_card::{
    BelowMinimum, Level, Plan, PlanOption, PlanTerm, Price, RateCard, RateCardError,
};
pub use tasuki_pricing::tier::{Model, Tier, TierMoves};
