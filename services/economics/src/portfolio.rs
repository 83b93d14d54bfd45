//! A portfolio: who may have which losses, what the cover promises, and what it costs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tasuki_core::master_contract::{CoverTerms, CoveragePart, LimitBasis, LimitScope};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;
use tasuki_pricing::premium::{Credibility, Rating};

use crate::error::EconomicsError;
use crate::frequency::Frequency;
use crate::number;
use crate::severity::Severity;
use crate::terms;

/// The most firms of a group.
const FIRMS_AT_MOST: u32 = 1_000_000;

/// The most groups, and losses of a group.
const LINES_AT_MOST: usize = 50;

/// A portfolio of firms under one cover, as in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portfolio {
    /// What it is called.
    pub name: Text,
    /// Where the figures come from, and which of them are assumed.
    #[serde(default)]
    pub sources: Vec<Text>,
    /// Firms that are alike.
    pub groups: Vec<Group>,
    /// What the cover promises.
    pub terms: TermsLine,
    /// What it costs.
    pub premium: PremiumLine,
    /// What the scheme earns in a year before it pays premiums; none if it is not known.
    #[serde(default)]
    pub margin_before_premium: Option<i64>,
}

/// Firms that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What they are called.
    pub name: Text,
    /// How many there are.
    pub n_tenants: u32,
    /// What may happen to them.
    pub losses: Vec<LossModel>,
}

/// How often something happens to a firm in a year, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossModel {
    /// The coverage part it falls under.
    pub part: CoveragePart,
    /// Expected losses of one firm in a year.
    pub per_tenant: Rate,
    /// How the number varies; independent losses if left out.
    #[serde(default)]
    pub frequency: FrequencyKind,
    /// What a loss costs.
    pub severity: SeverityModel,
    /// Where the figures come from; empty if it is not said.
    #[serde(default)]
    pub source: String,
}

/// How the number of losses varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrequencyKind {
    /// Losses are independent.
    #[default]
    Poisson,
    /// A firm has one loss or none.
    Binomial,
    /// The mean itself is not known, and is the same for the whole group.
    NegativeBinomial {
        /// The variance of the group's number by its mean, less one.
        spread: Rate,
    },
}

/// What a loss costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityModel {
    /// Some amounts with weights.
    Bands(Vec<Band>),
    /// The logarithm is normal.
    LogNormal {
        /// Half of the losses cost less.
        median: i64,
        /// The standard deviation of the logarithm.
        sigma: Rate,
    },
    /// Gamma.
    Gamma {
        /// The mean.
        mean: i64,
        /// The shape.
        shape: Rate,
    },
    /// Heavy-tailed.
    Pareto {
        /// The smallest loss.
        at_least: i64,
        /// The shape.
        shape: Rate,
    },
}

/// What some of the losses cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The cost: the upper end of the band, so that the estimate is careful.
    pub at_most: i64,
    /// How many, relative to the other bands.
    pub weight: Rate,
}

/// What the cover promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsLine {
    /// What is covered.
    pub parts: Vec<PartLine>,
    /// The most that is paid.
    #[serde(default)]
    pub limits: Vec<LimitLine>,
}

/// What is paid for one coverage part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartLine {
    /// The part.
    pub part: CoveragePart,
    /// The share of a loss that is paid (縮小支払割合).
    #[serde(default = "whole")]
    pub coinsurance: Rate,
    /// What the insured bears of each loss.
    #[serde(default)]
    pub deductible: i64,
    /// The section it belongs to; `costs` or `liability` by the part if left out.
    #[serde(default)]
    pub section: Option<String>,
}

/// The most that is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitLine {
    /// Stable code, unique.
    pub code: String,
    /// Where it stands.
    pub scope: LimitScope,
    /// How often it is there.
    pub basis: LimitBasis,
    /// The parts it counts; empty for all that its scope can mean.
    #[serde(default)]
    pub parts: BTreeSet<CoveragePart>,
    /// The amount.
    pub amount: i64,
}

