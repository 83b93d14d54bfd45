//! The demo reports the same on every run, on both databases, and when the server is killed in the middle.
//!
//! The report on file is what it says: a change of it is a change that users see, and is reviewed as one.
#![expect(clippy::unwrap_used, reason = "test")]

use std::path::Path;
use std::process::{Command, Output};

use tasuki_integration_tests::program;
use tasuki_integration_tests::repository::root;

/// Where the part of the text begins that names files and ports of this run.
const EXPLORE: &str = "\n## To explore";
const EXPLORE_JA: &str = "\n## 残ったデータベース";

/// What a run of the demo says: the text that it prints, and the report that it leaves as JSON.
struct Told {
    text: String,
    json: String,
}

/// Runs the demo in a folder of its own; it must end well.
fn told(more: &[&str]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let ended = demo(folder.path(), more);
    let said = String::from_utf8_lossy(&ended.stderr);
    let text = String::from_utf8(ended.stdout).unwrap();
    let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
    assert!(ended.status.success(), "the demo failed: {said}\n{text}\nserver:\n{log}");
    let (text, _) = text.split_once(EXPLORE).or_else(|| text.split_once(EXPLORE_JA)).unwrap();
    let json = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    Told { text: text.to_owned(), json }
}

fn demo(folder: &Path, more: &[&str]) -> Output {
    Command::new(program::path().unwrap())
        .args(["demo", "--keep"])
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn the_report_is_the_one_on_file() {
    let told = told(&[]);
    insta::assert_snapshot!("report", told.json);
    insta::assert_snapshot!("report_en", told.text);
}

#[test]
fn postgres_reports_the_same_as_sqlite() {
    let Some(server) = std::env::var_os("TASUKI_TEST_POSTGRES") else { return };
    let schema = format!("demo_{}", std::process::id());
    let url = format!("{}?schema={schema}", server.to_string_lossy());
    let told = told(&["--database", &url, "--lang", "ja"]);
    insta::assert_snapshot!("report", told.json);
    insta::assert_snapshot!("report_ja", told.text);
}

#[test]
fn a_server_killed_while_it_sets_services_up_loses_nothing_and_doubles_nothing() {
    insta::assert_snapshot!("report", told(&["--kill-server-after", "40"]).json);
}

#[test]
fn a_database_that_exists_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.db");
    std::fs::write(&file, "mine").unwrap();
    let url = format!("sqlite://{}", file.display());
    let ended = demo(folder.path(), &["--database", &url]);
    assert!(!ended.status.success());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("exists"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_readmes_show_what_the_report_says() {
    for (readme, report) in [("README.md", "report_en"), ("README.ja.md", "report_ja")] {
        let readme = std::fs::read_to_string(root().join(readme)).unwrap();
        let (_, shown) = readme.split_once("-- demo\n```\n").unwrap();
        let (_, shown) = shown.split_once("```text\n").unwrap();
        let (shown, _) = shown.split_once("```\n").unwrap();
        let file = format!("integration-tests/tests/snapshots/demo__{report}.snap");
        let report = std::fs::read_to_string(root().join(file)).unwrap();
        for line in shown.lines().filter(|line| *line != "…") {
            assert!(report.lines().any(|it| it == line), "not in the report: {line}");
        }
    }
}
