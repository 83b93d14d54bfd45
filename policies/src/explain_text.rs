//! A decision as text that a claims handler can read: tables that line up on a terminal, also with
//! Japanese in them.

use serde_json::Value;
use tasuki_core::decision::{Explanation, FactSeen, Finding, Outcome, PackVersion};
use tasuki_core::money::Money;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::Timestamp;

use crate::facts::{self, FactSchema};
use crate::value::Value as Shown;

mod table;

use table::Table;

/// What every reader has to tell apart, in both languages.
struct Words {
    outcome: &'static str,
    pack: &'static str,
    clause: &'static str,
    message: &'static str,
    expression: &'static str,
    facts: &'static str,
    next_step: &'static str,
    remedies: &'static str,
    values: &'static str,
    applied: &'static str,
    unknown: &'static str,
    as_of: &'static str,
}

const JA: Words = Words {
    outcome: "結果",
    pack: "規則",
    clause: "条項",
    message: "理由",
    expression: "決め手の式",
    facts: "事実",
    next_step: "次の手順",
    remedies: "変われば",
    values: "値",
    applied: "当てはまる",
    unknown: "不明",
    as_of: "時点",
};

const EN: Words = Words {
    outcome: "outcome",
    pack: "rules",
    clause: "clause",
    message: "why",
    expression: "decided by",
    facts: "facts",
    next_step: "next step",
    remedies: "would change it",
    values: "values",
    applied: "applies",
    unknown: "unknown",
    as_of: "as of",
};

const fn words(language: Language) -> &'static Words {
    match language {
        Language::Ja => &JA,
        Language::En => &EN,
    }
}

/// A decision as a table: the outcome, the rules by their version and hash, each finding with its
/// clause, reason, deciding expression, facts and next step, and the values that were given.
///
/// Remedies are shown where the explanation carries them; whoever passes it on to readers that may
/// not see them takes them out first.
pub fn explain_text(explanation: &Explanation, pack: &PackVersion, language: Language) -> String {
    let words = words(language);
    let mut head = Table::default();
    let outcome = outcome(explanation.outcome, language);
    let summary = explanation.summary.in_language(language);
    head.row(words.outcome, &format!("{outcome}: {summary}"));
    let hash: String = pack.hash.chars().take("sha256:".len() + 16).collect();
    head.row(words.pack, &format!("{}/{}@{}", pack.kind, pack.name, pack.version));
    head.row("", &format!("{hash} ({})", pack.environment));
    let findings_gave = explanation.output("findings");
    let mut tables = vec![head];
    tables.extend(explanation.findings.iter().map(|it| finding(it, findings_gave, language)));
    if let Some(Value::Array(rules)) = explanation.output("matched") {
        tables.extend(rules.iter().map(|rule| applied(rule, language)));
    }
    let mut values = Table::default();
    for output in &explanation.outputs {
        if output.name != "matched" && output.name != "findings" {
            values.row(words.values, &named(&output.name, &output.value, language));
        }
    }
    tables.push(values);
    Table::together(&tables)
}

fn finding(finding: &Finding, gave: Option<&Value>, language: Language) -> Table {
    let words = words(language);
    let mut table = Table::default();
    table.row(outcome(finding.outcome, language), &finding.code);
    table.optional(words.clause, finding.clause.as_deref());
    table.row(words.message, finding.message.in_language(language));
    table.row(words.expression, &one_line(&finding.expression));
    for fact in &finding.facts {
        table.row(words.facts, &self::fact(fact, language));
    }
    table.optional(words.next_step, said(finding.next_step.as_ref(), language));
    for remedy in &finding.remedies {
        table.row(words.remedies, remedy.message.in_language(language));
    }
    if let Some(Value::Object(values)) = gave.and_then(|all| all.get(&finding.code)) {
        for (name, value) in values {
            table.row(words.values, &named(name, value, language));
        }
    }
    table
}

/// A rule that applied, as it stands among the outputs.
fn applied(rule: &Value, language: Language) -> Table {
    let words = words(language);
    let text = |value: Option<&Value>| {
        let member = match language {
            Language::Ja => "ja",
            Language::En => "en",
        };
        value?.get(member)?.as_str().map(str::to_owned)
    };
    let mut table = Table::default();
    table.row(words.applied, rule.get("code").and_then(Value::as_str).unwrap_or_default());
    table.optional(words.message, text(rule.get("message")).as_deref());
    table.optional(words.next_step, text(rule.get("next_step")).as_deref());
    if let Some(Value::Object(values)) = rule.get("outputs") {
        for (name, value) in values {
            table.row(words.values, &named(name, value, language));
        }
    }
    table
}

fn fact(fact: &FactSeen, language: Language) -> String {
    let schema = schema_of(&fact.path);
    let label = match (language, schema) {
        (Language::Ja, Some(schema)) => format!("{}（{}）", schema.label, fact.path),
        (Language::En, Some(_)) | (_, None) => fact.path.clone(),
    };
    let value = match &fact.value {
        Some(value) => shown(&fact.path, value, language),
        None => words(language).unknown.to_owned(),
    };
    let as_of = fact.as_of.map(|at| {
        let at = Shown::Timestamp(at).shown(language);
        format!(" [{}: {at}]", words(language).as_of)
    });
    format!("{label} = {value}{}", as_of.unwrap_or_default())
}

fn schema_of(path: &str) -> Option<&'static FactSchema> {
    let (root, name) = path.split_once('.')?;
    let root = facts::schemas().find(|schema| schema.name == root)?;
    root.fields.iter().find(|fact| fact.name == name)
}

fn named(name: &str, value: &Value, language: Language) -> String {
    format!("{name} = {}", shown(name, value, language))
}

/// A value as a reader sees it: amounts in yen, instants in Japan's time, yes and no in words.
fn shown(name: &str, value: &Value, language: Language) -> String {
    match value {
        Value::Null => words(language).unknown.to_owned(),
        Value::Bool(yes) => Shown::Bool(*yes).shown(language),
        Value::Number(number) => match number.as_i64() {
            Some(yen) if name.ends_with("_yen") => Money::jpy(yen).to_string(),
            Some(_) | None => number.to_string(),
        },
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => Shown::Timestamp(at).shown(language),
            Err(_) => text.clone(),
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|it| shown(name, it, language)).collect();
            match language {
                Language::Ja => items.join("、"),
                Language::En => items.join(", "),
            }
        }
        Value::Object(_) => value.to_string(),
    }
}

const fn outcome(outcome: Outcome, language: Language) -> &'static str {
    match (language, outcome) {
        (Language::Ja, Outcome::Satisfied) => "満たす",
        (Language::Ja, Outcome::NotSatisfied) => "満たさない",
        (Language::Ja, Outcome::Undetermined) => "判断できない",
        (Language::En, Outcome::Satisfied) => "satisfied",
        (Language::En, Outcome::NotSatisfied) => "not satisfied",
        (Language::En, Outcome::Undetermined) => "undetermined",
    }
}

fn said(text: Option<&Text>, language: Language) -> Option<&str> {
    text.map(|text| text.in_language(language))
}

fn one_line(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ")
}