/// What the cover costs, and how next year's premium follows from losses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PremiumLine {
    /// For one certificate and month.
    pub per_certificate_month: i64,
    /// The share of the premium that is meant for losses.
    #[serde(default)]
    pub target_loss_ratio: Option<Rate>,
    /// The weight of the scheme's own losses, 0 to 1.
    #[serde(default)]
    pub credibility: Option<Rate>,
    /// The largest rise in a year; `1` doubles the premium. None for no bound.
    #[serde(default)]
    pub largest_rise: Option<Rate>,
    /// The largest fall in a year.
    #[serde(default)]
    pub largest_fall: Option<Rate>,
}

const fn whole() -> Rate {
    Rate::ONE
}

/// The portfolio that comes with the program: the Okinawa pilot.
pub const fn example() -> &'static str {
    include_str!("../data/okinawa-pilot.yaml")
}

impl Portfolio {
    /// Reads a portfolio from YAML, of which JSON is a part.
    ///
    /// # Errors
    /// [`EconomicsError::Unreadable`] with the place, [`EconomicsError::Field`].
    pub fn read(text: &str) -> Result<Self, EconomicsError> {
        let read: Self = serde_saphyr::from_str(text)
            .map_err(|wrong| EconomicsError::Unreadable(wrong.to_string()))?;
        read.check()?;
        Ok(read)
    }

    /// Whether it makes sense.
    ///
    /// # Errors
    /// [`EconomicsError::Field`] for the first field that does not.
    pub fn check(&self) -> Result<(), EconomicsError> {
        let wrong = |field: &str, text: &str| Err(EconomicsError::field(field, text));
        if self.groups.is_empty() || self.groups.len() > LINES_AT_MOST {
            return wrong("groups", "must have 1 to 50 entries");
        }
        if self.premium.per_certificate_month <= 0 {
            return wrong("premium.per_certificate_month", "must be above 0");
        }
        let terms = terms::cover_terms(&self.terms)?;
        for (at, group) in self.groups.iter().enumerate() {
            group.check(&format!("groups[{at}]"), &terms)?;
        }
        Ok(())
    }

    /// The terms as the calculation of benefits wants them.
    ///
    /// # Errors
    /// [`EconomicsError::Field`].
    pub fn cover_terms(&self) -> Result<CoverTerms, EconomicsError> {
        terms::cover_terms(&self.terms)
    }

    /// The number of firms.
    pub fn n_tenants(&self) -> u32 {
        self.groups.iter().fold(0, |sum, group| sum.saturating_add(group.n_tenants))
    }

    /// How the insurer reads a year.
    pub fn rating(&self) -> Rating {
        let assumed = Rating::assumed();
        let line = &self.premium;
        Rating {
            target_loss_ratio: line.target_loss_ratio.unwrap_or(assumed.target_loss_ratio),
            credibility: line.credibility.map_or(assumed.credibility, Credibility::Fixed),
            largest_rise: line.largest_rise,
            largest_fall: line.largest_fall,
        }
    }

    /// This year's premium for one certificate and month.
    pub const fn per_month(&self) -> Money {
        Money::jpy(self.premium.per_certificate_month)
    }
}

impl Group {
    pub(crate) fn check(&self, field: &str, terms: &CoverTerms) -> Result<(), EconomicsError> {
        if self.n_tenants == 0 || self.n_tenants > FIRMS_AT_MOST {
            let field = format!("{field}.n_tenants");
            return Err(EconomicsError::field(field, "must be 1 to 1,000,000"));
        }
        if self.losses.is_empty() || self.losses.len() > LINES_AT_MOST {
            let field = format!("{field}.losses");
            return Err(EconomicsError::field(field, "must have 1 to 50 entries"));
        }
        for (at, loss) in self.losses.iter().enumerate() {
            loss.check(&format!("{field}.losses[{at}]"), terms)?;
        }
        Ok(())
    }
}

