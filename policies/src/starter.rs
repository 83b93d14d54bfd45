//! A first pack for an author to change: it checks, its cases pass and see every condition.

use jiff::civil::Date;
use tasuki_core::decision::PackKind;

use crate::pack::Shape;
use crate::source::PackSource;

/// The facts that a first pack looks at: the root, a yes or no, and a number.
struct Sample {
    root: &'static str,
    yes_no: &'static str,
    number: &'static str,
}

const COMPANY: Sample = Sample { root: "company", yes_no: "has_website", number: "employees" };
const ALERT: Sample = Sample { root: "alert", yes_no: "blocked", number: "count" };
const CLAIM: Sample =
    Sample { root: "claim", yes_no: "certificate_in_force", number: "days_to_notice" };

/// The files of a first pack of a kind, which takes effect on a day.
///
/// # Errors
/// When the name is no name of a pack.
pub fn starter(kind: PackKind, name: &str, from: Date) -> Result<Vec<PackSource>, String> {
    let is_name = name.starts_with(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit())
        && name.len() <= 80
        && name
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || ['-', '_'].contains(&it));
    if !is_name {
        return Err(format!("`{name}` is no name of a pack: small letters, digits, `-` and `_`"));
    }
    let (shape, sample) = (shape_of(kind), sample_of(kind));
    let head = HEAD
        .replace("<kind>", kind.as_str())
        .replace("<name>", name)
        .replace("<from>", &from.to_string())
        .replace("<root>", sample.root);
    let (rules, cases) = match shape {
        Shape::AllMustHold => (ALL_MUST_HOLD, CASES_OF_TWO),
        Shape::NoneMayHold => (NONE_MAY_HOLD, CASES_OF_TWO),
        Shape::FirstMatch => (FIRST_MATCH, CASES_OF_CHOICE),
        Shape::CollectAll => (COLLECT_ALL, CASES_OF_COLLECTION),
        Shape::DecisionTable => (DECISION_TABLE, CASES_OF_CHOICE),
    };
    let filled = |text: &str| {
        text.replace("<from>", &from.to_string())
            .replace("<root>", sample.root)
            .replace("<yes_no>", sample.yes_no)
            .replace("<number>", sample.number)
    };
    let folder = format!("{kind}/{name}");
    Ok(vec![
        PackSource::new(format!("{folder}/pack.yaml"), head + &filled(rules)),
        PackSource::new(format!("{folder}/cases/first.yaml"), filled(cases)),
    ])
}

const fn shape_of(kind: PackKind) -> Shape {
    match kind {
        PackKind::Eligibility
        | PackKind::Cover
        | PackKind::Trigger
        | PackKind::Compliance
        | PackKind::Access => Shape::AllMustHold,
        PackKind::Preflight | PackKind::Exclusion => Shape::NoneMayHold,
        PackKind::Triage | PackKind::Payable | PackKind::Discount => Shape::FirstMatch,
        PackKind::Recommendation => Shape::CollectAll,
        PackKind::Escalation => Shape::DecisionTable,
    }
}

const fn sample_of(kind: PackKind) -> Sample {
    match kind {
        PackKind::Eligibility
        | PackKind::Preflight
        | PackKind::Recommendation
        | PackKind::Discount
        | PackKind::Compliance
        | PackKind::Access => COMPANY,
        PackKind::Triage | PackKind::Escalation => ALERT,
        PackKind::Cover | PackKind::Trigger | PackKind::Exclusion | PackKind::Payable => CLAIM,
    }
}

const HEAD: &str = r#"# Which question does it answer, and for whom? Say it here in a sentence or two.
kind: <kind>
name: <name>
owner: who answers for it
version: "1"
environment: 1
# Days in Japan or instants; with `to` it ends, and the next version begins.
effective: { from: <from> }
published_at: <from>
source: the wording or report that the clauses point into
facts: [<root>]

constants:
  # With `source` where the value stands, or with `assumed` and the reason.
  most: { int: 10, assumed: "no source says how many" }

"#;

const ALL_MUST_HOLD: &str = r#"# Yes when every rule holds. `when` says whom a rule concerns.
shape: all_must_hold
rules:
  - code: FIRST_CONDITION
    clause: 第1条
    holds: <root>.<yes_no>
    message:
      ja: 条件を満たしていません
      en: the condition does not hold
    next_step:
      ja: 担当者にご相談ください
      en: ask the person in charge

  - code: TOO_MANY
    clause: 第2条
    holds: <root>.<number> <= most
    message:
      ja: "{<root>.<number>}は{most}を超えています"
      en: "{<root>.<number>} is more than {most}"
    # Somebody can do something about it: what would change it is told.
    curable: true
"#;

