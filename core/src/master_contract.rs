//! Master contracts (包括契約): the insurer's contract with the bundle's operator.
//!
//! One contract covers every tenant that holds a certificate under it. Its limits lie inside each
//! other: a part's limit inside the occurrence limit, that inside the yearly limit of one insured
//! firm, that inside the aggregate of the whole programme. `None` is no limit.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{InsurerId, MasterContractId, PartnerId};
use crate::money::Money;
use crate::problem::Violation;
use crate::rate::Rate;
use crate::text::Text;
use crate::time::{CivilDate, Period, TimeError, Timestamp, Zone};

/// More parts than any cover of the field has; bounds the work of one assessment.
const MOST_PARTS: usize = 32;

/// The code of a coverage part, such as `on_site_response`: lower case, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PartCode(String);

/// The text is no code of a coverage part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a code such as `on_site_response`: up to 64 lower-case letters, digits, `_`")]
pub struct ParsePartCodeError {
    /// What was given.
    pub text: String,
}

impl PartCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PartCode {
    type Err = ParsePartCodeError;

    fn from_str(text: &str) -> Result<Self, ParsePartCodeError> {
        let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParsePartCodeError { text: text.to_owned() })
        }
    }
}

impl<'de> Deserialize<'de> for PartCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for PartCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When a contract runs: from an hour of its first day to the same hour of its last.
///
/// Japanese contracts start at 16:00 or at 00:00, so the hour is part of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsurancePeriod {
    /// The day it starts on.
    pub start_on: CivilDate,
    /// The day it ends on, at the same hour.
    pub end_on: CivilDate,
    /// The hour of both, 0 to 23, in the zone.
    pub hour: i8,
    /// Where the hour is read.
    pub zone: Zone,
}

impl InsurancePeriod {
    /// The instants that belong to it: the start does, the end does not.
    ///
    /// # Errors
    /// [`TimeError::EndBeforeStart`], or [`TimeError::OutOfRange`] for an hour that no day has.
    pub fn instants(&self) -> Result<Period, TimeError> {
        Period::new(self.at_hour(self.start_on)?, self.at_hour(self.end_on)?)
    }

    fn at_hour(&self, day: CivilDate) -> Result<Timestamp, TimeError> {
        let time =
            jiff::civil::Time::new(self.hour, 0, 0, 0).map_err(|_| TimeError::OutOfRange)?;
        day.to_datetime(time)
            .to_zoned(self.zone.time_zone())
            .map(|zoned| Timestamp::new(zoned.timestamp()))
            .map_err(|_| TimeError::OutOfRange)
    }
}

/// How a benefit reaches the insured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provision {
    /// The provider does the work and is paid by the insurer; the customer gets no bill (現物給付).
    InKind,
    /// The customer pays and gets money back (実費).
    Reimbursed,
}

/// One thing that is insured, such as the cost of an engineer on site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveragePart {
    /// Its code, which loss items name.
    pub code: PartCode,
    /// What customers call it.
    pub name: Text,
    /// The most that is paid for it per occurrence.
    pub item_limit: Option<Money>,
    /// The share of the loss that the insurer bears (縮小支払割合), above 0 and up to 1.
    pub coinsurance: Rate,
    /// How the benefit reaches the insured.
    pub provision: Provision,
}

/// What is paid, up to what, and for which premium.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverTerms {
    /// What is insured, in the order of the wording. The deductible is taken in this order.
    pub parts: Vec<CoveragePart>,
    /// What the insured bears of each occurrence.
    pub deductible: Money,
    /// The most for one occurrence, all parts together.
    pub occurrence_limit: Option<Money>,
    /// The most for one insured firm within the insurance period. All certificates of the firm
    /// share it: several sites or bundles do not multiply it.
    pub annual_limit: Option<Money>,
    /// The most for all insured together within the insurance period.
    pub programme_aggregate: Option<Money>,
    /// Above this amount an approval needs a second person.
    pub second_person_above: Option<Money>,
    /// The premium of one certificate for one month. Premiums bear no consumption tax.
    pub premium_per_month: Money,
}

impl CoverTerms {
    /// The part with a code.
    pub fn part(&self, code: &PartCode) -> Option<&CoveragePart> {
        self.parts.iter().find(|part| part.code == *code)
    }
}

