//! Condition coverage: exact, in CEL's own order of evaluation, with the place in the file.
#![expect(clippy::unwrap_used, reason = "test")]

use tasuki_policies::{CaseReport, ConditionSeen, Floor, PackCase, PackSet, PackSource, run_cases};

const HEAD: &str = r#"kind: eligibility
name: example
owner: a partner
version: "1"
environment: 1
effective: { from: 2020-09-01 }
published_at: 2020-08-01
source: terms
facts: [company]
"#;

fn report(body: &str, facts: &[&str]) -> CaseReport {
    let pack = PackSource::new("eligibility/example/pack.yaml", format!("{HEAD}{body}"));
    let case = |facts: &&str| {
        format!(
            "- {{ name: x, at: 2020-10-01, facts: {{ company: {facts} }}, expect: {{ outcome: satisfied }} }}\n"
        )
    };
    let cases = facts.iter().map(case).collect::<Vec<_>>().concat();
    let cases = PackSource::new("eligibility/example/cases/all.yaml", cases);
    let cases = PackCase::read([&cases]).unwrap();
    run_cases(&PackSet::load([pack]).unwrap(), &cases)
}

fn told(report: &CaseReport) -> String {
    let line = |it: &ConditionSeen| {
        let seen = it.missing().unwrap_or("both");
        format!("{}:{} {} `{}`: {seen}\n", it.line, it.column, it.rule, it.expression)
    };
    report.coverage.iter().map(line).collect()
}

const RULE: &str = "shape: all_must_hold\nrules:\n  - code: RULE\n    message: { ja: x, en: y }\n";

#[test]
fn an_operand_that_is_not_reached_is_not_seen() {
    let body = format!("{RULE}    holds: company.has_utm || company.employees > 5\n");
    let one = report(&body, &["{ has_utm: true, employees: 9 }"]);
    insta::assert_snapshot!(told(&one), @"
    14:12 RULE `company.has_utm || company.employees > 5`: never false
    14:12 RULE `company.has_utm`: never false
    14:31 RULE `company.employees > 5`: never reached
    ");
    assert_eq!((one.n_sides_seen(), one.n_sides()), (2, 6));
    let two = report(&body, &["{ has_utm: true }", "{ has_utm: false, employees: 5 }"]);
    assert_eq!((two.n_sides_seen(), two.n_sides()), (5, 6));
    let three = [
        "{ has_utm: true }",
        "{ has_utm: false, employees: 5 }",
        "{ has_utm: false, employees: 6 }",
    ];
    assert_eq!(report(&body, &three).n_sides_seen(), 6);
}

#[test]
fn an_operand_after_one_that_has_no_value_is_reached_as_cel_says() {
    let body = format!("{RULE}    holds: company.has_utm && company.employees > 5\n");
    let given = report(&body, &["{ employees: 3 }"]);
    insta::assert_snapshot!(told(&given), @"
    14:12 RULE `company.has_utm && company.employees > 5`: never true
    14:12 RULE `company.has_utm`: never reached
    14:31 RULE `company.employees > 5`: never true
    ");
}

#[test]
fn tests_of_choices_bodies_of_lists_and_variables_are_conditions_too() {
    let body = r#"constants: { least: { int: 3, source: terms } }
variables:
  big: company.employees > least
  asked: "has(company.users) ? company.users : company.employees"
shape: all_must_hold
rules:
  - code: RULE
    when: "!big"
    holds: company.memberships.exists(it, it == 'a') && asked > least
    message: { ja: x, en: y }
  - code: ALWAYS
    holds: "true"
    message: { ja: x, en: y }
outputs:
  size: "big ? 'big' : 'small'"
  kept: "company.memberships.filter(it, it != 'a')"
"#;
    let given = report(
        body,
        &["{ employees: 2, memberships: [b, a], users: 4 }", "{ employees: 4, memberships: [] }"],
    );
    insta::assert_snapshot!(told(&given), @r"
    17:12 RULE `!big`: both
    17:13 RULE `big`: both
    18:12 RULE `company.memberships.exists(it, it == 'a') && asked > least`: never false
    18:12 RULE `company.memberships.exists(it, it == 'a')`: never false
    18:43 RULE `it == 'a'`: both
    18:57 RULE `asked > least`: never false
    13:11 asked `has(company.users)`: never false
    25:41 kept `it != 'a'`: both
    24:10 size `big`: both
    ");
}

#[test]
fn each_cell_of_a_decision_table_is_a_condition_at_its_own_place() {
    let body = r"shape: decision_table
table:
  inputs: { people: company.employees, utm: company.has_utm }
  rows:
    - code: ONE
      when: { people: '>= 5', utm: true }
      message: { ja: x, en: y }
    - code: TWO
      when: { people: '>= 2' }
      message: { ja: x, en: y }
    - code: REST
      message: { ja: x, en: y }
";
    let given = report(body, &["{ employees: 7, has_utm: true }", "{ employees: 3 }"]);
    insta::assert_snapshot!(told(&given), @r"
    15:24 ONE `people >= 5 && utm`: both
    15:24 ONE `people >= 5`: both
    15:36 ONE `utm`: never false
    18:24 TWO `people >= 2`: never false
    ");
}

#[test]
fn a_pack_below_its_floor_fails_with_the_place_of_what_is_missing() {
    let body = format!("{RULE}    holds: company.has_utm\n");
    let given = report(&body, &["{ has_utm: true }"]);
    let half: Floor = "1/2".parse().unwrap();
    assert_eq!(given.clone().demanding(half).diagnostics, given.diagnostics);
    let failed = given.demanding(Floor::FULL);
    assert!(!failed.is_ok());
    insta::assert_snapshot!(failed.diagnostics.last().unwrap().to_string(), @r"
    eligibility/example/pack.yaml:14:12: `RULE`: `company.has_utm` is never false [coverage]
      = help: 1 of 2 sides of the conditions of eligibility/example@1 are seen, 100% is asked: add a case under `cases/`
    ");
}
