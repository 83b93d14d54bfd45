//! Who runs security services, and where they answer.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};
use tasuki_core::id::ProviderId;
use tasuki_core::tenant::Provider;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

#[expect(unreachable_pub, reason = "the derive needs public items; the module is private")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "provider")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub endpoint: String,
        pub document: Json,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds a provider.
///
/// # Errors
/// [`StoreError::Duplicate`] if its name is taken.
pub async fn insert(tx: &Tx, provider: &Provider) -> Result<(), StoreError> {
    let model = row::ActiveModel {
        id: Set(provider.id.as_uuid()),
        name: Set(provider.name.clone()),
        endpoint: Set(provider.endpoint.clone()),
        document: Set(document::to_row("provider", provider)?),
        created_at: Set(instant::to_row(provider.created_at)),
    };
    row::Entity::insert(model).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Moves a provider to another endpoint or list of services.
///
/// # Errors
/// [`StoreError::LostRace`] if it does not exist.
pub async fn update(tx: &Tx, provider: &Provider) -> Result<(), StoreError> {
    let updated = row::Entity::update_many()
        .col_expr(row::Column::Endpoint, Expr::value(provider.endpoint.clone()))
        .col_expr(row::Column::Document, Expr::value(document::to_row("provider", provider)?))
        .filter(row::Column::Id.eq(provider.id.as_uuid()))
        .exec(tx.db())
        .await?;
    if updated.rows_affected == 1 { Ok(()) } else { Err(StoreError::LostRace) }
}

/// A provider by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: ProviderId) -> Result<Option<Provider>, StoreError> {
    let row = row::Entity::find_by_id(id.as_uuid()).one(tx.db()).await?;
    row.map(|row| document::from_row("provider", row.document)).transpose()
}

/// A provider that is about to change.
///
/// # Errors
/// [`StoreError`].
pub async fn lock(tx: &Tx, id: ProviderId) -> Result<Option<Provider>, StoreError> {
    let sql = format!("SELECT document FROM provider WHERE id = $1{}", tx.for_update());
    let Some(row) = tx.one(&sql, vec![id.as_uuid().into()]).await? else { return Ok(None) };
    document::from_row("provider", row.try_get("", "document")?).map(Some)
}

/// All providers in the order of their names: an installation has dozens, not thousands.
///
/// # Errors
/// [`StoreError`].
pub async fn all(tx: &Tx) -> Result<Vec<Provider>, StoreError> {
    let rows = row::Entity::find().order_by_asc(row::Column::Name).all(tx.db()).await?;
    rows.into_iter().map(|row| document::from_row("provider", row.document)).collect()
}
