//! `tasuki catalog check`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use tasuki_app::catalog::{Level, RateCard, RateCardError, findings};
use tasuki_pricing::cards::Cards;

/// Which rate cards.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files of rate cards, or folders of them; those built in if left out. Versions of one card
    /// that are named together must follow each other without gap or overlap.
    files: Vec<PathBuf>,
    /// Print what was found as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let files: Vec<(String, String)> = if options.files.is_empty() {
        Cards::built_in_files().map(|(file, text)| (file.to_owned(), text.to_owned())).into()
    } else {
        super::files(&options.files)?
    };
    if files.is_empty() {
        bail!("there is no rate card (`*.yaml`) there");
    }
    let found = findings(&files);
    let n_errors = found.iter().filter(|it| it.level == Level::Error).count();
    if options.json {
        let found: Vec<_> = found.iter().map(json).collect();
        super::print(&format!("{}\n", serde_json::to_string_pretty(&found)?));
    } else {
        for finding in &found {
            let word = match finding.level {
                Level::Error => "error",
                Level::Warning => "warning",
            };
            super::complain(&format!("{word}: {finding}\n"));
        }
        let (errors, warnings) = (n_errors, found.len() - n_errors);
        if n_errors == 0 {
            super::print(&sound(&files, warnings));
        } else {
            super::complain(&format!("{errors} error(s), {warnings} warning(s)\n"));
        }
    }
    Ok(if n_errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sound(files: &[(String, String)], n_warnings: usize) -> String {
    let cards = files.iter().filter_map(|(file, text)| RateCard::check(file, text).card);
    let lines: Vec<_> = cards
        .map(|card| {
            let end = card.effective_to.map(|day| day.to_string()).unwrap_or_default();
            let (reference, from) = (&card.reference, card.effective_from);
            format!("ok  {reference}  {from}..{end}  {}\n", reference.hash)
        })
        .collect();
    let warned = if n_warnings == 0 { String::new() } else { format!("{n_warnings} warning(s)\n") };
    lines.concat() + &warned
}

fn json(of: &RateCardError) -> serde_json::Value {
    serde_json::json!({
        "level": match of.level { Level::Error => "error", Level::Warning => "warning" },
        "code": of.code,
        "file": of.file,
        "line": of.line,
        "column": of.column,
        "message": of.message,
        "suggestion": of.suggestion,
    })
}
