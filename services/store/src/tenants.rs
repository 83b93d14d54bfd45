//! Customer companies and their clocks.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};
use tasuki_core::id::{PartnerId, TenantId};
use tasuki_core::tenant::Tenant;
use tasuki_core::time::Timestamp;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

/// The version of the documents that this program writes.
const SCHEMA_VERSION: i32 = 1;

/// The version of a tenant that was never changed.
pub const FIRST_VERSION: i64 = 1;

#[expect(unreachable_pub, reason = "the derive needs public items; the module is private")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub partner_id: Uuid,
        pub partner_reference: Option<String>,
        pub name: String,
        pub zone: String,
        pub clock_at: Option<DateTimeUtc>,
        pub document: Json,
        pub schema_version: i32,
        pub version: i64,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A tenant with the version of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The tenant.
    pub tenant: Tenant,
    /// Grows with every change.
    pub version: i64,
}

/// Which tenants are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only those with this reference of their partner.
    pub partner_reference: Option<String>,
}

/// Adds a tenant.
///
/// # Errors
/// [`StoreError::Duplicate`] if its partner has another one with that reference.
pub async fn insert(tx: &Tx, tenant: &Tenant) -> Result<(), StoreError> {
    let model = row::ActiveModel {
        id: Set(tenant.id.as_uuid()),
        partner_id: Set(tenant.partner_id.as_uuid()),
        partner_reference: Set(reference(tenant)),
        name: Set(tenant.name.clone()),
        zone: Set(tenant.zone.name().to_owned()),
        clock_at: Set(tenant.clock_at.map(instant::to_row)),
        document: Set(document::to_row("tenant", tenant)?),
        schema_version: Set(SCHEMA_VERSION),
        version: Set(FIRST_VERSION),
        created_at: Set(instant::to_row(tenant.created_at)),
    };
    row::Entity::insert(model).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// A tenant by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: TenantId) -> Result<Option<Stored>, StoreError> {
    row::Entity::find_by_id(id.as_uuid()).one(tx.db()).await?.map(from_row).transpose()
}

/// Writes a changed tenant over the version that was read. Its clock is not touched.
///
/// # Errors
/// [`StoreError::LostRace`] if it was changed since, [`StoreError::Duplicate`] as for [`insert`].
pub async fn save(tx: &Tx, tenant: &Tenant, read_version: i64) -> Result<i64, StoreError> {
    let next = read_version.saturating_add(1);
    let updated = row::Entity::update_many()
        .col_expr(row::Column::PartnerReference, Expr::value(reference(tenant)))
        .col_expr(row::Column::Name, Expr::value(tenant.name.clone()))
        .col_expr(row::Column::Document, Expr::value(document::to_row("tenant", tenant)?))
        .col_expr(row::Column::Version, Expr::value(next))
        .filter(row::Column::Id.eq(tenant.id.as_uuid()))
        .filter(row::Column::Version.eq(read_version))
        .exec(tx.db())
        .await?;
    if updated.rows_affected == 1 { Ok(next) } else { Err(StoreError::LostRace) }
}

/// Moves the clock of a simulated tenant forward; never back, and never that of a real one.
///
/// # Errors
/// [`StoreError::LostRace`] if it stands later by now or is not simulated.
pub async fn set_clock(tx: &Tx, id: TenantId, at: Timestamp) -> Result<(), StoreError> {
    let at = instant::to_row(at);
    let updated = row::Entity::update_many()
        .col_expr(row::Column::ClockAt, Expr::value(at))
        .filter(row::Column::Id.eq(id.as_uuid()))
        .filter(row::Column::ClockAt.lte(at))
        .exec(tx.db())
        .await?;
    if updated.rows_affected == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// Tenants in the order of their ids, after one id.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    tx: &Tx,
    filter: &Filter,
    after: Option<TenantId>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let mut find = row::Entity::find().order_by_asc(row::Column::Id).limit(limit);
    if let Some(partner) = filter.partner_id {
        find = find.filter(row::Column::PartnerId.eq(partner.as_uuid()));
    }
    if let Some(reference) = &filter.partner_reference {
        find = find.filter(row::Column::PartnerReference.eq(reference.as_str()));
    }
    if let Some(after) = after {
        find = find.filter(row::Column::Id.gt(after.as_uuid()));
    }
    find.all(tx.db()).await?.into_iter().map(from_row).collect()
}

/// Tenants without a reference do not get into each other's way.
fn reference(tenant: &Tenant) -> Option<String> {
    Some(tenant.partner_reference.clone()).filter(|reference| !reference.is_empty())
}

fn from_row(row: row::Model) -> Result<Stored, StoreError> {
    let mut tenant: Tenant = document::from_row("tenant", row.document)?;
    // The column is the truth: the clock moves without rewriting the document.
    tenant.clock_at = row.clock_at.map(|at| instant::from_row("tenant", at)).transpose()?;
    Ok(Stored { tenant, version: row.version })
}
