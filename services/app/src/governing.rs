//! Tenants, partners, providers and policies: who takes part and by which rules.

mod advance_clock;
mod create_partner;
mod create_tenant;
mod decisions;
mod list_events;
mod packs;
mod read_partners;
mod read_tenants;
mod register_provider;
mod tenant_view;
mod update_tenant;
mod watch_events;

pub use advance_clock::{Advanced, advance_clock};
pub use create_partner::{NewPartner, create_partner};
pub use create_tenant::{NewTenant, create_tenant};
pub use decisions::{Replay, get_decision, list_decisions, replay_decision};
pub use list_events::{EventList, StoredEvent, list_events};
pub use packs::{
    CaseReport, Diagnostic, Pack, PackSource, WhichPack, check_packs, evaluate_pack, get_pack,
    list_packs, run_all_cases, test_packs,
};
pub use read_partners::{get_partner, get_provider, list_partners, list_providers};
pub use read_tenants::{TenantList, get_tenant, list_tenants};
pub use register_provider::{NewProvider, register_provider};
pub use tenant_view::TenantView;
pub use update_tenant::{TenantChange, update_tenant};
pub use watch_events::{StartAt, Timeline, WatchEvents, watch_events};
