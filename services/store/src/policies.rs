//! Versions of policy packs, the periods in which they decide, and the replicas that serve them.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use tasuki_core::decision::{PackKind, ParsePackKindError};
use tasuki_core::policy::{Period, PolicyVersion, Timeline};
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// A pack by what names it.
pub type PackName<'n> = (PackKind, &'n str);

/// Locks a pack until the transaction ends, and gives its version: 0 for a pack that is new.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, (kind, name): PackName<'_>) -> Result<i64, StoreError> {
    let sql = "INSERT INTO policy_pack (kind, name, version) VALUES ($1, $2, 0) \
               ON CONFLICT (kind, name) DO UPDATE SET version = policy_pack.version \
               RETURNING version";
    let row = tx.one(sql, vec![kind.as_str().into(), name.into()]).await?;
    Ok(row.ok_or(StoreError::LostRace)?.try_get("", "version")?)
}

/// Counts a change of a locked pack; gives its new version.
///
/// # Errors
/// [`StoreError`].
pub async fn touch(tx: &Tx, (kind, name): PackName<'_>) -> Result<i64, StoreError> {
    let sql = "UPDATE policy_pack SET version = version + 1 WHERE kind = $1 AND name = $2 \
               RETURNING version";
    let row = tx.one(sql, vec![kind.as_str().into(), name.into()]).await?;
    Ok(row.ok_or(StoreError::LostRace)?.try_get("", "version")?)
}

