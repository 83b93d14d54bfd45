//! `tasuki demo`: a year of a real consortium's business through the real server.
//!
//! The server and the providers run as processes of their own; everything goes through the public
//! gRPC API, in the simulated time of each firm.

mod books;
pub(crate) mod callers;
mod crowd;
mod decisions;
mod detections;
mod explore;
mod gather;
mod held;
mod kumamoto;
mod losses;
mod paid;
pub(crate) mod people;
pub(crate) mod pilot;
mod play;
mod processes;
mod profile;
mod progress;
mod provision;
mod report;
mod scenes;
pub(crate) mod sell;
pub(crate) mod setup;
mod shares;
mod stage;
pub(crate) mod table;
mod terms;
mod trial;
mod trouble;
mod watch;
mod words;
mod year;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::Args;

use self::pilot::Pilot;
use self::report::Lang;
use self::stage::Stage;
use super::serve::{StopWith, told_to_stop};

/// The report as JSON, in the folder of the demo.
const REPORT: &str = "report.json";

/// How to play and what to print.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How to print the report.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Folder that keeps the database, the settings, the logs and the report as JSON.
    #[arg(long, value_name = "DIR", default_value = "tasuki-demo")]
    keep: PathBuf,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Kill the server once so many firms have ordered, and start it again.
    #[arg(long, value_name = "FIRMS", hide = true)]
    kill_server_after: Option<usize>,
}

/// How to print the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Plays the year and prints the report. The exit code is 1 when a figure is not as expected.
pub(crate) async fn run(options: Options, database: Option<String>) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let pilot = Pilot::read()?;
    let stage = Stage::set(&options.keep, database.as_deref(), &people::PROVIDERS)?;
    let played = tokio::select! {
        played = scenes::play(pilot, &stage, options.kill_server_after) => played?,
        told = told_to_stop(StopWith::Signal) => {
            told?;
            bail!("interrupted: the server and the providers are stopped");
        }
    };
    let json = serde_json::to_string_pretty(&played)?;
    let file = stage.folder.join(REPORT);
    std::fs::write(&file, &json).with_context(|| format!("cannot write `{}`", file.display()))?;
    match options.format {
        Format::Text => {
            print(report::render(&played, options.lang).trim_start());
            print(&explore::text(&stage, options.lang));
        }
        Format::Json => print(&json),
    }
    say(&format!("the demo took {:.1} s", began.elapsed().as_secs_f64()));
    if played.mismatches.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{} figures are not as expected: see the report", played.mismatches.len()));
    Ok(ExitCode::FAILURE)
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "what changes from run to run is no part of the report")]
fn say(text: &str) {
    eprintln!("{text}");
}
