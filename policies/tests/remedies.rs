//! What would change a finding, each proven by evaluating the rule again.
#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Instant;

use tasuki_core::decision::{Remedy, RemedyChange};
use tasuki_policies::facts::FactSet;
use tasuki_policies::{Evaluation, Outcome, PackSet, PackSource};

const HEAD: &str = r#"kind: cover
name: example
owner: a partner
version: "1"
environment: 1
effective: { from: 2020-09-01 }
published_at: 2020-08-01
source: terms
facts: [company, claim]
constants: { most: { int: 50000, source: terms }, year: { duration: 8760h, source: terms } }
"#;

fn evaluate(body: &str, facts: &str) -> Evaluation {
    let used = "outputs: { most: most, year: string(year) }\n";
    let pack = PackSource::new("cover/example/pack.yaml", format!("{HEAD}{body}{used}"));
    let packs = PackSet::load([pack]).map_err(|wrong| format!("{wrong:#?}")).unwrap();
    let mut facts: serde_json::Map<_, _> = serde_json::from_str(facts).unwrap();
    facts.insert("now".to_owned(), "2020-10-01T03:00:00Z".into());
    let facts = FactSet::from_json(&facts.into()).unwrap();
    packs.packs().next().unwrap().evaluate(&facts)
}

/// The remedies of a rule with one condition, one a line.
fn told(holds: &str, facts: &str) -> String {
    let body = format!(
        "shape: all_must_hold\nrules:\n  - code: RULE\n    holds: {holds}\n    curable: true\n    message: {{ ja: x, en: y }}\n"
    );
    lines(&evaluate(&body, facts))
}

fn lines(given: &Evaluation) -> String {
    let line = |remedy: &Remedy| {
        let change = match &remedy.change {
            RemedyChange::HoldsFrom(day) => format!("holds from {day}"),
            RemedyChange::MissingEvidence(what) => format!("missing {what}"),
            RemedyChange::OverBy(money) => format!("over by {money}"),
            RemedyChange::Needed(value) => format!("needed {value}"),
        };
        format!("{}: {change} | {} | {}\n", remedy.path, remedy.message.ja, remedy.message.en)
    };
    given.findings.iter().flat_map(|finding| &finding.remedies).map(line).collect()
}

