//! A server as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use crate::bare;

/// A running server, killed when dropped.
pub(crate) struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// The program, on a database of its own in the folder.
    pub(crate) fn tasuki(folder: &Path) -> Self {
        let database = format!("sqlite://{}/tasuki.db?mode=rwc", folder.display());
        Self::start(program(folder, &database))
    }

    /// The program, on the PostgreSQL server that the environment names, if it does, in a schema of its own.
    pub(crate) fn tasuki_on_postgres(folder: &Path) -> Option<Self> {
        let server = std::env::var_os("TASUKI_TEST_POSTGRES")?.into_string().ok()?;
        let mut command = program(folder, &server);
        command.env("TASUKI__DATABASE__SCHEMA", format!("calls_{}", std::process::id()));
        Some(Self::start(command))
    }

    /// A server of tonic alone that answers one call.
    pub(crate) fn bare() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(bare::SERVE);
        Self::start(command)
    }

    /// A server of tonic alone that always gives this answer.
    pub(crate) fn bare_with(folder: &Path, answer: &impl prost::Message) -> Self {
        let file = folder.join("answer");
        std::fs::write(&file, answer.encode_to_vec()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(bare::SERVE).arg(file);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Self { child, address }
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.address.clone()).unwrap().connect().await.unwrap()
    }

    /// The CPU time of all its threads so far, to the nanosecond.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanoseconds = tasks.flatten().filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

fn program(folder: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasuki"));
    command
        .args(["serve"])
        .current_dir(folder)
        .env("TASUKI__DATABASE__URL", database)
        .env("TASUKI__SERVER__ADDRESS", "127.0.0.1:0");
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
