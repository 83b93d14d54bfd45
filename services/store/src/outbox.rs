//! What others are to know, written in the transaction that made it true.

use sea_orm::prelude::Json;
use sea_orm::{QueryResult, Value};
use serde::{Deserialize, Serialize};
use tasuki_core::event::Happened;
use tasuki_core::id::{EventId, TenantId};
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::instant;
use crate::query::{Query, Scope};
use crate::tx::Tx;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; receivers drop repeats by it.
    pub id: EventId,
    /// Whose it is; none for events of the scheme.
    pub tenant: Option<TenantId>,
    /// Noun and past, such as `quote.issued`.
    pub topic: &'static str,
    /// The id of what it happened to, in its text form.
    pub subject: String,
    /// What a receiver needs to know, as JSON.
    pub payload: Json,
    /// When it happened, on the tenant's clock.
    pub occurred_at: Timestamp,
}

/// An event as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its place among all events; grows, with gaps.
    pub seq: i64,
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// Noun and past.
    pub topic: String,
    /// The id of what it happened to.
    pub subject: String,
    /// What a receiver needs to know.
    pub payload: Json,
    /// When it happened, on the tenant's clock.
    pub occurred_at: Timestamp,
}

impl Stored {
    /// The event in the words of the domain.
    pub fn happened(&self) -> Happened<'_> {
        Happened {
            id: self.id,
            seq: self.seq,
            tenant: self.tenant,
            topic: &self.topic,
            subject: &self.subject,
            payload: &self.payload,
            occurred_at: self.occurred_at,
        }
    }
}

/// Whose events are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of the tenants of a scope.
    Of(Scope),
    /// Those of every tenant and those of the scheme as a whole.
    Everybody,
}

/// Which events are wanted.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Whose.
    pub whose: Whose,
    /// Only these topics, `quote.*` for all of a noun; any if empty.
    pub topics: Vec<String>,
    /// Only what happened to this.
    pub subject: Option<String>,
    /// Only what happened from here on.
    pub occurred_from: Option<Timestamp>,
    /// Only what happened before.
    pub occurred_before: Option<Timestamp>,
}

impl Filter {
    /// Every event of somebody.
    pub const fn of(whose: Whose) -> Self {
        let (subject, occurred_from, occurred_before) = (None, None, None);
        Self { whose, topics: Vec::new(), subject, occurred_from, occurred_before }
    }

    /// Every event of a tenant.
    pub const fn of_tenant(tenant: TenantId) -> Self {
        Self::of(Whose::Of(Scope::Tenant(tenant)))
    }
}

/// How far the events reach that can be seen, and which transactions may still write before that.
///
/// PostgreSQL gives places out before the commit, so a place before the last one can still fill. It
/// cannot once every transaction that had begun by then has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The last place that can be seen; 0 if there is none.
    pub seq: i64,
    /// Every transaction with a smaller number has ended.
    pub ended_below: i64,
    /// Every transaction that has begun to write has a smaller number.
    pub begun_below: i64,
}

/// Moves on as events become complete: as soon as none can appear before them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Horizon {
    complete: i64,
    /// The end that is to be complete next.
    awaited: Option<End>,
}

impl Horizon {
    /// A horizon that waits for an end first.
    pub const fn awaiting(end: End) -> Self {
        Self { complete: 0, awaited: Some(end) }
    }

    /// Everything up to here is complete.
    pub const fn complete(&self) -> i64 {
        self.complete
    }

    /// Whether this is the end that is to be complete next.
    pub fn awaits(&self, end: End) -> bool {
        self.awaited == Some(end)
    }

    /// Moves the complete part on as far as every transaction that could write into it has ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn settle(&mut self, tx: &Tx) -> Result<(), StoreError> {
        let end = end(tx).await?;
        if let Some(awaited) = self.awaited
            && end.ended_below >= awaited.begun_below
        {
            self.complete = awaited.seq;
            self.awaited = None;
        }
        if self.awaited.is_none() && end.seq > self.complete {
            if end.ended_below >= end.begun_below {
                self.complete = end.seq;
            } else {
                self.awaited = Some(end);
            }
        }
        Ok(())
    }
}

/// Writes an event, after the change that it tells of.
///
/// # Errors
/// [`StoreError`].
pub async fn append(tx: &Tx, event: &Event) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (id, tenant_id, topic, subject, payload, occurred_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values: Vec<Value> = vec![
        event.id.as_uuid().into(),
        event.tenant.map(TenantId::as_uuid).into(),
        event.topic.into(),
        event.subject.clone().into(),
        event.payload.clone().into(),
        instant::to_row(event.occurred_at).into(),
    ];
    tx.execute(sql, values).await.map(|_| ())
}

