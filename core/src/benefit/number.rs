//! How many benefits of a part there are in a period, such as two visits in a year.
//!
//! Each claim that is paid for the part counts once, however much it is paid and however often it is
//! reopened. What was given is kept like what was taken from a limit, with 1 for each claim.

use std::collections::BTreeSet;

use crate::benefit::nest::{self, Nest};
use crate::benefit::{BenefitError, ItemBenefit, Rules, StepKind, Taken, TakenByCode, Trace, step};
use crate::master_contract::CoveragePart;
use crate::money::Money;

/// The code under which the benefits of a part are counted: once for each claim.
pub fn number_code(part: CoveragePart) -> String {
    format!("number.{part}")
}

/// One benefit, as it is counted.
pub(super) const ONE: Money = Money::jpy(1);

/// Takes out the parts whose number of benefits is used up.
pub(super) fn cut(
    nests: &mut Vec<Nest>,
    (rules, taken): (&Rules, &TakenByCode),
    trace: &mut Trace,
) -> Result<(), BenefitError> {
    for tariff in &rules.tariffs {
        let Some(most) = tariff.n_per_period else { continue };
        let taken = taken.get(&number_code(tariff.part)).copied().unwrap_or(Taken::NOTHING);
        let given = taken.used.plus(taken.reserved)?.amount();
        let given = u32::try_from(given).unwrap_or(if given < 0 { 0 } else { u32::MAX });
        let Some(nest) = nests.iter().find(|nest| nest.is_of(tariff.part)) else { continue };
        let before = nest.amount();
        let after = if given < most { before } else { before.zero() };
        nest::cut(nests, &[tariff.part].into(), after)?;
        if !before.is_zero() {
            let kind = StepKind::Number { most, given };
            trace.steps.push(step(kind, [tariff.part].into(), before, after));
        }
    }
    Ok(())
}

/// The parts of which a benefit is given and counted.
pub(super) fn counted(rules: &Rules, items: &[ItemBenefit]) -> BTreeSet<CoveragePart> {
    let numbered = rules.tariffs.iter().filter(|tariff| tariff.n_per_period.is_some());
    numbered.map(|tariff| tariff.part).filter(|part| is_given(*part, items)).collect()
}

/// Whether anything is payable for a part.
pub(super) fn is_given(part: CoveragePart, items: &[ItemBenefit]) -> bool {
    items.iter().any(|item| item.part == part && !item.payable.is_zero())
}
