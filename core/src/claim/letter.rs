//! The letter to the insured, in plain Japanese and English, from the record itself.
//!
//! Nothing in it is typed by hand: the result comes from the state, the reasons from the findings of
//! the recorded decisions, the amounts from the trace of the benefit.

use crate::benefit::{Benefit, Step, StepKind};
use crate::claim::state::{ClaimOutcome, ClaimPhase, ClaimState, Ruling};
use crate::claim::{Assessment, Claim, PersonDecision};
use crate::decision::{Decision, Finding};
use crate::id::DecisionId;
use crate::master_contract::{Clause, LimitScope, MasterContract};
use crate::money::Money;
use crate::rate::Rate;
use crate::text::Text;
use crate::time::{Timestamp, Zone};

mod record;

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// The notice has arrived; what happens next.
    Receipt,
    /// Something is wanted.
    InformationRequest,
    /// It takes longer, and why.
    Extension,
    /// Approved or denied, with every reason and the calculation.
    Decision,
    /// Paid.
    Payment,
}

impl LetterKind {
    /// The one that fits how far a claim has come.
    pub const fn fitting(phase: ClaimPhase) -> Self {
        match phase {
            ClaimPhase::Draft
            | ClaimPhase::Notified
            | ClaimPhase::UnderAssessment
            | ClaimPhase::Decided
            | ClaimPhase::UnderAppeal
            | ClaimPhase::Withdrawn => Self::Receipt,
            ClaimPhase::InformationWanted => Self::InformationRequest,
            ClaimPhase::Approved | ClaimPhase::Denied | ClaimPhase::Closed => Self::Decision,
            ClaimPhase::Paid => Self::Payment,
        }
    }
}

/// What a letter is written from.
#[derive(Debug, Clone, Copy)]
pub struct LetterFacts<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// The contract.
    pub contract: &'a MasterContract,
    /// The decisions of its last assessment, in order.
    pub decisions: &'a [Decision],
    /// What the insured is called.
    pub insured: &'a str,
    /// Where its clocks are read.
    pub zone: &'a Zone,
}

/// A letter to the insured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about.
    pub kind: LetterKind,
    /// Its subject.
    pub subject: Text,
    /// Its paragraphs; lines within one are separated by line feeds.
    pub paragraphs: Vec<Text>,
    /// The clauses it cites, in the wording's order.
    pub clauses: Vec<Clause>,
    /// The calculation it shows.
    pub calculation: Option<Benefit>,
    /// What the customer can do now.
    pub next_step: Option<Text>,
    /// The recorded decisions behind it.
    pub decision_ids: Vec<DecisionId>,
}

/// The letter for the state that the claim is in.
pub fn letter(facts: &LetterFacts<'_>) -> Letter {
    let claim = facts.claim;
    let findings = told_findings(facts);
    let calculation = shown_calculation(claim).cloned();
    let mut paragraphs = vec![greeting(facts), result(&claim.state)];
    if !findings.is_empty() {
        paragraphs.push(reasons(&findings));
    }
    if let Some(benefit) = &calculation {
        paragraphs.push(calculated(benefit, facts.contract));
    }
    if !facts.decisions.is_empty() {
        paragraphs.push(sources(facts.decisions));
    }
    Letter {
        kind: LetterKind::fitting(claim.state.phase()),
        subject: subject(claim),
        paragraphs,
        clauses: cited(facts, &findings),
        calculation,
        next_step: next_step(&claim.state),
        decision_ids: facts.decisions.iter().map(|decision| decision.id).collect(),
    }
}

