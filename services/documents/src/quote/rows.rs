//! The rows of a quote's page.

use serde::Serialize;
use tasuki_core::decision::Outcome;
use tasuki_core::master_contract::{ClauseKind, LimitScope};
use tasuki_core::quote::{
    CoverChoice, CoverOffer, Line, LineKind, Offer, Priced, Quote, SchemeCriterion,
};
use tasuki_core::service::Service as Kind;
use tasuki_core::text::Language;

use super::Section;
use crate::sheet::{Pair, amount, counted, day, name, percent, said, tax, when, word};

/// A service of the bundle with its reason and its prices.
#[derive(Debug, Serialize)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) reason: String,
    pub(super) prices: Vec<Price>,
}

/// One price.
#[derive(Debug, Serialize)]
pub(super) struct Price {
    pub(super) label: String,
    pub(super) when: &'static str,
    pub(super) quantity: String,
    pub(super) tax: String,
    pub(super) amount: String,
    pub(super) note: String,
    pub(super) discount: bool,
}

/// Something that is charged only when something happens.
#[derive(Debug, Serialize)]
pub(super) struct Possible {
    pub(super) labels: String,
    pub(super) amount: String,
    pub(super) trigger: String,
}

/// The cover, with what it does not cover next to it.
#[derive(Debug, Serialize)]
pub(super) struct CoverBox {
    pub(super) title: &'static str,
    pub(super) lead: String,
    pub(super) parts: Vec<Pair>,
    pub(super) exclusions_title: &'static str,
    pub(super) exclusions: Vec<String>,
    pub(super) conditions_title: &'static str,
    pub(super) conditions: Vec<String>,
}

/// A criterion of a public scheme.
#[derive(Debug, Serialize)]
pub(super) struct Criterion {
    pub(super) class: &'static str,
    pub(super) verdict: &'static str,
    pub(super) text: String,
    pub(super) note: String,
}

/// What is offered, service by service in the order of the bundle, then what belongs to no service.
pub(super) fn services(quote: &Quote, language: Language) -> Vec<Service> {
    let offer = &quote.offer;
    let mut kinds: Vec<Kind> = Vec::new();
    for item in &offer.priced.selection {
        if !kinds.contains(&item.service) {
            kinds.push(item.service);
        }
    }
    let mut services: Vec<Service> = kinds
        .into_iter()
        .map(|kind| {
            let of = offer.recommended.iter().find(|of| of.service == kind && of.in_bundle);
            Service {
                name: said(&kind.label(), language),
                reason: of.map(|of| said(&of.reason, language)).unwrap_or_default(),
                prices: prices(&offer.priced, Some(kind), language),
            }
        })
        .collect();
    let rest = prices(&offer.priced, None, language);
    if !rest.is_empty() {
        let name = word(language, "全体", "The bundle").to_owned();
        services.push(Service { name, reason: String::new(), prices: rest });
    }
    services
}

fn prices(priced: &Priced, service: Option<Kind>, language: Language) -> Vec<Price> {
    let charged = priced.lines.iter().filter(|line| match line.kind {
        LineKind::Charged | LineKind::Discount => line.service == service,
        LineKind::Included | LineKind::Contingent => false,
    });
    charged.map(|line| price(line, language)).collect()
}

fn price(line: &Line, language: Language) -> Price {
    let quantity = match (line.unit, line.unit_price) {
        (Some(unit), Some(each)) => {
            format!("{each} × {}{}", line.quantity, counted(unit, language))
        }
        _ => String::new(),
    };
    Price {
        label: said(&line.label, language),
        when: line.cadence.map_or("", |cadence| when(cadence, language)),
        quantity,
        tax: tax(line.tax_mode, line.tax_rate, language),
        amount: amount(line.amount, language),
        note: note(line, language),
        discount: line.kind == LineKind::Discount,
    }
}

fn note(line: &Line, language: Language) -> String {
    let mut notes: Vec<String> = line.note.iter().map(|note| said(note, language)).collect();
    if let Some(until) = line.free_until {
        let until = day(until, language);
        notes.push(match language {
            Language::Ja => format!("{until}から"),
            Language::En => format!("from {until}"),
        });
    }
    if let Some(end) = line.ends_on {
        let end = day(end, language);
        notes.push(match language {
            Language::Ja => format!("{end}の前日まで"),
            Language::En => format!("until the day before {end}"),
        });
    }
    notes.join(word(language, "、", ", "))
}

/// What may be charged; prices to ask for that have the same trigger share a row.
pub(super) fn possible(priced: &Priced, language: Language) -> Vec<Possible> {
    let mut rows: Vec<Possible> = Vec::new();
    for line in priced.lines_of(LineKind::Contingent) {
        let label = said(&line.label, language);
        let trigger = line.trigger.as_ref().map(|of| said(of, language)).unwrap_or_default();
        let charged = amount(line.amount, language);
        let known = rows
            .iter_mut()
            .find(|row| line.amount.is_none() && row.trigger == trigger && row.amount == charged);
        if let Some(row) = known {
            row.labels.push_str(word(language, "、", ", "));
            row.labels.push_str(&label);
        } else {
            rows.push(Possible { labels: label, amount: charged, trigger });
        }
    }
    rows
}

