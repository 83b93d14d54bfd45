//! The steps on the way to a live service: each service has its own, and its own way back.

use serde::{Deserialize, Serialize};

use crate::provisioning::customer::CustomerActionKind;
use crate::provisioning::state::ItemState;
use crate::service::Service;
use crate::text::Text;

/// A step of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// UTM: choose the model by the size of the firm (UTM-01).
    Sizing,
    /// UTM: get the unit ready and ship it, or give it to the engineer.
    Shipment,
    /// UTM: agree on a date.
    Schedule,
    /// UTM: install on site, in transparent mode (UTM-04).
    Install,
    /// UTM and EDR: see heartbeats.
    VerifyHeartbeat,
    /// WAF: the provider names where DNS has to point to.
    IssueTarget,
    /// WAF: the customer changes DNS (WAF-01).
    ChangeDns,
    /// WAF: DNS is looked up.
    VerifyDns,
    /// WAF: blocking is switched on.
    Enforce,
    /// EDR: the installer is given.
    IssueToken,
    /// EDR: the endpoints install (EDR-03).
    RollOut,
    /// Diagnosis: the consent is there. A hard gate (DIA-04).
    Consent,
    /// Diagnosis: the window is agreed and announced (DIA-06).
    Window,
    /// Diagnosis: the scan runs.
    Run,
    /// Diagnosis and training: the report is given.
    Report,
    /// Diagnosis: questions on the report are answered (DIA-02).
    Questions,
    /// Training: the mails are sent.
    Campaign,
    /// Help desk and on-site response: the right to use them is written down.
    Entitlement,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Has not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Undone by the way back.
    Undone,
}

/// How a service is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RollBack {
    /// Nothing to undo.
    Nothing,
    /// Unplug the unit; the line returns as it was (UTM-04).
    Unplug,
    /// Put the DNS records back as they were.
    RestoreDns,
    /// Uninstall the agents.
    Uninstall,
}

/// The steps of a service, in order.
pub const fn steps_of(service: Service) -> &'static [StepKind] {
    use StepKind as K;
    match service {
        Service::Utm => &[K::Sizing, K::Shipment, K::Schedule, K::Install, K::VerifyHeartbeat],
        Service::CloudWaf => &[K::IssueTarget, K::ChangeDns, K::VerifyDns, K::Enforce],
        Service::Edr => &[K::IssueToken, K::RollOut, K::VerifyHeartbeat],
        Service::Diagnosis => &[K::Consent, K::Window, K::Run, K::Report, K::Questions],
        Service::Training => &[K::Campaign, K::Report],
        Service::HelpDesk | Service::OnSiteResponse | Service::DataRecovery => &[K::Entitlement],
    }
}

/// The customer's steps that a service may need.
pub const fn customer_actions_of(service: Service) -> &'static [CustomerActionKind] {
    use CustomerActionKind as A;
    match service {
        Service::Utm => &[A::Schedule, A::DeviceInstall],
        Service::CloudWaf => &[A::DnsChange],
        Service::Edr => &[A::AgentInstall],
        Service::Diagnosis => &[A::Consent, A::Information],
        Service::Training => &[A::Information],
        Service::HelpDesk | Service::OnSiteResponse | Service::DataRecovery => &[],
    }
}

/// How a service is taken back.
pub const fn roll_back_of(service: Service) -> RollBack {
    match service {
        Service::Utm => RollBack::Unplug,
        Service::CloudWaf => RollBack::RestoreDns,
        Service::Edr => RollBack::Uninstall,
        Service::Diagnosis
        | Service::Training
        | Service::HelpDesk
        | Service::OnSiteResponse
        | Service::DataRecovery => RollBack::Nothing,
    }
}

/// Whether a service is rendered once and then done, rather than running on.
pub const fn is_one_off(service: Service) -> bool {
    match service {
        Service::Diagnosis | Service::Training => true,
        Service::Utm
        | Service::CloudWaf
        | Service::Edr
        | Service::HelpDesk
        | Service::OnSiteResponse
        | Service::DataRecovery => false,
    }
}

impl StepKind {
    /// What customers call it.
    pub fn label(self) -> Text {
        match self {
            Self::Sizing => Text::new("機種選定", "choice of the model"),
            Self::Shipment => Text::new("機器準備", "preparation of the unit"),
            Self::Schedule => Text::new("訪問日程の調整", "agreement on a date"),
            Self::Install => Text::new("現地設置", "installation on site"),
            Self::VerifyHeartbeat => Text::new("稼働確認", "check that it reports"),
            Self::IssueTarget => Text::new("切替先の発行", "issue of the DNS target"),
            Self::ChangeDns => Text::new("DNSの切り替え", "DNS change"),
            Self::VerifyDns => Text::new("DNSの確認", "check of DNS"),
            Self::Enforce => Text::new("防御の開始", "start of blocking"),
            Self::IssueToken => Text::new("導入キットの発行", "issue of the installer"),
            Self::RollOut => Text::new("端末への導入", "roll-out to the endpoints"),
            Self::Consent => Text::new("同意の取得", "consent"),
            Self::Window => Text::new("実施日時の決定", "agreement on the window"),
            Self::Run => Text::new("診断の実施", "the scan"),
            Self::Report => Text::new("報告書", "the report"),
            Self::Questions => Text::new("質問への回答", "answers to questions"),
            Self::Campaign => Text::new("訓練の実施", "the training"),
            Self::Entitlement => Text::new("利用登録", "entitlement"),
        }
    }
}

