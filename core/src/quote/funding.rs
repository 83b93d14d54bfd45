//! Public money that the customer may get back.

use serde::{Deserialize, Serialize};

use crate::decision::PackVersion;
use crate::money::Money;
use crate::rate::Rate;
use crate::text::Text;

/// Public money that the customer may get back: for information, never a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubsidyEstimate {
    /// Stable code of the scheme, such as `IT_SUBSIDY_SECURITY`.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// The share of the cost that it pays.
    pub rate: Rate,
    /// The most it pays; none for no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling: Option<Money>,
    /// What the customer may get of the first year, without tax, rounded down.
    pub estimate: Money,
    /// What the customer must do for it, and that nobody promises it.
    pub conditions: Text,
    /// The policy version that gave it.
    pub pack: PackVersion,
}
