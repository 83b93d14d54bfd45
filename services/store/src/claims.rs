//! Claims.

use std::collections::BTreeMap;

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::claim::{Claim, ClaimOutcome, ClaimPhase, ClaimState};
use tasuki_core::id::{CertificateId, ClaimId, IncidentId, MasterContractId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// More claims about one incident or one instant are not looked at for duplicates.
const MOST_LOOKALIKES: i64 = 100;

/// A page of incidents with ten claims each.
const MOST_CLAIMS_OF_A_PAGE: u64 = 10_000;

const READ: &str = "SELECT document, version FROM claim";

/// A claim with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The claim.
    pub claim: Claim,
    /// Grows with every change.
    pub version: i64,
}

/// Which claims a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// Only under this contract.
    pub master_contract_id: Option<MasterContractId>,
    /// Only under this certificate.
    pub certificate_id: Option<CertificateId>,
    /// Only from this incident.
    pub incident_id: Option<IncidentId>,
    /// Only in these phases; empty for all.
    pub phases: Vec<ClaimPhase>,
    /// Only with this outcome.
    pub outcome: Option<ClaimOutcome>,
    /// Only losses that happened from here on, and before.
    pub happened: (Option<Timestamp>, Option<Timestamp>),
    /// Only losses that were notified from here on, and before.
    pub notified: (Option<Timestamp>, Option<Timestamp>),
    /// Only claims that were paid in full from here on, and before.
    pub paid: (Option<Timestamp>, Option<Timestamp>),
}

impl Filter {
    /// All claims of a scope.
    pub const fn of(scope: Scope) -> Self {
        Self {
            scope,
            master_contract_id: None,
            certificate_id: None,
            incident_id: None,
            phases: Vec::new(),
            outcome: None,
            happened: (None, None),
            notified: (None, None),
            paid: (None, None),
        }
    }
}

/// Where a claim stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When it was notified.
    pub notified_at: Timestamp,
    /// Its number.
    pub number: String,
    /// Whose it is.
    pub tenant_id: TenantId,
}

/// Adds a claim.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, claim: &Claim) -> Result<(), StoreError> {
    let sql = "INSERT INTO claim (tenant_id, id, certificate_id, phase, outcome, loss_at, paid_at, \
               document, number, master_contract_id, incident_id, notified_at, schema_version, \
               version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)";
    let mut values = changing(claim)?;
    values.push(number(claim).into());
    values.push(claim.master_contract_id.as_uuid().into());
    values.push(claim.incident_id.map(IncidentId::as_uuid).into());
    values.push(instant::to_row(claim.notified_at).into());
    values.push(SCHEMA_VERSION.into());
    tx.execute(sql, values).await.map(|_| ())
}

/// Writes a changed claim over the version that was read; gives the new version.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, claim: &Claim, read_version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE claim SET certificate_id = $3, phase = $4, outcome = $5, loss_at = $6, \
               paid_at = $7, document = $8, version = version + 1 \
               WHERE tenant_id = $1 AND id = $2 AND version = $9";
    let mut values = changing(claim)?;
    values.push(read_version.into());
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// Writes a draft anew, or as the claim that it became: all of it may have changed.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn rewrite(tx: &Tx, claim: &Claim, read_version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE claim SET certificate_id = $3, phase = $4, outcome = $5, loss_at = $6, \
               paid_at = $7, document = $8, number = $9, master_contract_id = $10, \
               incident_id = $11, notified_at = $12, version = version + 1 \
               WHERE tenant_id = $1 AND id = $2 AND version = $13 AND phase = 'draft'";
    let mut values = changing(claim)?;
    values.push(number(claim).into());
    values.push(claim.master_contract_id.as_uuid().into());
    values.push(claim.incident_id.map(IncidentId::as_uuid).into());
    values.push(instant::to_row(claim.notified_at).into());
    values.push(read_version.into());
    if tx.execute(sql, values).await? == 1 {
        Ok(read_version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// What stands in the column of the number: a draft has none yet, and must differ from others.
fn number(claim: &Claim) -> String {
    if claim.number.is_empty() { format!("draft:{}", claim.id) } else { claim.number.clone() }
}

/// A claim by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, tenant: TenantId, id: ClaimId) -> Result<Option<Stored>, StoreError> {
    read(tx, (tenant, id), "").await
}

/// A claim that is to be changed, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, tenant: TenantId, id: ClaimId) -> Result<Option<Stored>, StoreError> {
    read(tx, (tenant, id), tx.for_update()).await
}

