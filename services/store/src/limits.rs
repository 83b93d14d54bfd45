//! What was taken from limits. A limit is spent by guarded updates only, so that it cannot be
//! overspent however many claims are decided at once.

use sea_orm::{QueryResult, Value};
use tasuki_core::benefit::{Draw, Taken, TakenByCode};
use tasuki_core::id::{ClaimId, MasterContractId, TenantId};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::time::Timestamp;

use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// Whose claim takes from the limits of which contract, and when that is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The contract.
    pub contract: MasterContractId,
    /// The insured.
    pub tenant: TenantId,
    /// The claim.
    pub claim: ClaimId,
    /// When it is recorded.
    pub at: Timestamp,
}

/// Whether there was enough left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// There was: everything is reserved.
    Done,
    /// There was not: the transaction must be dropped, since other limits may have been touched.
    Exceeded {
        /// The limit that has too little left.
        code: String,
    },
}

/// What was taken from each of these limits, by code; a limit that was never touched is absent.
///
/// # Errors
/// [`StoreError`].
pub async fn taken(
    tx: &Tx,
    contract: MasterContractId,
    limits: &[Draw],
) -> Result<TakenByCode, StoreError> {
    let sql = "SELECT used, reserved FROM limit_use \
               WHERE master_contract_id = $1 AND code = $2 AND subject = $3";
    let mut taken = TakenByCode::new();
    for limit in limits {
        if let Some(row) = tx.one(sql, key(contract, limit)).await? {
            taken.insert(limit.code.clone(), taken_from(&row)?);
        }
    }
    Ok(taken)
}

/// As [`taken`], without what was recorded after a time.
///
/// # Errors
/// [`StoreError`].
pub async fn taken_as_known(
    tx: &Tx,
    contract: MasterContractId,
    limits: &[Draw],
    known_at: Timestamp,
) -> Result<TakenByCode, StoreError> {
    let later = "(SELECT COALESCE(SUM(e.{sum}), 0) FROM limit_entry e \
                 WHERE e.master_contract_id = $1 AND e.code = $2 AND e.subject = $3 \
                 AND e.recorded_at > $4)";
    let sql = format!(
        "SELECT CAST(used - {} AS bigint) AS used, CAST(reserved - {} AS bigint) AS reserved \
         FROM limit_use WHERE master_contract_id = $1 AND code = $2 AND subject = $3",
        later.replace("{sum}", "used"),
        later.replace("{sum}", "reserved"),
    );
    let mut taken = TakenByCode::new();
    for limit in limits {
        let mut values = key(contract, limit);
        values.push(instant::to_row(known_at).into());
        if let Some(row) = tx.one(&sql, values).await? {
            taken.insert(limit.code.clone(), taken_from(&row)?);
        }
    }
    Ok(taken)
}

/// Reserves what a claim needs from every limit it touches, or says which has too little left.
///
/// The draws come in the order of their codes: claims that are decided at once lock in one order.
///
/// # Errors
/// [`StoreError`].
pub async fn reserve(tx: &Tx, holder: &Holder, draws: &[Draw]) -> Result<Reservation, StoreError> {
    let open = "INSERT INTO limit_use (master_contract_id, code, subject, cap, used, reserved) \
                VALUES ($1, $2, $3, $4, 0, 0) ON CONFLICT DO NOTHING";
    // Invariant: used + reserved never grows past what the terms allow.
    let take = "UPDATE limit_use SET reserved = reserved + $4, cap = $5 \
                WHERE master_contract_id = $1 AND code = $2 AND subject = $3 \
                AND used + reserved + $4 <= $5";
    let note = "INSERT INTO limit_draw (tenant_id, claim_id, master_contract_id, code, subject, \
                used, reserved) VALUES ($1, $2, $3, $4, $5, 0, $6) \
                ON CONFLICT (tenant_id, claim_id, code, subject) \
                DO UPDATE SET reserved = limit_draw.reserved + excluded.reserved";
    for draw in draws {
        let cap: Value = draw.cap.amount().into();
        let amount: Value = draw.amount.amount().into();
        let mut values = key(holder.contract, draw);
        values.push(cap.clone());
        tx.execute(open, values).await?;

        let mut values = key(holder.contract, draw);
        values.push(amount.clone());
        values.push(cap);
        if tx.execute(take, values).await? != 1 {
            return Ok(Reservation::Exceeded { code: draw.code.clone() });
        }

        let mut values: Vec<Value> =
            vec![holder.tenant.as_uuid().into(), holder.claim.as_uuid().into()];
        values.extend(key(holder.contract, draw));
        values.push(amount);
        tx.execute(note, values).await?;
        enter(tx, holder, draw, (0, draw.amount.amount())).await?;
    }
    Ok(Reservation::Done)
}

