//! The difference between what a period is charged as and what it was charged as before.

use tasuki_core::days::DayPeriod;
use tasuki_core::text::Text;

use super::{InvoiceError, InvoiceLine};

/// What is to be charged, and given back as negative lines, so that together with the old lines it
/// makes the new ones. A line that only became shorter is given back in part.
pub(super) fn difference(
    mut old: Vec<InvoiceLine>,
    mut new: Vec<InvoiceLine>,
) -> Result<Vec<InvoiceLine>, InvoiceError> {
    new.retain(|line| {
        let same = old.iter().position(|of| is_same(of, line));
        same.map(|at| old.remove(at)).is_none()
    });
    let mut lines = Vec::new();
    for was in old {
        let shorter = new.iter().position(|line| {
            line.code == was.code
                && line.quantity == was.quantity
                && line.unit_price == was.unit_price
                && line.service_period.start() == was.service_period.start()
                && line.service_period.end() < was.service_period.end()
        });
        let (given_back, period) = match shorter.map(|at| new.remove(at)) {
            Some(is) => {
                let rest = DayPeriod::new(is.service_period.end(), was.service_period.end())?;
                (was.amount.minus(is.amount)?, rest)
            }
            None => (was.amount, was.service_period),
        };
        if given_back.is_zero() {
            continue;
        }
        let note =
            Text::new("変更により、すでに請求した分を差し引きます", "Charged before, given back");
        lines.push(InvoiceLine {
            amount: given_back.zero().minus(given_back)?,
            service_period: period,
            note: Some(note),
            corrects: true,
            ..was
        });
    }
    lines.extend(new);
    Ok(lines)
}

/// Whether two lines charge the same: by whichever version of the prices.
fn is_same(a: &InvoiceLine, b: &InvoiceLine) -> bool {
    let of = |line: &InvoiceLine| {
        (line.code.clone(), line.service_period, line.amount, line.quantity, line.tax_rate)
    };
    of(a) == of(b) && a.tax_mode == b.tax_mode
}
