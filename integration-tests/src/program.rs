//! The `tasuki` program as a process of its own.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a process may take until it listens; far more than it needs, for machines under load.
const START_WITHIN: Duration = Duration::from_mins(1);

/// How often to look whether it listens.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A running `tasuki`, killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: String,
    log: PathBuf,
}

impl Program {
    /// Starts `tasuki` with arguments that make it listen, and waits until it says where.
    ///
    /// Its log goes to `<name>.log` in the folder, which is also where it runs: relative paths of its settings are
    /// relative to that folder.
    ///
    /// # Errors
    /// The program is not built, ends at once, or does not listen in time; the error has its log.
    pub fn start(folder: &Path, name: &str, arguments: &[&str]) -> io::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let child = Command::new(path()?)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()?;
        let mut started = Self { child, address: String::new(), log };
        let began = Instant::now();
        loop {
            let said = started.log()?;
            if let Some(address) = address_in(&said) {
                address.clone_into(&mut started.address);
                return Ok(started);
            }
            if let Some(status) = started.child.try_wait()? {
                return Err(io::Error::other(format!("`{name}` ended with {status}:\n{said}")));
            }
            if began.elapsed() > START_WITHIN {
                return Err(io::Error::other(format!("`{name}` does not listen:\n{said}")));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Where it listens, such as `127.0.0.1:50051`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it has logged so far.
    ///
    /// # Errors
    /// The file of the log cannot be read.
    pub fn log(&self) -> io::Result<String> {
        std::fs::read_to_string(&self.log)
    }

    /// Ends it at once, as a power cut would.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A process that ended by itself cannot be killed, and that is all right.
        let _ = self.kill();
    }
}

/// The program that cargo built beside the running test.
///
/// # Errors
/// It is not built. `cargo test --workspace` and `cargo nextest run --workspace` build it, because the tests of
/// `services/server` start it; a test of this crate alone does not.
pub fn path() -> io::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).unwrap_or(&test);
    let program = folder.join(format!("tasuki{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    let missing = format!(
        "`{}` is not built: run the tests of the whole workspace, or `cargo build -p tasuki-server`",
        program.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, missing))
}

/// Processes say "… on `127.0.0.1:50051`" or "… on `http://127.0.0.1:50051`" when they listen.
fn address_in(said: &str) -> Option<&str> {
    said.split(" on ").skip(1).find_map(|rest| {
        let word = rest.split_whitespace().next()?.trim_matches('`');
        let address = word.strip_prefix("http://").unwrap_or(word);
        address.parse::<std::net::SocketAddr>().is_ok().then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_address_is_read_from_the_log() {
        let log =
            "INFO starting\nINFO ready on `127.0.0.1:4711` address=127.0.0.1:4711 ready_ms=9\n";
        assert_eq!(address_in(log), Some("127.0.0.1:4711"));
        assert_eq!(address_in("listens on http://[::1]:4711\n"), Some("[::1]:4711"));
        assert_eq!(address_in("INFO waiting on `nobody`"), None);
    }
}