/// A letter of one kind, whether or not it is the one that fits now; none when the record has nothing
/// that it could tell.
pub fn letter_of(facts: &LetterFacts<'_>, kind: LetterKind) -> Option<Letter> {
    let fits = LetterKind::fitting(facts.claim.state.phase()) == kind;
    if fits {
        return Some(letter(facts));
    }
    let told = record::told(facts, kind)?;
    let claim = facts.claim;
    let decided = kind == LetterKind::Decision;
    let approves =
        |held: &&PersonDecision| held.complete && matches!(held.ruling, Ruling::Approve { .. });
    let calculation =
        claim.decisions.last().filter(|held| decided && approves(held)).and_then(|_| {
            let earlier = claim.file.earlier.last();
            claim.approved.as_ref().or(earlier).cloned()
        });
    let mut paragraphs = vec![greeting(facts), told];
    if let Some(benefit) = &calculation {
        paragraphs.push(calculated(benefit, facts.contract));
    }
    let decisions = if decided { facts.decisions } else { &[] };
    if !decisions.is_empty() {
        paragraphs.push(sources(decisions));
    }
    let next_step = record::next_step(claim, kind);
    let decision_ids = decisions.iter().map(|decision| decision.id).collect();
    let subject = subject(claim);
    Some(Letter {
        kind,
        subject,
        paragraphs,
        clauses: Vec::new(),
        calculation,
        next_step,
        decision_ids,
    })
}

fn subject(claim: &Claim) -> Text {
    Text::new(
        format!("保険金のご請求（受付番号 {}）について", claim.number),
        format!("Your insurance claim {}", claim.number),
    )
}

/// A step of the calculation in words, without its amounts before and after.
pub fn step_text(step: &Step) -> Text {
    let left = step.left.unwrap_or(Money::ZERO_JPY);
    let names = part_names(step);
    match step.kind {
        StepKind::Loss => Text::new("損害額の合計", "Total loss"),
        StepKind::NotCovered => {
            Text::new(format!("{}は補償の対象外", names.ja), format!("{} is not covered", names.en))
        }
        StepKind::Waiting => Text::new(
            format!("{}のうち、待機時間を過ぎた後の額", names.ja),
            format!("{} after the waiting period", names.en),
        ),
        StepKind::AlreadyPaid => Text::new(
            format!("{}からすでにお支払いした額（{left}）を引いた額", names.ja),
            format!("{} less what was paid before ({left})", names.en),
        ),
        StepKind::Coinsurance => {
            let percent = percent(step.rate.unwrap_or(Rate::ONE));
            Text::new(
                format!("{}に支払割合 {percent} をかけた額", names.ja),
                format!("{} at the insured share of {percent}", names.en),
            )
        }
        StepKind::Deductible => Text::new(
            format!("{}から免責金額（お客さまのご負担 {left} まで）を引いた額", names.ja),
            format!("{} after the deductible (you bear up to {left})", names.en),
        ),
        StepKind::Number { most, given } => Text::new(
            format!("{}：保険期間中{most}回まで（これまで{given}回）", names.ja),
            format!("{}: at most {most} in the period, {given} given before", names.en),
        ),
        StepKind::Limit(scope) => limit_text(scope, &names, left),
        StepKind::Allocation => {
            Text::new(format!("{}に割り当てた額", names.ja), format!("Share of {}", names.en))
        }
        StepKind::Policy => Text::new("決定した額", "As decided"),
    }
}

fn limit_text(scope: LimitScope, names: &Text, left: Money) -> Text {
    match scope {
        LimitScope::Item => Text::new(
            format!("{}の支払限度額（残り {left}）まで", names.ja),
            format!("{} up to what is left of its limit ({left})", names.en),
        ),
        LimitScope::AllCosts => Text::new(
            format!("費用全体の支払限度額（残り {left}）まで"),
            format!("All costs up to what is left of their limit ({left})"),
        ),
        LimitScope::Occurrence => Text::new(
            format!("1事故の支払限度額（残り {left}）まで"),
            format!("Up to what is left of the limit for one loss ({left})"),
        ),
        LimitScope::Section => Text::new(
            format!("{}の保険期間中の支払限度額（残り {left}）まで", names.ja),
            format!("{} up to what is left of their limit for the period ({left})", names.en),
        ),
        LimitScope::Certificate => Text::new(
            format!("保険期間中の支払限度額（残り {left}）まで"),
            format!("Up to what is left of your limit for the insurance period ({left})"),
        ),
        LimitScope::Programme => Text::new(
            format!("制度全体の支払限度額（残り {left}）まで"),
            format!("Up to what is left of the limit of the whole programme ({left})"),
        ),
    }
}

