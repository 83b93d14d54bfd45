//! Accumulation: what many firms have in common, so that one event may hit all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::id::TenantId;
use crate::money::{Money, MoneyError};

/// A kind of thing that firms have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SharedKind {
    /// A cloud that the traffic of all of them goes through.
    Cloud,
    /// A company behind a service.
    Vendor,
    /// A model of UTM.
    UtmModel,
    /// A provider that runs a service.
    Provider,
}

impl SharedKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Cloud, Self::Vendor, Self::UtmModel, Self::Provider];

    /// The word in lists.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Vendor => "vendor",
            Self::UtmModel => "utm_model",
            Self::Provider => "provider",
        }
    }
}

impl fmt::Display for SharedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of `cloud`, `vendor`, `utm_model`, `provider`")]
pub struct ParseSharedKindError {
    /// What was given.
    pub text: String,
}

impl FromStr for SharedKind {
    type Err = ParseSharedKindError;

    fn from_str(text: &str) -> Result<Self, ParseSharedKindError> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| ParseSharedKindError { text: text.to_owned() })
    }
}

/// A thing that firms have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shared {
    /// What it is.
    pub kind: SharedKind,
    /// Which one.
    pub name: String,
}

/// What stands on one firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The firm.
    pub tenant_id: TenantId,
    /// Its certificates in force.
    pub n_certificates: u32,
    /// The most that is paid to it in the period, over all of them; none for no such limit.
    pub yearly_limit: Option<Money>,
    /// What it uses.
    pub shared: BTreeSet<Shared>,
}

/// What firms that have one thing in common come to together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accumulation {
    /// The thing.
    pub shared: Shared,
    /// Firms that have it.
    pub n_tenants: u32,
    /// Their certificates in force.
    pub n_certificates: u32,
    /// The sum of their yearly limits; none when one of them has no such limit, so that no sum bounds
    /// it.
    pub yearly_limits: Option<Money>,
}

/// Adds up firms by what they have in common: most firms first, then the largest sum, then by kind and
/// name. A firm without cover counts nowhere.
///
/// # Errors
/// [`MoneyError`].
pub fn accumulate(exposures: &[Exposure]) -> Result<Vec<Accumulation>, MoneyError> {
    let mut sums: BTreeMap<&Shared, Accumulation> = BTreeMap::new();
    for exposure in exposures.iter().filter(|exposure| exposure.n_certificates > 0) {
        for shared in &exposure.shared {
            let sum = sums.entry(shared).or_insert_with(|| Accumulation {
                shared: shared.clone(),
                n_tenants: 0,
                n_certificates: 0,
                yearly_limits: Some(Money::ZERO_JPY),
            });
            sum.n_tenants = sum.n_tenants.saturating_add(1);
            sum.n_certificates = sum.n_certificates.saturating_add(exposure.n_certificates);
            sum.yearly_limits = match (sum.yearly_limits, exposure.yearly_limit) {
                (Some(so_far), Some(limit)) => Some(so_far.plus(limit)?),
                (Some(_) | None, None) | (None, Some(_)) => None,
            };
        }
    }
    let mut rows: Vec<Accumulation> = sums.into_values().collect();
    rows.sort_by(|a, b| {
        // No limit is more than any.
        let unbounded = |row: &Accumulation| (row.yearly_limits.is_none(), row.yearly_limits);
        (b.n_tenants, unbounded(b)).cmp(&(a.n_tenants, unbounded(a))).then(a.shared.cmp(&b.shared))
    });
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn firm(
        n: u128,
        certificates: u32,
        limit: Option<i64>,
        shared: &[(SharedKind, &str)],
    ) -> Exposure {
        Exposure {
            tenant_id: TenantId::from(Uuid::from_u128(n)),
            n_certificates: certificates,
            yearly_limit: limit.map(Money::jpy),
            shared: shared
                .iter()
                .map(|(kind, name)| Shared { kind: *kind, name: (*name).to_owned() })
                .collect(),
        }
    }

    #[test]
    fn firms_add_up_by_what_they_have_in_common() {
        use SharedKind::{Cloud, UtmModel};
        let rows = accumulate(&[
            firm(1, 1, Some(300_000), &[(Cloud, "secuwaf"), (UtmModel, "t20")]),
            firm(2, 2, Some(300_000), &[(UtmModel, "t20")]),
            firm(3, 1, None, &[(Cloud, "other")]),
            firm(4, 0, None, &[(UtmModel, "t20")]),
        ])
        .unwrap();
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (row.shared.name.as_str(), row.n_tenants, row.n_certificates, row.yearly_limits)
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("t20", 2, 3, Some(Money::jpy(600_000))),
                ("other", 1, 1, None),
                ("secuwaf", 1, 1, Some(Money::jpy(300_000))),
            ]
        );
    }

    #[test]
    fn every_kind_has_a_word() {
        for kind in SharedKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("phone".parse::<SharedKind>().is_err());
    }
}
