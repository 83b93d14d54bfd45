//! The recorded decisions of one pack as a book on which another version is tried.

use sea_orm::{QueryResult, Value};
use tasuki_core::decision::PackKind;
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// Whose decisions, by which pack, about which time.
#[derive(Debug, Clone)]
pub struct BookQuery {
    /// Whose.
    pub scope: Scope,
    /// The kind of the pack.
    pub kind: PackKind,
    /// Its name.
    pub pack: String,
    /// Only about this time and later.
    pub from: Option<Timestamp>,
    /// Only about times before this one.
    pub until: Option<Timestamp>,
}

/// A recorded decision, its document still unread: a book is long, and little of each is needed.
#[derive(Debug, Clone)]
pub struct BookEntry {
    /// Its id.
    pub id: DecisionId,
    /// Whose; nobody's if none.
    pub tenant_id: Option<TenantId>,
    /// The time it is about.
    pub as_of: Timestamp,
    /// The record as JSON.
    pub document: String,
}

/// How many decisions a book has.
///
/// # Errors
/// [`StoreError`].
pub async fn count(tx: &Tx, query: &BookQuery) -> Result<u64, StoreError> {
    let (sql, values) =
        narrowed("SELECT count(*) AS n FROM decision WHERE kind = $1 AND pack = $2", query)
            .finished();
    let row = tx.one(&sql, values).await?;
    let n: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(n).unwrap_or_default())
}

/// The next decisions of a book, by the time they are about.
///
/// # Errors
/// [`StoreError`].
pub async fn page(
    tx: &Tx,
    query: &BookQuery,
    after: Option<(Timestamp, DecisionId)>,
    limit: u64,
) -> Result<Vec<BookEntry>, StoreError> {
    let sql = "SELECT id, tenant_id, as_of, CAST(document AS text) AS document FROM decision \
               WHERE kind = $1 AND pack = $2";
    let mut narrowed = narrowed(sql, query);
    if let Some((at, id)) = after {
        let at = instant::to_row(at);
        narrowed.and(
            "as_of >= ? AND (as_of > ? OR id > ?)",
            vec![at.into(), at.into(), id.as_uuid().into()],
        );
    }
    let (sql, values) = narrowed.ordered("as_of, id", limit);
    tx.all(&sql, values).await?.iter().map(entry).collect()
}

fn narrowed(sql: &str, query: &BookQuery) -> Query {
    let values: Vec<Value> = vec![query.kind.as_str().into(), query.pack.clone().into()];
    let mut narrowed = Query::new(sql, values);
    narrowed.within(query.scope);
    narrowed.and_maybe("as_of >= ?", query.from.map(|at| instant::to_row(at).into()));
    narrowed.and_maybe("as_of < ?", query.until.map(|at| instant::to_row(at).into()));
    narrowed
}

fn entry(row: &QueryResult) -> Result<BookEntry, StoreError> {
    let id: Uuid = row.try_get("", "id")?;
    let tenant: Option<Uuid> = row.try_get("", "tenant_id")?;
    Ok(BookEntry {
        id: id.into(),
        tenant_id: tenant.map(TenantId::from),
        as_of: instant::from_row("decision", row.try_get("", "as_of")?)?,
        document: row.try_get("", "document")?,
    })
}
