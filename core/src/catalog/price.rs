//! How prices are charged and taxed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::rate::Rate;

/// How often a price is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// Once at the start (初期料金).
    Initial,
    /// Once for each time it is ordered.
    OneOff,
    /// Each month (月額料金).
    Monthly,
    /// Each year, in advance, in the month of the anchor.
    Yearly,
    /// For what was used, in arrears (従量).
    Usage,
}

impl Cadence {
    /// Every cadence, in the order in which documents list them.
    pub const ALL: [Self; 5] =
        [Self::Initial, Self::OneOff, Self::Monthly, Self::Yearly, Self::Usage];

    /// The word in files, tables and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::OneOff => "one_off",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
            Self::Usage => "usage",
        }
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an amount relates to consumption tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxMode {
    /// The amount contains the tax (税込).
    Inclusive,
    /// Tax is added to the amount (税抜).
    Exclusive,
    /// Exempt, such as an insurance premium (非課税).
    Exempt,
    /// Outside the scope of the tax (不課税).
    OutOfScope,
}

impl TaxMode {
    /// The word in files, tables and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inclusive => "inclusive",
            Self::Exclusive => "exclusive",
            Self::Exempt => "exempt",
            Self::OutOfScope => "out_of_scope",
        }
    }

    /// Whether tax is due at all.
    pub const fn is_taxed(self) -> bool {
        match self {
            Self::Inclusive | Self::Exclusive => true,
            Self::Exempt | Self::OutOfScope => false,
        }
    }
}

impl fmt::Display for TaxMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a part of a period is charged; stored with each price, never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proration {
    /// Not at all: a period that was begun is charged whole.
    None,
    /// By days of the whole nominal period.
    ActualDays,
    /// By days of a calendar in which every month has thirty.
    ThirtyDays,
    /// By seconds of the whole nominal period, in the tenant's zone.
    Seconds,
}

impl Proration {
    /// The word in files, tables and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ActualDays => "actual_days",
            Self::ThirtyDays => "thirty_days",
            Self::Seconds => "seconds",
        }
    }
}

impl fmt::Display for Proration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which spans of time monthly fees are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillingCycle {
    /// Calendar months, so that the first and the last are partial.
    CalendarMonth,
    /// Months counted from the day on which billing started.
    Anniversary,
}

impl BillingCycle {
    /// The word in files, tables and interfaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalendarMonth => "calendar_month",
            Self::Anniversary => "anniversary",
        }
    }
}

/// One version of a rate card, by name and by content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RateCardRef {
    /// The stable code, such as `okinawa`.
    pub code: String,
    /// The version as its author named it, such as `2021-01`.
    pub version: String,
    /// The hash of its content: `sha256:` and 64 hexadecimal digits.
    pub hash: String,
}

impl fmt::Display for RateCardRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.code, self.version)
    }
}

/// What was taxed at one rate, rounded once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxTotal {
    /// The rate; nothing where no tax is due.
    pub rate: Rate,
    /// `Exclusive` for taxed amounts, otherwise why no tax is due.
    pub mode: TaxMode,
    /// The amount without tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What is to be paid: net and tax.
    pub gross: Money,
}
