//! The book in the open exposure data format (OED 4, cyber), for loss models of others.

use std::collections::{BTreeMap, BTreeSet};

use super::csv::{Cell, Csv};
use crate::id::CertificateId;
use crate::master_contract::{CoverTerms, CoveragePart, LimitScope, MasterContract};
use crate::money::Money;
use crate::tenant::Tenant;
use crate::time::CivilDate;

/// The version of the format.
pub const OED_VERSION: &str = "4.0.0";

/// A coverage of the format's cyber class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OedCoverage {
    /// Business interruption, code 7.
    Npbi,
    /// Digital assets: data and software recovered or replaced, code 9.
    Dias,
    /// Incident response: forensics, notification, advice, code 12.
    Inre,
    /// Liability towards others, code 13.
    Lia,
}

impl OedCoverage {
    /// Every coverage that our parts come to.
    pub const ALL: [Self; 4] = [Self::Npbi, Self::Dias, Self::Inre, Self::Lia];

    /// The coverage that a part comes to.
    pub const fn of(part: CoveragePart) -> Self {
        match part {
            CoveragePart::BusinessInterruption => Self::Npbi,
            CoveragePart::DataRecovery => Self::Dias,
            CoveragePart::OnSiteResponse
            | CoveragePart::VirusRemoval
            | CoveragePart::Forensics
            | CoveragePart::NotificationCosts
            | CoveragePart::Consulting => Self::Inre,
            CoveragePart::ThirdPartyLiability => Self::Lia,
        }
    }

    /// Its number in the format.
    pub const fn id(self) -> u8 {
        match self {
            Self::Npbi => 7,
            Self::Dias => 9,
            Self::Inre => 12,
            Self::Lia => 13,
        }
    }

    /// Its code in the format.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Npbi => "NPBI",
            Self::Dias => "DIAS",
            Self::Inre => "INRE",
            Self::Lia => "LIA",
        }
    }
}

/// A firm of the book.
#[derive(Debug, Clone)]
pub struct OedAccount<'a> {
    /// The firm.
    pub tenant: &'a Tenant,
    /// One of its certificates, and the number of it.
    pub certificate: (CertificateId, &'a str),
    /// First and last day of its cover.
    pub days: (CivilDate, CivilDate),
    /// What it pays, or what is paid for it, in a year.
    pub yearly_premium: Option<Money>,
    /// The cloud that its traffic goes through; empty for none.
    pub cloud_vendor: String,
}

/// The tables of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OedTables {
    /// One row for each certificate.
    pub accounts: String,
    /// One row for each location of a firm.
    pub locations: String,
}

/// The most that is paid under a coverage for one loss: the sum of the limits of its parts, unless a
/// limit of the loss or of the period is lower. None for no such limit.
pub fn limit_of(terms: &CoverTerms, coverage: OedCoverage) -> Option<Money> {
    let parts: BTreeSet<CoveragePart> = parts_of(terms, coverage);
    let mut sum = Some(Money::ZERO_JPY);
    for part in &parts {
        let own = terms
            .limits
            .iter()
            .filter(|limit| limit.scope == LimitScope::Item && limit.parts.contains(part))
            .map(|limit| limit.amount)
            .min();
        sum = sum.zip(own).and_then(|(sum, own)| sum.plus(own).ok());
    }
    let outer = terms.limits.iter().filter(|limit| {
        let counts = parts.is_subset(&terms.parts_of(limit));
        counts && limit.scope != LimitScope::Programme && limit.scope != LimitScope::Item
    });
    outer.map(|limit| limit.amount).chain(sum).min()
}

fn parts_of(terms: &CoverTerms, coverage: OedCoverage) -> BTreeSet<CoveragePart> {
    let parts = terms.parts.iter().map(|terms| terms.part);
    parts.filter(|part| OedCoverage::of(*part) == coverage).collect()
}

