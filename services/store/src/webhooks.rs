//! Webhook endpoints: their secrets, how far deliveries have come, and every try.

use sea_orm::{QueryResult, Value};
use tasuki_core::event::WEBHOOK_TESTED;
use tasuki_core::id::{EventId, PartnerId, WebhookEndpointId, WebhookSecretId};
use tasuki_core::time::Timestamp;
use tasuki_core::webhook::{Endpoint, Outcome, Progress, Secret, SigningKey};
use uuid::Uuid;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::outbox::{self, Filter, Whose};
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// The version of an endpoint that was just registered.
pub const FIRST_VERSION: i64 = 1;

const COLUMNS: &str =
    "document, version, after_seq, n_failures, failing_since, next_attempt_at, last_error";

/// An endpoint as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its version; deliveries do not change it.
    pub version: i64,
    /// How far deliveries have come.
    pub progress: Progress,
}

/// A try to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its place among all tries; grows.
    pub seq: i64,
    /// The event.
    pub event_id: EventId,
    /// The place of the event in the outbox.
    pub event_seq: i64,
    /// Its topic.
    pub topic: String,
    /// Which try of the event it was, from 1.
    pub number: u32,
    /// When it was.
    pub attempted_at: Timestamp,
    /// `delivered`, `failed` or `gone`.
    pub outcome: String,
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
}

/// Adds an endpoint whose deliveries begin after a place.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(tx: &Tx, endpoint: &Endpoint, after_seq: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO webhook_endpoint \
               (id, partner_id, state, document, version, after_seq, n_failures) \
               VALUES ($1, $2, $3, $4, $5, $6, 0)";
    let values: Vec<Value> = vec![
        endpoint.id.as_uuid().into(),
        endpoint.partner_id.map(PartnerId::as_uuid).into(),
        endpoint.state.as_str().into(),
        document::to_row("webhook_endpoint", endpoint)?.into(),
        FIRST_VERSION.into(),
        after_seq.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// An endpoint.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: WebhookEndpointId) -> Result<Option<Stored>, StoreError> {
    read(tx, id, "").await
}

/// An endpoint that is about to change.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, id: WebhookEndpointId) -> Result<Option<Stored>, StoreError> {
    read(tx, id, tx.for_update()).await
}

async fn read(tx: &Tx, id: WebhookEndpointId, lock: &str) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE id = $1{lock}");
    tx.one(&sql, vec![id.as_uuid().into()]).await?.as_ref().map(from_row).transpose()
}

/// Endpoints in the order of their ids, after one; of one partner, or of everybody.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    partner: Option<PartnerId>,
    after: Option<WebhookEndpointId>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM webhook_endpoint WHERE 1 = 1");
    let mut query = Query::new(&sql, Vec::new());
    query.and_maybe("partner_id = ?", partner.map(|it| it.as_uuid().into()));
    query.and_maybe("id > ?", after.map(|it| it.as_uuid().into()));
    let (sql, values) = query.ordered("id", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// How many endpoints a partner, or the operator of the scheme, has.
///
/// # Errors
/// [`StoreError`].
pub async fn count(tx: &Tx, partner: Option<PartnerId>) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) AS n FROM webhook_endpoint";
    let row = match partner {
        Some(partner) => {
            let sql = format!("{sql} WHERE partner_id = $1");
            tx.one(&sql, vec![partner.as_uuid().into()]).await?
        }
        None => tx.one(&format!("{sql} WHERE partner_id IS NULL"), Vec::new()).await?,
    };
    let n: i64 = row.ok_or(StoreError::LostRace)?.try_get("", "n")?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Keeps a change of an endpoint that was read in a version; gives the next version.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since.
pub async fn save(tx: &Tx, endpoint: &Endpoint, version: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE webhook_endpoint SET state = $3, document = $4, version = version + 1 \
               WHERE id = $1 AND version = $2";
    let values: Vec<Value> = vec![
        endpoint.id.as_uuid().into(),
        version.into(),
        endpoint.state.as_str().into(),
        document::to_row("webhook_endpoint", endpoint)?.into(),
    ];
    if tx.execute(sql, values).await? == 1 {
        Ok(version.saturating_add(1))
    } else {
        Err(StoreError::LostRace)
    }
}

