//! Tenants, partners, providers and policies: who takes part and by which rules.

mod advance_clock;
mod check_provider;
mod create_partner;
mod create_tenant;
mod list_events;
mod policies;
mod read_partners;
mod read_tenants;
mod register_provider;
mod tenant_view;
mod update_provider;
mod update_tenant;
mod watch_events;

pub use advance_clock::{Advanced, advance_clock};
pub use check_provider::{CHECK_PROVIDER, ask_check, begin_check, read_check, record_check};
pub use create_partner::{NewPartner, create_partner};
pub use create_tenant::{NewTenant, create_tenant};
pub use list_events::{EventList, StoredEvent, list_events};
pub use policies::{
    Activation, BookEntry, BookProblem, BookRun, BookStep, BookSummary, CaseReport, CompareBase,
    CompareQuestion, CompareStep, Compared, ComparisonRun, ConditionSeen, DecisionList, Diagnostic,
    ENVIRONMENT, Evaluated, FactSchema, FactType, NewDraft, Pack, PackQuestion, PackSource,
    PackView, Replay, Replicas, Rollback, RootSchema, RuleView, Side, Tally, VersionStanding,
    VersionView, WhichPack, activate_version, adopt_packs, check_packs, compare_versions,
    create_draft, evaluate_pack, function_reference, get_decision, get_pack, json_schema,
    list_decisions, list_packs, list_replicas, refresh_packs, replay_book, replay_decision,
    report_replica, retire_replica, roll_back, run_all_cases, schemas, test_packs, withdraw_draft,
};
pub use read_partners::{get_partner, get_provider, list_partners, list_providers};
pub use read_tenants::{TenantList, get_tenant, list_tenants};
pub use register_provider::{NewProvider, register_provider};
pub use tenant_view::TenantView;
pub use update_provider::{ProviderChange, update_provider};
pub use update_tenant::{TenantChange, update_tenant};
pub use watch_events::{StartAt, Timeline, WatchEvents, watch_events};
