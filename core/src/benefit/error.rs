//! Why a benefit could not be computed.

use crate::money::{Money, MoneyError};
use crate::problem::Problem;
use crate::reason::Reason;

/// Why a benefit could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BenefitError {
    /// A position has a negative loss.
    #[error("the loss of item {number} is negative")]
    NegativeLoss {
        /// The position.
        number: u32,
    },
    /// More was to be paid than is payable.
    #[error("`{asked}` is more than the payable `{payable}`, or less than nothing")]
    AbovePayable {
        /// What was asked for.
        asked: Money,
        /// What is payable at most.
        payable: Money,
    },
    /// Two limits share some parts only; contracts are checked for that when they are recorded.
    #[error("the limit `{code}` crosses another one")]
    CrossingLimits {
        /// The limit.
        code: String,
    },
    /// An amount is too large or in another currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl From<BenefitError> for Problem {
    fn from(error: BenefitError) -> Self {
        match error {
            BenefitError::AbovePayable { asked, payable } => {
                Self::new(Reason::LimitExceeded, error.to_string())
                    .with("asked_yen", asked.amount())
                    .with("payable_yen", payable.amount())
            }
            // Notices and contracts are checked when they are taken in; what fails later is a bug.
            BenefitError::NegativeLoss { .. }
            | BenefitError::CrossingLimits { .. }
            | BenefitError::Money(_) => Self::internal(error.to_string()),
        }
    }
}