/// Turns reserved amounts into used ones: they were paid.
///
/// # Errors
/// [`StoreError::LostRace`] if the claim has not reserved as much.
pub async fn confirm(tx: &Tx, holder: &Holder, draws: &[Draw]) -> Result<(), StoreError> {
    for draw in draws.iter().filter(|draw| !draw.amount.is_zero()) {
        move_amount(tx, holder, draw, "used = used + $4, reserved = reserved - $4").await?;
        let amount = draw.amount.amount();
        enter(tx, holder, draw, (amount, amount.saturating_neg())).await?;
    }
    Ok(())
}

/// Gives back everything that a claim has reserved and not used.
///
/// # Errors
/// [`StoreError`].
pub async fn release(tx: &Tx, holder: &Holder) -> Result<(), StoreError> {
    let mine = "tenant_id = $1 AND claim_id = $2 AND reserved > 0";
    let give_back = format!(
        "UPDATE limit_use SET reserved = reserved - (SELECT SUM(d.reserved) FROM limit_draw d \
             WHERE d.tenant_id = $1 AND d.claim_id = $2 \
             AND d.master_contract_id = limit_use.master_contract_id \
             AND d.code = limit_use.code AND d.subject = limit_use.subject) \
         WHERE (master_contract_id, code, subject) IN \
             (SELECT master_contract_id, code, subject FROM limit_draw WHERE {mine})"
    );
    let note = format!(
        "INSERT INTO limit_entry (master_contract_id, code, subject, tenant_id, claim_id, \
         recorded_at, used, reserved) SELECT master_contract_id, code, subject, tenant_id, claim_id, \
         {recorded_at}, 0, -reserved FROM limit_draw WHERE {mine}",
        recorded_at = if tx.is_postgres() { "CAST($3 AS timestamptz)" } else { "$3" },
    );
    let forget = format!("UPDATE limit_draw SET reserved = 0 WHERE {mine}");
    let values: Vec<Value> = vec![holder.tenant.as_uuid().into(), holder.claim.as_uuid().into()];
    let mut noted = values.clone();
    noted.push(instant::to_row(holder.at).into());
    tx.execute(&note, noted).await?;
    tx.execute(&give_back, values.clone()).await?;
    tx.execute(&forget, values).await.map(|_| ())
}

/// What a claim itself holds of each limit and deductible, by code.
///
/// # Errors
/// [`StoreError`].
pub async fn held(tx: &Tx, holder: &Holder) -> Result<TakenByCode, StoreError> {
    let sql = "SELECT code, used, reserved FROM limit_draw \
               WHERE tenant_id = $1 AND claim_id = $2 ORDER BY code, subject";
    let values: Vec<Value> = vec![holder.tenant.as_uuid().into(), holder.claim.as_uuid().into()];
    let mut held = TakenByCode::new();
    for row in tx.all(sql, values).await? {
        let more = taken_from(&row)?;
        let known = held.entry(row.try_get("", "code")?).or_insert(Taken::NOTHING);
        let sum = |a: Money, b: Money| a.plus(b).map_err(|it| overflow(&it));
        known.used = sum(known.used, more.used)?;
        known.reserved = sum(known.reserved, more.reserved)?;
    }
    Ok(held)
}

/// As [`held`], without what was recorded after a time.
///
/// # Errors
/// [`StoreError`].
pub async fn held_as_known(
    tx: &Tx,
    holder: &Holder,
    known_at: Timestamp,
) -> Result<TakenByCode, StoreError> {
    let sql = "SELECT code, CAST(SUM(used) AS bigint) AS used, \
               CAST(SUM(reserved) AS bigint) AS reserved FROM limit_entry \
               WHERE tenant_id = $1 AND claim_id = $2 AND recorded_at > $3 GROUP BY code";
    let values: Vec<Value> = vec![
        holder.tenant.as_uuid().into(),
        holder.claim.as_uuid().into(),
        instant::to_row(known_at).into(),
    ];
    let mut held = held(tx, holder).await?;
    for row in tx.all(sql, values).await? {
        let (code, later): (String, Taken) = (row.try_get("", "code")?, taken_from(&row)?);
        if let Some(known) = held.get_mut(&code) {
            known.used = known.used.minus(later.used).map_err(|it| overflow(&it))?;
            known.reserved = known.reserved.minus(later.reserved).map_err(|it| overflow(&it))?;
        }
    }
    Ok(held)
}

