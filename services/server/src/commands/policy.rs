//! `tasuki policy …`: for authors of packs and for whoever proves decisions, without a server.

mod check;
mod compare;
mod explain;
mod fmt;
mod new;
mod repl;
mod replay;
mod schema;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use tasuki_app::governing::{Diagnostic, Pack, PackSource};
use tasuki_app::library::pack_sources;
use tasuki_core::text::Language;
use tasuki_core::time::{CivilDate, Timestamp};
use tasuki_policies::{PackKind, PackSet};

use crate::settings::Settings;

/// What to do with packs.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write a first pack with cases, to be changed.
    New(new::Options),
    /// Check packs: names, types, messages, dates. Prints each error with file, line and remedy.
    Check(check::Options),
    /// Check packs, run their cases, and tell which conditions no case has seen.
    Test(test::Options),
    /// Print what a pack gives for facts, as a table.
    Explain(explain::Options),
    /// Try out expressions against facts.
    Repl(repl::Options),
    /// Lay out packs and cases in one way.
    Fmt(fmt::Options),
    /// Print the JSON Schema of packs or of cases, for editors.
    Schema(schema::Options),
    /// Say what another version of a pack would change: on recorded decisions, or on a book of facts.
    Compare(compare::Options),
    /// Evaluate recorded decisions again, at their versions, and check their chains of hashes.
    Replay(replay::Options),
}

/// Runs it; the exit code is 1 when something is wrong.
pub(crate) async fn run(
    command: &PolicyCommand,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
) -> anyhow::Result<ExitCode> {
    match command {
        PolicyCommand::New(options) => new::run(options),
        PolicyCommand::Check(options) => check::run(options),
        PolicyCommand::Test(options) => test::run(options),
        PolicyCommand::Explain(options) => explain::run(options),
        PolicyCommand::Repl(options) => repl::run(options),
        PolicyCommand::Fmt(options) => fmt::run(options),
        PolicyCommand::Schema(options) => Ok(schema::run(options)),
        PolicyCommand::Compare(options) => compare::run(options, &settings()?).await,
        PolicyCommand::Replay(options) => replay::run(options, &settings()?).await,
    }
}

/// The language of what is printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Ja => Self::Ja,
            Lang::En => Self::En,
        }
    }
}

/// The answer of a command.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    print!("{text}");
}

/// Everything that is wrong, for people; the exit code says so too.
#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn print_diagnostics(wrong: &[Diagnostic]) -> ExitCode {
    for diagnostic in wrong {
        eprintln!("{diagnostic}\n");
    }
    let errors = if wrong.len() == 1 { "error" } else { "errors" };
    eprintln!("{} {errors}", wrong.len());
    ExitCode::FAILURE
}

/// What should be looked at and is no error.
#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn print_warnings<'w>(warnings: impl Iterator<Item = &'w Diagnostic>) {
    for warning in warnings {
        eprintln!("warning: {warning}\n");
    }
}

/// A day in Japan, which starts at its midnight, or an instant.
fn instant(text: &str) -> Result<Timestamp, String> {
    let day = text.parse::<CivilDate>().ok().filter(|_| text.len() == "2021-04-01".len());
    let found = match day {
        Some(day) => format!("{day}T00:00:00+09:00").parse().ok(),
        None => text.parse().ok(),
    };
    found.ok_or_else(|| {
        "is neither a day nor an instant: `2021-04-01`, `2021-04-01T00:00:00+09:00`".to_owned()
    })
}

/// A pack as it is asked for: `kind/name`, or `kind/name@version`.
#[derive(Debug, Clone)]
struct PackName {
    kind: PackKind,
    name: String,
    version: Option<String>,
}

impl std::str::FromStr for PackName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once('/').ok_or("is written `kind/name`")?;
        let kind = kind.parse::<PackKind>().map_err(|error| error.to_string())?;
        let (name, version) = match rest.split_once('@') {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (rest, None),
        };
        Ok(Self { kind, name: name.to_owned(), version })
    }
}

impl PackName {
    /// The version that is named, or the one in force then.
    fn find(&self, packs: &PackSet, at: Timestamp) -> anyhow::Result<Arc<Pack>> {
        let Self { kind, name, version } = self;
        let found = match version {
            Some(version) => packs
                .packs()
                .find(|it| it.kind() == *kind && it.name() == name && it.version() == version)
                .cloned(),
            None => packs.in_force(*kind, name, at),
        };
        match (found, version) {
            (Some(pack), _) => Ok(pack),
            (None, Some(version)) => bail!("there is no version `{version}` of `{kind}/{name}`"),
            (None, None) => bail!("no version of `{kind}/{name}` is in force at {at}"),
        }
    }
}

/// Packs of a folder, or those built in.
fn load(folder: Option<&Path>) -> anyhow::Result<Result<PackSet, Vec<Diagnostic>>> {
    Ok(PackSet::load(pack_sources(folder)?))
}

/// A file as the checker takes it.
fn read(path: &PathBuf) -> anyhow::Result<PackSource> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(PackSource::new(path.display().to_string(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_and_times_are_read_as_people_write_them() {
        let named: PackName = "cover/v1@2020.1".parse().unwrap();
        assert_eq!((named.kind, named.version.as_deref()), (PackKind::Cover, Some("2020.1")));
        assert!("cover".parse::<PackName>().is_err() && "covers/v1".parse::<PackName>().is_err());
        assert_eq!(instant("2021-04-01").unwrap().to_string(), "2021-03-31T15:00:00Z");
        assert!(instant("tomorrow").is_err());
    }
}
