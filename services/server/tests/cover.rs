//! `tasuki cover` as an operator of a scheme uses it.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn cover(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasuki"));
    command.arg("cover").args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = cover(folder, arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_year_of_the_pilot_is_shown_in_both_languages_and_as_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let plain = ["simulate", "--method", "exact", "--retention", "1000000"];
    let ja = said(here, &[&plain[..], &["--html", "year.html"]].concat());
    for words in [
        "沖縄パイロット",
        "保険金の期待値",
        "総支払限度額が尽きる確率",
        "█",
        "¥97,920",
        "出典と仮定",
    ] {
        assert!(ja.contains(words), "{words} is missing in\n{ja}");
    }
    let en = said(here, &[&plain[..], &["--lang", "en"]].concat());
    for words in ["Okinawa pilot", "Expected losses", "stop loss above ¥1,000,000", "mean of worse"]
    {
        assert!(en.contains(words), "{words} is missing in\n{en}");
    }
    let page = fs::read_to_string(here.join("year.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg") && page.contains("<rect"));
    assert!(
        !page.contains("http://")
            || page.matches("http://").count() == page.matches("xmlns").count()
    );
}

#[test]
fn another_limit_is_shown_beside_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let example = said(here, &["simulate", "--example"]);
    fs::write(here.join("mine.yaml"), example.replace("n_tenants: 102", "n_tenants: 50")).unwrap();
    let changed =
        ["simulate", "mine.yaml", "--years", "300", "--json", "--limit", "limit.programme=200000"];
    let found: Value = serde_json::from_str(&said(here, &changed)).unwrap();
    let of = |side: &str, name: &str| found[side]["exact"][name].as_i64().unwrap();
    assert_eq!(of("now", "n_tenants"), 50);
    assert!(of("changed", "expected_losses_yen") < of("now", "expected_losses_yen"));
    assert!(of("changed", "unpaid_yen") > of("now", "unpaid_yen"));
    assert!(found["now"]["drawn"]["standard_error_yen"].as_i64().unwrap() > 0);
    assert_eq!(said(here, &changed), said(here, &changed), "the same seed gives the same answer");

    let wrong = cover(here, &["simulate", "--limit", "limit.roof=1"]);
    assert!(!wrong.status.success());
    assert!(text(&wrong.stderr).contains("limit.certificate"), "{}", text(&wrong.stderr));
}

#[test]
fn a_recorded_book_is_tried_under_other_terms() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let line = |claim: &str, day: u32, yen: i64| {
        format!(
            r#"{{"claim":"{claim}","tenant":"F086","loss_at":"2021-03-{day:02}T10:00:00+09:00","items":[{{"part":"on_site_response","loss":{yen}}}],"approved":60000}}"#
        )
    };
    let book = format!("{}\n\n{}\n", line("W-A", 9, 60_000), line("W-B", 2, 120_000));
    fs::write(here.join("book.jsonl"), book).unwrap();
    let changes = ["--deductible", "on_site_response=10000", "--limit", "limit.certificate=120000"];
    let asked = [&["compare", "--book", "book.jsonl", "--json"][..], &changes[..]].concat();
    let found: Value = serde_json::from_str(&said(here, &asked)).unwrap();
    let seen: Vec<_> = found["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (it["claim"].as_str().unwrap(), it["before_yen"].as_i64(), it["after_yen"].as_i64())
        })
        .collect();
    assert_eq!(
        seen,
        [("W-B", Some(100_000), Some(100_000)), ("W-A", Some(60_000), Some(20_000))],
        "in the order of the losses: 120,000 less 10,000 meets 100,000; then 20,000 are left"
    );
    assert_eq!(found["difference_yen"], -40_000);
    let asked = [&["compare", "--book", "book.jsonl"][..], &changes[..]].concat();
    let page = said(here, &asked);
    assert!(page.contains("年間の限度額") && page.contains("-¥40,000"), "{page}");
    assert!(page.contains("2 件のうち 1 件"), "{page}");

    let unchanged = cover(here, &["compare", "--book", "book.jsonl"]);
    assert!(text(&unchanged.stderr).contains("nothing is changed"));
    fs::write(here.join("bad.jsonl"), "{\"claim\":1}\n").unwrap();
    let asked = [&["compare", "--book", "bad.jsonl"][..], &changes[..]].concat();
    assert!(text(&cover(here, &asked).stderr).contains("bad.jsonl:1"));
}
