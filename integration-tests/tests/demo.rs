//! The demo reports the same on every run, on both databases, and when the server is killed in the middle.
#![expect(clippy::unwrap_used, reason = "test")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use tasuki_integration_tests::program;

/// The undisturbed run on SQLite that the others are compared with.
static UNDISTURBED: LazyLock<String> = LazyLock::new(|| report(&[]));

/// Runs the demo in a folder of its own and gives its report; it must end well.
fn report(more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let ended = demo(folder.path(), more);
    let said = String::from_utf8_lossy(&ended.stderr);
    let report = String::from_utf8(ended.stdout).unwrap();
    let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
    assert!(ended.status.success(), "the demo failed: {said}\n{report}\nserver:\n{log}");
    report
}

fn demo(folder: &Path, more: &[&str]) -> Output {
    Command::new(program::path().unwrap())
        .args(["demo", "--format", "json", "--keep"])
        .arg(folder)
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn a_second_run_reports_the_same() {
    assert_eq!(report(&[]), *UNDISTURBED);
}

#[test]
fn postgres_reports_the_same_as_sqlite() {
    let Some(server) = std::env::var_os("TASUKI_TEST_POSTGRES") else { return };
    let schema = format!("demo_{}", std::process::id());
    let url = format!("{}?schema={schema}", server.to_string_lossy());
    assert_eq!(report(&["--database", &url]), *UNDISTURBED);
}

#[test]
fn a_server_killed_while_it_sets_services_up_loses_nothing_and_doubles_nothing() {
    assert_eq!(report(&["--kill-server-after", "40"]), *UNDISTURBED);
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
