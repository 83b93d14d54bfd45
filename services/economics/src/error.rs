//! Why nothing can be said about a portfolio.

use tasuki_core::benefit::BenefitError;
use tasuki_core::money::MoneyError;
use tasuki_core::problem::Problem;
use tasuki_pricing::premium::PremiumError;

/// Why nothing can be said about a portfolio.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EconomicsError {
    /// A field of the portfolio makes no sense.
    #[error("`{field}` {description}")]
    Field {
        /// Where it stands, such as `groups[0].losses[1].severity`.
        field: String,
        /// What is wrong and what to do.
        description: String,
    },
    /// The text is no portfolio.
    #[error("not a portfolio: {0}")]
    Unreadable(String),
    /// A loss could not be assessed under the terms.
    #[error(transparent)]
    Benefit(#[from] BenefitError),
    /// The next premium could not be found.
    #[error(transparent)]
    Premium(#[from] PremiumError),
    /// An amount is too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl EconomicsError {
    pub(crate) fn field(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::Field { field: field.into(), description: description.into() }
    }
}

impl From<EconomicsError> for Problem {
    fn from(error: EconomicsError) -> Self {
        let text = error.to_string();
        match error {
            EconomicsError::Field { field, description } => Self::invalid(field, description),
            EconomicsError::Unreadable(_) => Self::invalid("portfolio", text),
            EconomicsError::Premium(_) => Self::invalid("premium", text),
            EconomicsError::Benefit(error) => error.into(),
            EconomicsError::Money(error) => error.into(),
        }
    }
}
