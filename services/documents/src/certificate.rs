//! A certificate of cover as a page: what is covered, up to which amounts, on which conditions, and
//! what is not (INS-07).

use tasuki_core::certificate::{Certificate, CertificateState};
use tasuki_core::master_contract::{
    Acknowledgement, Clause, ClauseKind, Limit, LimitScope, MasterContract, PartTerms,
};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::Language;
use tasuki_core::time::{Timestamp, Zone};

use crate::DocumentError;
use crate::page::Page;
use crate::sheet::{Pair, minute, name, said, tame, word};

/// A clause may be longer than a box of other pages.
const LONGEST: usize = 2_000;

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// What the page of a certificate is made from: everything as it held at a time, as far as was known
/// at another.
#[derive(Debug, Clone)]
pub struct CertificatePage {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it stands.
    pub state: CertificateState,
    /// The contract it stands under.
    pub contract: MasterContract,
    /// What the customer has acknowledged.
    pub acknowledgements: Vec<Acknowledgement>,
    /// What the insured is called.
    pub insured: String,
    /// Where its clocks are read.
    pub zone: Zone,
    /// The time it holds for.
    pub as_of: Timestamp,
    /// What was known at this time is all it uses.
    pub known_at: Timestamp,
}

/// The certificate as one HTML page that needs nothing else.
///
/// # Errors
/// [`DocumentError`].
pub fn certificate_html(of: &CertificatePage, language: Language) -> Result<String, DocumentError> {
    page(of, language).html()
}

/// The certificate as a PDF.
///
/// # Errors
/// [`DocumentError`].
pub fn certificate_pdf(of: &CertificatePage, language: Language) -> Result<Vec<u8>, DocumentError> {
    page(of, language).pdf(of.known_at.as_jiff())
}

fn page(of: &CertificatePage, language: Language) -> Page {
    let say = |ja, en| word(language, ja, en);
    let terms = &of.contract.terms;
    let title = format!("{} {}", said(terms.name(), language), say("加入証", "certificate"));
    let mut page = Page::new(language, title, name(&of.certificate.number));
    page.facts = facts(of, language);
    page.section(
        say("補償の内容", "What is covered"),
        terms.parts.iter().map(|part| covered(part, language)).collect(),
    );
    page.section(
        say("支払限度額", "The most that is paid"),
        terms.limits_inside_out().into_iter().map(|limit| most(limit, language)).collect(),
    );
    for (kind, ja, en) in [
        (ClauseKind::Trigger, "お支払いする場合", "When we pay"),
        (ClauseKind::Condition, "補償の条件", "Conditions of cover"),
        (ClauseKind::Exclusion, "お支払いしない場合（免責）", "When we do not pay"),
        (ClauseKind::Duty, "お客さまにお願いすること", "What you have to do"),
        (ClauseKind::Limit, "金額の決まり", "Rules about amounts"),
        (ClauseKind::Definition, "言葉の意味", "What words mean"),
    ] {
        let clauses = terms.wording.clauses.iter().filter(|clause| clause.kind == kind);
        page.section(say(ja, en), clauses.map(|it| clause(of, it, language)).collect());
    }
    page
}

fn facts(of: &CertificatePage, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let (terms, zone) = (&of.contract.terms, &of.zone);
    let state = match &of.state {
        CertificateState::NotYetInForce => say("まだ始まっていません", "Not yet in force"),
        CertificateState::InForce { .. } => say("有効", "In force"),
        CertificateState::Lapsed { .. } => say("中断中", "Interrupted"),
        CertificateState::Ended { .. } => say("終了", "Ended"),
    };
    let period = of.contract.in_force;
    let until = say("から", "until");
    let span = |from: Timestamp, to: Timestamp| {
        format!("{} {until} {}", minute(from, zone, language), minute(to, zone, language))
    };
    let mut facts = vec![
        Pair::new(say("被保険者", "Insured"), name(&of.insured)),
        Pair::new(say("証券番号", "Number"), name(&of.certificate.number)),
        Pair::new(
            say("契約と約款", "Contract and wording"),
            format!(
                "{} v{} / {}",
                name(&of.contract.code),
                of.contract.version,
                name(&terms.wording.version)
            ),
        ),
        Pair::new(say("契約期間", "Period"), span(period.start(), period.end())),
        Pair::new(say("現在の状態", "State"), state.to_owned()),
        Pair::new(say("保険料", "Premium"), said(&terms.premium.who_pays(), language)),
    ];
    for insured in of.certificate.insured_spans() {
        let text = span(insured.start(), insured.end());
        facts.push(Pair::new(say("補償される期間", "Insured"), text));
    }
    let times =
        format!("{} / {}", minute(of.as_of, zone, language), minute(of.known_at, zone, language));
    facts.push(Pair::new(say("基準の時点 / 判明の時点", "As of / as known at"), times));
    facts
}

