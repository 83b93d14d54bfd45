//! Losses in the order in which they happened, whatever the order in which they were reported.
//!
//! Limits of a period are used up by the earlier loss first. When an earlier loss is reported late,
//! later ones would have got less; what was paid stays paid, and the difference can be shown.

use std::collections::BTreeMap;

use crate::benefit::{
    Benefit, BenefitError, LimitSubject, LossItem, Rules, Taken, TakenByCode, Takers, payable,
};
use crate::id::ClaimId;
use crate::master_contract::CoverTerms;
use crate::money::Money;
use crate::time::Timestamp;

/// A loss as it stands in the book of a contract.
#[derive(Debug, Clone)]
pub struct BookedLoss<'a> {
    /// The claim.
    pub claim_id: ClaimId,
    /// When it happened: the earlier loss comes first.
    pub loss_at: Timestamp,
    /// The number of the claim: decides between losses of the same instant.
    pub number: &'a str,
    /// Who takes from limits.
    pub takers: Takers,
    /// The terms in force for it.
    pub terms: &'a CoverTerms,
    /// What it is made of.
    pub items: Vec<LossItem>,
    /// The most that persons or policies let be paid; none where only the limits count.
    pub most: Option<Money>,
}

/// What was taken from each limit and deductible, and whose it is.
pub type TakenBySubject = BTreeMap<(String, LimitSubject), Taken>;

/// What each loss gets when all are reckoned in the order in which they happened, and what that takes
/// from every limit.
///
/// # Errors
/// As [`payable`].
pub fn reckon(
    book: &[BookedLoss<'_>],
) -> Result<(BTreeMap<ClaimId, Benefit>, TakenBySubject), BenefitError> {
    let mut in_order: Vec<&BookedLoss<'_>> = book.iter().collect();
    in_order.sort_by(|a, b| {
        let by_time = a.loss_at.cmp(&b.loss_at).then_with(|| a.number.cmp(b.number));
        by_time.then_with(|| a.claim_id.cmp(&b.claim_id))
    });
    let (mut benefits, mut taken) = (BTreeMap::new(), TakenBySubject::new());
    for loss in in_order {
        let benefit = loss.benefit(&taken)?;
        for draw in benefit.draws(loss.terms, &loss.takers)? {
            let known = taken.entry((draw.code, draw.subject)).or_insert(Taken::NOTHING);
            known.used = known.used.plus(draw.amount)?;
        }
        benefits.insert(loss.claim_id, benefit);
    }
    Ok((benefits, taken))
}

impl BookedLoss<'_> {
    /// What it gets when so much was taken before it.
    fn benefit(&self, taken: &TakenBySubject) -> Result<Benefit, BenefitError> {
        let mut mine = TakenByCode::new();
        for draw in super::Draw::possible(self.terms, &self.takers) {
            if let Some(known) = taken.get(&(draw.code.clone(), draw.subject)) {
                mine.insert(draw.code, *known);
            }
        }
        let benefit = payable(&self.items, &Rules::from(self.terms), &mine)?;
        match self.most.filter(|most| *most < benefit.total) {
            Some(most) => benefit.reduced_to(most),
            None => Ok(benefit),
        }
    }
}