fn part_names(step: &Step) -> Text {
    let labels: Vec<Text> = step.parts.iter().map(|part| part.label()).collect();
    let join = |pick: fn(&Text) -> &str, between: &str| {
        labels.iter().map(pick).collect::<Vec<_>>().join(between)
    };
    Text::new(join(|text| &text.ja, "・"), join(|text| &text.en, ", "))
}

fn greeting(facts: &LetterFacts<'_>) -> Text {
    let claim = facts.claim;
    let (loss_ja, loss_en) = instant(claim.loss_at, facts.zone);
    let (told_ja, told_en) = instant(claim.notified_at, facts.zone);
    let name = facts.contract.terms.name();
    let version = &facts.contract.terms.wording.version;
    Text::new(
        format!(
            "{} 御中\n{}（約款 {version}）\n事故の日時：{loss_ja}\nご連絡をいただいた日時：{told_ja}",
            facts.insured, name.ja,
        ),
        format!(
            "To {}\n{} (wording {version})\nTime of the loss: {loss_en}\nNotified: {told_en}",
            facts.insured, name.en,
        ),
    )
}

fn result(state: &ClaimState) -> Text {
    match state {
        ClaimState::Draft => Text::new(
            "ご連絡の内容を準備しています。まだ受け付けていません。",
            "The notice is being prepared and has not been handed in.",
        ),
        ClaimState::Notified { .. } => Text::new(
            "ご連絡を受け付けました。これから内容を確認します。",
            "We have received your notice and will look into it.",
        ),
        ClaimState::UnderAssessment { .. } => {
            Text::new("内容を確認しています。", "We are looking into your claim.")
        }
        ClaimState::InformationWanted { wanted, .. } => {
            let list = wanted.iter().map(|line| format!("・{line}")).collect::<Vec<_>>().join("\n");
            Text::new(
                format!("確認のため、次のものをお送りください。\n{list}"),
                format!("Please send us the following.\n{list}"),
            )
        }
        ClaimState::Decided { outcome, .. } => outcome_text(*outcome),
        ClaimState::Proposed { .. } => Text::new(
            "担当者の判断を、別の担当者が最終確認しています。",
            "A second person is confirming the decision.",
        ),
        ClaimState::Approved { payable, .. } => {
            Text::new(format!("{payable} をお支払いします。"), format!("We will pay {payable}."))
        }
        ClaimState::Denied { .. } => Text::new(
            "申し訳ありませんが、今回はお支払いできません。",
            "We are sorry: we cannot pay this claim.",
        ),
        ClaimState::UnderAppeal { .. } => Text::new(
            "再審査のご請求を受け付けました。前回とは別の担当者が判断します。",
            "We have received your appeal. Somebody else than before will decide on it.",
        ),
        ClaimState::Paid { paid, .. } => {
            Text::new(format!("{paid} をお支払いしました。"), format!("We have paid {paid}."))
        }
        ClaimState::Closed { .. } => {
            Text::new("この件の手続きは終了しました。", "This claim is closed.")
        }
        ClaimState::Withdrawn { .. } => {
            Text::new("ご請求は取り下げられました。", "The claim was withdrawn.")
        }
    }
}

/// What the policies say, in one plain sentence.
pub fn outcome_text(outcome: ClaimOutcome) -> Text {
    match outcome {
        ClaimOutcome::Eligible => Text::new(
            "補償の対象です。担当者が最終確認をして、結果をお知らせします。",
            "Your loss is covered. A person gives the final consent and then informs you.",
        ),
        ClaimOutcome::NotEligible => Text::new(
            "補償の対象にならない理由が見つかりました。担当者が確認して、結果をお知らせします。",
            "We found reasons why the loss is not covered. A person will check them and inform you.",
        ),
        ClaimOutcome::Referred => Text::new(
            "自動では判断できない点がありました。担当者が確認して、結果をお知らせします。",
            "Something could not be determined automatically. A person will look and inform you.",
        ),
    }
}