/// Gives back used amounts: the money came back.
///
/// # Errors
/// [`StoreError::LostRace`] if the claim has not used as much.
pub async fn restore(tx: &Tx, holder: &Holder, draws: &[Draw]) -> Result<(), StoreError> {
    for draw in draws.iter().filter(|draw| !draw.amount.is_zero()) {
        let of_claim = "UPDATE limit_draw SET used = used - $5 WHERE tenant_id = $1 \
                        AND claim_id = $2 AND code = $3 AND subject = $4 AND used >= $5";
        let of_limit = "UPDATE limit_use SET used = used - $4 WHERE master_contract_id = $1 \
                        AND code = $2 AND subject = $3 AND used >= $4";
        let values: Vec<Value> = vec![
            holder.tenant.as_uuid().into(),
            holder.claim.as_uuid().into(),
            draw.code.clone().into(),
            draw.subject.to_string().into(),
            draw.amount.amount().into(),
        ];
        let mut of_limit_values = key(holder.contract, draw);
        of_limit_values.push(draw.amount.amount().into());
        let moved = tx.execute(of_claim, values).await? == 1
            && tx.execute(of_limit, of_limit_values).await? == 1;
        if !moved {
            return Err(StoreError::LostRace);
        }
        enter(tx, holder, draw, (draw.amount.amount().saturating_neg(), 0)).await?;
    }
    Ok(())
}

/// Of whom more than an amount was taken from a limit, the most first.
///
/// # Errors
/// [`StoreError`].
pub async fn above(
    tx: &Tx,
    (contract, code): (MasterContractId, &str),
    amount: Money,
    most: u64,
) -> Result<Vec<(String, Taken)>, StoreError> {
    let sql = "SELECT subject, used, reserved FROM limit_use WHERE master_contract_id = $1 \
               AND code = $2 AND used + reserved > $3 \
               ORDER BY used + reserved DESC, subject LIMIT $4";
    let values: Vec<Value> = vec![
        contract.as_uuid().into(),
        code.into(),
        amount.amount().into(),
        i64::try_from(most).unwrap_or(i64::MAX).into(),
    ];
    let rows = tx.all(sql, values).await?;
    rows.iter().map(|row| Ok((row.try_get("", "subject")?, taken_from(row)?))).collect()
}

async fn move_amount(
    tx: &Tx,
    holder: &Holder,
    draw: &Draw,
    change: &str,
) -> Result<(), StoreError> {
    let of_claim = change.replace("$4", "$5");
    let of_claim = format!(
        "UPDATE limit_draw SET {of_claim} WHERE tenant_id = $1 AND claim_id = $2 AND code = $3 \
         AND subject = $4 AND reserved >= $5"
    );
    let of_limit = format!(
        "UPDATE limit_use SET {change} WHERE master_contract_id = $1 AND code = $2 \
         AND subject = $3 AND reserved >= $4"
    );
    let amount: Value = draw.amount.amount().into();
    let values: Vec<Value> = vec![
        holder.tenant.as_uuid().into(),
        holder.claim.as_uuid().into(),
        draw.code.clone().into(),
        draw.subject.to_string().into(),
        amount.clone(),
    ];
    let mut of_limit_values = key(holder.contract, draw);
    of_limit_values.push(amount);
    let moved = tx.execute(&of_claim, values).await? == 1
        && tx.execute(&of_limit, of_limit_values).await? == 1;
    if moved { Ok(()) } else { Err(StoreError::LostRace) }
}

/// Notes how what was taken from a limit changed.
async fn enter(
    tx: &Tx,
    holder: &Holder,
    draw: &Draw,
    (used, reserved): (i64, i64),
) -> Result<(), StoreError> {
    let sql = "INSERT INTO limit_entry (master_contract_id, code, subject, tenant_id, claim_id, \
               recorded_at, used, reserved) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let mut values = key(holder.contract, draw);
    values.push(holder.tenant.as_uuid().into());
    values.push(holder.claim.as_uuid().into());
    values.push(instant::to_row(holder.at).into());
    values.push(used.into());
    values.push(reserved.into());
    tx.execute(sql, values).await.map(|_| ())
}

fn key(contract: MasterContractId, draw: &Draw) -> Vec<Value> {
    vec![contract.as_uuid().into(), draw.code.clone().into(), draw.subject.to_string().into()]
}

fn taken_from(row: &QueryResult) -> Result<Taken, StoreError> {
    Ok(Taken {
        used: Money::jpy(row.try_get("", "used")?),
        reserved: Money::jpy(row.try_get("", "reserved")?),
    })
}

fn overflow(error: &MoneyError) -> StoreError {
    StoreError::Row { table: "limit_draw", cause: error.to_string() }
}