fn covered(part: &PartTerms, language: Language) -> Pair {
    let say = |ja, en| word(language, ja, en);
    let mut rules = Vec::new();
    if part.coinsurance == Rate::ONE {
        rules.push(say("損害額の全額", "The whole loss").to_owned());
    } else {
        let share = part.coinsurance.as_percent();
        rules.push(format!("{}{share}%", say("損害額の", "Of the loss ")));
    }
    if !part.deductible.is_zero() {
        rules.push(format!("{}{}", say("免責金額 ", "you bear "), part.deductible));
    }
    if part.waiting_seconds > 0 {
        let hours = part.waiting_seconds / HOUR;
        let minutes = part.waiting_seconds % HOUR / 60;
        rules.push(match language {
            Language::Ja => format!("最初の{hours}時間{minutes}分は対象外"),
            Language::En => format!("not the first {hours} h {minutes} min"),
        });
    }
    if let Some(n) = part.n_per_period {
        rules.push(match language {
            Language::Ja => format!("保険期間中{n}回まで"),
            Language::En => format!("at most {n} in the period"),
        });
    }
    if let Some(place) = &part.clause {
        rules.push(name(place));
    }
    let between = say("、", ", ");
    Pair::new(said(&part.part.label(), language), rules.join(between))
}

fn most(limit: &Limit, language: Language) -> Pair {
    let say = |ja, en| word(language, ja, en);
    let what = match limit.scope {
        LimitScope::Item => say("1事故・この補償", "One loss, this cover"),
        LimitScope::AllCosts => say("1事故・費用の合計", "One loss, all costs"),
        LimitScope::Occurrence => say("1事故の合計", "One loss in all"),
        LimitScope::Section => say("期間中・これらの補償", "The period, these covers"),
        LimitScope::Certificate => say("期間中の合計", "The period in all"),
        LimitScope::Programme => say("制度全体の合計", "The whole programme"),
    };
    let parts: Vec<String> = limit.parts.iter().map(|part| said(&part.label(), language)).collect();
    let label = if parts.is_empty() {
        what.to_owned()
    } else {
        format!("{what} ({})", parts.join(say("・", ", ")))
    };
    Pair::new(label, amount(limit.amount, limit.reinstatement_rates.len(), language))
}

fn amount(amount: Money, n_back: usize, language: Language) -> String {
    match (n_back, language) {
        (0, _) => amount.to_string(),
        (n, Language::Ja) => format!("{amount}（使い切ったあと{n}回まで復元）"),
        (n, Language::En) => format!("{amount} (comes back up to {n} times)"),
    }
}

fn clause(of: &CertificatePage, clause: &Clause, language: Language) -> Pair {
    let say = |ja, en| word(language, ja, en);
    let text = clause.plain.as_ref().unwrap_or(&clause.text);
    let mut value = tame(text.in_language(language), LONGEST);
    let accepted = of.acknowledgements.iter().find(|known| {
        known.code == clause.code && known.document_version == of.contract.terms.wording.version
    });
    if let Some(accepted) = accepted {
        let at = minute(accepted.acknowledged_at, &of.zone, language);
        let shown = match accepted.language {
            Language::Ja => say("日本語で確認", "read in Japanese"),
            Language::En => say("英語で確認", "read in English"),
        };
        value = format!("{value} [{shown} {at}]");
    } else if clause.must_be_acknowledged {
        value = format!("{value} [{}]", say("未確認", "not read together yet"));
    }
    let place = name(&clause.clause);
    let heading = said(&clause.title, language);
    Pair::new(if place.is_empty() { heading } else { format!("{place} {heading}") }, value)
}
