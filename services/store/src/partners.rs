//! Companies that take part in the scheme.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};
use tasuki_core::id::PartnerId;
use tasuki_core::tenant::Partner;

use crate::document;
use crate::error::StoreError;
use crate::instant;
use crate::tx::Tx;

#[expect(unreachable_pub, reason = "the derive needs public items; the module is private")]
mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "partner")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub code: String,
        pub kind: String,
        pub document: Json,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds a partner.
///
/// # Errors
/// [`StoreError::Duplicate`] if its code is taken.
pub async fn insert(tx: &Tx, partner: &Partner) -> Result<(), StoreError> {
    let model = row::ActiveModel {
        id: Set(partner.id.as_uuid()),
        code: Set(partner.code.clone()),
        kind: Set(partner.kind.as_str().to_owned()),
        document: Set(document::to_row("partner", partner)?),
        created_at: Set(instant::to_row(partner.created_at)),
    };
    row::Entity::insert(model).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// A partner by its id.
///
/// # Errors
/// [`StoreError`].
pub async fn get(tx: &Tx, id: PartnerId) -> Result<Option<Partner>, StoreError> {
    let row = row::Entity::find_by_id(id.as_uuid()).one(tx.db()).await?;
    row.map(|row| document::from_row("partner", row.document)).transpose()
}

/// Partners in the order of their codes, after one code.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &Tx, after_code: &str, limit: u64) -> Result<Vec<Partner>, StoreError> {
    let rows = row::Entity::find()
        .filter(row::Column::Code.gt(after_code))
        .order_by_asc(row::Column::Code)
        .limit(limit)
        .all(tx.db())
        .await?;
    rows.into_iter().map(|row| document::from_row("partner", row.document)).collect()
}
