//! Letters about what lies in the file: what was asked, what takes longer, what was paid.

use super::{LetterFacts, LetterKind};
use crate::claim::state::{ClaimPhase, Ruling};
use crate::claim::{Claim, PersonDecision};
use crate::text::Text;
use crate::time::CivilDate;

/// What a letter of a kind tells; none when the record has nothing of that kind.
pub(super) fn told(facts: &LetterFacts<'_>, kind: LetterKind) -> Option<Text> {
    let claim = facts.claim;
    match kind {
        LetterKind::Receipt => receipt(facts),
        LetterKind::InformationRequest => asked(claim),
        LetterKind::Extension => longer(facts),
        LetterKind::Decision => {
            claim.decisions.iter().rev().find(|held| held.complete).and_then(decided)
        }
        LetterKind::Payment => paid(claim),
    }
}

/// What the customer can do after reading it.
pub(super) fn next_step(claim: &Claim, kind: LetterKind) -> Option<Text> {
    match kind {
        LetterKind::InformationRequest => Some(Text::new(
            "お手元にないものがあるときは、ご連絡ください。一緒に探します。",
            "If you do not have something, tell us: we will look for it together.",
        )),
        LetterKind::Decision if claim.state.phase() == ClaimPhase::Denied => Some(Text::new(
            "この結果に納得できないときは、再審査を請求できます。別の担当者が判断します。",
            "If you disagree you can appeal. Somebody else will decide then.",
        )),
        LetterKind::Receipt
        | LetterKind::Extension
        | LetterKind::Decision
        | LetterKind::Payment => None,
    }
}

fn receipt(facts: &LetterFacts<'_>) -> Option<Text> {
    if facts.claim.state.phase() == ClaimPhase::Draft {
        return None;
    }
    let missing = facts.claim.missing_documents(&facts.contract.terms);
    let mut ja = "ご連絡を受け付けました。内容を確認し、結果をお知らせします。".to_owned();
    let mut en = "We have received your notice, will look into it and inform you.".to_owned();
    if !missing.is_empty() {
        let list = missing.join("\n・");
        ja = format!("{ja}\n次の書類がまだ届いていません。\n・{list}");
        en = format!("{en}\nThese documents have not arrived yet.\n- {}", missing.join("\n- "));
    }
    Some(Text::new(ja, en))
}

fn asked(claim: &Claim) -> Option<Text> {
    let request = claim.file.requests.last()?;
    let (until_ja, until_en) = day(request.wanted_by);
    let lines = |before: &str| {
        let kinds = request.document_kinds.iter();
        kinds.map(|kind| format!("\n{before}{kind}")).collect::<Vec<_>>().concat()
    };
    Some(Text::new(
        format!("{}\n{until_ja}までにお願いします。{}", request.question.ja, lines("・")),
        format!("{}\nPlease answer by {until_en}.{}", request.question.en, lines("- ")),
    ))
}

fn longer(facts: &LetterFacts<'_>) -> Option<Text> {
    let extension = facts.claim.file.extensions.last()?;
    let reason = extension.reason.text();
    let n = extension.n_days;
    let clock = facts.claim.clock(&facts.contract.terms, facts.zone, extension.told_at);
    let (until_ja, until_en) = clock.due_on.map_or_else(
        || {
            let ja = "期限は、必要な書類がそろった日から数えてお知らせします。".to_owned();
            (ja, "The last day is counted from when the documents are complete.".to_owned())
        },
        |due_on| {
            let (ja, en) = day(due_on);
            let text = format!("{ja}までに結果をお知らせし、お支払いの場合はお支払いします。");
            (text, format!("We will decide, and pay what is due, by {en}."))
        },
    );
    Some(Text::new(
        format!("{}、確認にあと{n}日かかります。\n{until_ja}", reason.ja),
        format!("We need {n} more days because {}.\n{until_en}", reason.en),
    ))
}

fn decided(held: &PersonDecision) -> Option<Text> {
    match &held.ruling {
        Ruling::Approve { payable } => Some(Text::new(
            format!("{payable} をお支払いすることに決まりました。"),
            format!("It was decided to pay {payable}."),
        )),
        Ruling::Deny { clauses } => {
            let named = clauses.join(", ");
            let (ja, en) = if clauses.is_empty() {
                (String::new(), String::new())
            } else {
                (format!("（根拠：{named}）"), format!(" ({named})"))
            };
            Some(Text::new(
                format!("申し訳ありませんが、お支払いできないことに決まりました{ja}。"),
                format!("We are sorry: it was decided that we cannot pay{en}."),
            ))
        }
        Ruling::Refer => None,
    }
}

fn paid(claim: &Claim) -> Option<Text> {
    if claim.payments.is_empty() {
        return None;
    }
    let mut ja = "お支払いの内容は次のとおりです。".to_owned();
    let mut en = "This is what was paid.".to_owned();
    for payment in &claim.payments {
        let (on_ja, on_en) = day(payment.paid_on);
        ja = format!("{ja}\n・{on_ja}：{}", payment.amount);
        en = format!("{en}\n- {on_en}: {}", payment.amount);
    }
    Some(Text::new(ja, en))
}

fn day(day: CivilDate) -> (String, String) {
    let ja = format!("{}年{}月{}日", day.year(), day.month(), day.day());
    (ja, day.strftime("%-d %B %Y").to_string())
}
