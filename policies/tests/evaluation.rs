//! What packs give, and how they explain it.
#![expect(clippy::unwrap_used, reason = "test")]

use serde_json::json;
use tasuki_core::time::Timestamp;
use tasuki_policies::facts::{ClaimFacts, CompanyFacts, FactSet, WafState};
use tasuki_policies::{Evaluation, Outcome, Pack, PackKind, PackSet, PackSource};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn head(kind: &str, facts: &str) -> String {
    format!(
        "kind: {kind}\nname: example\nowner: a partner\nversion: '1'\nenvironment: 1\n\
         effective: {{ from: 2020-09-01 }}\npublished_at: 2020-08-01\nsource: terms\nfacts: {facts}\n"
    )
}

fn pack(kind: &str, facts: &str, body: &str) -> std::sync::Arc<Pack> {
    let source = PackSource::new(format!("{kind}/example/pack.yaml"), head(kind, facts) + body);
    only(&PackSet::load([source]).unwrap())
}

fn only(packs: &PackSet) -> std::sync::Arc<Pack> {
    packs.packs().next().unwrap().clone()
}

fn company(facts: CompanyFacts) -> FactSet {
    FactSet::at(at("2020-10-01T00:00:00Z")).with_company(facts)
}

const TWO_CONDITIONS: &str = r"
constants: { most: { int: 10, source: terms } }
variables:
  small: company.employees <= most && company.capital_yen <= 10000000
shape: all_must_hold
rules:
  - code: SMALL
    clause: 第5条
    holds: small
    message: { ja: '{company.employees}名は{most}名を超えます', en: '{company.employees} are more than {most}' }
    next_step: { ja: ご相談ください, en: ask us }
  - code: SITE
    when: company.has_website
    holds: company.waf in ['none', 'off'] || company.has_backup
    message: { ja: '{company.capital_yen:yen}', en: '{company.capital_yen:yen}' }
";

#[test]
fn a_finding_names_the_deciding_part_the_facts_and_their_times() {
    let pack = pack("eligibility", "[company]", TWO_CONDITIONS);
    let asked = at("2020-09-20T00:00:00Z");
    let facts = company(CompanyFacts {
        employees: Some(12),
        capital_yen: Some(5_000_000),
        has_website: Some(true),
        waf: Some(WafState::Active),
        has_backup: Some(false),
        ..CompanyFacts::default()
    })
    .known_at("company.employees", asked);
    let given = pack.evaluate(&facts);
    assert_eq!(given.outcome, Outcome::NotSatisfied);
    assert_eq!(given.codes().collect::<Vec<_>>(), ["SMALL", "SITE"]);

    let small = &given.findings[0];
    assert_eq!(small.expression, "company.employees <= most");
    assert_eq!(small.message.ja, "12名は10名を超えます");
    assert_eq!(small.clause.as_deref(), Some("第5条"));
    assert_eq!(small.next_step.as_ref().unwrap().en, "ask us");
    assert_eq!(small.facts[0].path, "company.employees");
    assert_eq!(small.facts[0].value, Some(json!(12)));
    assert_eq!(small.facts[0].as_of, Some(asked));

    let site = &given.findings[1];
    assert_eq!(site.expression, "company.waf in ['none', 'off'] || company.has_backup");
    assert_eq!(site.message.en, "¥5,000,000");
    let paths: Vec<_> = site.facts.iter().map(|fact| fact.path.as_str()).collect();
    assert_eq!(paths, ["company.has_website", "company.waf", "company.has_backup"]);
}

#[test]
fn what_is_missing_is_named_in_both_languages_and_never_a_no() {
    let pack = pack("eligibility", "[company]", TWO_CONDITIONS);
    let given = pack.evaluate(&company(CompanyFacts {
        employees: Some(3),
        has_website: Some(false),
        ..CompanyFacts::default()
    }));
    assert_eq!(given.outcome, Outcome::Undetermined);
    let finding = &given.findings[0];
    assert_eq!(finding.outcome, Outcome::Undetermined);
    assert_eq!(finding.expression, "company.capital_yen <= 10000000");
    assert_eq!(finding.message.ja, "「資本金」が分からないため判断できません");
    assert_eq!(
        finding.message.en,
        "cannot be determined, not known: Paid-in capital in yen (`company.capital_yen`)"
    );
    assert_eq!(finding.facts[1].value, None);
    assert_eq!(given.summary().en, "1 conditions cannot be determined: a person has to look");
}

#[test]
fn no_facts_at_all_are_undetermined_and_not_an_error() {
    let pack = pack("eligibility", "[company]", TWO_CONDITIONS);
    let given = pack.evaluate(&FactSet::at(at("2020-10-01T00:00:00Z")));
    assert_eq!(given.outcome, Outcome::Undetermined);
    assert_eq!(given.findings.len(), 2, "each condition says what it needs");
}