/// How many steps of its service an item in that state has surely behind it.
///
/// While it goes on this only grows; the greatest is kept with the item, so that a roll-back can
/// tell which steps were done.
pub fn steps_behind(service: Service, state: &ItemState) -> usize {
    let steps = steps_of(service);
    let before = |kind: StepKind| steps.iter().position(|step| *step == kind).unwrap_or(0);
    match state {
        ItemState::AwaitingCustomer { step, .. } => match step.request.kind {
            CustomerActionKind::DnsChange => before(StepKind::ChangeDns),
            CustomerActionKind::DeviceInstall => before(StepKind::Install),
            CustomerActionKind::AgentInstall => before(StepKind::RollOut),
            CustomerActionKind::Consent => before(StepKind::Consent),
            CustomerActionKind::Schedule => before(StepKind::Schedule),
            CustomerActionKind::Information => before(StepKind::Window),
        },
        ItemState::Verifying { .. } => match service {
            Service::Utm | Service::Edr => before(StepKind::VerifyHeartbeat),
            Service::CloudWaf => before(StepKind::VerifyDns),
            Service::Diagnosis | Service::Training => before(StepKind::Report),
            Service::HelpDesk | Service::OnSiteResponse | Service::DataRecovery => 0,
        },
        ItemState::Active { .. }
        | ItemState::Suspending { .. }
        | ItemState::Suspended { .. }
        | ItemState::Resuming { .. }
        | ItemState::Updating { .. } => match service {
            Service::Diagnosis => before(StepKind::Questions),
            Service::Utm
            | Service::CloudWaf
            | Service::Edr
            | Service::Training
            | Service::HelpDesk
            | Service::OnSiteResponse
            | Service::DataRecovery => steps.len(),
        },
        ItemState::Done { .. } => steps.len(),
        ItemState::Refused { .. }
        | ItemState::Planned { .. }
        | ItemState::Requested { .. }
        | ItemState::Accepted { .. }
        | ItemState::Unknown { .. }
        | ItemState::FailedRetryable { .. }
        | ItemState::FailedFinal { .. }
        | ItemState::Cleaning { .. }
        | ItemState::Cleaned { .. }
        | ItemState::CleanupStuck { .. }
        | ItemState::Deprovisioning { .. }
        | ItemState::Deprovisioned { .. }
        | ItemState::Cancelled { .. } => 0,
    }
}

/// The steps of a service with how far each has come, for an item that had `behind` of them behind
/// it at its best.
pub fn progress_of(
    service: Service,
    state: &ItemState,
    behind: usize,
) -> Vec<(StepKind, StepState)> {
    let (done, present) = match state {
        ItemState::Planned { .. } => (StepState::Done, StepState::Waiting),
        ItemState::Requested { .. }
        | ItemState::Accepted { .. }
        | ItemState::AwaitingCustomer { .. }
        | ItemState::Verifying { .. }
        | ItemState::Unknown { .. }
        | ItemState::FailedRetryable { .. }
        | ItemState::Active { .. }
        | ItemState::Suspending { .. }
        | ItemState::Suspended { .. }
        | ItemState::Resuming { .. }
        | ItemState::Updating { .. }
        | ItemState::Done { .. } => (StepState::Done, StepState::Running),
        ItemState::Refused { .. } | ItemState::FailedFinal { .. } | ItemState::Cancelled { .. } => {
            (StepState::Done, StepState::Failed)
        }
        ItemState::Cleaning { .. }
        | ItemState::Cleaned { .. }
        | ItemState::CleanupStuck { .. }
        | ItemState::Deprovisioning { .. }
        | ItemState::Deprovisioned { .. } => (StepState::Undone, StepState::Failed),
    };
    let one = |(index, kind): (usize, &StepKind)| match index.cmp(&behind) {
        std::cmp::Ordering::Less => (*kind, done),
        std::cmp::Ordering::Equal => (*kind, present),
        std::cmp::Ordering::Greater => (*kind, StepState::Waiting),
    };
    steps_of(service).iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_steps_and_a_new_item_has_none_of_them_behind_it() {
        for service in Service::ALL {
            assert!(!steps_of(service).is_empty());
            let progress = progress_of(service, &ItemState::PLANNED, 0);
            assert!(progress.iter().all(|(_, state)| *state == StepState::Waiting), "{service}");
        }
    }
}
