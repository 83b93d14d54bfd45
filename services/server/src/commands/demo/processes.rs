//! The server and the providers as processes of their own. They end when the demo ends.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long a process may take to listen: a slow machine and a debug build included.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// How long a process may take to finish what is under way.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);

/// What stands before the address in the first line of a process that listens.
const LISTENS: &str = "listens on http://";

/// A process of this program that listens on a port.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    folder: PathBuf,
    arguments: Vec<String>,
    address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts `tasuki ARGUMENTS…` on a free port and waits until it listens.
    ///
    /// It logs to `NAME.log` in the folder.
    pub(crate) async fn start(
        name: &str,
        folder: &Path,
        arguments: Vec<String>,
    ) -> anyhow::Result<Self> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, address) = spawn(name, folder, &arguments, any).await?;
        let (name, folder) = (name.to_owned(), folder.to_path_buf());
        Ok(Self { name, folder, arguments, address, child })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Lets it finish, and starts it again on the same port.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await?;
        let again = spawn(&self.name, &self.folder, &self.arguments, self.address).await?;
        (self.child, self.address) = again;
        Ok(())
    }

    /// Kills it as a power cut would, and starts it again on the same port.
    pub(crate) async fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.with_context(|| format!("cannot kill `{}`", self.name))?;
        let again = spawn(&self.name, &self.folder, &self.arguments, self.address).await?;
        (self.child, self.address) = again;
        Ok(())
    }

    /// Lets it finish what is under way, and waits for its end.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        // It ends by itself when nobody holds the other end of its input.
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(STOPPED_WITHIN, self.child.wait()).await;
        ended
            .with_context(|| format!("`{}` does not stop", self.name))?
            .with_context(|| format!("cannot wait for `{}`", self.name))?;
        Ok(())
    }
}

async fn spawn(
    name: &str,
    folder: &Path,
    arguments: &[String],
    listen: SocketAddr,
) -> anyhow::Result<(Child, SocketAddr)> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let log_path = folder.join(format!("{name}.log"));
    let log = File::options()
        .create(true)
        .append(true)
        .open(&log_path)
        .with_context(|| format!("cannot write `{}`", log_path.display()))?;
    let mut child = Command::new(program)
        .args(arguments)
        .args(["--stop-with-input", "--listen", &listen.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start `{name}`"))?;
    match tokio::time::timeout(READY_WITHIN, first_line(&mut child)).await {
        Ok(Ok(address)) => Ok((child, address)),
        Ok(Err(error)) => {
            Err(error.context(format!("`{name}` did not start: see `{}`", log_path.display())))
        }
        Err(_) => bail!("`{name}` does not listen after {} s", READY_WITHIN.as_secs()),
    }
}

/// The address in the line that a process prints when it listens.
async fn first_line(child: &mut Child) -> anyhow::Result<SocketAddr> {
    let out = child.stdout.take().context("its output cannot be read")?;
    let line = BufReader::new(out).lines().next_line().await?.context("it ended at once")?;
    let (_, address) = line.split_once(LISTENS).with_context(|| format!("it said `{line}`"))?;
    address.trim().parse().with_context(|| format!("`{address}` is no address"))
}