#[test]
fn a_definite_no_stands_even_if_something_else_is_unknown() {
    let pack = pack("eligibility", "[company]", TWO_CONDITIONS);
    let given =
        pack.evaluate(&company(CompanyFacts { employees: Some(12), ..CompanyFacts::default() }));
    assert_eq!(given.outcome, Outcome::NotSatisfied);
    let outcomes: Vec<_> = given.findings.iter().map(|finding| finding.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotSatisfied, Outcome::Undetermined]);
}

#[test]
fn a_failing_expression_is_undetermined_and_says_why() {
    let body = r"
shape: none_may_hold
rules:
  - code: RATIO
    when: company.capital_yen / company.employees > 1000000
    message: { ja: x, en: y }
";
    let given = pack("exclusion", "[company]", body).evaluate(&company(CompanyFacts {
        employees: Some(0),
        capital_yen: Some(1),
        ..CompanyFacts::default()
    }));
    assert_eq!(given.outcome, Outcome::Undetermined);
    assert_eq!(given.findings[0].message.en, "cannot be determined: division by zero");
}

#[test]
fn known_and_has_ask_before_they_need() {
    let body = r"
shape: collect_all
rules:
  - code: HAS
    when: has(company.employees) && company.employees > 5
    message: { ja: x, en: '{company.employees}' }
    outputs: { of: '1' }
  - code: KNOWN
    when: known(company.employees + company.capital_yen)
    message: { ja: x, en: y }
    outputs: { of: '2' }
  - code: NEITHER
    when: '!known(company.capital_yen)'
    message: { ja: x, en: '{company.capital_yen}' }
    outputs: { of: '3' }
outputs:
  codes: found.code
  sum: size(found.of)
";
    let given = pack("recommendation", "[company]", body)
        .evaluate(&company(CompanyFacts { employees: Some(6), ..CompanyFacts::default() }));
    assert_eq!(given.outcome, Outcome::Satisfied);
    assert_eq!(given.outputs["codes"], json!(["HAS", "NEITHER"]));
    assert_eq!(given.outputs["sum"], json!(2));
    assert_eq!(given.matched[0].message.en, "6");
    assert_eq!(given.matched[1].message.en, "unknown");
    assert_eq!(given.matched[1].outputs["of"], json!(3));
}

#[test]
fn an_undetermined_pack_gives_no_outputs() {
    let body = r"
shape: first_match
rules:
  - code: FIRST
    when: company.has_utm
    message: { ja: x, en: y }
    outputs: { fee: '1' }
  - code: SECOND
    when: 'true'
    message: { ja: x, en: y }
    outputs: { fee: company.capital_yen }
";
    let pack = pack("payable", "[company]", body);
    let unknown = pack.evaluate(&company(CompanyFacts::default()));
    assert_eq!(unknown.outcome, Outcome::Undetermined);
    assert!(unknown.outputs.is_empty(), "the second rule must not answer for the first");

    let no_value =
        pack.evaluate(&company(CompanyFacts { has_utm: Some(false), ..CompanyFacts::default() }));
    assert_eq!(no_value.outcome, Outcome::Undetermined);
    assert!(no_value.outputs.is_empty());

    let chosen =
        pack.evaluate(&company(CompanyFacts { has_utm: Some(true), ..CompanyFacts::default() }));
    assert_eq!(chosen.outputs["fee"], json!(1));
}

#[test]
fn a_condition_in_a_file_of_its_own_counts_into_the_hash() {
    let body = "shape: all_must_hold\nrules:\n  - code: RULE\n    holds: rule.cel\n    message: { ja: x, en: y }\n";
    let load = |cel: &str| {
        let packs = PackSet::load([
            PackSource::new(
                "eligibility/example/pack.yaml",
                head("eligibility", "[company]") + body,
            ),
            PackSource::new("eligibility/example/rule.cel", cel),
        ])
        .unwrap();
        only(&packs)
    };
    let one = load("// who may\ncompany.employees > 5\n");
    let two = load("// who may\ncompany.employees > 6\n");
    assert_ne!(one.hash(), two.hash());
    let six = company(CompanyFacts { employees: Some(6), ..CompanyFacts::default() });
    assert!(one.evaluate(&six).is_satisfied());
    assert!(!two.evaluate(&six).is_satisfied());
}

#[test]
fn the_hash_is_of_what_decides_and_not_of_how_it_is_laid_out() {
    let hash = |text: String| {
        let packs =
            PackSet::load([PackSource::new("eligibility/example/pack.yaml", text)]).unwrap();
        only(&packs).hash().to_owned()
    };
    let text = head("eligibility", "[company]") + TWO_CONDITIONS;
    let first = hash(text.clone());
    assert_eq!(first, hash(format!("# a comment\n{text}\n\n")));
    assert_eq!(
        first,
        hash(text.replace("{ from: 2020-09-01 }", "{ from: 2020-09-01, to: 2021-04-01 }")),
        "closing a version does not change what it decides"
    );
    assert_ne!(first, hash(text.replace("int: 10", "int: 11")));
    assert_ne!(first, hash(text.replace("2020-09-01", "2020-09-02")));
    insta::assert_snapshot!("hash_of_a_small_pack", first);
}

