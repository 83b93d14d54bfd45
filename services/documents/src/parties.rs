//! Whom a document is for and from.

use tasuki_core::time::Zone;

/// Whom a document is for and from, by the names they have when it is made, and the zone of its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// The customer; empty if it has no name yet.
    pub customer: String,
    /// Who makes the offer; empty if not known.
    pub seller: String,
    /// Where days begin and end.
    pub zone: Zone,
}
