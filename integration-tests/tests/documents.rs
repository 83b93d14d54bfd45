//! `tasuki quote` on paper, on the screen and as data: the PDF is read back and says the same.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tasuki_integration_tests::program;
use tasuki_integration_tests::repository::root;

/// The shop of the README: nine computers with Windows, three Macs, a web site, 30,000 yen a month.
const SHOP: [&str; 11] = [
    "--employees",
    "12",
    "--windows",
    "9",
    "--mac",
    "3",
    "--website",
    "--traffic-gb",
    "8",
    "--budget",
    "30000",
];

struct Answer {
    json: Value,
    html: String,
    pages: Vec<String>,
    fonts_inside: bool,
}

fn python() -> PathBuf {
    let python = root().join("target/tools/venv/bin/python");
    assert!(
        python.exists(),
        "Python and pypdf are needed and not installed: run `.ci/install tests` once"
    );
    python
}

fn quoted(folder: &Path, arguments: &[&str]) -> Answer {
    let (pdf, html) = (folder.join("quote.pdf"), folder.join("quote.html"));
    let done = Command::new(program::path().unwrap())
        .arg("quote")
        .args(arguments)
        .arg("--json")
        .arg("--pdf")
        .arg(&pdf)
        .arg("--html")
        .arg(&html)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let json = serde_json::from_slice(&done.stdout).unwrap();
    let read = Command::new(python())
        .env("PYTHONUTF8", "1")
        .arg(root().join("integration-tests/tests/read_pdf.py"))
        .arg(&pdf)
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    let pages = read["pages"].as_array().unwrap();
    Answer {
        json,
        html: std::fs::read_to_string(html).unwrap(),
        pages: pages.iter().map(|page| page.as_str().unwrap().to_owned()).collect(),
        fonts_inside: read["fonts_inside"].as_bool().unwrap(),
    }
}

/// Yen as customers read it.
fn yen(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{}¥{text}", if amount < 0 { "-" } else { "" })
}

/// Every amount of the lines and the sums, as the documents must show it.
fn amounts(json: &Value) -> Vec<String> {
    let priced = &json["priced"];
    let of = |money: &Value| money["minor"].as_i64().or_else(|| money["amount"].as_i64());
    let lines = priced["lines"].as_array().unwrap();
    let shown = lines.iter().filter(|line| line["kind"] != "included");
    let mut found: Vec<i64> = shown.filter_map(|line| of(&line["amount"])).collect();
    for year in ["first_year", "steady_year"] {
        let sums = &priced["totals"][year];
        found.extend(["net", "tax", "gross"].map(|name| of(&sums[name]).unwrap()));
    }
    for other in json["alternatives"].as_array().unwrap() {
        found.push(of(&other["totals"]["first_year"]["gross"]).unwrap());
    }
    assert!(found.len() > 10, "{priced}");
    found.into_iter().map(yen).collect()
}

#[test]
fn paper_screen_and_data_have_the_same_amounts() {
    let folder = tempfile::tempdir().unwrap();
    for language in ["ja", "en"] {
        for more in [
            &["--for", "株式会社 美ら海商店", "--start-on", "2021-04-01"][..],
            &["--for", "Churaumi", "--start-on", "2021-08-01", "--campaign", "otasuketai-2021"],
        ] {
            let arguments = [&SHOP[..], &["--lang", language], more].concat();
            let answer = quoted(folder.path(), &arguments);
            let [page] = answer.pages.as_slice() else { panic!("{} pages", answer.pages.len()) };
            assert!(answer.fonts_inside, "it opens anywhere");
            for amount in amounts(&answer.json) {
                assert!(page.contains(&amount), "no {amount} on paper:\n{page}");
                assert!(answer.html.contains(&amount), "no {amount} on the screen");
            }
        }
    }
}

#[test]
fn a_hostile_name_is_printed_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["#strong[x] $x^2$ *b* // <label> @ref", "<script>alert(1)</script>髙﨑商店"];
    for name in names {
        let answer = quoted(folder.path(), &[&SHOP[..], &["--for", name]].concat());
        let page = answer.pages.join("\n").replace(['\u{200b}', '\n', ' '], "");
        for word in name.split(' ') {
            assert!(page.contains(word), "no `{word}` in:\n{page}");
        }
        assert!(!answer.html.contains("<script>"), "{}", answer.html);
    }
}
