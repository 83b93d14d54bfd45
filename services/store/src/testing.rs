//! Fresh databases for tests: a SQLite file, and a schema of its own on PostgreSQL.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::connect::{Options, Store};

/// The variable that names a PostgreSQL server for tests, as a `postgres://` URL.
pub const POSTGRES_VARIABLE: &str = "TASUKI_TEST_POSTGRES";

static N_MADE: AtomicU32 = AtomicU32::new(0);

/// A migrated database that nobody else uses.
#[derive(Debug)]
pub struct Fresh {
    /// `sqlite` or `postgres`, for messages of failed tests.
    pub name: &'static str,
    /// The database.
    pub store: Store,
    /// How to open it again, for tests with several processes.
    pub options: Options,
    _file: Option<File>,
}

impl Fresh {
    /// Runs a statement behind everybody's back, for tests of what is noticed then.
    ///
    /// # Panics
    /// When the database refuses it.
    #[expect(clippy::expect_used, reason = "only tests call this")]
    pub async fn tamper(&self, sql: &str) {
        let tx = self.store.begin().await.expect("the database takes transactions");
        tx.execute(sql, Vec::new()).await.expect("the statement is right");
        tx.commit().await.expect("the statement is kept");
    }
}

#[derive(Debug)]
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            // A file that is left over in the folder for temporary files harms nobody.
            let _ = std::fs::remove_file(format!("{}{ending}", self.0.display()));
        }
    }
}

/// One fresh database of each kind; PostgreSQL only where a server for tests is named.
///
/// # Panics
/// When a database cannot be made: then no test can run.
#[expect(clippy::expect_used, clippy::disallowed_methods, reason = "only tests call this")]
pub async fn databases() -> Vec<Fresh> {
    let mut all = vec![sqlite().await];
    if let Ok(url) = std::env::var(POSTGRES_VARIABLE) {
        all.push(postgres(url).await);
    }
    for fresh in &all {
        fresh.store.migrate().await.expect("the schema applies to an empty database");
    }
    all
}

#[expect(clippy::expect_used, reason = "only tests call this")]
async fn sqlite() -> Fresh {
    let file = std::env::temp_dir().join(format!("{}.db", unique()));
    let options =
        Options { url: format!("sqlite://{}", file.display()), max_connections: 8, schema: None };
    let store = Store::open(&options).await.expect("a SQLite file can be made");
    Fresh { name: "sqlite", store, options, _file: Some(File(file)) }
}

#[expect(clippy::expect_used, reason = "only tests call this")]
async fn postgres(url: String) -> Fresh {
    let schema = unique();
    let admin = Options { url: url.clone(), max_connections: 1, schema: None };
    let admin = Store::open(&admin).await.expect("the PostgreSQL server for tests answers");
    let tx = admin.begin().await.expect("the server takes transactions");
    // A process that had the same number long ago may have left one on a server that is used again.
    let sql = format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
    tx.execute(&sql, Vec::new()).await.expect("the user may drop schemas");
    let sql = format!("CREATE SCHEMA \"{schema}\"");
    tx.execute(&sql, Vec::new()).await.expect("the user may create schemas");
    tx.commit().await.expect("the schema is made");
    let options = Options { url, max_connections: 8, schema: Some(schema) };
    let store = Store::open(&options).await.expect("the server answers");
    Fresh { name: "postgres", store, options, _file: None }
}

fn unique() -> String {
    let n = N_MADE.fetch_add(1, Ordering::Relaxed);
    format!("tasuki_test_{}_{n}", std::process::id())
}