/// The names of the policy packs that decide claims; which version is chosen by the date of loss.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PackNames {
    /// Is the cover in force, and on which terms?
    pub cover: String,
    /// Is this loss covered?
    pub trigger: String,
    /// Does an exclusion apply?
    pub exclusion: String,
    /// How much is payable?
    pub payable: String,
}

/// How a tenant comes to be covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// By buying the bundle; the holder pays the premium (自動付帯).
    Automatic,
    /// By a choice of the tenant, offered by a partner with a solicitor's licence (任意加入).
    Optional,
}

/// What a master contract is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterContractDraft {
    /// Who carries the risk.
    pub insurer_id: InsurerId,
    /// The operator that holds the contract and pays the premium.
    pub holder_id: PartnerId,
    /// The number that the insurer gave it (証券番号).
    pub number: String,
    /// What people call it.
    pub name: Text,
    /// When it runs.
    pub period: InsurancePeriod,
    /// Where losses are covered, such as `JP`.
    pub territory: String,
    /// How a tenant comes to be covered.
    pub attachment: Attachment,
    /// What is paid, up to what, and for which premium.
    pub terms: CoverTerms,
    /// Which rules decide.
    pub packs: PackNames,
}

/// The insurer's contract with the bundle's operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterContract {
    /// Its id.
    pub id: MasterContractId,
    /// What it says.
    #[serde(flatten)]
    pub content: MasterContractDraft,
    /// The instants of its period.
    pub in_force: Period,
    /// When it was recorded.
    pub created_at: Timestamp,
}

impl MasterContract {
    /// A contract, if what it says makes sense.
    ///
    /// # Errors
    /// Every field that breaks a rule, not only the first.
    pub fn new(
        id: MasterContractId,
        content: MasterContractDraft,
        created_at: Timestamp,
    ) -> Result<Self, Vec<Violation>> {
        let mut violations = violations_of(&content);
        match content.period.instants() {
            Ok(in_force) if in_force.start() < in_force.end() && violations.is_empty() => {
                Ok(Self { id, content, in_force, created_at })
            }
            Ok(in_force) => {
                if in_force.start() >= in_force.end() {
                    violations.push(broken("period", "the contract must end after it starts"));
                }
                Err(violations)
            }
            Err(error) => {
                violations.push(broken("period", error.to_string()));
                Err(violations)
            }
        }
    }

    /// What is paid, up to what, and for which premium.
    pub const fn terms(&self) -> &CoverTerms {
        &self.content.terms
    }
}

fn broken(field: impl Into<String>, description: impl Into<String>) -> Violation {
    Violation { field: field.into(), description: description.into() }
}

fn violations_of(content: &MasterContractDraft) -> Vec<Violation> {
    let mut found = Vec::new();
    let texts = [
        ("number", &content.number),
        ("packs.cover", &content.packs.cover),
        ("packs.trigger", &content.packs.trigger),
        ("packs.exclusion", &content.packs.exclusion),
        ("packs.payable", &content.packs.payable),
    ];
    for (field, text) in texts {
        if text.trim().is_empty() {
            found.push(broken(field, "must not be empty"));
        }
    }
    violations_of_terms(&content.terms, &mut found);
    found
}

fn violations_of_terms(terms: &CoverTerms, found: &mut Vec<Violation>) {
    if terms.parts.is_empty() || terms.parts.len() > MOST_PARTS {
        found.push(broken("terms.parts", format!("must be one to {MOST_PARTS} coverage parts")));
    }
    let mut codes = BTreeSet::new();
    for (at, part) in terms.parts.iter().enumerate() {
        if !codes.insert(&part.code) {
            found.push(broken(
                format!("terms.parts[{at}].code"),
                format!("`{}` is listed twice", part.code),
            ));
        }
        if part.coinsurance <= Rate::ZERO || part.coinsurance > Rate::ONE {
            found.push(broken(
                format!("terms.parts[{at}].coinsurance"),
                format!("`{}` must be above 0 and at most 1", part.coinsurance),
            ));
        }
        positive(format!("terms.parts[{at}].item_limit"), part.item_limit, found);
    }
    positive("terms.occurrence_limit", terms.occurrence_limit, found);
    positive("terms.annual_limit", terms.annual_limit, found);
    positive("terms.programme_aggregate", terms.programme_aggregate, found);
    for (field, amount) in [
        ("terms.deductible", Some(terms.deductible)),
        ("terms.second_person_above", terms.second_person_above),
        ("terms.premium_per_month", Some(terms.premium_per_month)),
    ] {
        if amount.is_some_and(Money::is_negative) {
            found.push(broken(field, "must not be negative"));
        }
    }
}

