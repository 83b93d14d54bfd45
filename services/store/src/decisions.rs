//! What policies were asked and what they gave: inserted once, never changed, each tenant's records
//! chained by their hashes.

use std::collections::BTreeMap;

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::decision::{ChainHead, Decision, Link, Linked, Outcome, PackKind, PackVersion};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::query::{self, Column, Query, ROWS_A_STATEMENT, Scope};
use crate::tx::Tx;

mod book;

pub use book::{BookEntry, BookQuery, count, page};

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A decision as it goes on file: what SQL needs of it, and the whole as its canonical text.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    id: DecisionId,
    tenant_id: Option<TenantId>,
    subject: String,
    pack: PackVersion,
    outcome: Outcome,
    as_of: Timestamp,
    decided_at: Timestamp,
    text: String,
}

impl Record {
    /// The record of a decision.
    ///
    /// # Errors
    /// [`StoreError::Row`] when it cannot be written, which is a bug.
    pub fn of(decision: &Decision) -> Result<Self, StoreError> {
        Ok(Self {
            id: decision.id,
            tenant_id: decision.tenant_id,
            subject: decision.subject.clone(),
            pack: decision.pack.clone(),
            outcome: decision.outcome(),
            as_of: decision.as_of,
            decided_at: decision.decided_at,
            text: document::to_text("decision", decision)?,
        })
    }
}

/// Records a decision for ever, at the end of the transaction.
///
/// # Errors
/// As [`Record::of`].
pub fn record(tx: &Tx, decision: &Decision) -> Result<(), StoreError> {
    keep(tx, Record::of(decision)?);
    Ok(())
}

/// As [`record`], for a record that was made before.
pub fn keep(tx: &Tx, record: Record) {
    tx.keep(record);
}

/// Appends what was kept to the chains. Chains are taken in one order, so that two transactions do
/// not wait for each other.
pub(crate) async fn append_kept(tx: &Tx) -> Result<(), StoreError> {
    let mut chains: BTreeMap<Uuid, Vec<Record>> = BTreeMap::new();
    for record in tx.take_kept() {
        chains.entry(chain_of(record.tenant_id)).or_default().push(record);
    }
    for (chain, records) in chains {
        let mut head = lock_head(tx, chain).await?;
        let mut rows = records.into_iter().map(|record| {
            let (link, next) = head.link(&record.text);
            head = next;
            (record, link)
        });
        loop {
            let some: Vec<_> = rows.by_ref().take(ROWS_A_STATEMENT).collect();
            if some.is_empty() {
                break;
            }
            insert(tx, chain, some).await?;
        }
        let sql = "UPDATE decision_chain SET sequence = $2, hash = $3 WHERE chain = $1";
        let values: Vec<Value> = vec![chain.into(), head.sequence.into(), head.hash.into()];
        tx.execute(sql, values).await?;
    }
    Ok(())
}

fn chain_of(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::as_uuid)
}

/// The end of a chain, locked until the transaction ends.
async fn lock_head(tx: &Tx, chain: Uuid) -> Result<ChainHead, StoreError> {
    let sql = "INSERT INTO decision_chain (chain, sequence, hash) VALUES ($1, 0, '') \
               ON CONFLICT (chain) DO UPDATE SET sequence = decision_chain.sequence \
               RETURNING sequence, hash";
    let row = tx.one(sql, vec![chain.into()]).await?.ok_or(StoreError::LostRace)?;
    head_from(&row)
}

fn head_from(row: &QueryResult) -> Result<ChainHead, StoreError> {
    Ok(ChainHead { sequence: row.try_get("", "sequence")?, hash: row.try_get("", "hash")? })
}

