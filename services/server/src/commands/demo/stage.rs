//! The folder of a demo: settings with fresh tokens, and the database.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tasuki_core::id::ProviderId;

/// A token's name, its role, and what the role is bound to.
type Calling = (&'static str, &'static str, Option<(&'static str, &'static str)>);

/// Whoever calls in the demo.
const CALLERS: [Calling; 8] = [
    ("operator", "operator", None),
    ("second-operator", "operator", None),
    ("ogs", "partner", Some(("partner", "ogs"))),
    ("ntt-west", "partner", Some(("partner", "ntt-west"))),
    ("soc", "soc", None),
    ("help-desk", "help_desk", None),
    ("insurer", "insurer", Some(("insurer", "insurer-a"))),
    ("second-insurer", "insurer", Some(("insurer", "insurer-a"))),
];

/// The schema of the demo on a PostgreSQL server, so that nothing else there is touched.
const SCHEMA: &str = "tasuki_demo";

/// Letters of a token.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Thirty-two letters of five bits each cannot be guessed.
const TOKEN_LENGTH: usize = 32;

/// Where a demo keeps what it makes.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) folder: PathBuf,
    pub(crate) settings: PathBuf,
    pub(crate) database: Database,
    tokens: Vec<(String, String)>,
}

/// The database that the demo fills.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) schema: String,
}

impl Stage {
    /// Makes the folder, removes the database of an earlier demo, and writes the settings.
    pub(crate) fn set(
        folder: &Path,
        database: Option<&str>,
        providers: &[&str],
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        let database = match database {
            None => {
                let file = folder.join("tasuki.db");
                remove_database(&file)?;
                Database { url: format!("sqlite://{}", file.display()), schema: String::new() }
            }
            Some(url) => given(url)?,
        };
        let mut stage = Self {
            folder: folder.to_path_buf(),
            settings: folder.join("tasuki.toml"),
            database,
            tokens: Vec::new(),
        };
        let text = stage.settings_text(providers);
        fs::write(&stage.settings, text)
            .with_context(|| format!("cannot write `{}`", stage.settings.display()))?;
        Ok(stage)
    }

    /// How the demo's server is started.
    pub(crate) fn serve_arguments(&self) -> Vec<String> {
        vec!["serve".to_owned(), "--config".to_owned(), self.settings.display().to_string()]
    }

    /// Where a provider reads what is to happen.
    pub(crate) fn scenario_file(&self, provider: &str) -> PathBuf {
        self.folder.join(format!("{provider}.scenario.yaml"))
    }

    /// How a provider is started that sends its events to the server.
    pub(crate) fn provider_arguments(
        &self,
        name: &str,
        server: &str,
        scenario: &Path,
    ) -> anyhow::Result<Vec<String>> {
        let id = ProviderId::of_code(name).to_string();
        let scenario = scenario.display().to_string();
        let state = self.folder.join(format!("{name}.state"));
        if state.exists() {
            fs::remove_file(&state)?;
        }
        let state = state.display().to_string();
        let arguments = [
            "provider",
            "serve",
            "--name",
            name,
            "--scenario",
            &scenario,
            "--state",
            &state,
            "--callback-url",
            server,
            "--provider-id",
            &id,
            "--callback-token",
            self.token(name)?,
        ];
        Ok(arguments.into_iter().map(str::to_owned).collect())
    }

    /// How somebody else starts a server on what the demo left.
    pub(crate) fn serve_command(&self, address: &str) -> String {
        let Database { url, schema } = &self.database;
        let program = program();
        let command = format!("{program} serve --database {url} --listen {address}");
        // The schema has no flag.
        if schema.is_empty() {
            command
        } else {
            format!("TASUKI__DATABASE__SCHEMA={schema} {command}")
        }
    }

    /// The secret of a caller.
    pub(crate) fn token(&self, name: &str) -> anyhow::Result<&str> {
        self.tokens
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, secret)| secret.as_str())
            .with_context(|| format!("the demo has no token called `{name}`"))
    }

    fn settings_text(&mut self, providers: &[&str]) -> String {
        let mut text = String::from("# Written by `tasuki demo`.\n\n[database]\n");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "url = {:?}", self.database.url);
        if !self.database.schema.is_empty() {
            let _ = writeln!(text, "schema = {:?}", self.database.schema);
        }
        text.push_str("max_connections = 16\n\n[telemetry]\nlog = \"warn\"\n");
        let bound = providers.iter().map(|name| (*name, "provider", Some(("provider", *name))));
        for (name, role, binding) in CALLERS.into_iter().chain(bound) {
            let secret = token();
            let _ = write!(
                text,
                "\n[[auth.tokens]]\nname = {name:?}\nsecret = {secret:?}\nrole = {role:?}\n"
            );
            if let Some((key, value)) = binding {
                let _ = writeln!(text, "{key} = {value:?}");
            }
            self.tokens.push((name.to_owned(), secret));
        }
        text
    }
}

/// This program as it can be called from here.
fn program() -> String {
    let (Ok(program), Ok(here)) = (std::env::current_exe(), std::env::current_dir()) else {
        return "tasuki".to_owned();
    };
    program.strip_prefix(here).unwrap_or(&program).display().to_string()
}

fn token() -> String {
    let letter =
        || char::from(LETTERS.get(fastrand::usize(..LETTERS.len())).copied().unwrap_or(b'a'));
    (0..TOKEN_LENGTH).map(|_| letter()).collect()
}

/// A database that the caller names; an existing SQLite file is never overwritten.
fn given(url: &str) -> anyhow::Result<Database> {
    if let Some(file) = url.strip_prefix("sqlite://") {
        ensure!(
            !Path::new(file).exists(),
            "the database `{file}` exists: remove it, or let the demo take another name"
        );
        return Ok(Database { url: url.to_owned(), schema: String::new() });
    }
    // `?schema=NAME` names another schema than the demo's own.
    let (url, schema) = url.split_once("?schema=").unwrap_or((url, SCHEMA));
    Ok(Database { url: url.to_owned(), schema: schema.to_owned() })
}

fn remove_database(file: &Path) -> anyhow::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{ending}", file.display()));
        if path.exists() {
            fs::remove_file(&path)
                .with_context(|| format!("cannot remove the old `{}`", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        assert_eq!(token().len(), TOKEN_LENGTH);
        assert_ne!(token(), token());
    }

    #[test]
    fn a_file_that_exists_is_not_overwritten() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(given(&format!("sqlite://{}", file.path().display())).is_err());
    }

    #[test]
    fn the_settings_are_read_by_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let stage = Stage::set(folder.path(), None, &["okinawa-utm"]).unwrap();
        let overrides = crate::settings::Overrides::default();
        let settings = crate::settings::Settings::read(Some(&stage.settings), overrides).unwrap();
        assert_eq!(settings.auth.tokens.len(), CALLERS.len() + 1);
    }
}