/// What is included, each text once.
pub(super) fn included(priced: &Priced, language: Language) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for line in priced.lines_of(LineKind::Included) {
        let text = said(&line.label, language);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Who pays for the cover, who solicits it, and what to read with it.
fn lead(cover: &CoverOffer, language: Language) -> String {
    let mut who = said(&cover.terms.premium.who_pays(), language);
    if let Some(CoverChoice { solicitor, licence, .. }) = &cover.choice {
        let (name, number) = (said(solicitor, language), name(&licence.number));
        let until = day(licence.valid_to, language);
        who.push_str(&match language {
            Language::Ja => format!("（募集人 {name}、登録番号 {number}、{until}の前日まで有効）"),
            Language::En => {
                format!(
                    " (solicited by {name}, licence {number}, valid until the day before {until})"
                )
            }
        });
    }
    match language {
        Language::Ja => format!("{who}。右の「支払われない場合」とあわせてお読みください。"),
        Language::En => format!("{who}. Read it together with what is not paid."),
    }
}

/// The cover and what it does not cover.
pub(super) fn cover(cover: &CoverOffer, language: Language) -> CoverBox {
    let say = |ja, en| word(language, ja, en);
    let terms = &cover.terms;
    let parts = terms.parts.iter().map(|part| {
        let limit = terms.limits.iter().find(|limit| {
            limit.scope == LimitScope::Item && terms.parts_of(limit).contains(&part.part)
        });
        let mut value = limit.map_or_else(
            || say("下の合計額まで", "up to the total").to_owned(),
            |limit| match language {
                Language::Ja => format!("1回 {} まで", limit.amount),
                Language::En => format!("up to {} each time", limit.amount),
            },
        );
        if !part.deductible.is_zero() {
            let of = say("、自己負担 ", ", you bear ");
            value.push_str(&format!("{of}{}", part.deductible));
        }
        if part.coinsurance != tasuki_core::rate::Rate::ONE {
            let of = say("、支払割合 ", ", paid at ");
            value.push_str(&format!("{of}{}", percent(part.coinsurance)));
        }
        Pair::new(said(&part.part.label(), language), value)
    });
    let mut parts: Vec<Pair> = parts.collect();
    let whole = terms.limits.iter().find(|limit| limit.scope == LimitScope::Certificate);
    if let Some(limit) = whole {
        parts.push(Pair::new(say("合計（1年）", "In all, a year"), limit.amount.to_string()));
    }
    let clauses = |kinds: &[ClauseKind]| {
        let of = terms.wording.clauses.iter().filter(|clause| kinds.contains(&clause.kind));
        of.map(|clause| said(clause.plain.as_ref().unwrap_or(&clause.text), language)).collect()
    };
    CoverBox {
        title: if cover.choice.is_some() {
            say("お選びいただいた補償（任意加入）", "The cover that you choose")
        } else {
            say("付いている補償（サイバー保険）", "The cover that comes with it")
        },
        lead: lead(cover, language),
        parts,
        exclusions_title: say("支払われない場合", "Not paid"),
        exclusions: clauses(&[ClauseKind::Exclusion]),
        conditions_title: say("守っていただくこと", "Conditions"),
        conditions: clauses(&[ClauseKind::Condition, ClauseKind::Duty]),
    }
}

/// Which criteria are met.
pub(super) fn criteria(criteria: &[SchemeCriterion], language: Language) -> Vec<Criterion> {
    let criterion = |of: &SchemeCriterion| {
        let (class, ja, en) = match of.outcome {
            Outcome::Satisfied => ("met", "適合", "met"),
            Outcome::NotSatisfied => ("not-met", "不適合", "not met"),
            Outcome::Undetermined => ("unknown", "未確認", "unknown"),
        };
        Criterion {
            class,
            verdict: word(language, ja, en),
            text: said(&of.text, language),
            note: of.note.as_ref().map(|note| said(note, language)).unwrap_or_default(),
        }
    };
    criteria.iter().map(criterion).collect()
}

/// Public money, as information.
pub(super) fn subsidies(offer: &Offer, language: Language) -> Section<Pair> {
    let say = |ja, en| word(language, ja, en);
    let rows = offer.subsidies.iter().map(|of| {
        let terms = said(&of.conditions, language);
        let (rate, estimate) = (percent(of.rate), of.estimate);
        let up_to = of.ceiling.map_or_else(String::new, |ceiling| match language {
            Language::Ja => format!("、上限{ceiling}"),
            Language::En => format!(", at most {ceiling}"),
        });
        Pair::new(
            said(&of.name, language),
            match language {
                Language::Ja => format!("目安 {estimate}（{rate}{up_to}）。{terms}"),
                Language::En => format!("about {estimate} ({rate}{up_to}). {terms}"),
            },
        )
    });
    Section {
        title: say(
            "使えるかもしれない補助金（料金からは引いていません）",
            "Public money that may be had (not taken off any price)",
        ),
        lead: String::new(),
        rows: rows.collect(),
    }
}

/// Other bundles, and what is advised for later.
pub(super) fn others(offer: &Offer, language: Language) -> Vec<Pair> {
    let alternatives = offer.alternatives.iter().map(|of| {
        let totals = &of.totals;
        let (first, steady) = (totals.first_year.gross, totals.steady_year.gross);
        let difference = said(&of.difference, language);
        let value = match language {
            Language::Ja => {
                format!("初年度{first}、2年目から毎年{steady}（税込）。{difference}")
            }
            Language::En => {
                format!("First year {first}, later years {steady}, with tax. {difference}")
            }
        };
        Pair::new(said(&of.label, language), value)
    });
    alternatives.collect()
}

/// What cannot be offered and what is left for later, and why.
pub(super) fn attention(offer: &Offer, language: Language) -> Vec<String> {
    let between = word(language, "：", ": ");
    let refused = offer.unavailable.iter().map(|of| (of.service, &of.reason, ""));
    let later = offer
        .recommended
        .iter()
        .filter(|of| !of.in_bundle)
        .map(|of| (of.service, &of.reason, word(language, "（次の機会に）", " (for later)")));
    let rows = refused.chain(later).map(|(service, reason, when)| {
        let name = said(&service.label(), language);
        format!("{name}{when}{between}{}", said(reason, language))
    });
    rows.collect()
}