async fn insert(tx: &Tx, chain: Uuid, rows: Vec<(Record, Link)>) -> Result<(), StoreError> {
    const COLUMNS: [Column; 16] = {
        let mut columns = [Column::Plain; 16];
        columns[14] = Column::Json;
        columns
    };
    let sql = format!(
        "{} decision (id, tenant_id, subject, kind, pack, pack_version, pack_hash, \
         outcome, as_of, decided_at, chain, sequence, previous_hash, hash, document, \
         schema_version) VALUES {}",
        query::insert_into(tx),
        query::rows(tx, rows.len(), &COLUMNS)
    );
    let values = rows.into_iter().flat_map(|(record, link)| -> [Value; COLUMNS.len()] {
        let PackVersion { kind, name, version, hash, environment: _ } = record.pack;
        [
            record.id.as_uuid().into(),
            record.tenant_id.map(TenantId::as_uuid).into(),
            record.subject.into(),
            kind.as_str().into(),
            name.into(),
            version.into(),
            hash.into(),
            record.outcome.as_str().into(),
            instant::to_row(record.as_of).into(),
            instant::to_row(record.decided_at).into(),
            chain.into(),
            link.sequence.into(),
            link.previous_hash.into(),
            link.hash.into(),
            record.text.into(),
            SCHEMA_VERSION.into(),
        ]
    });
    tx.execute(&sql, values.collect()).await.map(|_| ())
}

/// A decision by its id, of any tenant: the caller checks whose it is.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: DecisionId) -> Result<Option<Decision>, StoreError> {
    append_kept(tx).await?;
    let sql = "SELECT document FROM decision WHERE id = $1";
    tx.one(sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// A decision with its place in the chain, of any tenant: the caller checks whose it is.
///
/// # Errors
/// [`StoreError`].
pub async fn linked(tx: &Tx, id: DecisionId) -> Result<Option<Linked>, StoreError> {
    append_kept(tx).await?;
    let sql = format!("SELECT {LINKED} FROM decision WHERE id = $1");
    tx.one(&sql, vec![id.as_uuid().into()]).await?.as_ref().map(linked_from).transpose()
}

/// The decisions of those ids, of any tenant: the caller has found the ids in rows it may see.
///
/// # Errors
/// [`StoreError`].
pub async fn by_ids(
    tx: &Tx,
    ids: &[DecisionId],
) -> Result<BTreeMap<DecisionId, Decision>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    append_kept(tx).await?;
    let places: Vec<String> = (1..=ids.len()).map(|at| format!("${at}")).collect();
    let sql = format!("SELECT document FROM decision WHERE id IN ({})", places.join(", "));
    let values: Vec<Value> = ids.iter().map(|id| id.as_uuid().into()).collect();
    let rows = tx.all(&sql, values).await?;
    rows.iter().map(|row| from_row(row).map(|decision| (decision.id, decision))).collect()
}

/// Which decisions a list shows. What is left out does not narrow.
#[derive(Debug, Clone)]
pub struct DecisionFilter {
    /// Whose.
    pub scope: Scope,
    /// By packs of this kind.
    pub kind: Option<PackKind>,
    /// By packs of this name.
    pub pack: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// With one of these outcomes; any when empty.
    pub outcomes: Vec<Outcome>,
    /// Decided from this time on.
    pub from: Option<Timestamp>,
    /// Decided before this time.
    pub until: Option<Timestamp>,
}

impl DecisionFilter {
    /// Every decision of a scope.
    pub const fn all(scope: Scope) -> Self {
        let outcomes = Vec::new();
        Self { scope, kind: None, pack: None, subject: None, outcomes, from: None, until: None }
    }
}