/// A limit of nothing is no cover: it is left out (no limit) or above zero.
fn positive(field: impl Into<String>, limit: Option<Money>, found: &mut Vec<Violation>) {
    if limit.is_some_and(|limit| limit.amount() <= 0) {
        found.push(broken(field, "must be above zero; leave it out for no limit"));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn part(code: &str, item_limit: Option<i64>, percent: i64) -> CoveragePart {
        CoveragePart {
            code: code.parse().unwrap(),
            name: Text::new("駆け付け対応費用", "Cost of the on-site response"),
            item_limit: item_limit.map(Money::jpy),
            coinsurance: Rate::percent(percent),
            provision: Provision::InKind,
        }
    }

    pub(crate) fn draft() -> MasterContractDraft {
        MasterContractDraft {
            insurer_id: InsurerId::from(Uuid::from_u128(1)),
            holder_id: PartnerId::from(Uuid::from_u128(2)),
            number: "CY-2021-0001".to_owned(),
            name: Text::new("初動対応補償", "First-response cover"),
            period: InsurancePeriod {
                start_on: date(2021, 4, 1),
                end_on: date(2022, 4, 1),
                hour: 16,
                zone: Zone::named(Zone::TOKYO).unwrap(),
            },
            territory: "JP".to_owned(),
            attachment: Attachment::Automatic,
            terms: CoverTerms {
                parts: vec![
                    part("on_site_response", Some(50_000), 100),
                    part("virus_removal", Some(100_000), 100),
                ],
                deductible: Money::ZERO_JPY,
                occurrence_limit: Some(Money::jpy(120_000)),
                annual_limit: Some(Money::jpy(300_000)),
                programme_aggregate: Some(Money::jpy(3_000_000)),
                second_person_above: Some(Money::jpy(100_000)),
                premium_per_month: Money::jpy(200),
            },
            packs: PackNames {
                cover: "first-response".to_owned(),
                trigger: "first-response".to_owned(),
                exclusion: "first-response".to_owned(),
                payable: "first-response".to_owned(),
            },
        }
    }

    fn made(draft: MasterContractDraft) -> Result<MasterContract, Vec<Violation>> {
        let created_at = "2021-03-01T00:00:00Z".parse().unwrap();
        MasterContract::new(MasterContractId::from(Uuid::from_u128(9)), draft, created_at)
    }

    #[test]
    fn the_hour_of_the_contract_decides_its_first_and_last_instant() {
        let contract = made(draft()).unwrap();
        let holds = |text: &str| contract.in_force.contains(text.parse().unwrap());
        assert!(!holds("2021-04-01T15:59:59.999999+09:00"));
        assert!(holds("2021-04-01T16:00:00+09:00"));
        assert!(holds("2022-04-01T15:59:59.999999+09:00"));
        assert!(!holds("2022-04-01T16:00:00+09:00"));
    }

    #[test]
    fn every_field_that_makes_no_sense_is_named() {
        let mut bad = draft();
        bad.number = " ".to_owned();
        bad.period.end_on = bad.period.start_on;
        bad.terms.deductible = Money::jpy(-1);
        bad.terms.annual_limit = Some(Money::ZERO_JPY);
        bad.terms.parts = vec![part("a", Some(0), 101), part("a", None, 0)];
        let fields: Vec<_> = made(bad).unwrap_err().into_iter().map(|v| v.field).collect();
        assert_eq!(
            fields,
            [
                "number",
                "terms.parts[0].coinsurance",
                "terms.parts[0].item_limit",
                "terms.parts[1].code",
                "terms.parts[1].coinsurance",
                "terms.annual_limit",
                "terms.deductible",
                "period",
            ]
        );
    }

    #[test]
    fn a_contract_survives_its_json_form() {
        let contract = made(draft()).unwrap();
        let text = serde_json::to_string(&contract).unwrap();
        assert_eq!(serde_json::from_str::<MasterContract>(&text).unwrap(), contract);
    }

    #[test]
    fn a_code_has_one_way_to_be_written() {
        for text in ["", "On_site", "1st", "a-b", "_a", &"a".repeat(65)] {
            assert!(text.parse::<PartCode>().is_err(), "{text}");
        }
        assert_eq!("pc_1".parse::<PartCode>().unwrap().as_str(), "pc_1");
    }
}