/// Takes an endpoint away, with its secrets and tries.
///
/// # Errors
/// [`StoreError`].
pub async fn delete(tx: &Tx, id: WebhookEndpointId) -> Result<(), StoreError> {
    for table in ["webhook_attempt", "webhook_secret"] {
        let sql = format!("DELETE FROM {table} WHERE endpoint_id = $1");
        tx.execute(&sql, vec![id.as_uuid().into()]).await?;
    }
    let sql = "DELETE FROM webhook_endpoint WHERE id = $1";
    tx.execute(sql, vec![id.as_uuid().into()]).await.map(|_| ())
}

/// Keeps how far deliveries have come, if nobody moved them since they stood at a place; tells whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn set_progress(
    tx: &Tx,
    id: WebhookEndpointId,
    from_seq: i64,
    progress: &Progress,
) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook_endpoint SET after_seq = $3, n_failures = $4, failing_since = $5, \
               next_attempt_at = $6, last_error = $7 WHERE id = $1 AND after_seq = $2";
    let values: Vec<Value> = vec![
        id.as_uuid().into(),
        from_seq.into(),
        progress.after_seq.into(),
        i32::try_from(progress.n_failures).unwrap_or(i32::MAX).into(),
        progress.failing_since.map(instant::to_row).into(),
        progress.next_attempt_at.map(instant::to_row).into(),
        progress.last_error.clone().into(),
    ];
    Ok(tx.execute(sql, values).await? == 1)
}

/// Active endpoints whose next try is due and that have not come up to a place, the ones furthest behind first.
///
/// # Errors
/// [`StoreError`].
pub async fn due(
    tx: &Tx,
    (now, up_to): (Timestamp, i64),
    limit: u64,
) -> Result<Vec<WebhookEndpointId>, StoreError> {
    let sql = "SELECT id FROM webhook_endpoint WHERE state = 'active' AND after_seq < $1 \
               AND (next_attempt_at IS NULL OR next_attempt_at <= $2) ORDER BY after_seq, id LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: Vec<Value> = vec![up_to.into(), instant::to_row(now).into(), limit.into()];
    let rows = tx.all(sql, values).await?;
    rows.iter().map(|row| Ok(row.try_get::<Uuid>("", "id")?.into())).collect()
}

/// How many endpoints are active and well, active with a failed try, and disabled.
///
/// # Errors
/// [`StoreError`].
pub async fn census(tx: &Tx) -> Result<(i64, i64, i64), StoreError> {
    let sql = "SELECT COALESCE(SUM(CASE WHEN state = 'active' AND n_failures = 0 THEN 1 ELSE 0 END), 0) AS well, \
               COALESCE(SUM(CASE WHEN state = 'active' AND n_failures > 0 THEN 1 ELSE 0 END), 0) AS failing, \
               COALESCE(SUM(CASE WHEN state = 'disabled' THEN 1 ELSE 0 END), 0) AS disabled \
               FROM webhook_endpoint";
    let row = tx.one(sql, Vec::new()).await?.ok_or(StoreError::LostRace)?;
    let n = |name| row.try_get::<i64>("", name);
    Ok((n("well")?, n("failing")?, n("disabled")?))
}

/// The next events for an endpoint, up to a place, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn next_events(
    tx: &Tx,
    stored: &Stored,
    up_to: i64,
    limit: u64,
) -> Result<Vec<outbox::Stored>, StoreError> {
    let endpoint = &stored.endpoint;
    let whose = match endpoint.partner_id {
        Some(partner) => Whose::Of(Scope::Partner(partner)),
        None => Whose::Everybody,
    };
    let filter = Filter { topics: endpoint.topics.clone(), ..Filter::of(whose) };
    let beside = (WEBHOOK_TESTED, endpoint.id.to_string());
    let between = (stored.progress.after_seq, up_to);
    outbox::list_with(tx, &filter, beside, between, limit).await
}

