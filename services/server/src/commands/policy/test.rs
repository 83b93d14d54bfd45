//! `tasuki policy test`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tasuki_app::governing::{CaseReport, run_all_cases};
use tasuki_app::library::pack_sources;
use tasuki_policies::Floor;

/// Which packs, and how much of them the cases have to see.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder of packs, laid out as `<kind>/<name>/pack.yaml`; those built in if left out.
    folder: Option<PathBuf>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Share of the sides of conditions that the cases of each pack have to see, such as `100%` or
    /// `39/40`; `100%` for those built in if left out.
    #[arg(long, value_name = "SHARE")]
    floor: Option<Floor>,
}

/// How to print the result of cases.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// `JUnit` XML, for build servers.
    Junit,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let report = match run_all_cases(pack_sources(options.folder.as_deref())?) {
        Ok(report) => report,
        Err(wrong) => return Ok(super::print_diagnostics(&wrong)),
    };
    let floor = options.floor.or(options.folder.is_none().then_some(Floor::FULL));
    let report = match floor {
        Some(floor) => report.demanding(floor),
        None => report,
    };
    super::print(&match options.format {
        Format::Text => as_text(&report),
        Format::Junit => as_junit(&report),
    });
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    // What falls short of a floor is told below, and stands among the conditions as well.
    let told = report.diagnostics.iter().filter(|wrong| wrong.code != "coverage");
    lines.extend(told.map(ToString::to_string));
    for seen in &report.coverage {
        if let Some(missing) = seen.missing() {
            let place = format!("{}:{}:{}", seen.file, seen.line, seen.column);
            lines.push(format!("{missing}: {place}: {} `{}`", seen.rule, seen.expression));
        }
    }
    let n_failed = report.results.iter().filter(|case| !case.passed()).count();
    let n_passed = report.results.len() - n_failed;
    lines.push(format!("{n_passed} passed, {n_failed} failed"));
    let (n_seen, n_sides) = (report.n_sides_seen(), report.n_sides());
    lines.push(format!("conditions: {n_seen} of {n_sides} sides seen"));
    let short = report.diagnostics.iter().filter(|wrong| wrong.code == "coverage");
    let mut short: Vec<&str> = short.filter_map(|wrong| wrong.suggestion.as_deref()).collect();
    short.dedup();
    lines.extend(short.into_iter().map(str::to_owned));
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
    xml += &format!(
        "  <properties>\n    <property name=\"sides_seen\" value=\"{}\"/>\n    \
         <property name=\"sides\" value=\"{}\"/>\n  </properties>\n",
        report.n_sides_seen(),
        report.n_sides()
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

/// For XML, which also has no place for most control characters.
fn escape(text: &str) -> String {
    let text: String = text.chars().filter(|it| !it.is_control() || *it == '\n').collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
