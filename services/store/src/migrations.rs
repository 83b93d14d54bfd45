//! The steps that make the schema, as SQL with the type names of the database at hand.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

/// One numbered file under `migrations/`; never edited once released.
struct Step {
    name: &'static str,
    sql: &'static str,
}

macro_rules! step {
    ($name:literal) => {
        Step { name: $name, sql: include_str!(concat!("../migrations/", $name, ".sql")) }
    };
}

/// All steps in order.
const STEPS: &[Step] = &[
    step!("0001_kernel"),
    step!("0002_selling"),
    step!("0003_provisioning"),
    step!("0004_monitoring"),
    step!("0005_claims"),
    step!("0006_billing"),
    step!("0007_decisions"),
    step!("0008_provider_events"),
    step!("0009_policies"),
    step!("0010_rate_cards"),
    step!("0011_subscription_revisions"),
    step!("0014_jobs"),
    step!("0015_providers"),
    step!("0016_webhooks"),
    step!("0017_known"),
    step!("0018_nobodys_decisions"),
    step!("0019_streams_and_checks"),
    step!("0020_certificate_numbers"),
    step!("0021_due_jobs"),
];

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait hides the lifetime, and so must we")]
#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = in_dialect(self.sql, manager.get_database_backend());
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    fn use_transaction(&self) -> Option<bool> {
        // SQLite would run a step outside a transaction and could stop half-way.
        Some(true)
    }
}

/// Replaces the type names in braces.
fn in_dialect(sql: &str, backend: DbBackend) -> String {
    let names: [(&str, &str, &str); 6] = [
        ("{uuid}", "uuid", "blob"),
        ("{instant}", "timestamptz", "text"),
        ("{json}", "jsonb", "text"),
        ("{day}", "date", "text"),
        // Text that lists are ordered by: in byte order on both databases.
        ("{key}", "text COLLATE \"C\"", "text"),
        (
            "{serial}",
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "integer PRIMARY KEY AUTOINCREMENT",
        ),
    ];
    names.into_iter().fold(sql.to_owned(), |sql, (name, postgres, sqlite)| {
        sql.replace(name, if backend == DbBackend::Postgres { postgres } else { sqlite })
    })
}

/// Applies the steps.
#[derive(Debug)]
pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS
            .iter()
            .map(|step| {
                Box::new(Step { name: step.name, sql: step.sql }) as Box<dyn MigrationTrait>
            })
            .collect()
    }
}
