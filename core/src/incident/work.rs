//! Work on an incident: the evidence for claims and for the provider's settlement.

use serde::{Deserialize, Serialize};

use super::Deed;
use crate::actor::Actor;
use crate::id::{ItemId, ProviderId};
use crate::text::Text;
use crate::time::Timestamp;

/// What kind of work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Advice on the telephone or by mail, L1.
    Advice,
    /// Support over a remote connection, L2. It opens the way to data recovery (DRC-01).
    RemoteSupport,
    /// A visit to look and repair, L3.
    OnSiteResponse,
    /// Removal of malware.
    VirusRemoval,
    /// Restoration from backup or re-initialisation of the operating system on site (ESC-11).
    Restoration,
    /// Recovery of data from a disk that was carried in.
    DataRecovery,
    /// Forensic investigation.
    Forensics,
    /// A change of settings, such as a bypass for one destination (UTM-10).
    SettingsChange,
}

/// What came out of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkOutcome {
    /// The symptom is gone.
    Fixed,
    /// The symptom is gone for now; it may come back.
    WorkedAround,
    /// Nothing found.
    NothingFound,
    /// Not solved; the next rung is needed.
    NotFixed,
    /// The equipment was taken out and the line put back as before.
    RemovedEquipment,
    /// The customer wanted no work.
    RefusedByCustomer,
}

/// A change of a service's settings (UTM-06, UTM-10). A bypass without approval, or past its end, may
/// cost cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsChange {
    /// The instance whose settings were changed.
    pub instance_id: ItemId,
    /// Whether it lets something pass that the service would otherwise look at.
    pub bypass: bool,
    /// What it concerns, such as the address of an internal server.
    pub target: String,
    /// Who approved it, as a reference; none: not approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_reference: Option<String>,
    /// When it is taken back; none: not planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// What is reported about a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkReport {
    /// What was done.
    pub kind: WorkKind,
    /// The provider that did it; none when the operator's own people did.
    pub provider_id: Option<ProviderId>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, travel not counted.
    pub n_minutes: u32,
    /// How long the way there and back took.
    pub n_travel_minutes: u32,
    /// How many machines were worked on.
    pub n_machines: u32,
    /// What came out.
    pub outcome: WorkOutcome,
    /// What was found and done, for the customer to read.
    pub findings: Text,
    /// The evidence: a signed work report, a log, photographs.
    pub evidence_id: Option<String>,
    /// For a change of settings: what was changed and who approved it.
    pub settings_change: Option<SettingsChange>,
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Number within the incident, from 1.
    pub number: u32,
    /// What was done.
    pub kind: WorkKind,
    /// The provider that did it; none when the operator's own people did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<ProviderId>,
    /// When it began, on site or on the line.
    pub started_at: Timestamp,
    /// How long it took, travel not counted.
    pub n_minutes: u32,
    /// How long the way there and back took.
    pub n_travel_minutes: u32,
    /// How many machines were worked on.
    pub n_machines: u32,
    /// What came out.
    pub outcome: WorkOutcome,
    /// What was found and done, for the customer to read.
    pub findings: Text,
    /// The evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// For a change of settings: what was changed and who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_change: Option<SettingsChange>,
    /// Who wrote it down.
    pub recorded_by: Actor,
    /// When it was written down.
    pub recorded_at: Timestamp,
}

impl WorkKind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 8] = [
        Self::Advice,
        Self::RemoteSupport,
        Self::OnSiteResponse,
        Self::VirusRemoval,
        Self::Restoration,
        Self::DataRecovery,
        Self::Forensics,
        Self::SettingsChange,
    ];

    /// The word in tables, policies and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::RemoteSupport => "remote_support",
            Self::OnSiteResponse => "on_site_response",
            Self::VirusRemoval => "virus_removal",
            Self::Restoration => "restoration",
            Self::DataRecovery => "data_recovery",
            Self::Forensics => "forensics",
            Self::SettingsChange => "settings_change",
        }
    }
}

impl WorkOutcome {
    /// The word in tables, policies and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::WorkedAround => "worked_around",
            Self::NothingFound => "nothing_found",
            Self::NotFixed => "not_fixed",
            Self::RemovedEquipment => "removed_equipment",
            Self::RefusedByCustomer => "refused_by_customer",
        }
    }

    /// Whether the symptom was gone after it: seeing it again is a recurrence (ESC-10).
    pub const fn ends_the_symptom(self) -> bool {
        match self {
            Self::Fixed | Self::WorkedAround | Self::RemovedEquipment => true,
            Self::NothingFound | Self::NotFixed | Self::RefusedByCustomer => false,
        }
    }
}

impl Work {
    /// A piece of work as written down.
    pub fn record(number: u32, report: WorkReport, deed: &Deed) -> Self {
        Self {
            number,
            kind: report.kind,
            provider_id: report.provider_id,
            started_at: report.started_at,
            n_minutes: report.n_minutes,
            n_travel_minutes: report.n_travel_minutes,
            n_machines: report.n_machines,
            outcome: report.outcome,
            findings: report.findings,
            evidence_id: report.evidence_id,
            settings_change: report.settings_change,
            recorded_by: deed.by.clone(),
            recorded_at: deed.at,
        }
    }
}
