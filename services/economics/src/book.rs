//! What a recorded book would have paid under other terms.
//!
//! Losses are taken in the order of their time, as limits erode, and go through
//! [`tasuki_core::benefit`] under both terms. No number here is a floating-point one.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use tasuki_core::benefit::{
    self, Benefit, Draw, LimitSubject, LossItem, OccurrenceKey, Rules, Standing, StepKind, Taken,
    TakenByCode, Takers,
};
use tasuki_core::id::{CertificateId, ClaimId, IncidentId, MasterContractId, TenantId};
use tasuki_core::master_contract::{CoverTerms, CoveragePart};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::error::EconomicsError;

/// A recorded loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedLoss {
    /// What people call the claim.
    pub reference: String,
    /// Whose limits it takes from.
    pub takers: Takers,
    /// When it happened.
    pub loss_at: Timestamp,
    /// What it is made of, as the policies of the time let it pass.
    pub before: Vec<LossItem>,
    /// The same, as other policies let it pass.
    pub after: Vec<LossItem>,
    /// What was approved at the time; none if nothing was decided.
    pub recorded: Option<Money>,
}

/// A line of a file of losses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// What people call the claim; unique in the file.
    claim: String,
    /// The firm, by any name.
    tenant: String,
    /// Losses of the same firm and incident are one occurrence; the claim alone if left out.
    #[serde(default)]
    incident: Option<String>,
    /// When it happened.
    loss_at: Timestamp,
    /// What it is made of.
    items: Vec<LineItem>,
    /// What was approved at the time.
    #[serde(default)]
    approved: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineItem {
    part: CoveragePart,
    loss: i64,
    /// Whether the policies let it pass; they do if it is left out.
    #[serde(default = "covered")]
    standing: Standing,
}

const fn covered() -> Standing {
    Standing::Covered
}

/// The namespace of ids that stand for the names of a file.
const NAMES: Uuid = Uuid::from_u128(0x5c0e_71b2_0b7d_4a1f_9b86_2f6f_41d3_7e10);

impl RecordedLoss {
    /// Reads a line of a file: a JSON object.
    ///
    /// # Errors
    /// [`EconomicsError::Unreadable`], [`EconomicsError::Field`].
    pub fn read(line: &str) -> Result<Self, EconomicsError> {
        let read: Line = serde_saphyr::from_str(line)
            .map_err(|wrong| EconomicsError::Unreadable(wrong.to_string()))?;
        if read.items.is_empty() {
            return Err(EconomicsError::field("items", "must have at least one entry"));
        }
        let id = |kind: &str, name: &str| Uuid::new_v5(&NAMES, format!("{kind}:{name}").as_bytes());
        let tenant = TenantId::from(id("tenant", &read.tenant));
        let occurrence = match &read.incident {
            Some(name) => OccurrenceKey::Incident(IncidentId::from(id("incident", name))),
            None => OccurrenceKey::Claim(ClaimId::from(id("claim", &read.claim))),
        };
        let items: Vec<LossItem> = (1_u32..)
            .zip(&read.items)
            .map(|(number, item)| LossItem {
                standing: item.standing,
                ..LossItem::new(number, item.part, Money::jpy(item.loss))
            })
            .collect();
        Ok(Self {
            takers: Takers {
                contract: MasterContractId::from(Uuid::nil()),
                tenant,
                certificate: Some(CertificateId::from(id("certificate", &read.tenant))),
                site: None,
                occurrence: Some(occurrence),
            },
            reference: read.claim,
            loss_at: read.loss_at,
            before: items.clone(),
            after: items,
            recorded: read.approved.map(Money::jpy),
        })
    }
}

/// What a loss would have paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What people call the claim.
    pub reference: String,
    /// When it happened.
    pub loss_at: Timestamp,
    /// What it cost.
    pub loss: Money,
    /// What was approved at the time; none if nothing was decided.
    pub recorded: Option<Money>,
    /// What the first terms pay.
    pub before: Money,
    /// What the other terms pay.
    pub after: Money,
    /// The other less the first.
    pub difference: Money,
    /// What keeps the other terms from paying all of it, in the order in which it cuts.
    pub cut_by: Vec<StepKind>,
}

/// A book under two terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The losses, by their time.
    pub rows: Vec<Row>,
    /// The sum of the losses.
    pub loss: Money,
    /// The sum of what the first terms pay.
    pub before: Money,
    /// The sum of what the other terms pay.
    pub after: Money,
    /// The other less the first.
    pub difference: Money,
    /// Losses that come to another amount.
    pub n_changed: usize,
}

/// What every loss would have paid under two terms, in the order of their time.
///
/// # Errors
/// [`EconomicsError::Benefit`] for limits that cross, or a negative loss.
pub fn compare(
    mut losses: Vec<RecordedLoss>,
    before: &CoverTerms,
    after: &CoverTerms,
) -> Result<Comparison, EconomicsError> {
    losses.sort_by(|a, b| (a.loss_at, &a.reference).cmp(&(b.loss_at, &b.reference)));
    let (mut first, mut other) = (Book::new(before), Book::new(after));
    let mut rows = Vec::with_capacity(losses.len());
    for loss in losses {
        let under_first = first.settle(&loss.before, &loss.takers)?;
        let under_other = other.settle(&loss.after, &loss.takers)?;
        rows.push(Row {
            reference: loss.reference,
            loss_at: loss.loss_at,
            loss: under_first.loss,
            recorded: loss.recorded,
            before: under_first.total,
            after: under_other.total,
            difference: under_other.total.minus(under_first.total)?,
            cut_by: cuts(&under_other),
        });
    }
    let sum =
        |of: fn(&Row) -> Money| -> Result<Money, MoneyError> { Money::total(rows.iter().map(of)) };
    Ok(Comparison {
        loss: sum(|row| row.loss)?,
        before: sum(|row| row.before)?,
        after: sum(|row| row.after)?,
        difference: sum(|row| row.difference)?,
        n_changed: rows.iter().filter(|row| !row.difference.is_zero()).count(),
        rows,
    })
}

