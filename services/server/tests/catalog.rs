//! `tasuki catalog` as an author of rate cards uses it.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const OKINAWA: &str = include_str!("../../../pricing/cards/okinawa-2021.yaml");

fn catalog(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tasuki"));
    command.arg("catalog").args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The next version of the card of Okinawa: EDR costs more, and there is a new option's price.
fn next() -> String {
    OKINAWA
        .replacen("version: 2021-01", "version: 2022-04", 1)
        .replacen("effective: { from: 2021-01-26 }", "effective: { from: 2022-04-01 }", 1)
        .replacen("{ per_unit: { yen: 1800 } }", "{ per_unit: { yen: 2000 } }", 1)
}

#[test]
fn what_is_wrong_comes_with_its_place_and_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let sound = catalog(here, &["check"]);
    assert!(sound.status.success());
    assert!(text(&sound.stdout).contains("ok  okinawa@2021-01  2021-01-26..  sha256:"));

    fs::write(here.join("now.yaml"), OKINAWA).unwrap();
    fs::write(here.join("next.yaml"), next()).unwrap();
    let both = catalog(here, &["check", "now.yaml", "next.yaml"]);
    assert!(!both.status.success());
    let said = text(&both.stderr);
    assert!(
        said.contains("error: next.yaml:13:12: `okinawa@2021-01` and `okinawa@2022-04`"),
        "{said}"
    );
    assert!(said.contains("effective: { to: 2022-04-01 }"), "{said}");

    let dead = OKINAWA.replacen(
        "    plans: [edr.standard]\n    option: edr.virus",
        "    plans: [edr.standard, utm.basic]\n    option: edr.virus",
        1,
    );
    fs::write(here.join("dead.yaml"), dead).unwrap();
    let warned = catalog(here, &["check", "dead.yaml", "--json"]);
    assert!(warned.status.success(), "a warning does not fail");
    let found: serde_json::Value = serde_json::from_slice(&warned.stdout).unwrap();
    assert_eq!((&found[0]["level"], &found[0]["code"]), (&"warning".into(), &"dead-price".into()));
    assert!(found[0]["line"].as_u64().unwrap() > 1);
}

#[test]
fn a_card_is_shown_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let shown = |arguments: &[&str]| text(&catalog(folder.path(), arguments).stdout);
    assert!(shown(&["show"]).contains("okinawa-trial@2020-09"));
    let japanese = shown(&["show", "okinawa@2021-01"]);
    assert!(
        japanese.contains("クラウドWAF") && japanese.contains("10GBまで ¥10,000"),
        "{japanese}"
    );
    let english = shown(&["show", "okinawa", "--on", "2021-04-01", "--lang", "en"]);
    assert!(english.contains("¥1,800 each (endpoint(s))"), "{english}");
    let json: serde_json::Value =
        serde_json::from_str(&shown(&["show", "okinawa@2021-01", "--json"])).unwrap();
    assert_eq!(json["plans"][0]["provider"], "utm");
    let unknown = catalog(folder.path(), &["show", "okinava"]);
    assert!(text(&unknown.stderr).contains("there are kumamoto@2021-01"));
}

#[test]
fn a_difference_names_the_price_and_whom_it_concerns() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("next.yaml"), next()).unwrap();
    let plain = catalog(here, &["diff", "okinawa@2021-01", "next.yaml"]);
    let said = text(&plain.stdout);
    assert!(said.contains("edr.yearly") && said.contains("¥1,800 → 1台あたり¥2,000"), "{said}");
    assert!(!said.contains("対象の契約"), "without a database nobody is named");

    let database = format!("sqlite://{}", here.join("tasuki.db").display());
    let arguments =
        ["--database", &database, "diff", "okinawa@2021-01", "next.yaml", "--lang", "en"];
    let stored = catalog(here, &arguments);
    let said = text(&stored.stdout);
    assert!(said.contains("0 subscription(s) on the first card"), "{said}{}", text(&stored.stderr));
    let json = catalog(here, &["diff", "okinawa@2021-01", "next.yaml", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["prices"][0]["kind"], "changed");
    let same = catalog(here, &["diff", "okinawa@2021-01", "okinawa@2021-01", "--lang", "en"]);
    assert!(text(&same.stdout).contains("Nothing differs"));
}
