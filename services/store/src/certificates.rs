//! Certificates, and which clauses of their wording were acknowledged.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::certificate::{Certificate, CertificateState};
use tasuki_core::id::{CertificateId, MasterContractId, SubscriptionId, TenantId};
use tasuki_core::master_contract::Acknowledgement;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

const READ: &str = "SELECT document, version FROM certificate";

/// A certificate with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The certificate.
    pub certificate: Certificate,
    /// Grows with every change.
    pub version: i64,
}

/// Which certificates a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose.
    pub scope: Scope,
    /// Only under this contract.
    pub master_contract_id: Option<MasterContractId>,
    /// Only of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Only those that were in force at some time from here on.
    pub in_force_from: Option<Timestamp>,
    /// Only those that were in force at some time before.
    pub in_force_until: Option<Timestamp>,
}

impl Filter {
    /// All certificates of a scope.
    pub const fn of(scope: Scope) -> Self {
        Self {
            scope,
            master_contract_id: None,
            subscription_id: None,
            in_force_from: None,
            in_force_until: None,
        }
    }
}

/// Where a certificate stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number: under another contract another one has it, too.
    pub number: String,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: CertificateId,
}

/// Adds a certificate.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, certificate: &Certificate) -> Result<(), StoreError> {
    let sql = "INSERT INTO certificate (tenant_id, id, state, starts_at, ends_at, document, \
               number, master_contract_id, subscription_id, schema_version, version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)";
    let mut values = changing(certificate)?;
    values.push(certificate.number.clone().into());
    values.push(certificate.master_contract_id.as_uuid().into());
    values.push(certificate.subscription_id.as_uuid().into());
    values.push(SCHEMA_VERSION.into());
    tx.execute(sql, values).await.map(|_| ())
}

/// Writes a changed certificate over the version that was read.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, certificate: &Certificate, read_version: i64) -> Result<(), StoreError> {
    let sql = "UPDATE certificate SET state = $3, starts_at = $4, ends_at = $5, document = $6, \
               version = version + 1 WHERE tenant_id = $1 AND id = $2 AND version = $7";
    let mut values = changing(certificate)?;
    values.push(read_version.into());
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// A certificate by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(
    tx: &Tx,
    tenant: TenantId,
    id: CertificateId,
) -> Result<Option<Stored>, StoreError> {
    let sql = format!("{READ} WHERE tenant_id = $1 AND id = $2");
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(&sql, values).await?.as_ref().map(from_row).transpose()
}

/// All certificates of a tenant, by number.
///
/// # Errors
/// [`StoreError`].
pub async fn of_tenant(tx: &Tx, tenant: TenantId) -> Result<Vec<Stored>, StoreError> {
    let sql = format!("{READ} WHERE tenant_id = $1 ORDER BY number, id");
    tx.all(&sql, vec![tenant.as_uuid().into()]).await?.iter().map(from_row).collect()
}

/// The certificates that came with a subscription, locked until the transaction ends.
///
/// # Errors
/// [`StoreError`].
pub async fn lock_of_subscription(
    tx: &Tx,
    tenant: TenantId,
    subscription: SubscriptionId,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "{READ} WHERE tenant_id = $1 AND subscription_id = $2 ORDER BY number, id{}",
        tx.for_update()
    );
    let values: Vec<Value> = vec![tenant.as_uuid().into(), subscription.as_uuid().into()];
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Certificates by number, then by tenant, then by id.
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
    query.and_maybe("subscription_id = ?", filter.subscription_id.map(|id| id.as_uuid().into()));
    let at = |at: Timestamp| -> Value { instant::to_row(at).into() };
    let from = filter.in_force_from.map(at);
    query.and_maybe("starts_at IS NOT NULL AND (ends_at IS NULL OR ends_at > ?)", from);
    query.and_maybe("starts_at < ?", filter.in_force_until.map(at));
    if let Some(after) = after {
        query.and(
            "number > ? OR (number = ? AND (tenant_id > ? OR (tenant_id = ? AND id > ?)))",
            vec![
                after.number.clone().into(),
                after.number.clone().into(),
                after.tenant_id.as_uuid().into(),
                after.tenant_id.as_uuid().into(),
                after.id.as_uuid().into(),
            ],
        );
    }
    let (sql, values) = query.ordered("number, tenant_id, id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// Keeps that a clause was accepted. The first acceptance counts; a repeat changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn acknowledge(
    tx: &Tx,
    (tenant, contract): (TenantId, MasterContractId),
    acknowledgement: &Acknowledgement,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO terms_acknowledgement (tenant_id, master_contract_id, code, \
               document_version, acknowledged_at, document, schema_version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let values: Vec<Value> = vec![
        tenant.as_uuid().into(),
        contract.as_uuid().into(),
        acknowledgement.code.clone().into(),
        acknowledgement.document_version.clone().into(),
        instant::to_row(acknowledgement.acknowledged_at).into(),
        document::to_row("terms_acknowledgement", acknowledgement)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// What a tenant has acknowledged of a contract, in the order of time.
///
/// # Errors
/// [`StoreError`].
pub async fn acknowledgements(
    tx: &Tx,
    tenant: TenantId,
    contract: MasterContractId,
) -> Result<Vec<Acknowledgement>, StoreError> {
    let sql = "SELECT document FROM terms_acknowledgement \
               WHERE tenant_id = $1 AND master_contract_id = $2 \
               ORDER BY acknowledged_at, code, document_version";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), contract.as_uuid().into()];
    tx.all(sql, values)
        .await?
        .iter()
        .map(|row| {
            let json: Json = row.try_get("", "document")?;
            document::from_row("terms_acknowledgement", json)
        })
        .collect()
}

fn changing(certificate: &Certificate) -> Result<Vec<Value>, StoreError> {
    let spans = certificate.insured_spans();
    let ends_at = match &certificate.state {
        CertificateState::NotYetInForce | CertificateState::InForce { .. } => None,
        CertificateState::Lapsed { at, .. } | CertificateState::Ended { at, .. } => Some(*at),
    };
    Ok(vec![
        certificate.tenant_id.as_uuid().into(),
        certificate.id.as_uuid().into(),
        certificate.state.as_str().into(),
        spans.first().map(|span| instant::to_row(span.start())).into(),
        ends_at.map(instant::to_row).into(),
        document::to_row("certificate", certificate)?.into(),
    ])
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let json: Json = row.try_get("", "document")?;
    let certificate = document::from_row("certificate", json)?;
    Ok(Stored { certificate, version: row.try_get("", "version")? })
}
