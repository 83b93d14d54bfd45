//! What can be chosen and how it is priced: the words that selling and billing share.

pub mod price;
pub mod profile;
pub mod quantity;
pub mod selection;
pub mod version;

pub use price::{BillingCycle, Cadence, Proration, RateCardRef, TaxMode, TaxTotal};
pub use profile::{
    Budget, CompanyProfile, Consent, DnsControl, EndpointCounts, MaintainerCooperation,
    ProfileMembership, ProfileSite, Sponsor, WafState,
};
pub use quantity::{ParseQuantityError, Quantity, Unit};
pub use selection::{SelectedItem, SelectedOption};
pub use version::{CardPeriod, CardState, CardTimeline, RateCardVersion};