/// The steps that lower the amount, each kind once.
fn cuts(benefit: &Benefit) -> Vec<StepKind> {
    let mut kinds: Vec<StepKind> = Vec::new();
    for step in benefit.trace.iter().filter(|step| step.after < step.before) {
        if step.kind != StepKind::Allocation && !kinds.contains(&step.kind) {
            kinds.push(step.kind);
        }
    }
    kinds
}

/// What has been taken from every limit so far.
struct Book<'a> {
    terms: &'a CoverTerms,
    rules: Rules,
    taken: HashMap<(String, LimitSubject), Money>,
}

impl<'a> Book<'a> {
    fn new(terms: &'a CoverTerms) -> Self {
        Self { terms, rules: Rules::from(terms), taken: HashMap::new() }
    }

    fn settle(&mut self, loss: &[LossItem], takers: &Takers) -> Result<Benefit, EconomicsError> {
        let possible = Draw::possible(self.terms, takers).into_iter();
        let taken: TakenByCode = possible
            .filter_map(|draw| {
                let used = *self.taken.get(&(draw.code.clone(), draw.subject))?;
                Some((draw.code, Taken { used, ..Taken::NOTHING }))
            })
            .collect::<BTreeMap<_, _>>();
        let benefit = benefit::payable(loss, &self.rules, &taken)?;
        for draw in benefit.draws(self.terms, takers)? {
            let so_far = self.taken.entry((draw.code, draw.subject)).or_insert(Money::ZERO_JPY);
            *so_far = so_far.plus(draw.amount)?;
        }
        Ok(benefit)
    }
}

#[cfg(test)]
mod tests {
    use tasuki_core::master_contract::{LimitBasis, LimitScope};

    use super::*;
    use crate::portfolio::{Portfolio, example};

    fn terms(programme: i64) -> CoverTerms {
        let mut terms = Portfolio::read(example()).unwrap().cover_terms().unwrap();
        for limit in &mut terms.limits {
            if limit.scope == LimitScope::Programme {
                limit.amount = Money::jpy(programme);
            }
        }
        terms
    }

    fn loss(claim: &str, tenant: &str, day: u32, yen: i64) -> RecordedLoss {
        let line = format!(
            r#"{{"claim":"{claim}","tenant":"{tenant}","loss_at":"2021-03-{day:02}T00:00:00Z",
            "items":[{{"part":"on_site_response","loss":{yen}}}]}}"#
        );
        RecordedLoss::read(&line).unwrap()
    }

    #[test]
    fn losses_take_from_the_limits_in_the_order_of_their_time() {
        let book = vec![
            loss("late", "b", 9, 90_000),
            loss("early", "a", 2, 90_000),
            loss("middle", "a", 5, 90_000),
        ];
        let found = compare(book, &terms(5_000_000), &terms(200_000)).unwrap();
        let seen: Vec<_> = found
            .rows
            .iter()
            .map(|row| (row.reference.as_str(), row.before.amount(), row.after.amount()))
            .collect();
        assert_eq!(
            seen,
            [("early", 90_000, 90_000), ("middle", 90_000, 90_000), ("late", 90_000, 20_000)]
        );
        assert_eq!((found.difference, found.n_changed), (Money::jpy(-70_000), 1));
        assert_eq!(found.rows[2].cut_by, [StepKind::Limit(LimitScope::Programme)]);
    }

    #[test]
    fn losses_of_one_incident_share_what_is_there_for_each_loss() {
        let one = |claim: &str, incident: &str| {
            let line = format!(
                r#"{{"claim":"{claim}","tenant":"a","incident":"{incident}",
                "loss_at":"2021-03-01T00:00:00Z",
                "items":[{{"part":"on_site_response","loss":80000}}]}}"#
            );
            RecordedLoss::read(&line).unwrap()
        };
        let limits = terms(5_000_000);
        assert!(limits.limits.iter().any(|limit| limit.basis == LimitBasis::PerOccurrence));
        let together = compare(vec![one("1", "x"), one("2", "x")], &limits, &limits).unwrap();
        assert_eq!(together.after, Money::jpy(100_000));
        let apart = compare(vec![one("1", "x"), one("2", "y")], &limits, &limits).unwrap();
        assert_eq!(apart.after, Money::jpy(160_000));
    }

    #[test]
    fn a_line_with_an_unknown_field_is_refused() {
        let wrong = RecordedLoss::read(r#"{"claim":"1","tenent":"a"}"#).unwrap_err();
        assert!(wrong.to_string().contains("tenent"), "{wrong}");
    }

    #[test]
    fn what_policies_do_not_let_pass_is_not_paid() {
        let mut denied = loss("1", "a", 1, 50_000);
        denied.after[0].standing = Standing::NotCovered;
        let found = compare(vec![denied], &terms(5_000_000), &terms(5_000_000)).unwrap();
        assert_eq!((found.before, found.after), (Money::jpy(50_000), Money::ZERO_JPY));
        assert_eq!(found.rows[0].cut_by, [StepKind::NotCovered]);
    }
}
