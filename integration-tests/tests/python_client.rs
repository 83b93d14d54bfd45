//! Clients in another language, without generated code: the README's first call, and the main journey.
#![expect(clippy::unwrap_used, reason = "test")]

use std::path::PathBuf;
use std::process::{Command, Output};

use tasuki_integration_tests::program::Program;
use tasuki_integration_tests::repository::root;

/// A server with a database in a folder of its own.
fn server(folder: &std::path::Path) -> Program {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", "sqlite://tasuki.db"];
    Program::start(folder, "server", &arguments).unwrap()
}

fn python() -> PathBuf {
    let python = root().join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "Python and grpcio are needed and not installed: run `.ci/install tests` once"
    );
    python
}

fn succeeded(done: &Output, processes: &[&Program]) -> String {
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let logs: Vec<String> = processes.iter().map(|one| one.log().unwrap()).collect();
    assert!(
        done.status.success(),
        "the client failed:\n{said}\n{}\n{}",
        String::from_utf8_lossy(&done.stderr),
        logs.join("\n")
    );
    said
}

#[test]
fn the_first_call_of_the_readme_prints_what_the_readme_says() {
    let python = python();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, from_call) = readme.split_once("```python\n").unwrap();
    let (call, after) = from_call.split_once("```\n").unwrap();
    let (_, from_output) = after.split_once("```text\n").unwrap();
    let (output, _) = from_output.split_once("```\n").unwrap();

    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path());
    let call = call.replace("127.0.0.1:50051", server.address());
    let done = Command::new(python).env("PYTHONUTF8", "1").args(["-c", &call]).output().unwrap();
    assert_eq!(succeeded(&done, &[&server]), output);
}

#[test]
fn a_python_client_with_reflection_only_sells_and_sets_up_a_bundle() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["provider", "serve", "--listen", "127.0.0.1:0"];
    let provider = Program::start(folder.path(), "provider", &arguments).unwrap();
    let server = server(folder.path());

    let done = Command::new(python)
        .env("PYTHONUTF8", "1")
        .arg(root().join("integration-tests/tests/python_client.py"))
        .args([server.address(), provider.address()])
        .output()
        .unwrap();
    let said = succeeded(&done, &[&server, &provider]);
    for word in ["partner", "tenant", "quote", "subscription", "set up"] {
        assert!(said.lines().any(|line| line.starts_with(word)), "no `{word}` in:\n{said}");
    }
}
