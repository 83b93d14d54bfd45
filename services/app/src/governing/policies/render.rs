//! A recorded decision as a page that a claims handler can read and print.

use askama::Template;
use tasuki_core::decision::{Decision, FactSeen, Finding, Link, Linked, Outcome};
use tasuki_core::problem::Problem;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{Timestamp, Zone};

#[derive(Template)]
#[template(path = "decision.html")]
struct Page<'p> {
    lang: &'static str,
    words: &'static Words,
    decision: &'p Decision,
    link: &'p Link,
    outcome: &'static str,
    outcome_class: &'static str,
    summary: &'p str,
    as_of: String,
    decided_at: String,
    findings: Vec<FindingRow<'p>>,
    outputs: Vec<(&'p str, String)>,
}

struct FindingRow<'p> {
    code: &'p str,
    class: &'static str,
    outcome: &'static str,
    message: &'p str,
    clause: &'p str,
    expression: &'p str,
    next_step: &'p str,
    facts: Vec<FactRow<'p>>,
}

struct FactRow<'p> {
    path: &'p str,
    value: String,
    as_of: String,
}

/// The page's own words.
struct Words {
    title: &'static str,
    outcome: &'static str,
    subject: &'static str,
    pack: &'static str,
    as_of: &'static str,
    decided_at: &'static str,
    clause: &'static str,
    expression: &'static str,
    next_step: &'static str,
    outputs: &'static str,
    proof: &'static str,
    id: &'static str,
    place: &'static str,
    hash: &'static str,
    pack_hash: &'static str,
    engine: &'static str,
    unknown: &'static str,
    outcomes: [&'static str; 3],
}

const JA: Words = Words {
    title: "判定書",
    outcome: "判定",
    subject: "対象",
    pack: "適用した基準",
    as_of: "基準時",
    decided_at: "判定日時",
    clause: "条項",
    expression: "判定の条件",
    next_step: "次にすること",
    outputs: "判定が定めた値",
    proof: "記録の証明",
    id: "記録番号",
    place: "記録の順番",
    hash: "記録のハッシュ",
    pack_hash: "基準のハッシュ",
    engine: "プログラム",
    unknown: "不明",
    outcomes: ["満たす", "満たさない", "判断できない（担当者が確認）"],
};

const EN: Words = Words {
    title: "Decision",
    outcome: "Outcome",
    subject: "Subject",
    pack: "Rules applied",
    as_of: "As of",
    decided_at: "Decided at",
    clause: "Clause",
    expression: "Condition that decided",
    next_step: "What to do next",
    outputs: "Values given",
    proof: "Proof of the record",
    id: "Record",
    place: "Place in the chain",
    hash: "Hash of the record",
    pack_hash: "Hash of the rules",
    engine: "Program",
    unknown: "unknown",
    outcomes: ["satisfied", "not satisfied", "undetermined: a person has to look"],
};

/// The page of a decision, self-contained.
///
/// # Errors
/// Only when the page cannot be written, which is a bug.
pub fn decision_page(linked: &Linked, language: Language) -> Result<String, Problem> {
    let Linked { decision, link } = linked;
    let (lang, words) = match language {
        Language::Ja => ("ja", &JA),
        Language::En => ("en", &EN),
    };
    let explanation = &decision.explanation;
    let page = Page {
        lang,
        words,
        decision,
        link,
        outcome: said(words, explanation.outcome),
        outcome_class: explanation.outcome.as_str(),
        summary: in_language(&explanation.summary, language),
        as_of: shown(decision.as_of),
        decided_at: shown(decision.decided_at),
        findings: explanation.findings.iter().map(|it| finding(it, words, language)).collect(),
        outputs: explanation
            .outputs
            .iter()
            .map(|output| (output.name.as_str(), output.value.to_string()))
            .collect(),
    };
    page.render().map_err(|error| Problem::internal(error.to_string()))
}

fn finding<'p>(finding: &'p Finding, words: &'static Words, language: Language) -> FindingRow<'p> {
    FindingRow {
        code: &finding.code,
        class: finding.outcome.as_str(),
        outcome: said(words, finding.outcome),
        message: in_language(&finding.message, language),
        clause: finding.clause.as_deref().unwrap_or_default(),
        expression: &finding.expression,
        next_step: finding.next_step.as_ref().map_or("", |step| in_language(step, language)),
        facts: finding.facts.iter().map(|it| fact(it, words)).collect(),
    }
}

fn fact<'p>(fact: &'p FactSeen, words: &'static Words) -> FactRow<'p> {
    FactRow {
        path: &fact.path,
        value: fact.value.as_ref().map_or_else(|| words.unknown.to_owned(), ToString::to_string),
        as_of: fact.as_of.map(shown).unwrap_or_default(),
    }
}

fn in_language(text: &Text, language: Language) -> &str {
    match language {
        Language::Ja => &text.ja,
        Language::En => &text.en,
    }
}

const fn said(words: &'static Words, outcome: Outcome) -> &'static str {
    let [yes, no, unknown] = words.outcomes;
    match outcome {
        Outcome::Satisfied => yes,
        Outcome::NotSatisfied => no,
        Outcome::Undetermined => unknown,
    }
}

/// An instant in Japan's time, to the minute.
fn shown(at: Timestamp) -> String {
    let zone = Zone::named(Zone::TOKYO).map(|zone| zone.time_zone());
    zone.map_or_else(
        |_| at.to_string(),
        |zone| zone.to_datetime(at.as_jiff()).strftime("%Y-%m-%d %H:%M JST").to_string(),
    )
}
