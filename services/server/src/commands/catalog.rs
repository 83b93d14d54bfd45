//! `tasuki catalog …`: for authors of rate cards, without a server.

mod check;
mod diff;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::{Subcommand, ValueEnum};
use tasuki_app::catalog::RateCard;
use tasuki_app::library::Library;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{CivilDate, Clock as _, Zone};
use tasuki_pricing::cards::Cards;

use crate::present::SystemClock;
use crate::settings::Settings;

/// What to do with rate cards.
#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Check rate cards. Prints each error and warning with file, line, column and remedy.
    Check(check::Options),
    /// Say what differs between two rate cards; with --database also for which subscriptions.
    Diff(diff::Options),
    /// List rate cards, or print the plans and prices of one.
    Show(show::Options),
}

/// Runs it; the exit code is 1 when something is wrong.
pub(crate) async fn run(
    command: &CatalogCommand,
    settings: impl FnOnce() -> anyhow::Result<Option<Settings>>,
) -> anyhow::Result<ExitCode> {
    match command {
        CatalogCommand::Check(options) => check::run(options),
        CatalogCommand::Diff(options) => diff::run(options, settings()?).await,
        CatalogCommand::Show(options) => show::run(options),
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

impl Lang {
    const fn say<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }

    fn text(self, text: &Text) -> &str {
        text.in_language(match self {
            Self::Ja => Language::Ja,
            Self::En => Language::En,
        })
    }
}

/// Cards of a folder, or those built in.
fn load(folder: Option<&Path>) -> anyhow::Result<Arc<Cards>> {
    Ok(Library::load(None, folder)?.cards.cards())
}

/// A card by the path of its file, or by its name.
fn find(name: &str, cards: &Cards, day: CivilDate) -> anyhow::Result<Arc<RateCard>> {
    let is_file = Path::new(name).extension().is_some_and(|it| it == "yaml" || it == "yml");
    if is_file {
        let (file, text) = read(Path::new(name))?;
        return Ok(Arc::new(RateCard::load(&file, &text).map_err(|wrong| anyhow!("{wrong}"))?));
    }
    if let Some(found) = cards.named(name, day) {
        return Ok(Arc::new(found.clone()));
    }
    let all = cards.all().iter().map(|card| card.reference.to_string());
    let known = all.collect::<Vec<_>>().join(", ");
    bail!("`{name}` is no file (`….yaml`), and no rate card in force on {day}; there are {known}")
}

fn read(path: &Path) -> anyhow::Result<(String, String)> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
    Ok((shown, text))
}

/// The files that are named; of a folder, those in it.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let inside =
                path.read_dir().with_context(|| format!("cannot read `{}`", path.display()))?;
            let inside = inside.map(|entry| entry.map(|entry| entry.path()));
            let mut inside = inside.collect::<Result<Vec<_>, _>>()?;
            inside.retain(|path| path.extension().is_some_and(|it| it == "yaml"));
            inside.sort();
            found.extend(inside);
        } else {
            found.push(path.clone());
        }
    }
    found.iter().map(|path| read(path)).collect()
}

/// Today in Japan, where the schemes run.
fn today() -> anyhow::Result<CivilDate> {
    Ok(SystemClock.now().day_in(&Zone::named(Zone::TOKYO)?))
}

/// The answer of a command.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    print!("{text}");
}

/// What should be looked at.
#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn complain(text: &str) {
    eprint!("{text}");
}
