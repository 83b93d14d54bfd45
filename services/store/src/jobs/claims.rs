//! Takes due jobs: by lane, by lease, and never too many of one counterpart.

use std::collections::BTreeMap;

use sea_orm::{QueryResult, Value};
use tasuki_core::id::TenantId;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use super::{Claimed, Lane, SCHEMA_VERSION};
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// One worker's grab into a lane.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Its identity: new for every grab, never a worker's name.
    pub token: Uuid,
    /// At most this many jobs.
    pub limit: u32,
}

/// Nobody holds it.
const FREE: &str = "(j.lease_until IS NULL OR j.lease_until <= $1)";

/// Its tenant lives in real time, or it has none.
const ON_REAL_TIME: &str =
    "NOT EXISTS (SELECT 1 FROM tenant t WHERE t.id = j.tenant_id AND t.clock_at IS NOT NULL)";

/// The lanes with due jobs, the most urgent first: a look that takes no lock, before the claims
/// that do. What it costs depends on what is due and not on what waits.
///
/// # Errors
/// [`StoreError`].
pub async fn due_lanes(tx: &Tx, now: Timestamp) -> Result<Vec<Lane>, StoreError> {
    let rows = tx.all(&due_lanes_sql(), vec![instant::to_row(now).into()]).await?;
    let due =
        rows.iter().map(|row| row.try_get::<String>("", "lane")).collect::<Result<Vec<_>, _>>()?;
    Ok(Lane::ALL.into_iter().filter(|lane| due.iter().any(|it| it == lane.as_str())).collect())
}

fn due_lanes_sql() -> String {
    let one = |lane: Lane| {
        let lane = lane.as_str();
        format!(
            "SELECT '{lane}' AS lane WHERE EXISTS (SELECT 1 FROM job j \
             WHERE j.state = 'pending' AND j.lane = '{lane}' AND {FREE} AND j.run_at <= $1 \
               AND {ON_REAL_TIME}) \
             OR EXISTS (SELECT 1 FROM tenant t CROSS JOIN job j \
             WHERE j.tenant_id = t.id AND t.clock_at IS NOT NULL AND j.state = 'pending' \
               AND j.lane = '{lane}' AND {FREE} AND j.run_at <= t.clock_at)"
        )
    };
    Lane::ALL.map(one).join(" UNION ALL ")
}

/// Takes up to `limit` due jobs of a lane until `lease_until`.
///
/// # Errors
/// [`StoreError`].
pub async fn claim_due(
    tx: &Tx,
    lane: Lane,
    now: Timestamp,
    lease_until: Timestamp,
    claim: Claim,
) -> Result<Vec<Claimed>, StoreError> {
    claim_within(tx, lane, (now, lease_until), claim, u32::MAX).await
}

/// As [`claim_due`], and leaves jobs of a counterpart alone of which `most` are held already, by
/// whatever process. Two processes that grab at the same instant can exceed it by one grab.
///
/// # Errors
/// [`StoreError`].
pub async fn claim_within(
    tx: &Tx,
    lane: Lane,
    (now, lease_until): (Timestamp, Timestamp),
    claim: Claim,
    most: u32,
) -> Result<Vec<Claimed>, StoreError> {
    let mut held = held(tx, now).await?;
    let full: Vec<Uuid> =
        held.iter().filter(|(_, n)| **n >= i64::from(most)).map(|(id, _)| *id).collect();
    let grab = Grab { lane, now, lease_until, claim, full };
    let mut rows = grab.take(tx, Clock::Real, claim.limit).await?;
    let left = claim.limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    if left > 0 {
        rows.extend(grab.take(tx, Clock::Simulated, left).await?);
    }
    let mut claimed = Vec::with_capacity(rows.len());
    let mut too_many: Vec<Uuid> = Vec::new();
    rows.sort_by(|(a, _), (b, _)| a.run_at.cmp(&b.run_at).then_with(|| a.key.cmp(&b.key)));
    for (job, counterpart) in rows {
        if let Some(counterpart) = counterpart {
            let n = held.entry(counterpart).or_insert(0);
            *n += 1;
            if *n > i64::from(most) {
                too_many.push(job.id.as_uuid());
                continue;
            }
        }
        claimed.push(job);
    }
    let give_back = "UPDATE job SET lease_token = NULL, lease_until = NULL, attempt = attempt - 1 \
                     WHERE id = $1 AND lease_token = $2";
    for id in too_many {
        tx.execute(give_back, vec![id.into(), claim.token.into()]).await?;
    }
    Ok(claimed)
}

/// Whose clock says what is due.
#[derive(Debug, Clone, Copy)]
enum Clock {
    Real,
    Simulated,
}

struct Grab {
    lane: Lane,
    now: Timestamp,
    lease_until: Timestamp,
    claim: Claim,
    /// Counterparts with as many jobs under way as they stand.
    full: Vec<Uuid>,
}

impl Grab {
    async fn take(
        &self,
        tx: &Tx,
        clock: Clock,
        limit: u32,
    ) -> Result<Vec<(Claimed, Option<Uuid>)>, StoreError> {
        let mut values: Vec<Value> = vec![
            instant::to_row(self.now).into(),
            self.claim.token.into(),
            instant::to_row(self.lease_until).into(),
            self.lane.as_str().into(),
            i64::from(limit).into(),
        ];
        values.extend(self.full.iter().map(|id| Value::from(*id)));
        let rows = tx.all(&self.sql(tx, clock), values).await?;
        rows.iter().map(|row| from_row(row, self.claim.token)).collect()
    }

