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

const EVERY_MODEL: &str = include_str!("../../tests/cards/every-model.yaml");

/// The card of every kind of price with one text replaced.
fn remodelled(from: &str, to: &str) -> String {
    assert!(EVERY_MODEL.contains(from), "`{from}` is not in the card");
    EVERY_MODEL.replacen(from, to, 1)
}

#[test]
fn prices_of_other_prices_and_moves_between_steps_are_checked() {
    let share = "rate: \"0.1\", of: [utm.monthly, edr.monthly], least: 500, most: 2000";
    let minimum = "of: [utm.monthly, edr.monthly, bundle.support, cloud_waf.traffic]";
    let steps = "    model: { volume: [{ up_to: \"10\"";
    let broken = [
        ("a share of nothing", remodelled(share, "rate: \"0.1\", of: []")),
        ("a share of itself", remodelled(share, "rate: \"0.1\", of: [bundle.support]")),
        ("a share of no price", remodelled(share, "rate: \"0.1\", of: [utm.montly]")),
        ("a share of a minimum", remodelled(share, "rate: \"0.1\", of: [bundle.minimum]")),
        ("a share of a yearly fee", remodelled(share, "rate: \"0.1\", of: [edr.yearly]")),
        ("a share of what may happen", remodelled(share, "rate: \"0.1\", of: [utm.island_visit]")),
        ("a share with another tax", remodelled(share, "rate: \"0.1\", of: [utm.premium]")),
        ("ten times as share", remodelled(share, "rate: \"10\", of: [utm.monthly]")),
        ("bounds the wrong way", remodelled("least: 500, most: 2000", "least: 500, most: 20")),
        ("a minimum of a fee once", remodelled(minimum, "of: [utm.initial]")),
        (
            "a minimum once",
            remodelled(
                "    cadence: monthly\n    proration: actual_days\n    model: { minimum",
                "    cadence: initial\n    model: { minimum",
            ),
        ),
        ("a minimum of nothing", remodelled("yen: 14000", "yen: 0")),
        (
            "steps without meter that move",
            remodelled(steps, &format!("    moves: approval\n{steps}")),
        ),
        (
            "a band of everything",
            remodelled(
                steps,
                &format!(
                    "    moves: {{ hysteresis: {{ up_after_months: 0, down_after_months: 1, band: \"1\" }} }}\n{steps}"
                ),
            ),
        ),
        (
            "an anchor of a fee once",
            remodelled(
                "    cadence: initial\n    unit",
                "    cadence: initial\n    anchor: anniversary\n    unit",
            ),
        ),
        (
            "a step below the minimum",
            remodelled("graduated: [{ up_to: \"10\"", "graduated: [{ up_to: \"4\""),
        ),
        (
            "an option for no plan",
            remodelled("    plans: [edr.standard]\n    name", "    plans: []\n    name"),
        ),
        (
            "a price of an option that its plan has not",
            remodelled(
                "    plans: [edr.standard]\n    option",
                "    plans: [utm.basic]\n    option",
            ),
        ),
    ];
    let shown: Vec<_> =
        broken.iter().map(|(what, text)| format!("{what}:\n{}\n", errors_of(text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_nobody_can_take_is_found_and_what_is_merely_odd_is_a_warning() {
    let option = "  - option: edr.logs\n    plans: [edr.standard]\n";
    let rule = "{ ja: 必要, en: Needed }";
    let other = |more: &str| {
        format!(
            "{option}    name: {{ ja: a, en: a }}\n    requires: [{{ any_of: [edr.other], rule: {rule} }}]\n{more}\
             \x20 - option: edr.other\n"
        )
    };
    let with_price = |text: String, plans: &str| {
        text.replacen(
            "prices:\n",
            &format!(
                "prices:\n  - price: edr.other\n    plans: {plans}\n    option: edr.other\n    label: {{ ja: b, en: b }}\n    cadence: yearly\n    model: {{ flat: 1 }}\n"
            ),
            1,
        )
    };
    let needs = |more: &str, other_plans: &str, other_more: &str| {
        let text = EVERY_MODEL.replacen(
            "  - option: edr.logs\n    plans: [edr.standard]\n    name: { ja: ログの保管, en: Keeping logs }\n",
            &format!("{}    plans: {other_plans}\n    name: {{ ja: b, en: b }}\n{other_more}", other(more)),
            1,
        );
        with_price(text, other_plans)
    };
    let odd = [
        ("sound", EVERY_MODEL.to_owned()),
        ("it can be taken", needs("", "[edr.standard]", "")),
        ("what it needs is offered elsewhere", needs("", "[utm.basic]", "")),
        ("what it needs is its rival", needs("    group: g\n", "[edr.standard]", "    group: g\n")),
        ("what it needs excludes it", needs("", "[edr.standard]", "    excludes: [edr.logs]\n")),
        (
            "a price named for a plan twice",
            remodelled(
                "plans: [utm.basic, edr.standard]",
                "plans: [utm.basic, edr.standard, edr.standard]",
            ),
        ),
        (
            "a price partly dead",
            remodelled(
                "    plans: [edr.standard]\n    option",
                "    plans: [edr.standard, utm.basic]\n    option",
            ),
        ),
        (
            "a minimum that decides everything",
            remodelled("per_unit: { yen: 365 }", "per_unit: { yen: 365, minimum: \"1000\" }"),
        ),
        (
            "a minimum that decides nothing",
            remodelled("per_unit: { yen: 365 }", "per_unit: { yen: 365, minimum: \"3\" }"),
        ),
        (
            "a text nobody reads",
            format!("{EVERY_MODEL}acknowledgements: [{{ code: consent, text: {rule} }}]\n"),
        ),
    ];
    let shown: Vec<_> = odd
        .iter()
        .map(|(what, text)| {
            let checked = RateCard::check("card.yaml", text);
            let found = checked.findings.iter();
            let found: Vec<_> =
                found.map(|it| format!("{:?} [{}] {it}\n", it.level, it.code)).collect();
            format!("{what}: {}\n{}", checked.card.is_some(), found.concat())
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// The card with cover that can be chosen with a UTM, at this price.
fn with_cover(price: &str) -> String {
    let option = "options:\n  - option: utm.cover\n    plans: [utm.basic]\n    name: { ja: 補償, en: Cover }\n    \
                  cover: plus-2021\n";
    let price = format!(
        "\nprices:\n  - price: utm.cover\n    plans: [utm.basic]\n    option: utm.cover\n    label: {{ ja: 保険料, \
         en: Premium }}\n{price}"
    );
    OKINAWA.replacen("options:\n", option, 1).replacen("\nprices:\n", &price, 1)
}

#[test]
fn the_price_of_cover_is_the_premium_of_a_certificate_without_tax() {
    let premium = "    cadence: monthly\n    tax_mode: exempt\n    model: { flat: 500 }\n";
    let card = RateCard::load("card.yaml", &with_cover(premium)).unwrap();
    let price = card.price("utm.cover").unwrap();
    assert!(card.is_premium(price) && !card.is_premium(card.price("utm.monthly").unwrap()));
    let taxed = with_cover("    cadence: monthly\n    model: { flat: 500 }\n");
    assert!(errors_of(&taxed).contains("`utm.cover` is a premium, which bears no tax"));
    let once = "    cadence: one_off\n    tax_mode: exempt\n    model: { flat: 500 }\n";
    assert!(errors_of(&with_cover(once)).contains("the premium of one certificate"));
}
