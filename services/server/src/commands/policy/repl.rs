//! `tasuki policy repl`.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};
use tasuki_core::time::{Clock, Timestamp};
use tasuki_policies::{FactSet, Workbench, function_reference, read_facts};

use super::PackName;
use crate::present::SystemClock;

/// What expressions may use.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Facts in YAML or JSON, as cases have them; none if left out.
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,
    /// A pack as `kind/name`, whose constants and variables can be used.
    #[arg(long, value_name = "PACK")]
    pack: Option<PackName>,
    /// The present, a day in Japan or an instant.
    #[arg(long, value_name = "TIME", value_parser = super::instant)]
    at: Option<Timestamp>,
    /// Folder of packs; those built in if left out.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

const HELP: &str = "\
An expression gives its type and its value.
:facts          the facts that are known
:facts FILE     read facts from a file
:functions      the functions there are
:help           this
:quit           leave; so does the end of the input
";

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let facts = match facts(options)? {
        Ok(facts) => facts,
        Err(wrong) => return Ok(super::print_diagnostics(&wrong)),
    };
    let pack = match &options.pack {
        None => None,
        Some(named) => match super::load(options.folder.as_deref())? {
            Ok(packs) => Some(named.find(&packs, facts.now)?),
            Err(wrong) => return Ok(super::print_diagnostics(&wrong)),
        },
    };
    let mut bench = Workbench::new(pack, facts);
    if std::io::stdin().is_terminal() {
        super::print(":help tells what there is\n");
        typed(&mut bench)?;
    } else {
        for line in std::io::stdin().lock().lines() {
            match answer(&mut bench, &line?) {
                Some(text) => super::print(&text),
                None => break,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

type Read = Result<FactSet, Vec<tasuki_app::governing::Diagnostic>>;

fn facts(options: &Options) -> anyhow::Result<Read> {
    let now = || options.at.unwrap_or_else(|| SystemClock.now());
    let Some(path) = &options.facts else { return Ok(Ok(FactSet::at(now()))) };
    let file = super::read(path)?;
    let read = read_facts(&file, options.at);
    Ok(read.or_else(|wrong| read_facts(&file, Some(now())).map_err(|_| wrong)))
}

fn typed(bench: &mut Workbench) -> anyhow::Result<()> {
    let config = Config::builder().auto_add_history(true).build();
    let mut editor: Editor<(), MemHistory> = Editor::with_history(config, MemHistory::new())?;
    loop {
        match editor.readline("cel> ") {
            Ok(line) => match answer(bench, &line) {
                Some(text) => super::print(&text),
                None => return Ok(()),
            },
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// What to print for a line; nothing when it asks to leave.
fn answer(bench: &mut Workbench, line: &str) -> Option<String> {
    let line = line.trim();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    Some(match (word, rest.trim()) {
        ("", _) => String::new(),
        (":quit" | ":q", _) => return None,
        (":help", _) => HELP.to_owned(),
        (":functions", _) => {
            let line =
                |it: tasuki_policies::FunctionReference| format!("{}: {}\n", it.name, it.doc);
            function_reference().into_iter().map(line).collect::<Vec<_>>().concat()
        }
        (":facts", "") => match bench.facts().to_json() {
            Ok(facts) => format!("{facts:#}\n"),
            Err(error) => format!("{error}\n"),
        },
        (":facts", path) => read_into(bench, path),
        (word, _) if word.starts_with(':') => format!("there is no `{word}`\n{HELP}"),
        (_, _) => match bench.evaluate(line) {
            Ok(given) => match given.value {
                Ok(value) => format!("{}: {value}\n", given.kind),
                Err(why) => format!("{}: no value, {why}\n", given.kind),
            },
            Err(wrong) => wrong.iter().map(|it| format!("{it}\n")).collect::<Vec<_>>().concat(),
        },
    })
}

fn read_into(bench: &mut Workbench, path: &str) -> String {
    let file = match super::read(&PathBuf::from(path)) {
        Ok(file) => file,
        Err(error) => return format!("{error}\n"),
    };
    match read_facts(&file, None).or_else(|_| read_facts(&file, Some(bench.facts().now))) {
        Ok(facts) => {
            bench.set_facts(facts);
            "read\n".to_owned()
        }
        Err(wrong) => wrong.iter().map(|it| format!("{it}\n")).collect::<Vec<_>>().concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_answered_until_somebody_leaves() {
        let now = "2021-04-01T00:00:00Z".parse().unwrap();
        let mut bench = Workbench::new(None, FactSet::at(now));
        let mut told = |line: &str| answer(&mut bench, line);
        assert_eq!(told("1 + 2").as_deref(), Some("int: 3\n"));
        assert_eq!(
            told("company.has_utm").as_deref(),
            Some("bool: no value, not known: company.has_utm\n")
        );
        assert!(told("1 +").unwrap().contains('^'));
        assert!(told(":facts").unwrap().contains("2021-04-01T00:00:00Z"));
        assert!(told(":nope").unwrap().contains(":help"));
        assert!(told(":functions").unwrap().contains("daysBetween"));
        assert!(told(":facts /no/such/file").unwrap().contains("cannot read"));
        assert_eq!(told(""), Some(String::new()));
        assert_eq!(told(":quit"), None);
    }
}