/// The findings that the letter tells: all of them, once, where a decision against the insured is
/// explained or prepared.
fn told_findings<'a>(facts: &LetterFacts<'a>) -> Vec<&'a Finding> {
    let told = match &facts.claim.state {
        ClaimState::Decided { outcome, .. } => match outcome {
            ClaimOutcome::NotEligible | ClaimOutcome::Referred => true,
            ClaimOutcome::Eligible => false,
        },
        ClaimState::Denied { .. } | ClaimState::UnderAppeal { .. } => true,
        ClaimState::Draft
        | ClaimState::Notified { .. }
        | ClaimState::UnderAssessment { .. }
        | ClaimState::InformationWanted { .. }
        | ClaimState::Proposed { .. }
        | ClaimState::Approved { .. }
        | ClaimState::Paid { .. }
        | ClaimState::Closed { .. }
        | ClaimState::Withdrawn { .. } => false,
    };
    let mut findings: Vec<&Finding> = Vec::new();
    if told {
        for finding in facts.decisions.iter().flat_map(|decision| &decision.explanation.findings) {
            // Each part of a loss is asked about; what holds for several is told once.
            if !findings.iter().any(|known| known.code == finding.code) {
                findings.push(finding);
            }
        }
    }
    findings
}

fn reasons(findings: &[&Finding]) -> Text {
    let lines = |ja: bool| findings.iter().map(|f| reason(f, ja)).collect::<Vec<_>>().join("\n");
    Text::new(format!("【理由】\n{}", lines(true)), format!("Reasons\n{}", lines(false)))
}

fn reason(finding: &Finding, ja: bool) -> String {
    let clause = finding.clause.as_deref().unwrap_or_default();
    let cites = match (clause, ja) {
        ("", _) => String::new(),
        (clause, true) => format!("（{clause}）"),
        (clause, false) => format!(" ({clause})"),
    };
    let next = finding.next_step.as_ref().map_or_else(String::new, |next| {
        if ja { format!("\n　→ {}", next.ja) } else { format!("\n  → {}", next.en) }
    });
    if ja {
        format!("・{}{cites}{next}", finding.message.ja)
    } else {
        format!("- {}{cites}{next}", finding.message.en)
    }
}

fn cited(facts: &LetterFacts<'_>, findings: &[&Finding]) -> Vec<Clause> {
    let wording = &facts.contract.terms.wording;
    let codes: Vec<&str> = findings
        .iter()
        .filter_map(|finding| finding.clause.as_deref())
        .filter_map(|citation| wording.cited(citation))
        .map(|clause| clause.code.as_str())
        .collect();
    wording.clauses.iter().filter(|clause| codes.contains(&clause.code.as_str())).cloned().collect()
}

fn shown_calculation(claim: &Claim) -> Option<&Benefit> {
    let assessed = claim.assessment().map(|assessment: &Assessment| &assessment.benefit);
    match &claim.state {
        ClaimState::Decided { outcome: ClaimOutcome::Eligible, .. }
        | ClaimState::Proposed { ruling: Ruling::Approve { .. }, .. } => assessed,
        ClaimState::Approved { .. } | ClaimState::Paid { .. } => {
            claim.approved.as_ref().or(assessed)
        }
        ClaimState::Decided {
            outcome: ClaimOutcome::NotEligible | ClaimOutcome::Referred, ..
        }
        | ClaimState::Proposed { ruling: Ruling::Deny { .. } | Ruling::Refer, .. }
        | ClaimState::Draft
        | ClaimState::Notified { .. }
        | ClaimState::UnderAssessment { .. }
        | ClaimState::InformationWanted { .. }
        | ClaimState::Denied { .. }
        | ClaimState::UnderAppeal { .. }
        | ClaimState::Closed { .. }
        | ClaimState::Withdrawn { .. } => None,
    }
}

