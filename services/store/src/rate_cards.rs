//! Versions of rate cards, and the days on which new subscriptions get each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use tasuki_core::catalog::{CardPeriod, CardTimeline, RateCardVersion};
use tasuki_core::time::CivilDate;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// Locks a card until the transaction ends, and gives its version: 0 for a card that is new.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, code: &str) -> Result<i64, StoreError> {
    let sql = "INSERT INTO rate_card (code, version) VALUES ($1, 0) \
               ON CONFLICT (code) DO UPDATE SET version = rate_card.version RETURNING version";
    let row = tx.one(sql, vec![code.into()]).await?;
    Ok(row.ok_or(StoreError::LostRace)?.try_get("", "version")?)
}

/// Counts a change of a locked card; gives its new version.
///
/// # Errors
/// [`StoreError`].
pub async fn touch(tx: &Tx, code: &str) -> Result<i64, StoreError> {
    let sql = "UPDATE rate_card SET version = version + 1 WHERE code = $1 RETURNING version";
    let row = tx.one(sql, vec![code.into()]).await?;
    Ok(row.ok_or(StoreError::LostRace)?.try_get("", "version")?)
}

/// The version of each card's record, by its code.
///
/// # Errors
/// [`StoreError`].
pub async fn records(tx: &Tx) -> Result<BTreeMap<String, i64>, StoreError> {
    let rows = tx.all("SELECT code, version FROM rate_card", Vec::new()).await?;
    rows.iter().map(|row| Ok((row.try_get("", "code")?, row.try_get("", "version")?))).collect()
}

/// Stores a version.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of that name.
pub async fn insert_version(tx: &Tx, version: &RateCardVersion) -> Result<(), StoreError> {
    let sql = "INSERT INTO rate_card_version (code, card_version, hash, state, created_at, \
               document, schema_version) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values: Vec<Value> = vec![
        version.code.clone().into(),
        version.version.clone().into(),
        version.hash.clone().into(),
        version.state.as_str().into(),
        instant::to_row(version.created_at).into(),
        document::to_row("rate_card_version", version)?.into(),
        SCHEMA_VERSION.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Keeps a version's new state.
///
/// # Errors
/// [`StoreError`].
pub async fn update_version(tx: &Tx, version: &RateCardVersion) -> Result<(), StoreError> {
    let sql = "UPDATE rate_card_version SET state = $3, document = $4 \
               WHERE code = $1 AND card_version = $2";
    let values: Vec<Value> = vec![
        version.code.clone().into(),
        version.version.clone().into(),
        version.state.as_str().into(),
        document::to_row("rate_card_version", version)?.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// A version of a card.
///
/// # Errors
/// [`StoreError`].
pub async fn version(
    tx: &Tx,
    code: &str,
    version: &str,
) -> Result<Option<RateCardVersion>, StoreError> {
    let sql = "SELECT document FROM rate_card_version WHERE code = $1 AND card_version = $2";
    let row = tx.one(sql, vec![code.into(), version.into()]).await?;
    row.as_ref().map(version_from).transpose()
}

/// All versions, by code and the time they were stored.
///
/// # Errors
/// [`StoreError`].
pub async fn versions(tx: &Tx) -> Result<Vec<RateCardVersion>, StoreError> {
    let sql = "SELECT document FROM rate_card_version ORDER BY code, created_at, card_version";
    tx.all(sql, Vec::new()).await?.iter().map(version_from).collect()
}

/// The days of a card's versions.
///
/// # Errors
/// [`StoreError`].
pub async fn timeline(tx: &Tx, code: &str) -> Result<CardTimeline, StoreError> {
    let sql = "SELECT document FROM rate_card_period WHERE code = $1";
    let rows = tx.all(sql, vec![code.into()]).await?;
    let periods = rows.iter().map(period_from).collect::<Result<_, _>>()?;
    Ok(CardTimeline::of(periods))
}

/// The days of all versions, with the codes of their cards.
///
/// # Errors
/// [`StoreError`].
pub async fn periods(tx: &Tx) -> Result<Vec<(String, CardPeriod)>, StoreError> {
    let sql = "SELECT code, document FROM rate_card_period ORDER BY code, effective_from";
    let rows = tx.all(sql, Vec::new()).await?;
    rows.iter().map(|row| Ok((row.try_get("", "code")?, period_from(row)?))).collect()
}

/// Keeps the days of a locked card's versions, and lets every server know.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_timeline(tx: &Tx, code: &str, timeline: &CardTimeline) -> Result<(), StoreError> {
    tx.execute("DELETE FROM rate_card_period WHERE code = $1", vec![code.into()]).await?;
    let sql = "INSERT INTO rate_card_period (code, effective_from, effective_until, card_version, \
               document) VALUES ($1, $2, $3, $4, $5)";
    for period in timeline.periods() {
        let values: Vec<Value> = vec![
            code.into(),
            day(period.from).into(),
            period.until.map(day).into(),
            period.version.clone().into(),
            document::to_row("rate_card_period", period)?.into(),
        ];
        tx.execute(sql, values).await?;
    }
    let sql = "UPDATE rate_card_set SET revision = revision + 1 WHERE id = 1";
    tx.execute(sql, Vec::new()).await.map(|_| ())
}

/// How often what is in force was changed.
///
/// # Errors
/// [`StoreError`].
pub async fn revision(tx: &Tx) -> Result<i64, StoreError> {
    let row = tx.one("SELECT revision FROM rate_card_set WHERE id = 1", Vec::new()).await?;
    Ok(row.map(|row| row.try_get("", "revision")).transpose()?.unwrap_or_default())
}

fn version_from(row: &QueryResult) -> Result<RateCardVersion, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row("rate_card_version", json)
}

fn period_from(row: &QueryResult) -> Result<CardPeriod, StoreError> {
    let json: Json = row.try_get("", "document")?;
    document::from_row("rate_card_period", json)
}

/// The row's form of a day.
fn day(day: CivilDate) -> NaiveDate {
    let (month, of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    NaiveDate::from_ymd_opt(day.year().into(), month.into(), of_month.into())
        .unwrap_or(NaiveDate::MAX)
}
