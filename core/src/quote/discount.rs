//! What a policy takes off the fees of a bundle.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::price::Cadence;
use crate::days::DayPeriod;
use crate::decision::{Outcome, PackVersion};
use crate::id::DecisionId;
use crate::money::Money;
use crate::rate::Rate;
use crate::service::Service;
use crate::text::Text;
use crate::time::CivilDate;

/// How much a discount takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A share of each fee, above 0 and at most 1.
    Rate(Rate),
    /// That much, once for all the fees together that fall due at the same time, and never more than
    /// these: each month, each year or once, by the cadence of the fees.
    Fixed(Money),
}

/// What is taken off certain fees until a day. Its terms are fixed by the quote; the subscription
/// keeps them, and invoices follow them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// Code of the rule that gave it, such as `CHAMBER_MEMBERSHIP`.
    pub code: String,
    /// Why.
    pub reason: Text,
    /// How much.
    #[serde(flatten)]
    pub taken: Taken,
    /// Off which fees.
    pub cadence: Cadence,
    /// Off whose fees; every service's if empty.
    #[serde(default)]
    pub services: Vec<Service>,
    /// The first day without it, counted from the quoted first paid day; none for no end.
    pub ends_on: Option<CivilDate>,
    /// For how many months from the first paid day; zero when it has no end, or one that does not
    /// move with that day.
    #[serde(default)]
    pub months: u32,
    /// Codes of the prices it was taken off in the quote.
    #[serde(default)]
    pub line_codes: Vec<String>,
    /// What it took off each time in the quote, as a positive amount.
    pub amount: Money,
    /// The policy version that gave it.
    pub pack: PackVersion,
    /// The recorded decision behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_id: Option<DecisionId>,
}

impl Discount {
    /// Whether it is taken off the fees of a service.
    pub fn is_off(&self, service: Option<Service>, cadence: Cadence) -> bool {
        let of_service = service.is_some_and(|service| self.services.contains(&service));
        self.cadence == cadence && (self.services.is_empty() || of_service)
    }

    /// The same discount, its months counted from the day that was really the first paid one.
    #[must_use]
    pub fn counted_from(self, first_paid: CivilDate) -> Self {
        let months = i32::try_from(self.months).ok().filter(|months| *months > 0);
        let end = months.and_then(|months| DayPeriod::nth(first_paid, months, 0).ok());
        Self { ends_on: end.map(DayPeriod::end).or(self.ends_on), ..self }
    }

    /// How much it takes off, in a word.
    pub fn how_much(&self) -> Text {
        match self.taken {
            Taken::Rate(rate) => {
                let percent = (rate.value() * Decimal::ONE_HUNDRED).normalize();
                Text::new(format!("{percent}%引き"), format!("{percent} % off"))
            }
            Taken::Fixed(amount) => match self.cadence {
                Cadence::Initial | Cadence::OneOff => {
                    Text::new(format!("{amount}引き"), format!("{amount} off"))
                }
                Cadence::Monthly | Cadence::Usage => {
                    Text::new(format!("毎月{amount}引き"), format!("{amount} off each month"))
                }
                Cadence::Yearly => {
                    Text::new(format!("毎年{amount}引き"), format!("{amount} off each year"))
                }
            },
        }
    }

    /// The amount, where it is a fixed one.
    pub const fn fixed(&self) -> Option<Money> {
        match self.taken {
            Taken::Rate(_) => None,
            Taken::Fixed(amount) => Some(amount),
        }
    }

    /// The code of its lines, such as `discount.chamber_membership`.
    pub fn line_code(&self) -> String {
        format!("discount.{}", self.code.to_lowercase())
    }

    /// What its lines are called.
    pub fn label(of: &Text) -> Text {
        Text::new(format!("割引（{}）", of.ja), format!("Discount: {}", of.en))
    }
}

/// A criterion of a public scheme, and whether the bundle meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemeCriterion {
    /// Stable code, such as `otasuketai.engineer_on_request`.
    pub code: String,
    /// What it demands.
    pub text: Text,
    /// Whether the bundle meets it.
    pub outcome: Outcome,
    /// What to do about it, or what is not known; none when it is met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}
