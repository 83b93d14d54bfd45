//! Processes that are killed, frozen and started again, as a supervisor would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a process may take until it is ready, on a machine under load; it is started again as often as it ends
/// before.
const READY_WITHIN: Duration = Duration::from_mins(3);

/// How often to look whether it is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A process of ours; killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) name: String,
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    child: Option<Child>,
}

impl Process {
    pub(crate) fn new(program: &Path, folder: &Path, name: &str, arguments: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
            folder: folder.to_owned(),
            child: None,
        }
    }

    /// The same with another program from the next start on.
    pub(crate) fn replace_program(&mut self, program: &Path, arguments: &[&str]) {
        program.clone_into(&mut self.program);
        self.arguments = arguments.iter().map(|it| (*it).to_owned()).collect();
    }

    /// Starts it and returns when it is ready.
    pub(crate) async fn start(&mut self) {
        let began = Instant::now();
        while began.elapsed() < READY_WITHIN {
            let before = self.log().len();
            self.spawn();
            while began.elapsed() < READY_WITHIN {
                let log = self.log();
                if log.get(before..).unwrap_or_default().contains("ready")
                    || log.get(before..).unwrap_or_default().contains("listens on http://")
                {
                    return;
                }
                if self.child.as_mut().unwrap().try_wait().unwrap().is_some() {
                    break;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            // What it needs may not be there yet.
            tokio::time::sleep(5 * LOOK_AGAIN).await;
        }
        panic!("`{}` does not start:\n{}", self.name, self.log());
    }

    fn spawn(&mut self) {
        let path = self.folder.join(format!("{}.log", self.name));
        let log = || File::options().create(true).append(true).open(&path).unwrap();
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// What it has logged in all its lives.
    pub(crate) fn log(&self) -> String {
        let path = self.folder.join(format!("{}.log", self.name));
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // One that ended by itself cannot be killed, and that is all right.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Lets it stand still; it does not notice.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success(), "`{}` cannot be sent {signal}", self.name);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that is free now, so that a server can come back to where it was.
pub(crate) fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