#[test]
fn a_number_a_word_and_a_yes_are_told_with_what_is_needed() {
    let company = |facts: &str| format!("{{\"company\": {facts}}}");
    let page = [
        ("company.endpoints_windows >= 5", r#"{"endpoints_windows": 3}"#),
        ("5 < company.endpoints_windows", r#"{"endpoints_windows": 3}"#),
        ("company.monthly_traffic_gb <= 50", r#"{"monthly_traffic_gb": "50.5"}"#),
        ("company.has_utm", r#"{"has_utm": false}"#),
        ("company.service == 'edr'", r#"{"service": "utm"}"#),
        ("company.maintainer_consent != 'refused'", r#"{"maintainer_consent": "refused"}"#),
        ("company.security_action_stars in [1, 2]", r#"{"security_action_stars": 0}"#),
        ("\"'okinawa-isc' in company.memberships\"", r#"{"memberships": ["a"]}"#),
        (
            "company.endpoints_windows + company.endpoints_mac >= 10",
            r#"{"endpoints_windows": 3, "endpoints_mac": 1}"#,
        ),
        (
            "\"(has(company.users) ? company.users : company.employees) >= 5\"",
            r#"{"employees": 2}"#,
        ),
    ];
    let page = page.map(|(holds, facts)| format!("{holds}\n{}", told(holds, &company(facts))));
    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn an_amount_over_a_limit_and_days_to_wait_for_are_told() {
    let page = [
        ("claim.amount_yen <= most", r#"{"claim": {"amount_yen": 72000}}"#),
        (
            "claim.amount_yen <= claim.limit_left_yen",
            r#"{"claim": {"amount_yen": 72000, "limit_left_yen": 50000}}"#,
        ),
        ("now >= timestamp('2020-12-01T00:00:00+09:00')", "{}"),
        ("now > timestamp('2020-12-01T00:00:00+09:00')", "{}"),
        (
            "now - company.last_training_at >= year",
            r#"{"company": {"last_training_at": "2020-02-03T04:00:00Z"}}"#,
        ),
        (
            "company.last_training_at + year > now",
            r#"{"company": {"last_training_at": "2019-02-03T04:00:00Z"}}"#,
        ),
        (
            "daysBetween(company.last_training_at, now) <= 180",
            r#"{"company": {"last_training_at": "2020-02-03T04:00:00Z"}}"#,
        ),
        (
            "claim.terms_acknowledged_at <= claim.loss_at",
            r#"{"claim": {"terms_acknowledged_at": "2020-09-02T00:00:00Z", "loss_at": "2020-09-01T00:00:00Z"}}"#,
        ),
        ("now < timestamp('2020-09-01T00:00:00+09:00')", "{}"),
    ];
    insta::assert_snapshot!(
        page.map(|(holds, facts)| format!("{holds}\n{}", told(holds, facts))).join("\n")
    );
}

#[test]
fn missing_evidence_is_told_where_it_can_help() {
    let page = [
        ("company.employees <= 300", "{}"),
        ("company.has_utm && company.employees <= 300", "{}"),
        ("company.has_utm || company.employees <= 300", "{}"),
        ("company.has_utm && company.employees <= 300", r#"{"company": {"has_utm": true}}"#),
        ("company.employees + 1 < company.employees", "{}"),
        ("\"company.has_utm ? company.employees > 5 : company.users > 5\"", "{}"),
    ];
    insta::assert_snapshot!(
        page.map(|(holds, facts)| format!("{holds} {facts}\n{}", told(holds, facts))).join("\n")
    );
}

#[test]
fn what_does_not_turn_the_rule_is_not_told_and_what_is_needed_together_says_so() {
    // 5 <= x is needed and not enough; nothing alone turns it.
    let one = told(
        "company.employees >= 5 && company.has_utm",
        r#"{"company": {"employees": 3, "has_utm": false}}"#,
    );
    insta::assert_snapshot!(one, @r"
    company.employees: needed 5 | 「従業員数」が5以上であれば条件を満たします（他の条件とあわせて必要です） | it would hold with 5 or more: Number of people working there (`company.employees`), together with the others
    company.has_utm: needed true | 「既設UTMの有無」が「はい」であれば条件を満たします（他の条件とあわせて必要です） | it would hold with `yes`: Whether a UTM is in place (`company.has_utm`), together with the others
    ");
    // No number is both.
    assert_eq!(
        told(
            "company.employees >= 5 && company.employees + 1 < 6",
            r#"{"company": {"employees": 3}}"#
        ),
        ""
    );
    // The guard would no longer be about the company.
    let guarded = "shape: all_must_hold\nrules:\n  - code: RULE\n    when: company.employees < 10\n    holds: company.employees >= 20\n    curable: true\n    message: { ja: x, en: y }\n";
    assert_eq!(lines(&evaluate(guarded, r#"{"company": {"employees": 3}}"#)), "");
}

#[test]
fn a_rule_tells_nothing_unless_its_author_says_that_somebody_can_do_something() {
    let body = |curable: &str| {
        format!(
            "shape: none_may_hold\nrules:\n  - code: RULE\n    when: company.service == 'utm' && company.has_utm\n{curable}    message: {{ ja: x, en: y }}\n"
        )
    };
    let facts = r#"{"company": {"service": "utm", "has_utm": true}}"#;
    let silent = evaluate(&body(""), facts);
    assert_eq!((silent.outcome, lines(&silent).as_str()), (Outcome::NotSatisfied, ""));
    assert_eq!(lines(&evaluate(&body("    curable: false\n"), facts)), "");
    let named = evaluate(&body("    curable: [company.has_utm]\n"), facts);
    insta::assert_snapshot!(lines(&named), @r"
    company.has_utm: needed false | 「既設UTMの有無」が「いいえ」であれば条件を満たします | it would hold with `no`: Whether a UTM is in place (`company.has_utm`)
    ");
    // Whether it is told or not, the answer is the same.
    assert_eq!(silent.codes().collect::<Vec<_>>(), named.codes().collect::<Vec<_>>());
}

#[test]
fn looking_for_remedies_takes_no_longer_than_an_evaluation_may() {
    let rules: String = (0..400)
        .map(|at| {
            format!(
                "  - code: R{at}\n    holds: company.memberships.all(a, company.memberships.all(b, a + b != string(company.users + {at})))\n      && company.users > 10 && company.employees > {at} + 5\n    curable: true\n    message: {{ ja: x, en: y }}\n"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let many = (0..200).map(|at| format!("\"m{at}\"")).collect::<Vec<_>>().join(",");
    let facts =
        format!(r#"{{"company": {{"memberships": [{many}], "users": 1, "employees": 1}}}}"#);
    let started = Instant::now();
    let given = evaluate(&format!("shape: all_must_hold\nrules:\n{rules}"), &facts);
    assert_ne!(given.outcome, Outcome::Satisfied);
    // Some 50 ms on a slow machine without optimisation.
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