/// The packs that are stored, by kind and name.
///
/// # Errors
/// [`StoreError`].
pub async fn names(tx: &Tx) -> Result<Vec<(PackKind, String)>, StoreError> {
    let rows = tx.all("SELECT kind, name FROM policy_pack", Vec::new()).await?;
    let mut names = rows.iter().map(name_from).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

fn name_from(row: &QueryResult) -> Result<(PackKind, String), StoreError> {
    let kind: String = row.try_get("", "kind")?;
    let kind = kind.parse().map_err(|error: ParsePackKindError| StoreError::Row {
        table: "policy_pack",
        cause: error.to_string(),
    })?;
    Ok((kind, row.try_get("", "name")?))
}

/// The version of a pack's record; nothing for a pack that was never stored.
///
/// # Errors
/// [`StoreError`].
pub async fn pack_version(tx: &Tx, (kind, name): PackName<'_>) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT version FROM policy_pack WHERE kind = $1 AND name = $2";
    let row = tx.one(sql, vec![kind.as_str().into(), name.into()]).await?;
    Ok(row.map(|row| row.try_get("", "version")).transpose()?)
}

/// Stores a version.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of that name.
pub async fn insert_version(tx: &Tx, version: &PolicyVersion) -> Result<(), StoreError> {
    let sql = "INSERT INTO policy_version (kind, name, pack_version, hash, state, created_at, \
               document, schema_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values: Vec<Value> = vec![
        version.kind.as_str().into(),
        version.name.clone().into(),
        version.version.clone().into(),
        version.hash.clone().into(),
        version.state.as_str().into(),
        instant::to_row(version.created_at).into(),
        document::to_row("policy_version", version)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Keeps a version's new state.
///
/// # Errors
/// [`StoreError`].
pub async fn update_version(tx: &Tx, version: &PolicyVersion) -> Result<(), StoreError> {
    let sql = "UPDATE policy_version SET state = $4, document = $5 \
               WHERE kind = $1 AND name = $2 AND pack_version = $3";
    let values: Vec<Value> = vec![
        version.kind.as_str().into(),
        version.name.clone().into(),
        version.version.clone().into(),
        version.state.as_str().into(),
        document::to_row("policy_version", version)?.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// A version of a pack.
///
/// # Errors
/// [`StoreError`].
pub async fn version(
    tx: &Tx,
    (kind, name): PackName<'_>,
    version: &str,
) -> Result<Option<PolicyVersion>, StoreError> {
    let sql = "SELECT document FROM policy_version \
               WHERE kind = $1 AND name = $2 AND pack_version = $3";
    let values: Vec<Value> = vec![kind.as_str().into(), name.into(), version.into()];
    tx.one(sql, values).await?.as_ref().map(version_from).transpose()
}

/// A version by its content.
///
/// # Errors
/// [`StoreError`].
pub async fn by_hash(tx: &Tx, hash: &str) -> Result<Option<PolicyVersion>, StoreError> {
    let sql = "SELECT document FROM policy_version WHERE hash = $1 ORDER BY created_at LIMIT 1";
    tx.one(sql, vec![hash.into()]).await?.as_ref().map(version_from).transpose()
}

/// All versions, by kind, name and the time they were stored: of one pack, or of all.
///
/// # Errors
/// [`StoreError`].
pub async fn versions(
    tx: &Tx,
    only: Option<PackName<'_>>,
) -> Result<Vec<PolicyVersion>, StoreError> {
    let (narrowed, values) = narrowed(only);
    let sql = format!(
        "SELECT document FROM policy_version WHERE {narrowed} \
         ORDER BY kind, name, created_at, pack_version"
    );
    tx.all(&sql, values).await?.iter().map(version_from).collect()
}

/// The timeline of a pack.
///
/// # Errors
/// [`StoreError`].
pub async fn timeline(tx: &Tx, pack: PackName<'_>) -> Result<Timeline, StoreError> {
    let all = periods(tx, Some(pack)).await?;
    Ok(Timeline::of(all.into_iter().map(|(_, _, period)| period).collect()))
}

/// All periods with the packs they belong to: of one pack, or of all.
///
/// # Errors
/// [`StoreError`].
pub async fn periods(
    tx: &Tx,
    only: Option<PackName<'_>>,
) -> Result<Vec<(PackKind, String, Period)>, StoreError> {
    let (narrowed, values) = narrowed(only);
    let sql = format!(
        "SELECT kind, name, document FROM policy_period WHERE {narrowed} \
         ORDER BY kind, name, effective_from"
    );
    let rows = tx.all(&sql, values).await?;
    rows.iter()
        .map(|row| {
            let (kind, name) = name_from(row)?;
            let json: Json = row.try_get("", "document")?;
            Ok((kind, name, document::from_row("policy_period", json)?))
        })
        .collect()
}

fn narrowed(only: Option<PackName<'_>>) -> (&'static str, Vec<Value>) {
    match only {
        Some((kind, name)) => ("kind = $1 AND name = $2", vec![kind.as_str().into(), name.into()]),
        None => ("1 = 1", Vec::new()),
    }
}

/// Keeps the timeline of a locked pack, and lets every server know.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_timeline(
    tx: &Tx,
    (kind, name): PackName<'_>,
    timeline: &Timeline,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM policy_period WHERE kind = $1 AND name = $2";
    tx.execute(sql, vec![kind.as_str().into(), name.into()]).await?;
    let sql = "INSERT INTO policy_period (kind, name, effective_from, effective_until, \
               pack_version, document) VALUES ($1, $2, $3, $4, $5, $6)";
    for period in timeline.periods() {
        let values: Vec<Value> = vec![
            kind.as_str().into(),
            name.into(),
            instant::to_row(period.from).into(),
            period.until.map(instant::to_row).into(),
            period.version.clone().into(),
            document::to_row("policy_period", period)?.into(),
        ];
        tx.execute(sql, values).await?;
    }
    let sql = "UPDATE policy_set SET revision = revision + 1 WHERE id = 1";
    tx.execute(sql, Vec::new()).await.map(|_| ())
}

/// How often what decides was changed.
///
/// # Errors
/// [`StoreError`].
pub async fn revision(tx: &Tx) -> Result<i64, StoreError> {
    let row = tx.one("SELECT revision FROM policy_set WHERE id = 1", Vec::new()).await?;
    Ok(row.map(|row| row.try_get("", "revision")).transpose()?.unwrap_or_default())
}

/// What a replica of the server serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// Its name.
    pub name: String,
    /// The revision of the set that it serves.
    pub revision: i64,
    /// Hash of the set that it serves.
    pub set_hash: String,
    /// When it loaded it.
    pub loaded_at: Timestamp,
    /// When it was heard of last.
    pub seen_at: Timestamp,
    /// Why a newer set could not be loaded; the old one is served on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The versions in force, as kind, name, version and hash.
    pub packs: Vec<(PackKind, String, String, String)>,
}

/// Notes what a replica serves.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_replica(tx: &Tx, replica: &Replica) -> Result<(), StoreError> {
    let sql = "INSERT INTO policy_replica (name, revision, seen_at, document) \
               VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET \
               revision = excluded.revision, seen_at = excluded.seen_at, \
               document = excluded.document";
    let values: Vec<Value> = vec![
        replica.name.clone().into(),
        replica.revision.into(),
        instant::to_row(replica.seen_at).into(),
        document::to_row("policy_replica", replica)?.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Forgets a replica that has stopped, and those that were not heard of since a time.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_replicas(
    tx: &Tx,
    name: &str,
    silent_since: Timestamp,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM policy_replica WHERE name = $1 OR seen_at < $2";
    tx.execute(sql, vec![name.into(), instant::to_row(silent_since).into()]).await.map(|_| ())
}

/// The replicas that were heard of since a time, by name.
///
/// # Errors
/// [`StoreError`].
pub async fn replicas(tx: &Tx, since: Timestamp) -> Result<Vec<Replica>, StoreError> {
    let sql = "SELECT document FROM policy_replica WHERE seen_at >= $1 ORDER BY name";
    let rows = tx.all(sql, vec![instant::to_row(since).into()]).await?;
    rows.iter()
        .map(|row| document::from_row("policy_replica", row.try_get("", "document")?))
        .collect()
}

fn version_from(row: &QueryResult) -> Result<PolicyVersion, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row("policy_version", json)
}