/// The tables of the firms of a contract.
pub fn oed_tables(contract: &MasterContract, accounts: &[OedAccount<'_>]) -> OedTables {
    let covered: Vec<OedCoverage> = OedCoverage::ALL
        .into_iter()
        .filter(|coverage| !parts_of(&contract.terms, *coverage).is_empty())
        .collect();
    OedTables {
        accounts: account_table(contract, accounts, &covered),
        locations: location_table(contract, accounts),
    }
}

const ACCOUNT: &[&str] = &[
    "PortNumber",
    "AccNumber",
    "AccName",
    "AccCurrency",
    "PolNumber",
    "PolInceptionDate",
    "PolExpiryDate",
    "LOB",
    "PolPerilsCovered",
    "PolGrossPremium",
    "LayerNumber",
    "LayerParticipation",
    "LayerAggLimit",
    "CountryCode",
    "AreaCode",
    "IndustryScheme1",
    "IndustryCode1",
    "NumberOfEmployees",
    "PolCoverage",
    "CoverageTrigger",
    "CloudVendor",
    "BackUpFreq",
    "PatchPolicy",
    "OEDVersion",
];

fn account_table(
    contract: &MasterContract,
    accounts: &[OedAccount<'_>],
    covered: &[OedCoverage],
) -> String {
    let own: Vec<String> = covered
        .iter()
        .flat_map(|it| [format!("PolLimit{}", it.code()), format!("PolDed{}", it.code())])
        .collect();
    let head: Vec<&str> = ACCOUNT.iter().copied().chain(own.iter().map(String::as_str)).collect();
    let mut csv = Csv::new(&head);
    let codes: Vec<&str> = covered.iter().map(|it| it.code()).collect();
    for account in accounts {
        let mut row = account_row(contract, account, &codes.join(";"));
        for coverage in covered {
            row.push(yen(limit_of(&contract.terms, *coverage)));
            row.push(yen(deductible_of(&contract.terms, *coverage)));
        }
        csv.row(row);
    }
    csv.into_text()
}

fn account_row(contract: &MasterContract, account: &OedAccount<'_>, codes: &str) -> Vec<Cell> {
    let OedAccount { tenant, certificate, days, yearly_premium, cloud_vendor } = account;
    let yearly = contract.terms.limits.iter().filter(|it| it.scope == LimitScope::Certificate);
    let count = |count: Option<u32>| Cell::Word(count.map(|n| n.to_string()).unwrap_or_default());
    let yes = |value: Option<bool>, yes: &str, no: &str| {
        Cell::word(value.map_or("", |value| if value { yes } else { no }))
    };
    vec![
        Cell::word(&contract.code),
        Cell::word(tenant.id),
        Cell::Written(tenant.name.clone()),
        Cell::word("JPY"),
        Cell::word(certificate.1),
        Cell::word(days.0),
        Cell::word(days.1),
        Cell::word("Cyber"),
        Cell::word("CC1"),
        yen(*yearly_premium),
        Cell::word(1),
        Cell::word(1),
        yen(yearly.map(|limit| limit.amount).min()),
        Cell::word("JP"),
        Cell::word(tenant.prefecture().unwrap_or_default()),
        Cell::word("JSIC"),
        Cell::word(tenant.industry()),
        count(tenant.profile.employees),
        Cell::word(codes),
        Cell::word(trigger(contract)),
        Cell::Written(cloud_vendor.clone()),
        yes(tenant.profile.has_backup, "1", "0"),
        yes(tenant.profile.updates_are_managed, "1", "0"),
        Cell::word(OED_VERSION),
    ]
}

/// 1 for losses that occur in the period, 2 for those that are discovered or claimed in it.
const fn trigger(contract: &MasterContract) -> u8 {
    match contract.terms.loss_basis {
        crate::master_contract::LossBasis::Occurrence => 1,
        crate::master_contract::LossBasis::Discovery
        | crate::master_contract::LossBasis::ClaimsMade => 2,
    }
}

fn deductible_of(terms: &CoverTerms, coverage: OedCoverage) -> Option<Money> {
    let parts = parts_of(terms, coverage);
    terms.parts.iter().filter(|it| parts.contains(&it.part)).map(|it| it.deductible).max()
}

fn location_table(contract: &MasterContract, accounts: &[OedAccount<'_>]) -> String {
    let head =
        ["PortNumber", "AccNumber", "LocNumber", "CountryCode", "AreaCode", "LocPerilsCovered"];
    let mut csv = Csv::new(&head);
    let firms: BTreeMap<_, _> =
        accounts.iter().map(|account| (account.tenant.id, account.tenant)).collect();
    for tenant in firms.values() {
        // A firm whose sites nobody asked for has one all the same.
        let areas: Vec<&str> = if tenant.profile.sites.is_empty() {
            vec![""]
        } else {
            let sites = tenant.profile.sites.iter();
            sites.map(|site| site.prefecture.as_deref().unwrap_or_default()).collect()
        };
        for (number, area) in (1_u32..).zip(areas) {
            csv.row([
                Cell::word(&contract.code),
                Cell::word(tenant.id),
                Cell::word(number),
                Cell::word("JP"),
                Cell::word(area),
                Cell::word("CC1"),
            ]);
        }
    }
    csv.into_text()
}

fn yen(amount: Option<Money>) -> Cell {
    Cell::Word(amount.map(|amount| amount.amount().to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master_contract::tests::{limit, part, terms as contract_terms};

    #[test]
    fn every_part_has_a_coverage_of_the_format() {
        use CoveragePart as P;
        let of = CoveragePart::ALL.map(|part| OedCoverage::of(part).code());
        assert_eq!(of, ["INRE", "INRE", "INRE", "DIAS", "LIA", "NPBI", "INRE", "INRE"]);
        assert_eq!(OedCoverage::of(P::Forensics).id(), 12);
        assert_eq!(OedCoverage::ALL.map(OedCoverage::id), [7, 9, 12, 13]);
    }

    #[test]
    fn the_limit_of_a_coverage_is_the_sum_of_its_parts_under_what_bounds_them() {
        use CoveragePart::{OnSiteResponse, ThirdPartyLiability, VirusRemoval};
        let mut terms = contract_terms();
        terms.parts = vec![
            part(OnSiteResponse, 100, 0),
            part(VirusRemoval, 100, 0),
            part(ThirdPartyLiability, 100, 0),
        ];
        terms.limits = vec![
            limit(LimitScope::Item, &[OnSiteResponse], 100_000),
            limit(LimitScope::Item, &[VirusRemoval], 80_000),
            limit(LimitScope::Programme, &[], 1_000),
        ];
        assert_eq!(limit_of(&terms, OedCoverage::Inre), Some(Money::jpy(180_000)));
        assert_eq!(limit_of(&terms, OedCoverage::Lia), None);
        terms.limits.push(limit(LimitScope::Occurrence, &[], 150_000));
        assert_eq!(limit_of(&terms, OedCoverage::Inre), Some(Money::jpy(150_000)));
        assert_eq!(limit_of(&terms, OedCoverage::Lia), Some(Money::jpy(150_000)));
    }
}
