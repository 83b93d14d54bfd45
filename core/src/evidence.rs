//! Dated evidence that cover may depend on, beside signs of life: how old an agent is, whether a bypass was
//! approved, what a diagnosis found, whether training was held.
//!
//! A record is never changed: a correction is a later record that names the one it corrects, so that what was
//! known at an earlier time can still be told. What is not on record is missing, never a no.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{EvidenceId, ItemId, TenantId};
use crate::problem::Violation;
use crate::time::Timestamp;

/// What evidence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// How old the agent or firmware is.
    AgentVersion,
    /// Whether the insurer has approved a bypass.
    BypassApproval,
    /// What a diagnosis found.
    CriticalFindings,
    /// That training was held.
    Training,
}

impl EvidenceKind {
    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentVersion => "agent_version",
            Self::BypassApproval => "bypass_approval",
            Self::CriticalFindings => "critical_findings",
            Self::Training => "training",
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EvidenceValue {
    /// How old the agent or firmware is.
    AgentVersion {
        /// The version.
        version: String,
        /// So many released versions are newer.
        n_behind: u32,
    },
    /// Whether the insurer has approved a bypass (UTM-10).
    BypassApproval {
        /// Whether it has; no takes an approval back.
        approved: bool,
    },
    /// What a diagnosis found (DIA-03).
    CriticalFindings {
        /// Since when the oldest critical finding is open; none when none is.
        open_since: Option<Timestamp>,
    },
    /// That training was held (TRN-01).
    Training {
        /// How many people took part.
        n_participants: u32,
    },
}

impl EvidenceValue {
    /// What it is about.
    pub const fn kind(&self) -> EvidenceKind {
        match self {
            Self::AgentVersion { .. } => EvidenceKind::AgentVersion,
            Self::BypassApproval { .. } => EvidenceKind::BypassApproval,
            Self::CriticalFindings { .. } => EvidenceKind::CriticalFindings,
            Self::Training { .. } => EvidenceKind::Training,
        }
    }
}

/// A record of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// Whom it is about.
    pub tenant_id: TenantId,
    /// What it is about.
    pub kind: EvidenceKind,
    /// The instance of a service; none for the tenant as a whole.
    pub instance_id: Option<ItemId>,
    /// The provider's id of the device or endpoint; none for the instance as a whole.
    pub device_id: Option<String>,
    /// When it was seen to be so.
    pub observed_at: Timestamp,
    /// From this time on it says nothing any more; none until something later says otherwise.
    pub valid_until: Option<Timestamp>,
    /// What was seen; none withdraws the record that it corrects.
    pub value: Option<EvidenceValue>,
    /// The id of the paper or file behind it; empty when there is none.
    pub evidence_id: String,
    /// The record that it corrects.
    pub corrects: Option<EvidenceId>,
    /// When it was recorded: nobody knew of it before.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub recorded_by: Actor,
}

impl Evidence {
    /// What is wrong with it, by field; nothing when it can be recorded.
    pub fn violations(&self, corrected: Option<&Self>) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut add = |field: &str, description: &str| {
            let (field, description) = (field.to_owned(), description.to_owned());
            found.push(Violation { field, description });
        };
        if self.valid_until.is_some_and(|until| until <= self.observed_at) {
            add("valid_until", "must lie after `observed_at`");
        }
        if self.value.is_none() && self.corrects.is_none() {
            add("value", "is required, unless a record is withdrawn with `corrects`");
        }
        if let Some(EvidenceValue::CriticalFindings { open_since: Some(since) }) = &self.value
            && *since > self.observed_at
        {
            add("value.critical_findings.open_since", "must not be after `observed_at`");
        }
        if corrected.is_some_and(|corrected| corrected.kind != self.kind) {
            add("corrects", "is about something else: a correction has the same kind of value");
        }
        found
    }

    fn says_at(&self, at: Timestamp) -> bool {
        self.observed_at <= at && self.valid_until.is_none_or(|until| at < until)
    }
}

/// What stands of a tenant's evidence: nothing that was corrected, nothing that was recorded later.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    records: Vec<&'a Evidence>,
}

/// Which devices a question is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About<'a> {
    /// Only this instance, and what is about the tenant as a whole.
    pub instance_id: Option<ItemId>,
    /// Only this device, and what is about its instance as a whole.
    pub device_id: Option<&'a str>,
}

