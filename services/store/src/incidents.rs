//! Incidents: one unsolved incident for each tenant and symptom.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::alert::SymptomKey;
use tasuki_core::escalation::Rung;
use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::incident::{Incident, Phase};
use tasuki_core::severity::Severity;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// An incident with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The incident.
    pub incident: Incident,
    /// Grows with every change.
    pub version: i64,
}

/// Which incidents a list shows. Empty filters do not filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// In one of these phases.
    pub phases: Vec<Phase>,
    /// On this rung.
    pub rung: Option<Rung>,
    /// Of whatever acknowledgement, or only those that nobody has.
    pub answered: Answered,
    /// Of whatever phase, or only those that are not closed.
    pub openness: Openness,
    /// Opened at or after this instant.
    pub opened_from: Option<Timestamp>,
    /// Opened before this instant.
    pub opened_until: Option<Timestamp>,
}

/// Whether a list looks at acknowledgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It does not.
    Any,
    /// Only those that nobody has acknowledged.
    ByNobody,
}

/// Whether a list looks at what is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// It does not.
    Any,
    /// Only those that are not closed.
    OnlyOpen,
}

impl Filter {
    /// All incidents of a scope.
    pub const fn of(scope: Scope) -> Self {
        Self {
            scope,
            phases: Vec::new(),
            rung: None,
            answered: Answered::Any,
            openness: Openness::Any,
            opened_from: None,
            opened_until: None,
        }
    }
}

/// Where an incident stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// How bad it is.
    pub severity: Severity,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Its id.
    pub id: IncidentId,
}

const fn rank(severity: Severity) -> i32 {
    match severity {
        Severity::Information => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

/// Adds an incident.
///
/// # Errors
/// [`StoreError::LostRace`] if another call has just opened one for the same symptom.
pub async fn insert(tx: &Tx, incident: &Incident) -> Result<(), StoreError> {
    let sql = "INSERT INTO incident (tenant_id, id, phase, climb, rung, severity, symptom, \
               opened_at, next_escalation_at, document, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1) ON CONFLICT DO NOTHING";
    let values: Vec<Value> = vec![
        incident.tenant_id.as_uuid().into(),
        incident.id.as_uuid().into(),
        incident.state.phase().as_str().into(),
        incident.climb.as_str().into(),
        incident.climb.rung().as_str().into(),
        rank(incident.severity).into(),
        incident.symptom.as_ref().map(SymptomKey::as_str).into(),
        instant::to_row(incident.opened_at).into(),
        incident.next_escalation_at.map(instant::to_row).into(),
        document::to_row("incident", incident)?.into(),
        SCHEMA_VERSION.into(),
    ];
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// An incident by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: IncidentId) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT document, version FROM incident WHERE tenant_id = $1 AND id = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// An incident that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: IncidentId) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM incident WHERE tenant_id = $1 AND id = $2{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// The unsolved incident of a symptom, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_unsolved(
    tx: &Tx,
    tenant: TenantId,
    symptom: &SymptomKey,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!(
        "SELECT document, version FROM incident WHERE tenant_id = $1 AND symptom = $2 \
         AND phase IN ('triage', 'containment', 'eradication', 'recovery'){}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), symptom.as_str().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// The incidents of a symptom that were opened after an instant, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_symptom(
    tx: &Tx,
    tenant: TenantId,
    symptom: &SymptomKey,
    opened_after: Timestamp,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT document, version FROM incident WHERE tenant_id = $1 AND symptom = $2 \
               AND opened_at > $3 ORDER BY opened_at, id LIMIT $4";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        symptom.as_str().into(),
        instant::to_row(opened_after).into(),
        i64::try_from(limit).unwrap_or(i64::MAX).into(),
    ];
    tx.all(sql, values).await?.iter().map(from_row).collect()
}

/// Writes a changed incident over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, incident: &Incident, read_version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE incident SET phase = $4, climb = $5, rung = $6, severity = $7, \
               next_escalation_at = $8, document = $9, version = version + 1 \
               WHERE tenant_id = $1 AND id = $2 AND version = $3";
    let values: Vec<Value> = vec![
        incident.tenant_id.as_uuid().into(),
        incident.id.as_uuid().into(),
        read_version.into(),
        incident.state.phase().as_str().into(),
        incident.climb.as_str().into(),
        incident.climb.rung().as_str().into(),
        rank(incident.severity).into(),
        incident.next_escalation_at.map(instant::to_row).into(),
        document::to_row("incident", incident)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// Incidents, the worst first, then the longest open.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = Query::new("SELECT document, version FROM incident WHERE 1 = 1", Vec::new());
    query.within(filter.scope);
    query.and_one_of("phase", filter.phases.iter().map(|it| it.as_str().into()).collect());
    query.and_maybe("rung = ?", filter.rung.map(|rung| rung.as_str().into()));
    if filter.answered == Answered::ByNobody {
        query.and("climb IN ('waiting', 'unanswered')", Vec::new());
    }
    if filter.openness == Openness::OnlyOpen {
        query.and("phase <> 'closed'", Vec::new());
    }
    let instant = |at: Timestamp| instant::to_row(at).into();
    query.and_maybe("opened_at >= ?", filter.opened_from.map(instant));
    query.and_maybe("opened_at < ?", filter.opened_until.map(instant));
    if let Some(after) = after {
        let severity = rank(after.severity);
        query.and(
            "severity < ? OR (severity = ? AND (opened_at, id) > (?, ?))",
            vec![
                severity.into(),
                severity.into(),
                instant(after.opened_at),
                after.id.as_uuid().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("severity DESC, opened_at, id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let incident = document::from_row("incident", json)?;
    Ok(Stored { incident, version: row.try_get("", "version")? })
}
