//! The reference provider as a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tasuki_core::time::Timestamp;
use tasuki_partners::provider::GrpcProviders;
use tempfile::TempDir;

/// A provider that was told to fail now and then is asked so often before a test gives up.
const MOST_TRIES: usize = 50;

/// A running `tasuki-provider`, killed when dropped. What it has promised is kept in a folder of its
/// own, so that it can be killed and started again.
#[derive(Debug)]
pub(crate) struct Provider {
    child: Child,
    address: String,
    folder: TempDir,
    switches: Vec<String>,
}

impl Provider {
    /// Starts one with the text of a scenario and switches for bad behaviour.
    pub(crate) fn start(scenario: &str, switches: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scenario.yaml"), scenario).unwrap();
        let switches: Vec<String> = switches.iter().map(|switch| (*switch).to_owned()).collect();
        let (child, address) = spawn(folder.path(), "127.0.0.1:0", &switches);
        Self { child, address, folder, switches }
    }

    /// Where it is asked.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again at the same address with what it had promised.
    pub(crate) fn restart(&mut self) {
        (self.child, _) = spawn(self.folder.path(), &self.address, &self.switches);
    }

    /// The same with other switches.
    pub(crate) fn restart_with(&mut self, switches: &[&str]) {
        self.kill();
        self.switches = switches.iter().map(|switch| (*switch).to_owned()).collect();
        self.restart();
    }

    /// The ids of everything that it has, asked over the contract.
    pub(crate) async fn instances(&self, at: Timestamp) -> Vec<String> {
        for _try in 0..MOST_TRIES {
            let listed = GrpcProviders::new().instances(&self.endpoint(), at).await;
            if let Ok(listed) = listed {
                return listed;
            }
        }
        Vec::from(["the provider never lists what it has".to_owned()])
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // One that was killed already cannot be killed again, and that is all right.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, listen: &str, switches: &[String]) -> (Child, String) {
    let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut child = Command::new(program())
        .args(["--listen", listen, "--scenario", "scenario.yaml", "--state", "state.jsonl"])
        .args(switches)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.trim().rsplit("http://").next().unwrap().to_owned();
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert!(!address.is_empty(), "the provider does not listen:\n{}", log());
    (child, address)
}

/// The program that cargo built beside the running test. `cargo test --workspace` builds it, because
/// it has tests of its own; a test of this crate alone does not.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let program = folder.join(format!("tasuki-provider{}", std::env::consts::EXE_SUFFIX));
    let hint =
        "is not built: run the tests of the whole workspace, or `cargo build -p tasuki-provider`";
    assert!(program.is_file(), "`{}` {hint}", program.display());
    program
}