#[test]
fn the_version_in_force_is_chosen_by_the_subjects_own_time() {
    let version = |folder: &str, version: &str, effective: &str| {
        let text = head("eligibility", "[company]")
            .replace("version: '1'", &format!("version: '{version}'"))
            .replace("{ from: 2020-09-01 }", effective)
            + TWO_CONDITIONS;
        PackSource::new(format!("eligibility/{folder}/pack.yaml"), text)
    };
    let packs = PackSet::load([
        version("example@2", "2", "{ from: 2021-04-01 }"),
        version("example", "1", "{ from: 2020-09-01, to: 2021-04-01 }"),
    ])
    .unwrap();
    let chosen = |text: &str| {
        packs
            .in_force(PackKind::Eligibility, "example", at(text))
            .map(|pack| pack.version().to_owned())
    };
    assert_eq!(chosen("2020-08-31T14:59:59Z"), None);
    assert_eq!(chosen("2020-08-31T15:00:00Z").as_deref(), Some("1"), "midnight in Japan");
    assert_eq!(chosen("2021-03-31T14:59:59.999999Z").as_deref(), Some("1"));
    assert_eq!(chosen("2021-03-31T15:00:00Z").as_deref(), Some("2"));
    assert!(packs.in_force(PackKind::Triage, "example", at("2021-01-01T00:00:00Z")).is_none());
    let first = packs.packs().next().unwrap();
    assert_eq!(packs.by_hash(first.hash()).unwrap().version(), "1");
}

#[test]
fn frozen_facts_and_what_came_out_survive_their_json_form() {
    let pack = pack("eligibility", "[company, claim]", TWO_CONDITIONS);
    let facts = company(CompanyFacts {
        employees: Some(12),
        waf: Some(WafState::Active),
        monthly_traffic_gb: Some("12.5".parse().unwrap()),
        ..CompanyFacts::default()
    })
    .with_claim(ClaimFacts { loss_at: Some(at("2020-10-01T00:00:00Z")), ..ClaimFacts::default() })
    .known_at("company.waf", at("2020-09-30T00:00:00Z"));
    let frozen = facts.to_json().unwrap();
    assert_eq!(frozen["company"]["monthly_traffic_gb"], json!("12.5"));
    let again = FactSet::from_json(&frozen).unwrap();
    assert_eq!(again, facts);

    let given = pack.evaluate(&facts);
    let text = serde_json::to_string(&given).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&text).unwrap(), given);
    let replayed = serde_json::to_string(&pack.evaluate(&again)).unwrap();
    assert_eq!(replayed, text, "a replay gives the same bytes");
    assert!(FactSet::from_json(&json!({ "now": "2020-10-01T00:00:00Z", "compny": {} })).is_err());
}

#[test]
fn an_explanation_keeps_everything_that_was_given() {
    let body = r#"
shape: none_may_hold
rules:
  - code: OFF
    when: company.waf == 'off'
    message: { ja: オフ, en: off }
    outputs: { weight: "'blocking'" }
outputs: { decision: "'blocking' in found.weight ? 'refuse' : 'go'" }
"#;
    let pack = pack("preflight", "[company]", body);
    let given = pack
        .evaluate(&company(CompanyFacts { waf: Some(WafState::Off), ..CompanyFacts::default() }));
    assert_eq!(given.finding_output("OFF", "weight"), Some(&json!("blocking")));
    let explanation = given.explanation();
    assert_eq!(explanation.output("decision"), Some(&json!("refuse")));
    assert_eq!(explanation.output("findings"), Some(&json!({ "OFF": { "weight": "blocking" } })));
    assert_eq!(explanation.summary.ja, "満たさない条件が1件あります");
    assert_eq!(pack.identity().environment, "tasuki-policies/1");
}

#[test]
fn variables_that_build_on_each_other_stay_within_an_ordinary_stack() {
    let body = |n_variables: usize| {
        let chain = ".map(e, e + 1)".repeat(55);
        let variables: String = (0..n_variables)
            .map(|at| match at {
                0 => format!("  v0: '[1]{chain}'\n"),
                at => format!("  v{at}: v{}{chain}\n", at - 1),
            })
            .collect();
        format!(
            "variables:\n{variables}shape: all_must_hold\nrules:\n  - code: RULE\n    \
             holds: v{}[0] > company.employees\n    message: {{ ja: x, en: y }}\n",
            n_variables - 1
        )
    };
    let deep = pack("eligibility", "[company]", &body(2));
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let facts = company(CompanyFacts { employees: Some(100), ..CompanyFacts::default() });
    let given = small.spawn(move || deep.evaluate(&facts).outcome).unwrap().join().unwrap();
    assert_eq!(given, Outcome::Satisfied);

    let text = head("eligibility", "[company]") + &body(3);
    let wrong =
        PackSet::load([PackSource::new("eligibility/example/pack.yaml", text)]).unwrap_err();
    assert_eq!(wrong[0].code, "too-deep");
}
