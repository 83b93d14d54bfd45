//! Limits that come back after they were used up, and what that costs.

use serde::{Deserialize, Serialize};

use crate::master_contract::Limit;
use crate::money::{Money, MoneyError, Rounding};

/// How often a limit came back, and what is charged for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reinstated {
    /// So many reinstatements were drawn on.
    pub n_used: u32,
    /// The additional premium; none when it cannot be told from the contract.
    pub charge: Option<Money>,
}

impl Limit {
    /// The most that is paid under it in all: its amount, and once more for each reinstatement.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn capacity(&self) -> Result<Money, MoneyError> {
        let n = i64::try_from(self.reinstatement_rates.len()).map_err(|_| MoneyError::Overflow)?;
        self.amount.times(n.saturating_add(1))
    }

    /// What was drawn on its reinstatements when so much was spent of its capacity.
    ///
    /// A reinstatement is charged as far as it is drawn on: its rate of the yearly premium, in
    /// proportion to the amount, each rounded down to the yen.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn reinstated(
        &self,
        spent: Money,
        yearly_premium: Option<Money>,
    ) -> Result<Reinstated, MoneyError> {
        let mut beyond = spent.minus_floored(self.amount)?;
        let mut reinstated = Reinstated { n_used: 0, charge: Some(Money::ZERO_JPY) };
        for rate in &self.reinstatement_rates {
            if beyond.amount() <= 0 || self.amount.is_zero() {
                break;
            }
            let drawn = beyond.at_most(self.amount)?;
            beyond = beyond.minus(drawn)?;
            reinstated.n_used = reinstated.n_used.saturating_add(1);
            let whole = yearly_premium.map(|premium| premium.at_rate(*rate, Rounding::Down));
            let part = whole
                .transpose()?
                .map(|whole| whole.prorated(drawn.amount(), self.amount.amount(), Rounding::Down))
                .transpose()?;
            reinstated.charge = match (reinstated.charge, part) {
                (Some(sum), Some(part)) => Some(sum.plus(part)?),
                // A free one costs nothing, whatever the premium is.
                (sum, None) if rate.value().is_zero() => sum,
                (None, _) | (_, None) => None,
            };
        }
        Ok(reinstated)
    }
}
