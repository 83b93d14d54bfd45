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

/// The shipped `payable/v1` with a deductible, as a folder of its own.
fn with_deductible(here: &Path, yen: i64) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/packs/payable/v1");
    let pack = fs::read_to_string(shipped.join("pack.yaml")).unwrap();
    let changed = pack
        .replace("\"2020.1\"", "\"2022.1\"")
        .replace("deductible: { int: 0", &format!("deductible: {{ int: {yen}"));
    assert_ne!(pack, changed);
    fs::create_dir_all(here.join("mine")).unwrap();
    fs::write(here.join("mine/pack.yaml"), changed).unwrap();
}

#[test]
fn what_a_version_would_change_is_counted_on_a_book_of_facts() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    with_deductible(here, 5_000);
    let line = |name: &str, yen: i64| {
        format!(
            "{{\"name\": \"{name}\", \"tenant_id\": \"ten_a\", \"facts\": {{\"now\": \
             \"2021-06-01T00:00:00Z\", \"claim\": {{\"amount_yen\": {yen}, \
             \"part_limit_left_yen\": 100000, \"limit_left_yen\": 300000, \
             \"programme_left_yen\": 1000000}}}}}}\n"
        )
    };
    let book = line("small", 30_000) + &line("large", 200_000) + "{\"facts\": 1}\n";
    fs::write(here.join("book.jsonl"), book).unwrap();
    let arguments = ["compare", "payable/v1@2020.1", "mine", "--book", "book.jsonl", "--list"];
    let done = policy(here, &arguments);
    assert!(done.status.success(), "{}", text(&done.stderr));
    insta::assert_snapshot!(text(&done.stdout), @r"
    small: satisfied [PAID_IN_FULL] ¥30,000 -> satisfied [PAID_IN_FULL] ¥25,000
    compared      2
    would change  1 (to satisfied 0, to not satisfied 0, to undetermined 0)
    amounts       -¥5,000
    unreadable    1

    by tenant  changed      yen
    ten_a            1  -¥5,000
    ");
    assert!(text(&done.stderr).starts_with("book.jsonl:3: "), "{}", text(&done.stderr));

    let nowhere = policy(here, &["compare", "payable/v1@1999.1", "mine", "--book", "book.jsonl"]);
    assert!(!nowhere.status.success());
    assert!(text(&nowhere.stderr).contains("payable/v1@1999.1"), "{}", text(&nowhere.stderr));
}

#[test]
fn a_database_is_proven_and_compared_also_when_nothing_was_decided_yet() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    with_deductible(here, 5_000);
    let database = ["--database", "sqlite://new.db", "--log", "error"];
    let replayed = policy(here, &[&["replay", "--all"], &database[..]].concat());
    assert!(replayed.status.success(), "{}", text(&replayed.stderr));
    assert!(text(&replayed.stdout).starts_with("0 decisions replayed in 0 chains"));
    let compared = policy(here, &[&["compare", "recorded", "mine"], &database[..]].concat());
    assert!(compared.status.success(), "{}", text(&compared.stderr));
    assert!(text(&compared.stdout).starts_with("compared      0\n"));
}
