//! What the program says to somebody who types.
#![expect(clippy::unwrap_used, reason = "test")]

use std::process::{Command, Output};

fn tasuki(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tasuki")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_names_every_command_that_the_documents_name() {
    let help = text(&tasuki(&["--help"]).stdout);
    for command in ["serve", "migrate"] {
        assert!(help.contains(command), "`{command}` is not in:\n{help}");
    }
}

#[test]
fn the_printed_defaults_are_a_configuration_that_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let printed = text(&tasuki(&["serve", "--print-defaults"]).stdout);
    let file = folder.path().join("tasuki.toml");
    std::fs::write(&file, &printed).unwrap();
    let database = format!("sqlite://{}", folder.path().join("a.db").display());
    let done =
        tasuki(&["--config", file.to_str().unwrap(), "--database", database.as_str(), "migrate"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn a_wrong_setting_is_named_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    std::fs::write(&file, "[server]\nadress = \"127.0.0.1:1\"\n").unwrap();
    let done = tasuki(&["--config", file.to_str().unwrap(), "migrate"]);
    let said = text(&done.stderr);
    assert!(!done.status.success());
    assert!(said.contains("adress") && said.contains("wrong.toml"), "{said}");
}