/// Adds a secret.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_secret(
    tx: &Tx,
    endpoint: WebhookEndpointId,
    secret: &Secret,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO webhook_secret (id, endpoint_id, signing_key, created_at, valid_until) \
               VALUES ($1, $2, $3, $4, $5)";
    let values: Vec<Value> = vec![
        secret.id.as_uuid().into(),
        endpoint.as_uuid().into(),
        tx.keys().seal(secret.id.as_uuid().as_bytes(), secret.key.reveal())?.into(),
        instant::to_row(secret.created_at).into(),
        secret.valid_until.map(instant::to_row).into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// The secrets in use at a time, the newest first; those before are forgotten.
///
/// # Errors
/// [`StoreError`].
pub async fn secrets(
    tx: &Tx,
    endpoint: WebhookEndpointId,
    now: Timestamp,
) -> Result<Vec<Secret>, StoreError> {
    let sql = "SELECT id, signing_key, created_at, valid_until FROM webhook_secret \
               WHERE endpoint_id = $1 AND (valid_until IS NULL OR valid_until > $2) \
               ORDER BY valid_until IS NOT NULL, created_at DESC, id DESC";
    let values: Vec<Value> = vec![endpoint.as_uuid().into(), instant::to_row(now).into()];
    tx.all(sql, values).await?.iter().map(|row| secret(tx, row)).collect()
}

/// Sees that every secret can be opened, and seals those anew that are not sealed with the first key; tells how many.
///
/// # Errors
/// [`StoreError::Row`] for a secret whose key is not there any more.
pub async fn seal_anew(tx: &Tx) -> Result<u64, StoreError> {
    let rows = tx.all("SELECT id, signing_key FROM webhook_secret", Vec::new()).await?;
    let mut n_sealed = 0;
    for row in &rows {
        let id: Uuid = row.try_get("", "id")?;
        let text: String = row.try_get("", "signing_key")?;
        let key = tx.keys().open(id.as_bytes(), &text)?;
        if tx.keys().is_current(&text) {
            continue;
        }
        // Another process that starts may be at it, too.
        let sql = "UPDATE webhook_secret SET signing_key = $2 WHERE id = $1 AND signing_key = $3";
        let values: Vec<Value> =
            vec![id.into(), tx.keys().seal(id.as_bytes(), &key)?.into(), text.into()];
        n_sealed += tx.execute(sql, values).await?;
    }
    Ok(n_sealed)
}

/// Ends the secrets of an endpoint at a time, those that end later or never, and forgets those that ended before now.
///
/// # Errors
/// [`StoreError`].
pub async fn end_secrets(
    tx: &Tx,
    endpoint: WebhookEndpointId,
    (now, valid_until): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let sql = "UPDATE webhook_secret SET valid_until = $2 \
               WHERE endpoint_id = $1 AND (valid_until IS NULL OR valid_until > $2)";
    let id: Value = endpoint.as_uuid().into();
    tx.execute(sql, vec![id.clone(), instant::to_row(valid_until).into()]).await?;
    let sql = "DELETE FROM webhook_secret WHERE endpoint_id = $1 AND valid_until <= $2";
    tx.execute(sql, vec![id, instant::to_row(now).into()]).await.map(|_| ())
}

/// Keeps a try.
///
/// # Errors
/// [`StoreError`].
pub async fn insert_attempt(
    tx: &Tx,
    endpoint: WebhookEndpointId,
    (event, number): (&outbox::Stored, u32),
    (outcome, at): (&Outcome, Timestamp),
) -> Result<(), StoreError> {
    let (word, status, error) = match outcome {
        Outcome::Delivered { status } => ("delivered", Some(*status), None),
        Outcome::Failed { status, error, .. } => ("failed", *status, Some(error.clone())),
        Outcome::Gone => ("gone", Some(410), None),
    };
    let sql = "INSERT INTO webhook_attempt (endpoint_id, event_id, event_seq, topic, number, \
               attempted_at, outcome, status, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values: Vec<Value> = vec![
        endpoint.as_uuid().into(),
        event.id.as_uuid().into(),
        event.seq.into(),
        event.topic.clone().into(),
        i32::try_from(number).unwrap_or(i32::MAX).into(),
        instant::to_row(at).into(),
        word.into(),
        status.map(i32::from).into(),
        error.into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Which tries of an endpoint are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Of which endpoint.
    pub endpoint: WebhookEndpointId,
    /// Only of this event.
    pub event: Option<EventId>,
    /// Only those that failed.
    pub failed_only: bool,
}

/// Tries, the latest first, before a place.
///
/// # Errors
/// [`StoreError`].
pub async fn attempts(
    tx: &Tx,
    filter: &AttemptFilter,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Attempt>, StoreError> {
    let sql = "SELECT seq, event_id, event_seq, topic, number, attempted_at, outcome, status, error \
               FROM webhook_attempt WHERE endpoint_id = $1";
    let mut query = Query::new(sql, vec![filter.endpoint.as_uuid().into()]);
    query.and_maybe("event_id = ?", filter.event.map(|it| it.as_uuid().into()));
    query.and_maybe("seq < ?", before.map(Value::from));
    if filter.failed_only {
        query.and("outcome <> 'delivered'", Vec::new());
    }
    let (sql, values) = query.ordered("seq DESC", limit);
    tx.all(&sql, values).await?.iter().map(attempt).collect()
}

/// Forgets tries before a time.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_attempts(tx: &Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM webhook_attempt WHERE attempted_at < $1";
    tx.execute(sql, vec![instant::to_row(before).into()]).await
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    let table = "webhook_endpoint";
    let at = |name| -> Result<Option<Timestamp>, StoreError> {
        let at: Option<chrono::DateTime<chrono::Utc>> = row.try_get("", name)?;
        at.map(|at| instant::from_row(table, at)).transpose()
    };
    let n_failures: i32 = row.try_get("", "n_failures")?;
    Ok(Stored {
        endpoint: document::from_row(table, row.try_get("", "document")?)?,
        version: row.try_get("", "version")?,
        progress: Progress {
            after_seq: row.try_get("", "after_seq")?,
            n_failures: u32::try_from(n_failures).unwrap_or(0),
            failing_since: at("failing_since")?,
            next_attempt_at: at("next_attempt_at")?,
            last_error: row.try_get("", "last_error")?,
        },
    })
}

fn secret(tx: &Tx, row: &QueryResult) -> Result<Secret, StoreError> {
    let table = "webhook_secret";
    let id: Uuid = row.try_get("", "id")?;
    let text: String = row.try_get("", "signing_key")?;
    let key = tx.keys().open(id.as_bytes(), &text)?;
    let until: Option<chrono::DateTime<chrono::Utc>> = row.try_get("", "valid_until")?;
    Ok(Secret {
        id: WebhookSecretId::from(id),
        key: SigningKey::new(key),
        created_at: instant::from_row(table, row.try_get("", "created_at")?)?,
        valid_until: until.map(|at| instant::from_row(table, at)).transpose()?,
    })
}

fn attempt(row: &QueryResult) -> Result<Attempt, StoreError> {
    let number: i32 = row.try_get("", "number")?;
    let status: Option<i32> = row.try_get("", "status")?;
    Ok(Attempt {
        seq: row.try_get("", "seq")?,
        event_id: row.try_get::<Uuid>("", "event_id")?.into(),
        event_seq: row.try_get("", "event_seq")?,
        topic: row.try_get("", "topic")?,
        number: u32::try_from(number).unwrap_or(0),
        attempted_at: instant::from_row("webhook_attempt", row.try_get("", "attempted_at")?)?,
        outcome: row.try_get("", "outcome")?,
        status: status.and_then(|status| u16::try_from(status).ok()),
        error: row.try_get("", "error")?,
    })
}
