//! Who pays which part: shares with caps, handed out so that the parts make the whole.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::rate::Rate;

/// What a payer other than the customer has promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayerShare {
    /// The payer's code.
    pub payer: String,
    /// Its share, above 0 and at most 1.
    pub share: Rate,
    /// The most it pays for what is divided here.
    pub cap: Option<Money>,
}

/// What one payer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The payer's code; none for the customer.
    pub payer: Option<String>,
    /// What it pays.
    pub amount: Money,
}

/// Why an amount cannot be divided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// A share is not above 0 and at most 1, or has more than nine digits.
    #[error("the share of `{payer}` must be above 0 and at most 1, with at most nine digits")]
    Share {
        /// Whose share.
        payer: String,
    },
    /// Together the shares are more than the whole.
    #[error("the shares add up to more than 1")]
    TooMuch,
    /// An amount that cannot be represented.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Shares are divided by whole parts of a thousand million.
const PARTS: i64 = 1_000_000_000;

/// Divides an amount among the payers; the customer pays what nobody else does.
///
/// Each payer gets its share by largest remainder, is capped, and what is above a cap goes to the
/// customer. The parts always add up to the amount; the customer comes last.
///
/// # Errors
/// [`ShareError`].
pub fn split(amount: Money, shares: &[PayerShare]) -> Result<Vec<Part>, ShareError> {
    let mut weights = shares.iter().map(weight).collect::<Result<Vec<_>, _>>()?;
    let promised = weights.iter().try_fold(0_i64, |sum, weight| sum.checked_add(*weight));
    let rest = promised
        .map(|promised| PARTS - promised)
        .filter(|rest| *rest >= 0)
        .ok_or(ShareError::TooMuch)?;
    weights.push(rest);
    let mut parts = Vec::with_capacity(weights.len());
    let mut customer = amount;
    for (share, part) in shares.iter().zip(amount.allocated(&weights)?) {
        let part = match share.cap {
            Some(cap) => part.at_most(cap)?,
            None => part,
        };
        customer = customer.minus(part)?;
        parts.push(Part { payer: Some(share.payer.clone()), amount: part });
    }
    parts.push(Part { payer: None, amount: customer });
    Ok(parts)
}

fn weight(share: &PayerShare) -> Result<i64, ShareError> {
    let refused = || ShareError::Share { payer: share.payer.clone() };
    let exact = share.share.value() * Decimal::from(PARTS);
    if !exact.is_integer() || share.share <= Rate::ZERO || share.share > Rate::ONE {
        return Err(refused());
    }
    exact.to_i64().ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(payer: &str, rate: &str, cap: Option<i64>) -> PayerShare {
        PayerShare {
            payer: payer.to_owned(),
            share: rate.parse().unwrap(),
            cap: cap.map(Money::jpy),
        }
    }

    fn yen(parts: &[Part]) -> Vec<i64> {
        parts.iter().map(|part| part.amount.amount()).collect()
    }

    #[test]
    fn an_odd_yen_goes_to_the_larger_remainder() {
        let parts = split(Money::jpy(100), &[share("parent", "0.335", None)]).unwrap();
        assert_eq!(yen(&parts), [34, 66], "of equal remainders the earlier payer comes first");
    }

    #[test]
    fn what_is_above_a_cap_stays_with_the_customer() {
        let parts = split(Money::jpy(20_000), &[share("parent", "0.5", Some(8_000))]).unwrap();
        assert_eq!(yen(&parts), [8_000, 12_000]);
    }

    #[test]
    fn more_than_everything_cannot_be_promised() {
        let shares = [share("a", "0.6", None), share("b", "0.5", None)];
        assert_eq!(split(Money::jpy(100), &shares), Err(ShareError::TooMuch));
        assert!(split(Money::jpy(100), &[share("a", "1.1", None)]).is_err());
        assert!(split(Money::jpy(100), &[share("a", "0", None)]).is_err());
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole(yen in 0_i64..10_000_000, a in 1_i64..50, b in 1_i64..51) {
            let shares = [
                PayerShare { payer: "a".to_owned(), share: Rate::percent(a), cap: None },
                PayerShare {
                    payer: "b".to_owned(),
                    share: Rate::percent(b),
                    cap: Some(Money::jpy(5_000)),
                },
            ];
            let parts = split(Money::jpy(yen), &shares).unwrap();
            let sum = Money::total(parts.iter().map(|part| part.amount)).unwrap();
            prop_assert_eq!(sum, Money::jpy(yen));
        }
    }
}
