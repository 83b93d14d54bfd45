//! A client in another language, without generated code, does the main journey.

use std::process::Command;

use tasuki_integration_tests::program::Program;
use tasuki_integration_tests::repository::root;

#[test]
fn a_python_client_with_reflection_only_sells_and_sets_up_a_bundle() {
    let python = root().join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "Python and grpcio are needed and not installed: run `.ci/install tests` once"
    );

    let folder = tempfile::tempdir().unwrap();
    let provider = Program::start(
        folder.path(),
        "provider",
        &["provider", "serve", "--listen", "127.0.0.1:0"],
    )
    .unwrap();
    let server = Program::start(
        folder.path(),
        "server",
        &["serve", "--listen", "127.0.0.1:0", "--database", "sqlite://tasuki.db"],
    )
    .unwrap();

    let done = Command::new(python)
        .arg(root().join("integration-tests/tests/python_client.py"))
        .args([server.address(), provider.address()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "the client failed:\n{said}\n{}\nserver:\n{}\nprovider:\n{}",
        String::from_utf8_lossy(&done.stderr),
        server.log().unwrap(),
        provider.log().unwrap()
    );
    for word in ["partner", "tenant", "quote", "subscription", "set up"] {
        assert!(said.lines().any(|line| line.starts_with(word)), "no `{word}` in:\n{said}");
    }
}