async fn read(
    tx: &Tx,
    (tenant, id): (TenantId, ClaimId),
    lock: &str,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!("{READ} WHERE tenant_id = $1 AND id = $2{lock}");
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// Claims of a tenant that may be about the same loss: of the same incident, or of the same instant.
///
/// # Errors
/// [`StoreError`].
pub async fn lookalikes(
    tx: &Tx,
    tenant: TenantId,
    incident: Option<IncidentId>,
    loss_at: Timestamp,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "{READ} WHERE tenant_id = $1 AND (loss_at = $2 OR incident_id = $3) \
         ORDER BY number LIMIT $4"
    );
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        instant::to_row(loss_at).into(),
        incident.map(IncidentId::as_uuid).into(),
        MOST_LOOKALIKES.into(),
    ];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// The claims made from incidents, in the order of their numbers.
///
/// # Errors
/// [`StoreError`].
pub async fn of_incidents(
    tx: &Tx,
    scope: Scope,
    incidents: &[IncidentId],
) -> Result<BTreeMap<IncidentId, Vec<ClaimId>>, StoreError> {
    let mut found: BTreeMap<IncidentId, Vec<ClaimId>> = BTreeMap::new();
    if incidents.is_empty() {
        return Ok(found);
    }
    let sql = "SELECT incident_id, id FROM claim WHERE incident_id IS NOT NULL";
    let mut query = Query::new(sql, Vec::new());
    query.within(scope);
    query.and_one_of("incident_id", incidents.iter().map(|id| id.as_uuid().into()).collect());
    let (sql, values) = query.ordered("tenant_id, number", MOST_CLAIMS_OF_A_PAGE);
    for row in tx.all(&sql, values).await? {
        let incident = IncidentId::from(row.try_get::<Uuid>("", "incident_id")?);
        found.entry(incident).or_default().push(row.try_get::<Uuid>("", "id")?.into());
    }
    Ok(found)
}

/// Claims, newest notice first, then by number and tenant.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<&Place>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut query = Query::new(&format!("{READ} WHERE 1 = 1"), Vec::new());
    query.within(filter.scope);
    let contract = filter.master_contract_id.map(|id| id.as_uuid().into());
    query.and_maybe("master_contract_id = ?", contract);
    query.and_maybe("certificate_id = ?", filter.certificate_id.map(|id| id.as_uuid().into()));
    query.and_maybe("incident_id = ?", filter.incident_id.map(|id| id.as_uuid().into()));
    query.and_maybe("outcome = ?", filter.outcome.map(|outcome| outcome.as_str().into()));
    if !filter.phases.is_empty() {
        let places = vec!["?"; filter.phases.len()].join(", ");
        let phases = filter.phases.iter().map(|phase| phase.as_str().into()).collect();
        query.and(&format!("phase IN ({places})"), phases);
    }
    let at = |at: Timestamp| -> Value { instant::to_row(at).into() };
    for (column, (from, until)) in
        [("loss_at", filter.happened), ("notified_at", filter.notified), ("paid_at", filter.paid)]
    {
        query.and_maybe(&format!("{column} >= ?"), from.map(at));
        query.and_maybe(&format!("{column} < ?"), until.map(at));
    }
    if let Some(after) = after {
        let told = at(after.notified_at);
        query.and(
            "notified_at < ? OR (notified_at = ? AND (number, tenant_id) > (?, ?))",
            vec![told.clone(), told, after.number.clone().into(), after.tenant_id.as_uuid().into()],
        );
    }
    let (sql, values) = query.ordered("notified_at DESC, number, tenant_id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn changing(claim: &Claim) -> Result<Vec<Value>, StoreError> {
    let paid_at = match &claim.state {
        ClaimState::Paid { paid_at, .. } => Some(*paid_at),
        ClaimState::Draft
        | ClaimState::Notified { .. }
        | ClaimState::UnderAssessment { .. }
        | ClaimState::InformationWanted { .. }
        | ClaimState::Decided { .. }
        | ClaimState::Proposed { .. }
        | ClaimState::Approved { .. }
        | ClaimState::Denied { .. }
        | ClaimState::UnderAppeal { .. }
        | ClaimState::Closed { .. }
        | ClaimState::Withdrawn { .. } => claim.payments.last().map(|last| last.recorded_at),
    };
    Ok(vec![
        claim.tenant_id.as_uuid().into(),
        claim.id.as_uuid().into(),
        claim.certificate_id.map(CertificateId::as_uuid).into(),
        claim.state.phase().as_str().into(),
        claim.outcome().map(ClaimOutcome::as_str).into(),
        instant::to_row(claim.loss_at).into(),
        paid_at.map(instant::to_row).into(),
        document::to_row("claim", claim)?.into(),
    ])
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let claim = document::from_row("claim", json)?;
    Ok(Stored { claim, version: row.try_get("", "version")? })
}