impl LossModel {
    fn check(&self, field: &str, terms: &CoverTerms) -> Result<(), EconomicsError> {
        let wrong =
            |name: &str, text: String| Err(EconomicsError::field(format!("{field}.{name}"), text));
        if terms.part(self.part).is_none() {
            let text = format!("`{}` is not a part of the terms: add it there", self.part);
            return wrong("part", text);
        }
        let most = match self.frequency {
            FrequencyKind::Binomial => Rate::ONE,
            FrequencyKind::Poisson | FrequencyKind::NegativeBinomial { .. } => {
                Rate::percent(10_000)
            }
        };
        if self.per_tenant <= Rate::ZERO || self.per_tenant > most {
            return wrong("per_tenant", format!("must be above 0 and at most {most}"));
        }
        if let FrequencyKind::NegativeBinomial { spread } = self.frequency
            && (spread <= Rate::ZERO || spread > Rate::percent(100_000))
        {
            return wrong("frequency.spread", "must be above 0 and at most 1000".to_owned());
        }
        self.severity.check().or_else(|text| wrong("severity", text.to_owned()))
    }

    /// The number of losses of one firm.
    pub(crate) fn of_one_firm(&self) -> Option<Frequency> {
        let mean = number::of_rate(self.per_tenant);
        match self.frequency {
            FrequencyKind::Poisson => Some(Frequency::Poisson { mean }),
            FrequencyKind::Binomial => Some(Frequency::Binomial { n: 1, q: mean }),
            // Firms share what is not known, so that one of them has no distribution of its own.
            FrequencyKind::NegativeBinomial { .. } => None,
        }
    }

    /// The number of losses of so many firms.
    pub(crate) fn of_firms(&self, n_tenants: u32) -> Frequency {
        let each = number::of_rate(self.per_tenant);
        let mean = each * number::of_whole(i64::from(n_tenants));
        match self.frequency {
            FrequencyKind::Poisson => Frequency::Poisson { mean },
            FrequencyKind::Binomial => Frequency::Binomial { n: u64::from(n_tenants), q: each },
            FrequencyKind::NegativeBinomial { spread } => {
                Frequency::NegativeBinomial { mean, spread: number::of_rate(spread) }
            }
        }
    }
}

impl SeverityModel {
    fn check(&self) -> Result<(), &'static str> {
        let sound = match self {
            Self::Bands(bands) => {
                let weights =
                    bands.iter().all(|band| band.weight >= Rate::ZERO && band.at_most >= 0);
                weights && bands.iter().any(|band| band.weight > Rate::ZERO)
            }
            Self::LogNormal { median, sigma } => {
                *median > 0 && *sigma > Rate::ZERO && *sigma <= Rate::percent(500)
            }
            Self::Gamma { mean: amount, shape } | Self::Pareto { at_least: amount, shape } => {
                *amount > 0 && *shape >= Rate::percent(5) && *shape <= Rate::percent(100_000)
            }
        };
        if sound {
            return Ok(());
        }
        Err("needs amounts and weights of at least 0, and something above 0; \
             `sigma` from 0 to 5, `shape` from 0.05 to 1000")
    }

    /// The distribution.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Bands(bands) => {
                let total: f64 = bands.iter().map(|band| number::of_rate(band.weight)).sum();
                let bands = bands.iter().map(|band| {
                    (number::of_whole(band.at_most), number::of_rate(band.weight) / total)
                });
                Severity::Bands(bands.collect())
            }
            Self::LogNormal { median, sigma } => Severity::LogNormal {
                median: number::of_whole(*median),
                sigma: number::of_rate(*sigma),
            },
            Self::Gamma { mean, shape } => {
                let shape = number::of_rate(*shape);
                Severity::Gamma { shape, scale: number::of_whole(*mean) / shape }
            }
            Self::Pareto { at_least, shape } => Severity::Pareto {
                at_least: number::of_whole(*at_least),
                shape: number::of_rate(*shape),
            },
        }
    }
}