const NONE_MAY_HOLD: &str = r#"# Yes when no rule applies.
shape: none_may_hold
rules:
  - code: FIRST_REASON
    clause: 第1条
    when: "!<root>.<yes_no>"
    message:
      ja: 該当する事由があります
      en: the reason applies
    next_step:
      ja: 担当者にご相談ください
      en: ask the person in charge

  - code: TOO_MANY
    clause: 第2条
    when: <root>.<number> > most
    message:
      ja: "{<root>.<number>}は{most}を超えています"
      en: "{<root>.<number>} is more than {most}"
    # Somebody can do something about it: what would change it is told.
    curable: true
"#;

const FIRST_MATCH: &str = r#"# The first rule that applies gives the outputs.
shape: first_match
rules:
  - code: MANY
    clause: 第1条
    when: <root>.<number> > most
    message:
      ja: "{<root>.<number>}は{most}を超えています"
      en: "{<root>.<number>} is more than {most}"
    outputs: { answer: "'many'" }

  - code: FEW
    clause: 第2条
    when: "true"
    message:
      ja: "{most}以下です"
      en: it is {most} or fewer
    outputs: { answer: "'few'" }
"#;

const COLLECT_ALL: &str = r#"# Every rule that applies gives its outputs.
shape: collect_all
rules:
  - code: FIRST_REASON
    clause: 第1条
    when: <root>.<yes_no>
    message:
      ja: 該当します
      en: it applies
    outputs: { answer: "'first'" }

  - code: MANY
    clause: 第2条
    when: <root>.<number> > most
    message:
      ja: "{<root>.<number>}は{most}を超えています"
      en: "{<root>.<number>} is more than {most}"
    outputs: { answer: "'many'" }
"#;

const DECISION_TABLE: &str = r#"# The first row whose cells all fit gives the outputs.
shape: decision_table
table:
  inputs:
    number: <root>.<number>
  rows:
    - code: MANY
      clause: 第1条
      when: { number: "> most" }
      message:
        ja: "{number}は{most}を超えています"
        en: "{number} is more than {most}"
      outputs: { answer: "'many'" }

    - code: FEW
      clause: 第2条
      message:
        ja: "{most}以下です"
        en: it is {most} or fewer
      outputs: { answer: "'few'" }
"#;

const CASES_OF_TWO: &str = r"# Each condition has to be seen true and seen false: `tasuki policy test` tells what is missing.
- name: everything is in order
  at: <from>
  facts: { <root>: { <yes_no>: true, <number>: 10 } }
  expect: { outcome: satisfied, codes: [] }

- name: every condition that fails is told
  at: <from>
  facts: { <root>: { <yes_no>: false, <number>: 11 } }
  expect: { outcome: not_satisfied }

- name: nothing is known
  at: <from>
  facts: { <root>: {} }
  expect: { outcome: undetermined }
";

const CASES_OF_CHOICE: &str = r"# Each condition has to be seen true and seen false: `tasuki policy test` tells what is missing.
- name: eleven are many
  at: <from>
  facts: { <root>: { <number>: 11 } }
  expect: { outcome: satisfied, matched: [MANY], outputs: { answer: many } }

- name: ten are few
  at: <from>
  facts: { <root>: { <number>: 10 } }
  expect: { outcome: satisfied, matched: [FEW], outputs: { answer: few } }

- name: nothing is known
  at: <from>
  facts: { <root>: {} }
  expect: { outcome: undetermined }
";

const CASES_OF_COLLECTION: &str = r"# Each condition has to be seen true and seen false: `tasuki policy test` tells what is missing.
- name: both apply
  at: <from>
  facts: { <root>: { <yes_no>: true, <number>: 11 } }
  expect: { outcome: satisfied, matched: [FIRST_REASON, MANY] }

- name: neither applies
  at: <from>
  facts: { <root>: { <yes_no>: false, <number>: 10 } }
  expect: { outcome: not_satisfied, matched: [] }

- name: nothing is known
  at: <from>
  facts: { <root>: {} }
  expect: { outcome: undetermined }
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Root;
    use crate::{Floor, PackCase, PackSet, format_file, run_cases};

    #[test]
    fn a_first_pack_of_every_kind_checks_passes_and_is_laid_out() {
        let day: Date = "2021-04-01".parse().unwrap();
        for kind in PackKind::ALL {
            let files = starter(kind, "first-of_2", day).unwrap();
            let packs = PackSet::load(files.clone()).map_err(|wrong| format!("{wrong:#?}"));
            let cases = PackCase::read(&files).unwrap();
            let report = run_cases(&packs.unwrap(), &cases).demanding(Floor::FULL);
            assert!(report.is_ok(), "{kind}: {report:#?}");
            for file in files {
                assert_eq!(format_file(&file).unwrap(), file.text, "{kind}");
            }
            assert!(Root::named(sample_of(kind).root).is_some());
        }
        for wrong in ["", "../x", "A", "a b", "-a"] {
            assert!(starter(PackKind::Cover, wrong, day).is_err(), "{wrong}");
        }
    }
}
