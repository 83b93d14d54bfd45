//! What authors of packs are told when something is wrong: each snapshot is a page of messages.

use tasuki_policies::{PackSet, PackSource};

const HEAD: &str = r#"kind: eligibility
name: example
owner: a partner
version: "1"
environment: 1
effective: { from: 2020-09-01 }
published_at: 2020-08-01
source: the partner's terms
facts: [company]
"#;

const MESSAGE: &str = "    message: { ja: だめです, en: no }\n";

fn told(body: &str) -> String {
    told_of([PackSource::new("eligibility/example/pack.yaml", format!("{HEAD}{body}"))])
}

fn told_of(sources: impl IntoIterator<Item = PackSource>) -> String {
    match PackSet::load(sources) {
        Ok(_) => "nothing is wrong".to_owned(),
        Err(wrong) => wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n",
    }
}

fn holds(expression: &str) -> String {
    told(&format!(
        "shape: all_must_hold\nrules:\n  - code: RULE\n    holds: {expression}\n{MESSAGE}"
    ))
}

/// What is told for several expressions.
fn page(expressions: &[&str]) -> String {
    expressions.iter().map(|expression| holds(expression) + "\n").collect()
}

#[test]
fn a_name_that_does_not_exist_is_told_with_its_place_and_the_nearest_one() {
    insta::assert_snapshot!(page(&[
        "company.employes > 5",
        "has_utm",
        "claim.war",
        "has(company.utm)"
    ]));
}

#[test]
fn a_word_that_a_fact_can_never_be_is_told() {
    insta::assert_snapshot!(page(&[
        "company.service == 'edrr'",
        "company.waf in ['none', 'on']",
        "'edrx' in company.wanted",
        "\"'edrx' in company.wanted\"",
    ]));
}

#[test]
fn types_arity_and_floating_point_are_told_all_at_once() {
    insta::assert_snapshot!(holds(
        "company.employees + 'a' > 1 && daysBetween(now) > 1 && company.capital_yen * 0.1 > 5"
    ));
}

#[test]
fn a_condition_that_does_not_depend_on_any_fact_is_told() {
    insta::assert_snapshot!(page(&[
        "1 > 2 || company.has_utm",
        "company.employees == company.employees",
        "size(company.wanted) < 0",
        "size(company.wanted) >= 0 && company.has_utm",
        "company.employees > 5 && company.has_utm && company.employees < 3",
        "company.employees > 5 && company.employees < 6",
        "3 >= company.employees || company.employees > 2",
        "company.industry == 'E' && company.industry == 'F'",
        "company.waf != 'none' || company.waf != 'off'",
        "company.waf in ['none', 'off'] && company.waf == 'active'",
        "company.has_utm && true",
        "jst(now).hour > 23",
    ]));
}

#[test]
fn a_condition_that_depends_on_facts_is_let_through() {
    for condition in [
        "true",
        "company.employees > 5 && company.employees < 7",
        "company.employees >= 5 && company.employees <= 5",
        "company.employees > 5 || company.employees < 3",
        "company.waf != 'none' && company.waf != 'off'",
        "company.monthly_traffic_gb > 5 && company.monthly_traffic_gb < 6",
        "size(company.wanted) > 0",
        "jst(now).hour >= 9 && jst(now).hour < 17",
    ] {
        assert_eq!(holds(condition), "nothing is wrong", "{condition}");
    }
}

#[test]
fn a_call_that_is_written_wrongly_is_told_with_an_example() {
    insta::assert_snapshot!(page(&[
        "daysBetween(now) > 5",
        "min(company.employees) > 5",
        "contains(company.industry, 'E')",
        "company.industry.daysBetween(now) > 5",
        "jst(now).weekdy == 'monday'",
        "businessDays(now, now, 'japn') > 5",
        "company.capital_yen * 0.1 > 5",
        "company.capital_yen * 2u > 5",
        "payable(company.capital_yen, 0, 100, 0.9) > 5",
        "refer('no code')",
    ]));
}

#[test]
fn a_place_in_folded_text_with_japanese_is_exact() {
    insta::assert_snapshot!(page(&[
        ">-\n      company.industry == '沖縄' &&\n      company.hasutm",
        "\"company.industry == '沖縄' && company.hasutm\"",
    ]));
}

#[test]
fn syntax_errors_are_told_without_the_words_of_the_grammar() {
    insta::assert_snapshot!(page(&[
        "company.has_utm &&",
        "company.has_utm company.has_website",
        "(company.has_utm",
        "company.has_utm)",
        "company.employees = 5",
        "\"company.employees > 5 ? true\"",
        "company.has_utm ? true : false",
        "company.?has_utm",
        "for",
    ]));
}

#[test]
fn a_rule_without_message_condition_or_code_of_its_own_is_told() {
    let body = r"shape: none_may_hold
rules:
  - code: ONE
    when: company.has_utm
  - code: ONE
    holds: company.has_utm
    message: { ja: x, en: y }
  - code: two
    when: company.has_utm
    message: { ja: x, en: '' }
";
    insta::assert_snapshot!(told(body));
}

