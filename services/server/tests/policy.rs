//! `tasuki policy` as an author uses it.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn policy(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasuki"));
    command.arg("policy").args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const FACTS: &str = "now: 2021-06-02T00:00:00Z
claim:
  certificate_in_force: true
  loss_at: 2021-06-01T03:00:00Z
  terms_acknowledged_at: 2021-03-20T01:00:00Z
  premium_accounted: true
  hours_since_heartbeat: 30
";

#[test]
fn a_new_pack_checks_passes_is_laid_out_and_is_not_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert!(policy(here, &["new", "exclusion/mine"]).status.success());
    for arguments in [&["check", "."][..], &["test", ".", "--floor", "100%"], &["fmt", "--check"]] {
        let done = policy(here, arguments);
        assert!(
            done.status.success(),
            "{arguments:?}\n{}{}",
            text(&done.stdout),
            text(&done.stderr)
        );
    }
    let again = policy(here, &["new", "exclusion/mine"]);
    assert!(!again.status.success());
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
    assert!(!policy(here, &["new", "exclusions/mine"]).status.success());
}

#[test]
fn what_the_cases_do_not_see_fails_below_the_floor() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    policy(here, &["new", "exclusion/mine"]);
    let cases = here.join("exclusion/mine/cases/first.yaml");
    let fewer = fs::read_to_string(&cases).unwrap().replace(": 11 }", ": 10 }");
    fs::write(&cases, fewer).unwrap();
    let plain = policy(here, &["test", "."]);
    assert!(plain.status.success(), "{}", text(&plain.stdout));
    let full = policy(here, &["test", ".", "--floor", "100%"]);
    assert!(!full.status.success());
    let said = text(&full.stdout);
    assert!(said.contains("never true: exclusion/mine/pack.yaml:"), "{said}");
    assert!(said.contains("conditions: 5 of 6 sides seen"), "{said}");
    assert!(policy(here, &["test", ".", "--floor", "5/6"]).status.success());
    let junit = policy(here, &["test", ".", "--floor", "100%", "--format", "junit"]);
    assert!(!junit.status.success());
    assert!(text(&junit.stdout).contains("<system-err>exclusion/mine/pack.yaml:"));
}

#[test]
fn the_shipped_packs_pass_in_full() {
    let done = policy(Path::new("."), &["test"]);
    assert!(done.status.success(), "{}", text(&done.stdout));
}

#[test]
fn a_decision_is_printed_as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("facts.yaml"), FACTS).unwrap();
    let ask = |lang: &str| {
        let done = policy(
            folder.path(),
            &["explain", "cover/v1", "--facts", "facts.yaml", "--lang", lang],
        );
        assert!(done.status.success(), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    assert!(ask("ja").contains("補償条項 第4条"));
    assert!(ask("en").contains("would change it"));
    let early = policy(
        folder.path(),
        &["explain", "cover/v1", "--facts", "facts.yaml", "--at", "2020-01-01"],
    );
    assert!(text(&early.stderr).contains("is in force"), "{}", text(&early.stderr));
    fs::write(folder.path().join("wrong.yaml"), "claim: { amount: 5 }\n").unwrap();
    let wrong = policy(folder.path(), &["explain", "cover/v1", "--facts", "wrong.yaml"]);
    assert!(text(&wrong.stderr).contains("wrong.yaml:1:10"), "{}", text(&wrong.stderr));
}

#[test]
fn expressions_can_be_piped() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("facts.yaml"), FACTS).unwrap();
    let mut running = Command::new(env!("CARGO_BIN_EXE_tasuki"))
        .args(["policy", "repl", "--facts", "facts.yaml", "--pack", "cover/v1"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    input
        .write_all(b"claim.hours_since_heartbeat - heartbeat_hours_most\nclaim.hours\n:quit\n1\n")
        .unwrap();
    drop(input);
    let said = text(&running.wait_with_output().unwrap().stdout);
    assert!(said.starts_with("int: 6\n"), "{said}");
    assert!(said.contains("did you mean `claim.hours_since_heartbeat`?"), "{said}");
    assert!(!said.contains("int: 1\n"), "{said}");
}

#[test]
fn untidy_files_are_told_and_then_laid_out() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    policy(here, &["new", "cover/mine"]);
    let file = here.join("cover/mine/pack.yaml");
    let tidy = fs::read_to_string(&file).unwrap();
    fs::write(&file, tidy.replace("\n\n", "\n\n\n").replace("owner:", "owner:   ")).unwrap();
    let told = policy(here, &["fmt", "--check"]);
    assert!(!told.status.success() && text(&told.stdout).contains("pack.yaml"));
    assert!(policy(here, &["fmt"]).status.success());
    assert!(policy(here, &["fmt", "--check"]).status.success());
    fs::write(&file, "kind: [\n").unwrap();
    assert!(!policy(here, &["fmt"]).status.success());
    assert_eq!(fs::read_to_string(&file).unwrap(), "kind: [\n");
}

#[test]
fn schemas_are_printed_for_editors() {
    for of in ["pack", "cases"] {
        let done = policy(Path::new("."), &["schema", of]);
        assert!(text(&done.stdout).contains("\"$schema\""), "{of}");
    }
}