impl About<'_> {
    fn concerns(&self, record: &Evidence) -> bool {
        let instance = match (self.instance_id, record.instance_id) {
            (Some(asked), Some(of)) => asked == of,
            (Some(_), None) | (None, _) => true,
        };
        let device = match (self.device_id, record.device_id.as_deref()) {
            (Some(asked), Some(of)) => asked == of,
            (Some(_), None) | (None, _) => true,
        };
        instance && device
    }
}

impl<'a> Standing<'a> {
    /// What stands, as far as was known at a time; all that is on record if left out.
    pub fn of(records: &'a [Evidence], known_at: Option<Timestamp>) -> Self {
        let known = |record: &&Evidence| known_at.is_none_or(|at| record.recorded_at <= at);
        let is_corrected =
            |id: EvidenceId| records.iter().filter(known).any(|record| record.corrects == Some(id));
        let stands = |record: &&Evidence| record.value.is_some() && !is_corrected(record.id);
        Self { records: records.iter().filter(known).filter(stands).collect() }
    }

    /// The record that holds at a time: the latest observed by then, and of two that were observed together the
    /// one that was recorded last. One that has run out holds no longer, and nothing before it does again.
    fn latest(
        &self,
        (kind, at): (EvidenceKind, Timestamp),
        about: impl Fn(&Evidence) -> bool,
    ) -> Option<&'a Evidence> {
        let of_kind = self.records.iter().filter(|record| record.kind == kind && about(record));
        let by_then = of_kind.filter(|record| record.observed_at <= at);
        let latest =
            by_then.max_by_key(|record| (record.observed_at, record.recorded_at, record.id));
        latest.copied().filter(|record| record.says_at(at))
    }

    /// The version that is the furthest behind among the devices asked about, and when it was seen.
    pub fn agent_versions_behind(
        &self,
        at: Timestamp,
        about: About<'_>,
    ) -> Option<(u32, Timestamp)> {
        let kind = EvidenceKind::AgentVersion;
        let concerned = self.records.iter().filter(|it| it.kind == kind && about.concerns(it));
        let of_device = concerned.filter_map(|one| {
            let same = |other: &Evidence| {
                other.instance_id == one.instance_id && other.device_id == one.device_id
            };
            let held = self.latest((kind, at), same)?;
            match held.value {
                Some(EvidenceValue::AgentVersion { n_behind, .. }) => {
                    Some((n_behind, held.observed_at))
                }
                Some(
                    EvidenceValue::BypassApproval { .. }
                    | EvidenceValue::CriticalFindings { .. }
                    | EvidenceValue::Training { .. },
                )
                | None => None,
            }
        });
        of_device.max()
    }

    /// Whether a bypass was approved, and since when.
    pub fn bypass_approved(&self, at: Timestamp, about: About<'_>) -> Option<(bool, Timestamp)> {
        let concerned = |record: &Evidence| about.concerns(record);
        let held = self.latest((EvidenceKind::BypassApproval, at), concerned)?;
        match held.value {
            Some(EvidenceValue::BypassApproval { approved }) => Some((approved, held.observed_at)),
            Some(
                EvidenceValue::AgentVersion { .. }
                | EvidenceValue::CriticalFindings { .. }
                | EvidenceValue::Training { .. },
            )
            | None => None,
        }
    }

    /// Since when a critical finding is open, and when the diagnosis said so; none without a diagnosis on record.
    pub fn critical_findings(&self, at: Timestamp) -> Option<(Option<Timestamp>, Timestamp)> {
        let held = self.latest((EvidenceKind::CriticalFindings, at), |_| true)?;
        match held.value {
            Some(EvidenceValue::CriticalFindings { open_since }) => {
                Some((open_since, held.observed_at))
            }
            Some(
                EvidenceValue::AgentVersion { .. }
                | EvidenceValue::BypassApproval { .. }
                | EvidenceValue::Training { .. },
            )
            | None => None,
        }
    }

    /// When training was held last.
    pub fn trained_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.latest((EvidenceKind::Training, at), |_| true).map(|held| held.observed_at)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::party::Role;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn record(n: u128, value: EvidenceValue, observed_at: &str) -> Evidence {
        Evidence {
            id: EvidenceId::from(Uuid::from_u128(n)),
            tenant_id: TenantId::from(Uuid::from_u128(1)),
            kind: value.kind(),
            instance_id: None,
            device_id: None,
            observed_at: at(observed_at),
            valid_until: None,
            value: Some(value),
            evidence_id: String::new(),
            corrects: None,
            recorded_at: at(observed_at),
            recorded_by: Actor {
                subject: "soc".to_owned(),
                role: Role::Provider,
                partner_id: None,
            },
        }
    }

    fn version(n: u128, device: &str, n_behind: u32, observed_at: &str) -> Evidence {
        let value = EvidenceValue::AgentVersion { version: "7.2".to_owned(), n_behind };
        Evidence { device_id: Some(device.to_owned()), ..record(n, value, observed_at) }
    }

    const NOON: &str = "2021-03-09T03:00:00Z";

    #[test]
    fn the_oldest_agent_of_those_asked_about_counts_as_last_seen() {
        let records = [
            version(1, "pc-1", 3, "2021-03-01T00:00:00Z"),
            version(2, "pc-1", 0, "2021-03-02T00:00:00Z"),
            version(3, "pc-2", 1, "2021-03-01T00:00:00Z"),
            version(4, "pc-2", 9, "2021-03-10T00:00:00Z"),
        ];
        let standing = Standing::of(&records, None);
        let all = standing.agent_versions_behind(at(NOON), About::default());
        assert_eq!(
            all,
            Some((1, at("2021-03-01T00:00:00Z"))),
            "what is seen later is not there yet"
        );
        let of = |device_id| About { device_id: Some(device_id), ..About::default() };
        let one = standing.agent_versions_behind(at(NOON), of("pc-1"));
        assert_eq!(one, Some((0, at("2021-03-02T00:00:00Z"))));
        assert_eq!(standing.agent_versions_behind(at(NOON), of("pc-3")), None, "missing, not a no");
    }

    #[test]
    fn evidence_holds_from_its_observation_until_just_before_its_end() {
        let mut approval = record(1, EvidenceValue::BypassApproval { approved: true }, NOON);
        approval.valid_until = Some(at("2021-03-10T03:00:00Z"));
        let records = [approval];
        let standing = Standing::of(&records, None);
        let approved = |text| standing.bypass_approved(at(text), About::default()).map(|it| it.0);
        assert_eq!(approved("2021-03-09T02:59:59Z"), None);
        assert_eq!(approved(NOON), Some(true));
        assert_eq!(approved("2021-03-10T02:59:59Z"), Some(true));
        assert_eq!(approved("2021-03-10T03:00:00Z"), None);
    }

    #[test]
    fn a_correction_counts_from_the_time_of_its_record_and_a_withdrawal_leaves_nothing() {
        let held = record(1, EvidenceValue::Training { n_participants: 9 }, NOON);
        let other = EvidenceValue::Training { n_participants: 8 };
        let corrected = Evidence {
            corrects: Some(held.id),
            recorded_at: at("2021-04-01T00:00:00Z"),
            ..record(2, other, "2021-02-01T00:00:00Z")
        };
        let withdrawn = Evidence {
            value: None,
            corrects: Some(corrected.id),
            recorded_at: at("2021-05-01T00:00:00Z"),
            ..record(3, EvidenceValue::Training { n_participants: 1 }, NOON)
        };
        let records = [held, corrected, withdrawn];
        let trained = |known_at: Option<&str>| {
            Standing::of(&records, known_at.map(at)).trained_at(at("2021-06-01T00:00:00Z"))
        };
        assert_eq!(trained(Some("2021-03-31T23:59:59Z")), Some(at(NOON)));
        assert_eq!(trained(Some("2021-04-01T00:00:00Z")), Some(at("2021-02-01T00:00:00Z")));
        assert_eq!(trained(None), None);
    }

    #[test]
    fn what_contradicts_itself_is_refused_by_field() {
        let held = record(1, EvidenceValue::Training { n_participants: 9 }, NOON);
        let late = at("2021-03-09T03:00:01Z");
        let findings = EvidenceValue::CriticalFindings { open_since: Some(late) };
        let wrong = Evidence { valid_until: Some(at(NOON)), ..record(2, findings, NOON) };
        let fields = |of: &Evidence, corrected| {
            let found = of.violations(corrected).into_iter().map(|it| it.field);
            found.collect::<Vec<_>>()
        };
        assert_eq!(
            fields(&wrong, Some(&held)),
            ["valid_until", "value.critical_findings.open_since", "corrects"]
        );
        assert_eq!(fields(&Evidence { value: None, ..held.clone() }, None), ["value"]);
        assert!(fields(&held, None).is_empty());
    }
}
