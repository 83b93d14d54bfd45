//! Payments and credit notes: what came in, and what was given back.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use serde::de::DeserializeOwned;
use tasuki_core::credit_note::CreditNote;
use tasuki_core::id::{CreditNoteId, InvoiceId, TenantId};
use tasuki_core::payment::Payment;
use tasuki_core::time::{Period, Timestamp};

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// From when on money came in, and before when; none for no bound.
pub type Received = (Option<Timestamp>, Option<Timestamp>);

/// Adds a payment, unless the tenant has one with its reference; tells whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, payment: &Payment) -> Result<bool, StoreError> {
    let sql = "INSERT INTO payment (tenant_id, id, reference, payer_code, received_at, amount, \
               currency, document, schema_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
               ON CONFLICT (tenant_id, reference) DO NOTHING";
    let values: Vec<Value> = vec![
        payment.tenant_id.as_uuid().into(),
        payment.id.as_uuid().into(),
        payment.reference.clone().into(),
        payment.payer_code.clone().into(),
        instant::to_row(payment.received_at).into(),
        payment.amount.amount().into(),
        payment.amount.currency().code().into(),
        document::to_row("payment", payment)?.into(),
        SCHEMA_VERSION.into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// A tenant's payment by its reference.
///
/// # Errors
/// [`StoreError`].
pub async fn by_reference(
    tx: &Tx,
    tenant: TenantId,
    reference: &str,
) -> Result<Option<Payment>, StoreError> {
    let sql = "SELECT document FROM payment WHERE tenant_id = $1 AND reference = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), reference.into()];
    tx.one(sql, values).await?.as_ref().map(|row| from_row("payment", row)).transpose()
}

/// A tenant's payments, the newest first, then by reference.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    (tenant, received): (TenantId, Received),
    after: Option<(Timestamp, &str)>,
    limit: u64,
) -> Result<Vec<Payment>, StoreError> {
    let mut query = Query::new(
        "SELECT document FROM payment WHERE tenant_id = $1",
        vec![tenant.as_uuid().into()],
    );
    let at = |at: Timestamp| -> Value { instant::to_row(at).into() };
    query.and_maybe("received_at >= ?", received.0.map(at));
    query.and_maybe("received_at < ?", received.1.map(at));
    if let Some((received_at, reference)) = after {
        query.and(
            "received_at < ? OR (received_at = ? AND reference > ?)",
            vec![at(received_at), at(received_at), reference.into()],
        );
    }
    let (sql, values) = query.ordered("received_at DESC, reference", limit);
    tx.all(&sql, values).await?.iter().map(|row| from_row("payment", row)).collect()
}

/// Adds a credit note.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_credit_note(tx: &Tx, note: &CreditNote) -> Result<(), StoreError> {
    let sql = "INSERT INTO credit_note (tenant_id, id, invoice_id, number, issued_at, gross, \
               currency, document, schema_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values: Vec<Value> = vec![
        note.tenant_id.as_uuid().into(),
        note.id.as_uuid().into(),
        note.invoice_id.as_uuid().into(),
        note.number.clone().into(),
        instant::to_row(note.issued_at).into(),
        note.gross.amount().into(),
        note.gross.currency().code().into(),
        document::to_row("credit_note", note)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// A credit note by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn credit_note(
    tx: &Tx,
    tenant: TenantId,
    id: CreditNoteId,
) -> Result<Option<CreditNote>, StoreError> {
    let sql = "SELECT document FROM credit_note WHERE tenant_id = $1 AND id = $2";
    let values: Vec<Value> = vec![tenant.as_uuid().into(), id.as_uuid().into()];
    tx.one(sql, values).await?.as_ref().map(|row| from_row("credit_note", row)).transpose()
}

/// A tenant's credit notes by number, the newest first; of one invoice or of all.
///
/// # Errors
/// [`StoreError`].
pub async fn credit_notes(
    tx: &Tx,
    (tenant, invoice): (TenantId, Option<InvoiceId>),
    before: Option<&str>,
    limit: u64,
) -> Result<Vec<CreditNote>, StoreError> {
    let mut query = Query::new(
        "SELECT document FROM credit_note WHERE tenant_id = $1",
        vec![tenant.as_uuid().into()],
    );
    query.and_maybe("invoice_id = ?", invoice.map(|id| id.as_uuid().into()));
    query.and_maybe("number < ?", before.map(Value::from));
    let (sql, values) = query.ordered("number DESC", limit);
    tx.all(&sql, values).await?.iter().map(|row| from_row("credit_note", row)).collect()
}

/// The credit notes of a scope that were issued in a period, by tenant and number.
///
/// # Errors
/// [`StoreError`].
pub async fn credit_notes_issued(
    tx: &Tx,
    (scope, issued): (Scope, Period),
    after: Option<(TenantId, &str)>,
    limit: u64,
) -> Result<Vec<CreditNote>, StoreError> {
    let mut query = Query::new(
        "SELECT document FROM credit_note WHERE issued_at >= $1 AND issued_at < $2",
        vec![instant::to_row(issued.start()).into(), instant::to_row(issued.end()).into()],
    );
    query.within(scope);
    if let Some((tenant, number)) = after {
        let place = vec![tenant.as_uuid().into(), number.into()];
        query.and("(tenant_id, number) > (?, ?)", place);
    }
    let (sql, values) = query.ordered("tenant_id, number", limit);
    tx.all(&sql, values).await?.iter().map(|row| from_row("credit_note", row)).collect()
}

fn from_row<T: DeserializeOwned>(table: &'static str, row: &QueryResult) -> Result<T, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row(table, json)
}
