//! A recorded decision as a page that a claims handler can read and print.

use askama::Template;
use serde::Serialize;
use serde_json::Value;
use tasuki_core::decision::{FactSeen, Finding, Linked, Outcome};
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{Timestamp, Zone};

use crate::DocumentError;
use crate::engine::{Job, print};
use crate::sheet::{Pair, bounded, tame, word};

/// Sizes of text, in tenths of a point: a decision with many findings may have several pages.
const SIZES: [u16; 3] = [95, 88, 82];
/// The longest value or expression that is shown whole.
const LONGEST: usize = 2_000;

/// Everything that the page of a decision shows, as text in one language.
#[derive(Debug, Template, Serialize)]
#[template(path = "decision.html")]
struct Sheet {
    lang: &'static str,
    title: &'static str,
    id: String,
    outcome_title: &'static str,
    outcome: &'static str,
    outcome_class: &'static str,
    summary: String,
    facts: Vec<Pair>,
    findings: Vec<Row>,
    outputs_title: &'static str,
    outputs: Vec<Pair>,
    proof_title: &'static str,
    proof: Vec<Pair>,
}

/// One condition that failed or could not be determined.
#[derive(Debug, Serialize)]
struct Row {
    title: String,
    class: &'static str,
    message: String,
    expression_title: &'static str,
    expression: String,
    details: Vec<Pair>,
    facts: Vec<Pair>,
}

/// The decision as one HTML page that needs nothing else.
///
/// # Errors
/// [`DocumentError`].
pub fn decision_html(linked: &Linked, language: Language) -> Result<String, DocumentError> {
    let sheet = sheet(linked, language)?;
    sheet.render().map_err(|error| DocumentError::Template(error.to_string()))
}

/// The decision as a PDF.
///
/// # Errors
/// [`DocumentError`].
pub fn decision_pdf(linked: &Linked, language: Language) -> Result<Vec<u8>, DocumentError> {
    let sheet = sheet(linked, language)?;
    print(&Job {
        template: include_str!("../templates/decision.typ"),
        data: &sheet,
        sizes: &SIZES,
        identity: format!("{} {} {}", linked.decision.id, linked.link.hash, sheet.lang),
        made_at: linked.decision.decided_at.as_jiff(),
    })
}

fn sheet(linked: &Linked, language: Language) -> Result<Sheet, DocumentError> {
    let say = |ja, en| word(language, ja, en);
    let decision = &linked.decision;
    let explanation = &decision.explanation;
    let seen = explanation.findings.iter().map(|finding| finding.facts.len() + 1).sum::<usize>();
    bounded(seen + explanation.outputs.len())?;
    let pack = &decision.pack;
    let decided =
        format!("{} ({})", shown(decision.decided_at), tame(&decision.decided_by.subject, LONGEST));
    Ok(Sheet {
        lang: say("ja", "en"),
        title: say("判定書", "Decision"),
        id: decision.id.to_string(),
        outcome_title: say("判定", "Outcome"),
        outcome: said(explanation.outcome, language),
        outcome_class: explanation.outcome.as_str(),
        summary: long(&explanation.summary, language),
        facts: vec![
            Pair::new(say("対象", "Subject"), tame(&decision.subject, LONGEST)),
            Pair::new(
                say("適用した基準", "Rules applied"),
                format!("{}/{} {}", pack.kind, pack.name, pack.version),
            ),
            Pair::new(say("基準時", "As of"), shown(decision.as_of)),
            Pair::new(say("判定日時", "Decided at"), decided),
        ],
        findings: explanation
            .findings
            .iter()
            .enumerate()
            .map(|(at, it)| finding(at + 1, it, language))
            .collect(),
        outputs_title: say("判定が定めた値", "Values given"),
        outputs: explanation
            .outputs
            .iter()
            .map(|output| Pair::new(tame(&output.name, LONGEST), value(&output.value)))
            .collect(),
        proof_title: say("記録の証明", "Proof of the record"),
        proof: proof(linked, language),
    })
}

fn proof(linked: &Linked, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let Linked { decision, link } = linked;
    vec![
        Pair::new(say("記録番号", "Record"), decision.id.to_string()),
        Pair::new(say("記録の順番", "Place in the chain"), link.sequence.to_string()),
        Pair::new(say("記録のハッシュ", "Hash of the record"), link.hash.clone()),
        Pair::new(say("基準のハッシュ", "Hash of the rules"), decision.pack.hash.clone()),
        Pair::new(
            say("プログラム", "Program"),
            format!("{}, {}", decision.engine, decision.pack.environment),
        ),
    ]
}

fn finding(place: usize, finding: &Finding, language: Language) -> Row {
    let say = |ja, en| word(language, ja, en);
    let mut details = Vec::new();
    if let Some(clause) = finding.clause.as_deref().filter(|clause| !clause.is_empty()) {
        details.push(Pair::new(say("条項", "Clause"), tame(clause, LONGEST)));
    }
    if let Some(step) = &finding.next_step {
        details.push(Pair::new(say("次にすること", "What to do next"), long(step, language)));
    }
    let code = tame(&finding.code, LONGEST);
    Row {
        title: format!("{place}. {code} — {}", said(finding.outcome, language)),
        class: finding.outcome.as_str(),
        message: long(&finding.message, language),
        expression_title: say("判定の条件", "Condition that decided"),
        expression: tame(&finding.expression, LONGEST),
        details,
        facts: finding.facts.iter().map(|it| fact(it, language)).collect(),
    }
}

fn fact(fact: &FactSeen, language: Language) -> Pair {
    let unknown = || word(language, "不明", "unknown").to_owned();
    let mut text = fact.value.as_ref().map_or_else(unknown, value);
    if let Some(at) = fact.as_of {
        text.push_str(&format!(" ({})", shown(at)));
    }
    Pair::new(tame(&fact.path, LONGEST), text)
}

fn value(value: &Value) -> String {
    tame(&value.to_string(), LONGEST)
}

fn long(text: &Text, language: Language) -> String {
    tame(text.in_language(language), LONGEST)
}

const fn said(outcome: Outcome, language: Language) -> &'static str {
    let (ja, en) = match outcome {
        Outcome::Satisfied => ("満たす", "satisfied"),
        Outcome::NotSatisfied => ("満たさない", "not satisfied"),
        Outcome::Undetermined => {
            ("判断できない（担当者が確認）", "undetermined: a person has to look")
        }
    };
    word(language, ja, en)
}

/// An instant in Japan's time, to the minute.
fn shown(at: Timestamp) -> String {
    let zone = Zone::named(Zone::TOKYO).map(|zone| zone.time_zone());
    zone.map_or_else(
        |_| at.to_string(),
        |zone| zone.to_datetime(at.as_jiff()).strftime("%Y-%m-%d %H:%M JST").to_string(),
    )
}
