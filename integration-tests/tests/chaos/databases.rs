//! The database under test, and a way to look into it that is none of the program's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::processes::free_address;

/// Prints the rows of a query, columns parted by tabs.
const READ_SQLITE: &str = "import sqlite3, sys
for row in sqlite3.connect(sys.argv[1], timeout=30).execute(sys.argv[2]):
    print('\\t'.join('' if it is None else str(it) for it in row))
";

/// The database under test.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(Cluster),
}

impl Database {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{}", file.display()),
            Self::Postgres(cluster) => format!("postgres://tasuki@{}/postgres", cluster.address),
        }
    }

    /// An id as hexadecimal digits.
    pub(crate) fn id(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("replace({column}::text, '-', '')"),
        }
    }

    /// The present, in the words of the database.
    pub(crate) const fn now(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "strftime('%Y-%m-%dT%H:%M:%S', 'now')",
            Self::Postgres(_) => "now()",
        }
    }

    /// The rows of a query.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let mut command = match self {
            Self::Sqlite(file) => {
                let mut command = Command::new("python3");
                command.args(["-c", READ_SQLITE]).arg(file).arg(sql);
                command
            }
            Self::Postgres(cluster) => cluster.reading(sql),
        };
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{sql}\n{said}");
        let text = String::from_utf8(done.stdout).unwrap();
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    /// The one number of a query.
    pub(crate) fn count(&self, sql: &str) -> u64 {
        self.rows(sql)[0][0].parse().unwrap()
    }
}

/// A PostgreSQL server of its own.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    address: String,
    /// What runs a program as the owner of the data: PostgreSQL refuses to run as root.
    as_owner: Vec<String>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let as_owner = owner();
        if !as_owner.is_empty() {
            let given = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(given.success());
        }
        let cluster = Self { programs: programs(), folder, address: free_address(), as_owner };
        let data = cluster.data();
        let made = cluster
            .program("initdb")
            .args(["-U", "tasuki", "--auth=trust", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.go();
        cluster
    }

    /// Ends it as if it had crashed, and starts it again.
    pub(crate) fn restart(&self) {
        self.control(&["-m", "immediate", "stop"]);
        self.go();
    }

    fn go(&self) {
        let (host, port) = self.address.split_once(':').unwrap();
        let folder = self.folder.path().display();
        // The machine goes on when the server crashes: what was written is not lost without syncing.
        let options = format!("-h {host} -p {port} -k {folder} -c fsync=off");
        self.control(&["-o", &options, "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let data = self.data();
        let log = data.join("log");
        let mut command = self.program("pg_ctl");
        command.arg("-D").arg(&data).arg("-l").arg(&log).arg("-w").args(arguments);
        let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(done.success(), "pg_ctl {arguments:?}:\n{}", said());
    }

    fn program(&self, name: &str) -> Command {
        let mut words = self.as_owner.iter().map(String::as_str).map(PathBuf::from);
        let program = self.programs.join(name);
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir(self.folder.path());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("db")
    }

    fn reading(&self, sql: &str) -> Command {
        let (host, port) = self.address.split_once(':').unwrap();
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-h", host, "-p", port, "-U", "tasuki", "-d", "postgres", "-X", "-q"]);
        command.args(["-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The data goes with the folder.
        let mut stop = self.program("pg_ctl");
        stop.arg("-D").arg(self.data()).args(["-m", "immediate", "stop"]);
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// The folder with the server's programs: in PATH, or where Debian puts them.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&path));
    let has = |folder: &Path, name: &str| folder.join(name).is_file();
    let complete = |folder: &&PathBuf| {
        ["initdb", "postgres", "pg_ctl", "psql"].into_iter().all(|name| has(folder, name))
    };
    folders.iter().find(complete).expect("PostgreSQL is installed: see .ci/install").clone()
}

/// As root, what runs a program as the user that PostgreSQL's package made.
fn owner() -> Vec<String> {
    let told = |arguments: &[&str]| {
        let done = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    if told(&["-u"]) != "0" {
        return Vec::new();
    }
    let group = format!("--regid={}", told(&["-g", "postgres"]));
    ["setpriv", "--reuid=postgres", &group, "--clear-groups", "--inh-caps=-all"]
        .map(str::to_owned)
        .to_vec()
}