    fn sql(&self, tx: &Tx, clock: Clock) -> String {
        let skip = if tx.for_update().is_empty() { "" } else { "FOR UPDATE OF j SKIP LOCKED" };
        let due = match clock {
            Clock::Real => format!("FROM job j WHERE j.run_at <= $1 AND {ON_REAL_TIME}"),
            // Tenants first, as `CROSS JOIN` says to SQLite: few live in simulated time, and many jobs wait.
            Clock::Simulated => "FROM tenant t CROSS JOIN job j \
                                 WHERE j.tenant_id = t.id AND t.clock_at IS NOT NULL AND j.run_at <= t.clock_at"
                .to_owned(),
        };
        let places: Vec<String> = (6..).take(self.full.len()).map(|at| format!("${at}")).collect();
        let leave = if places.is_empty() {
            String::new()
        } else {
            let places = places.join(", ");
            format!("AND (j.counterpart IS NULL OR j.counterpart NOT IN ({places}))")
        };
        // SQLite has one writer: nobody came between, and to ask again would lead it through all that is pending.
        let still = if tx.is_postgres() {
            "AND state = 'pending' AND (lease_until IS NULL OR lease_until <= $1)"
        } else {
            ""
        };
        // As a query of its own: inside the update PostgreSQL may run it row by row, each time with
        // the whole limit.
        format!(
            "WITH due AS MATERIALIZED (SELECT j.id {due} AND j.state = 'pending' AND j.lane = $4 \
                 AND {FREE} {leave} ORDER BY j.run_at, j.job_key LIMIT $5 {skip}) \
             UPDATE job SET lease_token = $2, lease_until = $3, attempt = attempt + 1 \
             WHERE id IN (SELECT id FROM due) {still} \
             RETURNING id, tenant_id, kind, job_key, payload, schema_version, attempt, run_at, \
                       last_error, counterpart"
        )
    }
}

/// How many jobs of each counterpart are under way, in all processes.
async fn held(tx: &Tx, now: Timestamp) -> Result<BTreeMap<Uuid, i64>, StoreError> {
    let sql = "SELECT counterpart, COUNT(*) AS n FROM job \
               WHERE counterpart IS NOT NULL AND lease_until IS NOT NULL AND lease_until > $1 \
               GROUP BY counterpart";
    let rows = tx.all(sql, vec![instant::to_row(now).into()]).await?;
    rows.iter().map(|row| Ok((row.try_get("", "counterpart")?, row.try_get("", "n")?))).collect()
}

fn from_row(row: &QueryResult, token: Uuid) -> Result<(Claimed, Option<Uuid>), StoreError> {
    let kind: String = row.try_get("", "kind")?;
    let schema_version: i32 = row.try_get("", "schema_version")?;
    // A payload of a newer program is not touched: its kind becomes unknown here, and the job goes
    // to the dead letters instead of being half understood.
    let kind = if schema_version > SCHEMA_VERSION {
        format!("{kind} (schema {schema_version})")
    } else {
        kind
    };
    let claimed = Claimed {
        id: row.try_get::<Uuid>("", "id")?.into(),
        tenant: row.try_get::<Option<Uuid>>("", "tenant_id")?.map(TenantId::from),
        kind,
        key: row.try_get("", "job_key")?,
        payload: row.try_get("", "payload")?,
        attempt: u32::try_from(row.try_get::<i32>("", "attempt")?).unwrap_or(u32::MAX),
        run_at: instant::from_row("job", row.try_get("", "run_at")?)?,
        last_error: row.try_get("", "last_error")?,
        token,
    };
    Ok((claimed, row.try_get("", "counterpart")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::databases;

    /// What a grab costs must depend neither on how many jobs wait nor on how many are due at one time.
    #[tokio::test]
    async fn a_grab_follows_the_order_of_an_index_and_sorts_nothing() {
        for fresh in databases().await {
            let now: Timestamp = "2021-06-01T00:00:00Z".parse().unwrap();
            let claim = Claim { token: Uuid::from_u128(1), limit: 20 };
            let grab = Grab { lane: Lane::Low, now, lease_until: now, claim, full: Vec::new() };
            let tx = fresh.store.begin().await.unwrap();
            if tx.is_postgres() {
                continue;
            }
            let plan = async |sql: String| -> Vec<String> {
                let rows = tx.all(&format!("EXPLAIN QUERY PLAN {sql}"), Vec::new()).await.unwrap();
                rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect()
            };
            let jobs = |plan: &[String]| -> Vec<String> {
                let of_job = |it: &&String| it.starts_with("SEARCH j") || it.starts_with("SCAN j");
                plan.iter().filter(of_job).map(|it| it.replace("COVERING ", "")).collect()
            };
            let real = plan(grab.sql(&tx, Clock::Real)).await;
            assert_eq!(
                jobs(&real),
                [
                    "SEARCH job USING INDEX sqlite_autoindex_job_1 (id=?)",
                    "SEARCH j USING INDEX job_due (state=? AND lane=? AND run_at<?)",
                ],
                "{real:?}"
            );
            assert!(!real.iter().any(|step| step.contains("TEMP B-TREE")), "{real:?}");
            let simulated = plan(grab.sql(&tx, Clock::Simulated)).await;
            assert_eq!(
                jobs(&simulated),
                [
                    "SEARCH job USING INDEX sqlite_autoindex_job_1 (id=?)",
                    "SEARCH j USING INDEX job_of_tenant (tenant_id=? AND state=? AND run_at<?)",
                ],
                "{simulated:?}"
            );
            let look = plan(due_lanes_sql()).await;
            let read = |step: &String| {
                step.contains("job_due (state=? AND lane=? AND run_at<?)")
                    || step.contains("job_of_tenant (tenant_id=? AND state=? AND run_at<?)")
            };
            assert!(jobs(&look).iter().all(read), "{look:?}");
        }
    }
}