fn calculated(benefit: &Benefit, contract: &MasterContract) -> Text {
    let mut ja = vec!["【お支払い額の計算】".to_owned()];
    let mut en = vec!["How the amount was computed".to_owned()];
    let (first, last) = ("損害額の合計", "Total loss");
    ja.push(format!("・{first}：{}", benefit.loss));
    en.push(format!("- {last}: {}", benefit.loss));
    for step in benefit.trace.iter().filter(|step| shows(step)) {
        let text = step_text(step);
        let clause = step
            .limit
            .as_ref()
            .and_then(|(code, _)| contract.terms.limit(code))
            .and_then(|limit| limit.clause.as_deref())
            .unwrap_or_default();
        let (cites_ja, cites_en) = if clause.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("（{clause}）"), format!(" ({clause})"))
        };
        ja.push(format!("・{}{cites_ja}：{}", text.ja, step.after));
        en.push(format!("- {}{cites_en}: {}", text.en, step.after));
    }
    ja.push(format!("・お支払い額：{}", benefit.total));
    en.push(format!("- Payable: {}", benefit.total));
    for item in &benefit.items {
        let name = item.part.label();
        ja.push(format!("　{}（損害額 {}）：{}", name.ja, item.loss, item.payable));
        en.push(format!("  {} (loss {}): {}", name.en, item.loss, item.payable));
    }
    Text::new(ja.join("\n"), en.join("\n"))
}

/// A limit that cut nothing is left out of a letter, and so is the handing out; the trace has both.
fn shows(step: &Step) -> bool {
    let told = !matches!(step.kind, StepKind::Loss | StepKind::Allocation);
    told && step.before != step.after
}

fn next_step(state: &ClaimState) -> Option<Text> {
    match state {
        ClaimState::Denied { .. } => Some(Text::new(
            "この結果に納得できないときは、再審査を請求できます。別の担当者が判断します。",
            "If you disagree you can appeal. Somebody else will decide then.",
        )),
        ClaimState::InformationWanted { .. } => Some(Text::new(
            "お手元にないものがあるときは、ご連絡ください。一緒に探します。",
            "If you do not have something, tell us: we will look for it together.",
        )),
        ClaimState::Draft
        | ClaimState::Notified { .. }
        | ClaimState::UnderAssessment { .. }
        | ClaimState::Decided { .. }
        | ClaimState::Proposed { .. }
        | ClaimState::Approved { .. }
        | ClaimState::UnderAppeal { .. }
        | ClaimState::Paid { .. }
        | ClaimState::Closed { .. }
        | ClaimState::Withdrawn { .. } => None,
    }
}

/// Which rules decided, so that anybody can find the exact wording years later.
fn sources(decisions: &[Decision]) -> Text {
    let mut lines: Vec<String> = Vec::new();
    for decision in decisions {
        let pack = &decision.pack;
        let hash: String = pack.hash.chars().take(19).collect();
        let line = format!("{}/{} {} ({hash})", pack.kind, pack.name, pack.version);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let lines = lines.join("\n");
    Text::new(
        format!("【適用した基準の版（事故の日のもの）】\n{lines}"),
        format!("The rules applied are those in force at the time of the loss\n{lines}"),
    )
}

fn percent(rate: Rate) -> String {
    rate.value()
        .checked_mul(rust_decimal::Decimal::ONE_HUNDRED)
        .map_or_else(|| rate.to_string(), |value| format!("{}%", value.normalize()))
}

fn instant(at: Timestamp, zone: &Zone) -> (String, String) {
    let zoned = at.as_jiff().to_zoned(zone.time_zone());
    let ja = zoned.strftime("%Y年%-m月%-d日 %H時%M分").to_string();
    let en = zoned.strftime("%-d %B %Y, %H:%M").to_string();
    (ja, en)
}