/// Decisions, the newest first, after the one of that time and id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &DecisionFilter,
    after: Option<(Timestamp, DecisionId)>,
    limit: u64,
) -> Result<Vec<Linked>, StoreError> {
    append_kept(tx).await?;
    let mut query = Query::new(&format!("SELECT {LINKED} FROM decision WHERE 1 = 1"), Vec::new());
    query.within(filter.scope);
    query.and_maybe("kind = ?", filter.kind.map(|kind| kind.as_str().into()));
    query.and_maybe("pack = ?", filter.pack.clone().map(Into::into));
    query.and_maybe("subject = ?", filter.subject.clone().map(Into::into));
    query.and_one_of("outcome", filter.outcomes.iter().map(|it| it.as_str().into()).collect());
    query.and_maybe("decided_at >= ?", filter.from.map(|at| instant::to_row(at).into()));
    query.and_maybe("decided_at < ?", filter.until.map(|at| instant::to_row(at).into()));
    if let Some((at, id)) = after {
        let at = instant::to_row(at);
        query.and(
            "decided_at < ? OR (decided_at = ? AND id < ?)",
            vec![at.into(), at.into(), id.as_uuid().into()],
        );
    }
    let (sql, values) = query.ordered("decided_at DESC, id DESC", limit);
    tx.all(&sql, values).await?.iter().map(linked_from).collect()
}

/// The tenants of a scope that have decisions, and the ends of their chains. The chain of nobody in
/// particular belongs to the scope of everybody.
///
/// # Errors
/// [`StoreError`].
pub async fn chains(tx: &Tx, scope: Scope) -> Result<Vec<(Uuid, ChainHead)>, StoreError> {
    let sql = "SELECT chain, sequence, hash FROM (SELECT chain AS tenant_id, chain, sequence, hash \
               FROM decision_chain) AS heads WHERE 1 = 1";
    let mut query = Query::new(sql, Vec::new());
    query.within(scope);
    let (sql, values) = query.ordered("chain", u64::MAX);
    let rows = tx.all(&sql, values).await?;
    rows.iter().map(|row| Ok((row.try_get("", "chain")?, head_from(row)?))).collect()
}

/// A stored record as it stands, for proofs: nothing of the document is left out.
#[derive(Debug, Clone)]
pub struct StoredLink {
    /// The record as it is stored.
    pub document: Json,
    /// Its place.
    pub link: Link,
}

impl StoredLink {
    /// The record.
    ///
    /// # Errors
    /// [`StoreError::Row`].
    pub fn decision(&self) -> Result<Decision, StoreError> {
        document::from_row("decision", self.document.clone())
    }
}

/// The records of a chain after one place, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn of_chain(
    tx: &Tx,
    chain: Uuid,
    after: i64,
    limit: u64,
) -> Result<Vec<StoredLink>, StoreError> {
    let sql = format!(
        "SELECT {LINKED} FROM decision WHERE chain = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = tx.all(&sql, vec![chain.into(), after.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| Ok(StoredLink { document: row.try_get("", "document")?, link: link_from(row)? }))
        .collect()
}

/// The last time, at or after one, about which a pack has decided something; nothing if it has not.
/// Answers to questions about nobody bind nobody and do not count.
///
/// # Errors
/// [`StoreError`].
pub async fn decided_since(
    tx: &Tx,
    (kind, pack): (PackKind, &str),
    from: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    append_kept(tx).await?;
    let sql = "SELECT as_of FROM decision WHERE kind = $1 AND pack = $2 AND as_of >= $3 \
               AND tenant_id IS NOT NULL ORDER BY as_of DESC LIMIT 1";
    let values: Vec<Value> = vec![kind.as_str().into(), pack.into(), instant::to_row(from).into()];
    let row = tx.one(sql, values).await?;
    row.map(|row| instant::from_row("decision", row.try_get("", "as_of")?)).transpose()
}

/// The columns of a record with its place.
const LINKED: &str = "document, sequence, previous_hash, hash";

fn from_row(row: &QueryResult) -> Result<Decision, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row("decision", json)
}

fn linked_from(row: &QueryResult) -> Result<Linked, StoreError> {
    Ok(Linked { decision: from_row(row)?, link: link_from(row)? })
}

fn link_from(row: &QueryResult) -> Result<Link, StoreError> {
    Ok(Link {
        sequence: row.try_get("", "sequence")?,
        previous_hash: row.try_get("", "previous_hash")?,
        hash: row.try_get("", "hash")?,
    })
}
