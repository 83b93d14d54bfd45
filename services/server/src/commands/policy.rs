//! `tasuki policy …`: for authors of packs and for whoever proves decisions, without a server.

mod compare;
mod replay;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use tasuki_app::governing::{CaseReport, Diagnostic, run_all_cases};
use tasuki_app::library::pack_sources;
use tasuki_policies::PackSet;

use crate::settings::Settings;

/// What to do with packs.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check packs: names, types, messages, dates. Prints each error with file, line and remedy.
    Check {
        /// Folder of packs, laid out as `<kind>/<name>/pack.yaml`; those built in if left out.
        folder: Option<PathBuf>,
    },
    /// Check packs and run their cases.
    Test {
        /// Folder of packs, laid out as `<kind>/<name>/pack.yaml`; those built in if left out.
        folder: Option<PathBuf>,
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Say what another version of a pack would change: on recorded decisions, or on a book of facts.
    Compare(compare::Options),
    /// Evaluate recorded decisions again, at their versions, and check their chains of hashes.
    Replay(replay::Options),
}

/// How to print the result of cases.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// `JUnit` XML, for build servers.
    Junit,
}

/// Runs it; the exit code is 1 when something is wrong.
pub(crate) async fn run(
    command: &PolicyCommand,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
) -> anyhow::Result<ExitCode> {
    match command {
        PolicyCommand::Check { folder } => {
            let sources = pack_sources(folder.as_deref())?;
            match PackSet::load(sources) {
                Ok(packs) => Ok(print_packs(&packs)),
                Err(wrong) => Ok(print_diagnostics(&wrong)),
            }
        }
        PolicyCommand::Test { folder, format } => {
            match run_all_cases(pack_sources(folder.as_deref())?) {
                Ok(report) => Ok(print_report(&report, *format)),
                Err(wrong) => Ok(print_diagnostics(&wrong)),
            }
        }
        PolicyCommand::Compare(options) => compare::run(options, &settings()?).await,
        PolicyCommand::Replay(options) => replay::run(options, &settings()?).await,
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print_packs(packs: &PackSet) -> ExitCode {
    for pack in packs.packs() {
        let (kind, name, version) = (pack.kind(), pack.name(), pack.version());
        println!("ok  {kind}/{name}@{version}  {}", pack.hash());
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn print_diagnostics(wrong: &[Diagnostic]) -> ExitCode {
    for diagnostic in wrong {
        eprintln!("{diagnostic}\n");
    }
    let errors = if wrong.len() == 1 { "error" } else { "errors" };
    eprintln!("{} {errors}", wrong.len());
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print_report(report: &CaseReport, format: Format) -> ExitCode {
    match format {
        Format::Text => print!("{}", as_text(report)),
        Format::Junit => print!("{}", as_junit(report)),
    }
    if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn as_text(report: &CaseReport) -> String {
    let mut lines = Vec::new();
    for case in &report.results {
        let mark = if case.passed() { "ok    " } else { "FAILED" };
        lines.push(format!("{mark}  {}: {}", case.pack, case.name));
        for problem in &case.problems {
            lines.push(format!("        {}:{}: {problem}", case.file, case.line));
        }
    }
    lines.extend(report.diagnostics.iter().map(ToString::to_string));
    let n_failed = report.results.iter().filter(|case| !case.passed()).count();
    let n_passed = report.results.len() - n_failed;
    lines.push(format!("{n_passed} passed, {n_failed} failed"));
    lines.join("\n") + "\n"
}

fn as_junit(report: &CaseReport) -> String {
    let n_failed = report.results.iter().filter(|case| !case.passed()).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"policies\" tests=\"{}\" \
         failures=\"{n_failed}\" errors=\"{}\">\n",
        report.results.len(),
        report.diagnostics.len()
    );
    for case in &report.results {
        let (pack, name, file) = (escape(&case.pack), escape(&case.name), escape(&case.file));
        xml += &format!(
            "  <testcase classname=\"{pack}\" name=\"{name}\" file=\"{file}\" line=\"{}\"",
            case.line
        );
        if case.passed() {
            xml += "/>\n";
        } else {
            let text = escape(&case.problems.join("\n"));
            xml += &format!(">\n    <failure>{text}</failure>\n  </testcase>\n");
        }
    }
    for wrong in &report.diagnostics {
        xml += &format!("  <system-err>{}</system-err>\n", escape(&wrong.to_string()));
    }
    xml + "</testsuite>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