/// Events after one place and up to another, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    (after, up_to): (i64, i64),
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT seq, id, tenant_id, topic, subject, payload, occurred_at FROM outbox \
               WHERE seq > $1 AND seq <= $2";
    let mut query = Query::new(sql, vec![after.into(), up_to.into()]);
    match filter.whose {
        Whose::Everybody => {}
        Whose::Of(Scope::All) => query.and("tenant_id IS NOT NULL", Vec::new()),
        Whose::Of(scope) => query.within(scope),
    }
    if !filter.topics.is_empty() {
        let (conditions, values) = about_any(&filter.topics);
        query.and(&conditions, values);
    }
    query.and_maybe("subject = ?", filter.subject.clone().map(Value::from));
    let instant = |at: Option<Timestamp>| at.map(|at| Value::from(instant::to_row(at)));
    query.and_maybe("occurred_at >= ?", instant(filter.occurred_from));
    query.and_maybe("occurred_at < ?", instant(filter.occurred_before));
    let (sql, values) = query.ordered("seq", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// How far the events reach, see [`End`].
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Tx) -> Result<End, StoreError> {
    // SQLite has one writer at a time: what can be seen is complete.
    let numbers = if tx.is_postgres() {
        "pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS ended_below, \
         pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS begun_below"
    } else {
        "0 AS ended_below, 0 AS begun_below"
    };
    let sql = format!("SELECT COALESCE(MAX(seq), 0) AS seq, {numbers} FROM outbox");
    let row = tx.one(&sql, Vec::new()).await?.ok_or(StoreError::LostRace)?;
    Ok(End {
        seq: row.try_get("", "seq")?,
        ended_below: row.try_get("", "ended_below")?,
        begun_below: row.try_get("", "begun_below")?,
    })
}

/// Events that the relay has not handed on yet, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn unpublished(tx: &Tx, limit: u64) -> Result<Vec<Stored>, StoreError> {
    let sql = "SELECT seq, id, tenant_id, topic, subject, payload, occurred_at FROM outbox \
               WHERE published_at IS NULL ORDER BY seq LIMIT $1";
    tx.all(sql, vec![signed(limit).into()]).await?.iter().map(from_row).collect()
}

/// Notes that an event was handed on.
///
/// # Errors
/// [`StoreError`].
pub async fn mark_published(tx: &Tx, seq: i64, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET published_at = $2 WHERE seq = $1 AND published_at IS NULL";
    let values: Vec<Value> = vec![seq.into(), instant::to_row(at).into()];
    tx.execute(sql, values).await.map(|_| ())
}

/// Events after one place and up to another, in order: of somebody and with some topics, and beside them those of one
/// topic about one subject.
pub(crate) async fn list_with(
    tx: &Tx,
    filter: &Filter,
    (topic, subject): (&str, String),
    (after, up_to): (i64, i64),
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut conditions = vec!["1 = 1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    match filter.whose {
        Whose::Everybody => {}
        Whose::Of(Scope::All) => conditions.push("tenant_id IS NOT NULL".to_owned()),
        Whose::Of(Scope::Partner(partner)) => {
            let tenants = "tenant_id IN (SELECT id FROM tenant WHERE partner_id = ?)";
            conditions.push(tenants.to_owned());
            values.push(partner.as_uuid().into());
        }
        Whose::Of(Scope::Tenant(tenant)) => {
            conditions.push("tenant_id = ?".to_owned());
            values.push(tenant.as_uuid().into());
        }
    }
    // What was meant for one subject only is no news for anybody else.
    conditions.push("topic <> ?".to_owned());
    values.push(topic.into());
    if !filter.topics.is_empty() {
        let (any, more) = about_any(&filter.topics);
        conditions.push(format!("({any})"));
        values.extend(more);
    }
    values.extend([topic.into(), subject.into()]);
    let either = format!("({}) OR (topic = ? AND subject = ?)", conditions.join(" AND "));
    let sql = "SELECT seq, id, tenant_id, topic, subject, payload, occurred_at FROM outbox \
               WHERE seq > $1 AND seq <= $2";
    let mut query = Query::new(sql, vec![after.into(), up_to.into()]);
    query.and(&either, values);
    let (sql, values) = query.ordered("seq", limit);
    tx.all(&sql, values).await?.iter().map(from_row).collect()
}

/// The condition for any of some topics.
fn about_any(topics: &[String]) -> (String, Vec<Value>) {
    let (conditions, values): (Vec<_>, Vec<_>) = topics.iter().map(|topic| about(topic)).unzip();
    (conditions.join(" OR "), values)
}

/// The condition for a topic, or for all topics of a noun.
fn about(topic: &str) -> (String, Value) {
    match topic.strip_suffix('*') {
        Some(noun) => (format!("substr(topic, 1, {}) = ?", noun.chars().count()), noun.into()),
        None => ("topic = ?".to_owned(), topic.into()),
    }
}

fn signed(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn from_row(row: &QueryResult) -> Result<Stored, StoreError> {
    Ok(Stored {
        seq: row.try_get("", "seq")?,
        id: row.try_get::<Uuid>("", "id")?.into(),
        tenant: row.try_get::<Option<Uuid>>("", "tenant_id")?.map(TenantId::from),
        topic: row.try_get("", "topic")?,
        subject: row.try_get("", "subject")?,
        payload: row.try_get("", "payload")?,
        occurred_at: instant::from_row("outbox", row.try_get("", "occurred_at")?)?,
    })
}
