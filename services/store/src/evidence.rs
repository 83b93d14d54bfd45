//! Dated evidence of providers, operators and insurers: only ever inserted.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::evidence::{Evidence, EvidenceKind};
use tasuki_core::id::{EvidenceId, TenantId};
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::Query;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// Where a record stands in a list.
pub type Place = (Timestamp, EvidenceId);

/// Which records a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub tenant_id: TenantId,
    /// Only of these kinds; empty for all.
    pub kinds: Vec<EvidenceKind>,
    /// Only those that were recorded by then.
    pub known_at: Option<Timestamp>,
}

/// Adds a record.
///
/// # Errors
/// [`StoreError`], also when the record that it corrects was corrected before.
pub async fn insert(tx: &Tx, evidence: &Evidence) -> Result<(), StoreError> {
    let sql = "INSERT INTO evidence (tenant_id, id, kind, observed_at, recorded_at, corrects, \
               document, schema_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values: Vec<Value> = vec![
        evidence.tenant_id.as_uuid().into(),
        evidence.id.as_uuid().into(),
        evidence.kind.as_str().into(),
        instant::to_row(evidence.observed_at).into(),
        instant::to_row(evidence.recorded_at).into(),
        evidence.corrects.map(EvidenceId::as_uuid).into(),
        document::to_row("evidence", evidence)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// A record by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(
    tx: &Tx,
    tenant: TenantId,
    id: EvidenceId,
) -> Result<Option<Evidence>, StoreError> {
    let sql = "SELECT document FROM evidence WHERE tenant_id = $1 AND id = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// The record that corrects another one.
///
/// # Errors
/// [`StoreError`].
pub async fn correction_of(
    tx: &Tx,
    tenant: TenantId,
    id: EvidenceId,
) -> Result<Option<Evidence>, StoreError> {
    let sql = "SELECT document FROM evidence WHERE tenant_id = $1 AND corrects = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(sql, values).await?.as_ref().map(from_row).transpose()
}

/// Records of a tenant, the latest observed first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<Evidence>, StoreError> {
    let sql = "SELECT document FROM evidence WHERE tenant_id = $1";
    let mut query = Query::new(sql, vec![filter.tenant_id.as_uuid().into()]);
    query.and_one_of("kind", filter.kinds.iter().map(|kind| kind.as_str().into()).collect());
    let known_at = filter.known_at.map(|at| instant::to_row(at).into());
    query.and_maybe("recorded_at <= ?", known_at);
    if let Some((observed_at, id)) = after {
        let (at, id): (Value, Value) = (instant::to_row(observed_at).into(), id.as_uuid().into());
        query.and("observed_at < ? OR (observed_at = ? AND id < ?)", vec![at.clone(), at, id]);
    }
    let (sql, values) = query.ordered("observed_at DESC, id DESC", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

fn from_row(row: &QueryResult) -> Result<Evidence, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row("evidence", json)
}
