//! A first pack for an author to change: it checks, its cases pass and see every condition.

use jiff::civil::Date;
use tasuki_core::decision::PackKind;

use crate::access::ACCESS_PACK;
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
    let head = if kind == PackKind::Access { HEAD_OF_ACCESS } else { HEAD };
    let head = head
        .replace("<kind>", kind.as_str())
        .replace("<name>", name)
        .replace("<from>", &from.to_string())
        .replace("<root>", sample.root);
    if kind == PackKind::Access && name != ACCESS_PACK {
        return Err(format!("only `access/{ACCESS_PACK}` decides about access"));
    }
    let (rules, cases) = match (kind, shape) {
        (PackKind::Access, _) => (ACCESS, CASES_OF_ACCESS),
        (PackKind::Discount, _) => (DISCOUNT, CASES_OF_DISCOUNT),
        (PackKind::Compliance, _) => (COMPLIANCE, CASES_OF_COMPLIANCE),
        (_, Shape::AllMustHold) => (ALL_MUST_HOLD, CASES_OF_TWO),
        (_, Shape::NoneMayHold) => (NONE_MAY_HOLD, CASES_OF_TWO),
        (_, Shape::FirstMatch) => (FIRST_MATCH, CASES_OF_CHOICE),
        (_, Shape::CollectAll) => (COLLECT_ALL, CASES_OF_COLLECTION),
        (_, Shape::DecisionTable) => (DECISION_TABLE, CASES_OF_CHOICE),
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
        PackKind::Eligibility | PackKind::Cover | PackKind::Trigger | PackKind::Compliance => {
            Shape::AllMustHold
        }
        PackKind::Preflight | PackKind::Exclusion => Shape::NoneMayHold,
        PackKind::Triage | PackKind::Payable => Shape::FirstMatch,
        PackKind::Recommendation | PackKind::Discount => Shape::CollectAll,
        PackKind::Escalation | PackKind::Access => Shape::DecisionTable,
    }
}

const fn sample_of(kind: PackKind) -> Sample {
    match kind {
        PackKind::Eligibility | PackKind::Preflight | PackKind::Recommendation => COMPANY,
        PackKind::Discount => Sample { root: "order", ..COMPANY },
        PackKind::Compliance => Sample { root: "bundle", ..COMPANY },
        PackKind::Access => Sample { root: "caller", ..COMPANY },
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

const HEAD_OF_ACCESS: &str = r#"# Who may do what? The server works out the answer for every role, permission and relation.
kind: <kind>
name: <name>
owner: who answers for it
version: "1"
environment: 1
effective: { from: <from> }
published_at: <from>
source: the contract that says who does what
facts: [<root>]

"#;

const ACCESS: &str = r"# What no row allows is refused. Operators and the server itself must not be locked out.
shape: decision_table
table:
  inputs:
    role: caller.role
    permission: caller.permission
  rows:
    - code: OPERATOR_RUNS_THE_SCHEME
      clause: 第1条
      when: { role: operator }
      message:
        ja: 運営事業者は制度全体を運営します
        en: the operator runs the whole scheme

    - code: SERVER_RUNS_ITS_JOBS
      clause: 第1条
      when: { role: system }
      message:
        ja: サーバー自身の処理です
        en: the server does its own jobs

    - code: INSURER_READS
      clause: 第2条
      when: { role: insurer, permission: read }
      message:
        ja: 保険会社は記録を見ることができます
        en: the insurer reads what is on record
";

const CASES_OF_ACCESS: &str = r"# Each condition has to be seen true and seen false: `tasuki policy test` tells what is missing.
- name: the operator may do everything
  at: <from>
  facts: { caller: { role: operator, permission: bill, relation: other } }
  expect: { outcome: satisfied, matched: [OPERATOR_RUNS_THE_SCHEME] }

- name: the server may do everything
  at: <from>
  facts: { caller: { role: system, permission: bill, relation: other } }
  expect: { outcome: satisfied, matched: [SERVER_RUNS_ITS_JOBS] }

- name: the insurer reads
  at: <from>
  facts: { caller: { role: insurer, permission: read, relation: other } }
  expect: { outcome: satisfied, matched: [INSURER_READS] }

- name: the insurer does not bill
  at: <from>
  facts: { caller: { role: insurer, permission: bill, relation: other } }
  expect: { outcome: not_satisfied }

- name: a tenant does nothing yet
  at: <from>
  facts: { caller: { role: tenant, permission: read, relation: own_tenant } }
  expect: { outcome: not_satisfied }

- name: nothing is known
  at: <from>
  facts: { caller: {} }
  expect: { outcome: undetermined }
";

const DISCOUNT: &str = r#"# Every rule that applies takes something off: `rate` of the `fees` of `services` (none for all), for
# so many `months` from the first paid day (0 without end).
shape: collect_all
rules:
  - code: VOLUME
    clause: 第1条
    when: order.endpoints > most
    message:
      ja: "{most}台を超えるお申し込みのため、月額料金を5%割り引きます"
      en: for more than {most} endpoints you get 5 % off the monthly fees
    outputs: { rate: "decimal('0.05')", fees: "'monthly'", services: "[]", months: "12" }
"#;

const CASES_OF_DISCOUNT: &str = r"# Each condition has to be seen true and seen false: `tasuki policy test` tells what is missing.
- name: eleven endpoints are many
  at: <from>
  facts: { order: { endpoints: 11 } }
  expect: { outcome: satisfied, matched: [VOLUME] }

- name: ten are not
  at: <from>
  facts: { order: { endpoints: 10 } }
  expect: { outcome: not_satisfied, matched: [] }

- name: nothing is known
  at: <from>
  facts: { order: {} }
  expect: { outcome: undetermined }
";

const COMPLIANCE: &str = r#"# Yes when every criterion is met. The message says what is demanded; it is shown for all criteria.
shape: all_must_hold
rules:
  - code: CONSULTATION
    clause: 第1条
    holds: "'consultation' in bundle.included"
    message:
      ja: 相談窓口が料金に含まれること
      en: a consultation desk is included
    next_step:
      ja: 相談窓口を料金に含めてください
      en: include a consultation desk

  - code: NOT_TOO_LARGE
    clause: 第2条
    holds: bundle.endpoints <= most
    message:
      ja: 監視対象は{most}台までであること
      en: at most {most} endpoints are watched
"#;

const CASES_OF_COMPLIANCE: &str = r"# Each condition has to be seen true and seen false: `tasuki policy test` tells what is missing.
- name: both criteria are met
  at: <from>
  facts: { bundle: { included: [consultation], endpoints: 10 } }
  expect: { outcome: satisfied, codes: [] }

- name: neither is met
  at: <from>
  facts: { bundle: { included: [], endpoints: 11 } }
  expect: { outcome: not_satisfied, codes: [CONSULTATION, NOT_TOO_LARGE] }

- name: nothing is known
  at: <from>
  facts: { bundle: {} }
  expect: { outcome: undetermined }
";

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
            let name = if kind == PackKind::Access { ACCESS_PACK } else { "first-of_2" };
            let files = starter(kind, name, day).unwrap();
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
        assert!(starter(PackKind::Access, "others", day).is_err(), "nobody would ask it");
    }
}
