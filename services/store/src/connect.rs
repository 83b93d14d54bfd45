//! Opens a database: an embedded SQLite file or a PostgreSQL server.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationStatus, MigratorTrait};

use crate::decision_log::DecisionLog;
use crate::error::StoreError;
use crate::finished::FinishedJobs;
use crate::migrations::Migrator;
use crate::recent::Recent;
use crate::sealing::Keys;
use crate::tx::{Heard, Tx};

/// How long a caller waits for a connection, and so a writer of SQLite for its turn.
const WAIT: Duration = Duration::from_secs(10);

/// How much of an SQLite file is mapped into memory, in bytes.
const SQLITE_MAPPED: &str = "268435456";

/// The page size of a new SQLite file, in bytes: a decision with its facts and reasons takes more than half of the usual
/// 4 KiB, so that each would have a page of its own.
const SQLITE_PAGE: u32 = 8_192;

/// How many pages SQLite's log has before they are carried over into the file: 16 MiB.
const SQLITE_LOGGED: &str = "2048";

/// Where the database is and how many connections may be open to it.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite://FILE` (made if missing) or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub url: String,
    /// At most this many connections at once; on SQLite, for readers: one more is there for whoever writes.
    pub max_connections: u32,
    /// PostgreSQL only: the schema to work in, instead of `public`. Migrating makes it if it is missing.
    pub schema: Option<String>,
}

/// An open database.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
    /// Of SQLite, the one connection that writes. Writers stand in line for it: the database itself would only let
    /// them try again and again, which is neither fair nor quick, and what this connection has read stays true.
    writer: Option<DatabaseConnection>,
    /// On PostgreSQL: the schema that was asked for.
    schema: Option<String>,
    /// What transactions tell when they commit.
    heard: Heard,
    decision_log: DecisionLog,
    recent: Recent,
    keys: Keys,
}

impl Store {
    /// Opens the database; does not change its schema.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not answer.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        let url = match options.url.strip_prefix("sqlite://") {
            Some(file) if !file.contains('?') => format!("sqlite://{file}?mode=rwc"),
            Some(_) | None => options.url.clone(),
        };
        let mut connect = ConnectOptions::new(url);
        connect
            .max_connections(options.max_connections)
            .acquire_timeout(WAIT)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .page_size(SQLITE_PAGE)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(WAIT)
                    .foreign_keys(true)
                    // Pages that another connection changed are read from memory, not by a call each.
                    .pragma("mmap_size", SQLITE_MAPPED)
                    // A page that is written again and again is carried over into the file once in a while only.
                    .pragma("wal_autocheckpoint", SQLITE_LOGGED)
            });
        if let Some(schema) = &options.schema {
            connect.set_schema_search_path(schema.clone());
        }
        let is_file = options.url.starts_with("sqlite:");
        // A file does not hang up: asking whether it is there would cost as much as many a statement.
        connect.test_before_acquire(!is_file);
        let writer = if is_file {
            Some(connected(connect.clone().max_connections(1).to_owned()).await?)
        } else {
            None
        };
        let db = connected(connect).await?;
        let schema = options.schema.clone().filter(|_| is_postgres(&db));
        Ok(Self {
            db,
            writer,
            schema,
            heard: Heard::default(),
            decision_log: DecisionLog::default(),
            recent: Recent::default(),
            keys: Keys::default(),
        })
    }

    /// The same with keys by which secrets are sealed.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// Brings the schema up to this program's; tells how many steps were applied.
    ///
    /// # Errors
    /// [`StoreError::Database`]; a step that failed left nothing behind.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        if let Some(schema) = &self.schema {
            let name = schema.replace('"', "\"\"");
            let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{name}\"");
            self.db.execute_unprepared(&sql).await?;
        }
        let pending = Migrator::get_pending_migrations(&self.db).await?.len();
        Migrator::up(&self.db, None).await?;
        Ok(pending)
    }

    /// Whether the database answers and has this program's schema.
    ///
    /// # Errors
    /// [`StoreError::Schema`] with the missing steps, or [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        let missing: Vec<String> = Migrator::get_migration_with_status(&self.db)
            .await
            .map_err(|error| StoreError::Schema(error.to_string()))?
            .into_iter()
            .filter(|step| step.status() == MigrationStatus::Pending)
            .map(|step| step.name().to_owned())
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(StoreError::Schema(missing.join(", "))) }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.execute_unprepared("SELECT 1").await.map(|_| ()).map_err(StoreError::from)
    }

    /// Starts a transaction that writes. On SQLite it is the only writer until it ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection or no write lock came free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let db = self.writer.as_ref().unwrap_or(&self.db);
        self.transaction(db, AccessMode::ReadWrite, SqliteTransactionMode::Immediate).await
    }

    /// Starts a transaction that only reads; it sees one state of the database.
    ///
    /// # Errors
    /// As [`Store::begin`].
    pub async fn begin_read(&self) -> Result<Tx, StoreError> {
        self.transaction(&self.db, AccessMode::ReadOnly, SqliteTransactionMode::Deferred).await
    }

    /// Returns when a job was added by this process, at once if one was since the last call.
    pub async fn job_added(&self) {
        self.heard.job_added.notified().await;
    }

    /// Listens to the jobs that this process finishes from now on.
    pub fn finished_jobs(&self) -> FinishedJobs {
        self.heard.job_finished.listen()
    }

    /// Makes the workers of this process look for due jobs now.
    pub fn wake_workers(&self) {
        self.heard.job_added.notify_one();
    }

    /// Whether the database is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        is_postgres(&self.db)
    }

    pub(crate) const fn decision_log(&self) -> &DecisionLog {
        &self.decision_log
    }

    pub(crate) const fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Transactions that this process has committed.
    pub(crate) fn commits(&self) -> &AtomicU64 {
        &self.heard.commits
    }

    async fn transaction(
        &self,
        db: &DatabaseConnection,
        access_mode: AccessMode,
        mode: SqliteTransactionMode,
    ) -> Result<Tx, StoreError> {
        let access_mode = self.is_postgres().then_some(access_mode);
        let options = TransactionOptions {
            access_mode,
            sqlite_transaction_mode: Some(mode),
            ..TransactionOptions::default()
        };
        let inner = db.begin_with_options(options).await?;
        Ok(Tx::new(inner, self.heard.clone(), self.keys.clone()))
    }
}

async fn connected(options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    let unavailable = |error: sea_orm::DbErr| StoreError::Unavailable(error.to_string());
    Database::connect(options).await.map_err(unavailable)
}

fn is_postgres(db: &DatabaseConnection) -> bool {
    db.get_database_backend() == DbBackend::Postgres
}