#[test]
fn a_value_in_a_message_is_checked_like_any_expression() {
    let body = r#"shape: all_must_hold
rules:
  - code: RULE
    holds: company.has_utm
    message:
      ja: 端末{company.endpoints_win}台
      en: "{company.employees} people, {nope:yen} and {open"
"#;
    insta::assert_snapshot!(told(body));
}

#[test]
fn a_format_of_a_value_that_does_not_exist_or_does_not_fit_is_told() {
    let body = r#"shape: all_must_hold
rules:
  - code: RULE
    holds: company.has_utm
    message:
      ja: "資本金{company.capital_yen:money}"
      en: "{company.has_utm:yen}, {company.capital_yen:day}, {now:day}"
"#;
    insta::assert_snapshot!(told(body));
}

#[test]
fn a_key_or_word_that_is_nearly_right_is_told_with_the_right_one() {
    let bodies = [
        "shape: all_must_hold\nrulez: []\n",
        "shape: all_must_holds\nrules: []\n",
        "shape: all_must_hold\nrules:\n  - { code: RULE, hold: company.has_utm, message: { ja: x, en: y } }\n",
        "shape: all_must_hold\nrules:\n  - { code: RULE, holds: company.has_utm, message: { ja: x } }\n",
        "rules: []\n",
    ];
    insta::assert_snapshot!(bodies.map(told).join("\n"));
}

#[test]
fn a_rule_that_expresses_no_clause_is_no_error_and_is_warned_about() {
    let body = format!(
        "shape: all_must_hold\nrules:\n  - code: RULE\n    holds: company.has_utm\n{MESSAGE}"
    );
    let source = PackSource::new("eligibility/example/pack.yaml", format!("{HEAD}{body}"));
    let packs = PackSet::load([source]).unwrap();
    let warnings: Vec<String> =
        packs.packs().flat_map(|pack| pack.warnings()).map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"));
}

#[test]
fn constants_and_variables_that_mean_nothing_are_told() {
    let body = format!(
        r"constants:
  size: {{ int: 5, source: x }}
  unused: {{ int: 5, source: x }}
  two: {{ int: 1, string: a, source: x }}
  nowhere: {{ int: 3 }}
variables:
  a: b && c
  b: c
  c: a
shape: all_must_hold
rules:
  - code: RULE
    holds: company.employees > nowhere
{MESSAGE}"
    );
    insta::assert_snapshot!(told(&body));
}

#[test]
fn what_the_format_does_not_know_is_told() {
    let bodies = [
        "shape: all_must_hold\nrulez: []\n",
        "shape: some_hold\nrules: []\n",
        "shape: all_must_hold\nrules: []\n",
        "shape: all_must_hold\nshape: all_must_hold\n",
        "shape: [\n",
        "shape: all_must_hold\nrules:\n  - { code: RULE, holds: nosuch.cel, message: { ja: x, en: y } }\n",
    ];
    insta::assert_snapshot!(bodies.map(told).join("\n"));
}

#[test]
fn a_pack_lies_where_it_says_and_takes_effect_after_it_was_made_known() {
    let pack = format!(
        "{}shape: all_must_hold\nrules:\n  - code: RULE\n    holds: company.has_utm\n{MESSAGE}",
        HEAD.replace("2020-08-01", "2020-10-01").replace("environment: 1", "environment: 2")
    );
    let elsewhere = PackSource::new("triage/other@2/pack.yaml", pack);
    let stray = PackSource::new("triage/other@2/rules.txt", "");
    insta::assert_snapshot!(told_of([elsewhere, stray]));
}

#[test]
fn a_decision_table_says_which_row_is_wrong() {
    let body = r"shape: decision_table
table:
  inputs: { service: company.service, people: company.employees }
  rows:
    - { code: ONE, when: { service: edrr, people: '>= 5' }, message: { ja: x, en: y } }
    - { code: TWO, when: { servcie: edr }, message: { ja: x, en: y } }
";
    let outputs = r"shape: decision_table
table:
  inputs: { service: company.service, people: company.employees }
  rows:
    - { code: ONE, when: { service: edr, people: '>= 5' }, message: { ja: x, en: y }, outputs: { a: '1' } }
    - { code: TWO, message: { ja: x, en: y }, outputs: { b: '1' } }
";
    insta::assert_snapshot!([body, outputs].map(told).join("\n"));
}

#[test]
fn versions_that_overlap_in_time_are_told() {
    let version = |folder: &str, version: &str, effective: &str| {
        let head = HEAD
            .replace("version: \"1\"", &format!("version: \"{version}\""))
            .replace("{ from: 2020-09-01 }", effective);
        let body = format!(
            "shape: all_must_hold\nrules:\n  - code: RULE\n    holds: company.has_utm\n{MESSAGE}"
        );
        PackSource::new(format!("eligibility/{folder}/pack.yaml"), head + &body)
    };
    let told = told_of([
        version("example", "1", "{ from: 2020-09-01 }"),
        version("example@2", "2", "{ from: 2021-04-01 }"),
    ]);
    insta::assert_snapshot!(told);
    assert_eq!(
        told_of([
            version("example", "1", "{ from: 2020-09-01, to: 2021-04-01 }"),
            version("example@2", "2", "{ from: 2021-04-01 }"),
        ]),
        "nothing is wrong"
    );
}
