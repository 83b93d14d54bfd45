use super::*;
use crate::cards::Cards;

const OKINAWA: &str = include_str!("../../cards/okinawa-2021.yaml");

/// The card with one text replaced; fails if the text is not there.
fn changed(from: &str, to: &str) -> String {
    assert!(OKINAWA.contains(from), "`{from}` is not in the card");
    OKINAWA.replacen(from, to, 1)
}

/// Where the text stands, to compare with what the error says.
fn line_of(text: &str, part: &str) -> u64 {
    let before = text.split(part).next().unwrap();
    u64::try_from(before.matches('\n').count()).unwrap() + 1
}

fn errors_of(text: &str) -> String {
    RateCard::load("card.yaml", text).unwrap_err().to_string()
}

#[test]
fn the_cards_that_come_with_the_program_are_sound() {
    let cards = Cards::built_in().unwrap();
    let names: Vec<_> = cards.all().iter().map(|card| card.reference.to_string()).collect();
    assert_eq!(
        names,
        ["kumamoto@2021-01", "kumamoto-trial@2020-09", "okinawa@2021-01", "okinawa-trial@2020-09"]
    );
}

#[test]
fn errors_say_where_and_what_would_be_right() {
    let broken = [
        ("a misspelt field", changed("    cadence: initial\n", "    cadense: initial\n")),
        ("a misspelt word", changed("cadence: monthly", "cadence: montly")),
        ("a field twice", changed("operator: ogs\n", "operator: ogs\noperator: ogs\n")),
        ("a missing field", changed("valid_days: 30\n", "")),
        ("a plan that is not there", changed("plans: [edr.standard]", "plans: [edr.standart]")),
        ("a date that is none", changed("from: 2021-01-26", "from: 2021-02-30")),
        ("steps that fall", changed("{ up_to: \"20\", yen", "{ up_to: \"10\", yen")),
        ("a gap at the end", changed("        - { needs_quote: true }\n", "")),
        ("a step without price", changed("{ up_to: \"20\", yen: 15000 }", "{ up_to: \"20\" }")),
        ("a negative price", changed("{ per_unit: { yen: 1800 } }", "{ per_unit: { yen: -1 } }")),
        ("two defaults", changed("    tier: total\n", "    tier: total\n    default: true\n")),
        ("an empty text", changed("en: Cloud WAF }", "en: \"\" }")),
        ("a rate of ten", changed("rate: \"0.1\"", "rate: \"10\"")),
        (
            "an option without price",
            changed(
                "    option: edr.forensics\n    label",
                "    option: edr.virus_removal\n    label",
            ),
        ),
        (
            "a trigger that repeats",
            changed("    cadence: one_off\n    trigger", "    cadence: monthly\n    trigger"),
        ),
    ];
    let shown: Vec<_> =
        broken.iter().map(|(what, text)| format!("{what}:\n{}\n", errors_of(text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn the_line_is_that_of_the_entry() {
    let text = changed("plans: [edr.standard]", "plans: [edr.standart]");
    let invalid = RateCard::load("card.yaml", &text).unwrap_err();
    let expected = line_of(&text, "- option: edr.virus_removal");
    assert!(invalid.errors.iter().any(|error| error.line == expected), "{invalid}");
}

#[test]
fn every_error_is_reported_and_not_only_the_first() {
    let text = changed("en: Cloud WAF }", "en: \"\" }").replacen("rate: \"0.1\"", "rate: \"2\"", 1);
    assert_eq!(RateCard::load("card.yaml", &text).unwrap_err().errors.len(), 2);
}

#[test]
fn versions_follow_each_other_without_gap_or_overlap() {
    let ends = |day: &str| {
        changed(
            "effective: { from: 2021-01-26 }",
            &format!("effective: {{ from: 2021-01-26, to: {day} }}"),
        )
    };
    let next = changed("version: 2021-01", "version: 2022-01").replacen(
        "from: 2021-01-26",
        "from: 2022-01-01",
        1,
    );
    let load = |first: &str| Cards::load([("a.yaml", first), ("b.yaml", next.as_str())]);
    let cards = load(&ends("2022-01-01")).unwrap();
    let version = |day: &str| {
        cards.in_force("okinawa", day.parse().unwrap()).map(|card| card.reference.version.clone())
    };
    assert_eq!(version("2020-12-31"), None);
    assert_eq!(version("2021-12-31").as_deref(), Some("2021-01"));
    assert_eq!(version("2022-01-01").as_deref(), Some("2022-01"));
    let wrong: Vec<_> = [OKINAWA.to_owned(), ends("2022-02-01"), ends("2021-12-31")]
        .iter()
        .map(|first| load(first).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(wrong.join("\n"));
}

#[test]
fn a_pinned_version_must_have_the_same_content() {
    let cards = Cards::built_in().unwrap();
    let card = cards.version("okinawa", "2021-01").unwrap();
    assert!(cards.pinned(&card.reference).is_some());
    let other = RateCardRef { hash: "sha256:00".to_owned(), ..card.reference.clone() };
    assert!(cards.pinned(&other).is_none());
}

#[test]
fn a_partner_sells_by_its_own_card() {
    let cards = Cards::built_in().unwrap();
    let codes = |partner, prefecture, day: &str| -> Vec<&str> {
        let day = day.parse().unwrap();
        cards.sold_by(partner, prefecture, day).into_iter().map(RateCard::code).collect()
    };
    let later = "2021-04-01";
    assert_eq!(codes("ogs", None, later), ["okinawa"]);
    assert_eq!(codes("secure-innovation", None, later), ["okinawa"]);
    assert_eq!(codes("somebody", Some("43"), later), ["kumamoto"]);
    assert_eq!(codes("somebody", Some("JP-43"), later), ["kumamoto"]);
    assert_eq!(codes("somebody", None, later), ["kumamoto", "okinawa"], "somebody has to choose");
    assert_eq!(codes("ogs", None, "2020-10-01"), ["okinawa-trial"], "only the pilot is sold");
    assert_eq!(codes("ogs", None, "2021-01-25"), ["okinawa-trial"]);
    assert!(codes("ogs", None, "2019-01-01").is_empty());
}
