//! Trouble with a device that is no attack: an enquiry, and the ladder (O§7.3.1).

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tasuki_proto::incident::v1 as proto;
use tasuki_proto::incident::v1::{Phase, Rung, WorkKind, WorkOutcome};
use tasuki_proto::types::v1::LocalizedText;

use super::callers::ask;
use super::pilot::{Text, Wanted};
use super::play::{Firm, Play};
use super::words;

/// The symptom by which a trouble that comes back is recognised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Symptom {
    pub(crate) key: &'static str,
    pub(crate) ja: &'static str,
}

/// The line was lost after the installation.
pub(crate) const LINE_LOST: Symptom = Symptom {
    key: "utm.internet_lost",
    ja: "UTM設置後にインターネットへ接続できなくなった",
};

/// Some terminals went offline after the installation.
pub(crate) const TERMINALS_OFFLINE: Symptom = Symptom {
    key: "utm.terminals_offline",
    ja: "UTM設置後に一部の端末が接続できなくなった",
};

/// What was done about a trouble.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Done {
    pub(crate) kind: WorkKind,
    pub(crate) minutes: i32,
    pub(crate) outcome: WorkOutcome,
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
}

impl Play {
    /// The customer calls: the help desk opens an incident and takes it.
    pub(crate) async fn enquiry(
        &self,
        firm: &mut Firm,
        symptom: Symptom,
        at: Timestamp,
    ) -> anyhow::Result<proto::Incident> {
        self.advance(firm, at).await?;
        let which = at.as_second().to_string();
        let request = proto::OpenIncidentRequest {
            request_id: firm.request("enquiry", &which),
            tenant_id: firm.tenant_id.clone(),
            site_code: "head-office".to_owned(),
            service: Wanted::Utm.service().into(),
            symptom_key: symptom.key.to_owned(),
            description: symptom.ja.to_owned(),
            noticed_at: Some(words::timestamp(at)),
            severity: 0,
        };
        let desk = &self.people.help_desk;
        let opened = ask!(desk.incidents(), open_incident, request)?;
        let incident = opened.incident.context("the answer has no incident")?;
        self.acknowledge(firm, &incident, &which).await
    }

    /// The help desk says that it has an incident.
    pub(crate) async fn acknowledge(
        &self,
        firm: &Firm,
        incident: &proto::Incident,
        which: &str,
    ) -> anyhow::Result<proto::Incident> {
        let request = proto::AcknowledgeIncidentRequest {
            request_id: firm.request("acknowledge", which),
            tenant_id: firm.tenant_id.clone(),
            incident_id: incident.id.clone(),
            etag: String::new(),
        };
        let desk = &self.people.help_desk;
        let answer = ask!(desk.incidents(), acknowledge_incident, request)?;
        answer.incident.context("the answer has no incident")
    }

    /// Takes an incident to a higher rung.
    pub(crate) async fn climb(
        &self,
        firm: &Firm,
        incident: &proto::Incident,
        to: Rung,
        why: &str,
    ) -> anyhow::Result<()> {
        let request = proto::EscalateIncidentRequest {
            request_id: firm.request("climb", &format!("{}.{}", clip(&incident.id), i32::from(to))),
            tenant_id: firm.tenant_id.clone(),
            incident_id: incident.id.clone(),
            to: to.into(),
            reason: why.to_owned(),
            etag: String::new(),
        };
        ask!(self.people.help_desk.incidents(), escalate_incident, request)?;
        Ok(())
    }

    /// Writes work on an incident down, when it is over.
    pub(crate) async fn work(
        &self,
        firm: &mut Firm,
        incident: &proto::Incident,
        done: Done,
    ) -> anyhow::Result<proto::Work> {
        let started_at = firm.now;
        let over = SignedDuration::from_mins(i64::from(done.minutes));
        self.advance(firm, started_at.checked_add(over)?).await?;
        let request = proto::RecordWorkRequest {
            request_id: firm.request("work", &started_at.as_second().to_string()),
            tenant_id: firm.tenant_id.clone(),
            incident_id: incident.id.clone(),
            kind: done.kind.into(),
            started_at: Some(words::timestamp(started_at)),
            n_minutes: done.minutes,
            outcome: done.outcome.into(),
            findings: Some(LocalizedText { ja: done.ja.to_owned(), en: done.en.to_owned() }),
            evidence_id: format!("work-report-{}-{}", firm.key, started_at.as_second()),
            next_phase: Phase::Unspecified.into(),
            ..proto::RecordWorkRequest::default()
        };
        let answer = ask!(self.people.help_desk.incidents(), record_work, request)?;
        answer.work.context("the answer has no work")
    }

    /// Resolves and closes an incident.
    pub(crate) async fn resolve(
        &self,
        firm: &Firm,
        incident: &proto::Incident,
        security_incident: bool,
        summary: &Text,
    ) -> anyhow::Result<()> {
        let request = proto::ResolveIncidentRequest {
            request_id: firm.request("resolve", &firm.now.as_second().to_string()),
            tenant_id: firm.tenant_id.clone(),
            incident_id: incident.id.clone(),
            security_incident,
            summary: Some(words::localized(summary)),
            ..proto::ResolveIncidentRequest::default()
        };
        ask!(self.people.help_desk.incidents(), resolve_incident, request)?;
        Ok(())
    }
}

/// The end of an id, short enough for a request id. It differs from run to run, as the id does.
fn clip(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}
