//! Events from the running program to a receiver in another language, which checks the signatures by itself.

use std::process::Command;

use tasuki_integration_tests::program::Program;
use tasuki_integration_tests::repository::root;

#[test]
fn a_receiver_in_python_verifies_what_the_program_sends() {
    let python = root().join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "Python and grpcio are needed and not installed: run `.ci/install tests` once"
    );
    let folder = tempfile::tempdir().unwrap();
    let settings = "[webhooks]\nopen_hosts = [\"127.0.0.1\"]\n";
    std::fs::write(folder.path().join("tasuki.toml"), settings).unwrap();
    let arguments = [
        "serve",
        "--config",
        "tasuki.toml",
        "--listen",
        "127.0.0.1:0",
        "--database",
        "sqlite://tasuki.db",
    ];
    let server = Program::start(folder.path(), "server", &arguments).unwrap();

    let done = Command::new(python)
        .env("PYTHONUTF8", "1")
        .arg(root().join("integration-tests/tests/webhook_receiver.py"))
        .arg(server.address())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "the receiver failed:\n{said}\n{}\n{}",
        String::from_utf8_lossy(&done.stderr),
        server.log().unwrap()
    );
    assert!(said.ends_with("all delivered\n"), "{said}");
    let log = server.log().unwrap();
    assert!(!log.contains("whsec_"), "a secret stands in the log:\n{log}");
}
