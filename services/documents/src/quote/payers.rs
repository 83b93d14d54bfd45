//! Who pays which part, as rows of the quote's page.

use serde::Serialize;
use tasuki_core::quote::{PayerSplit, PayerTerms, Priced};
use tasuki_core::text::Language;

use crate::sheet::{day, name, percent, said, word};

/// Who pays which part, and what others offered that was not accepted.
#[derive(Debug, Serialize)]
pub(super) struct Payers {
    pub(super) title: &'static str,
    /// Who, what in the first year, what in each later one, on which terms.
    pub(super) head: [&'static str; 4],
    pub(super) rows: Vec<[String; 4]>,
    pub(super) declined: Vec<String>,
}

pub(super) fn payers(priced: &Priced, language: Language) -> Payers {
    let say = |ja, en| word(language, ja, en);
    let declined = priced.declined_payers.iter().map(|of| {
        let between = say("：", ": ");
        format!("{}{between}{}", name(&of.name), said(&of.reason, language))
    });
    Payers {
        title: say("お支払いの分担（税込）", "Who pays what, with tax"),
        head: ["", say("初年度", "First year"), say("2年目から毎年", "Each later year"), ""],
        rows: priced.payers.iter().map(|payer| row(payer, language)).collect(),
        declined: declined.collect(),
    }
}

fn row(payer: &PayerSplit, language: Language) -> [String; 4] {
    let (first, later) = (payer.first_year.gross, payer.steady_year.gross);
    let (who, terms) = match &payer.terms {
        None => (
            word(language, "お客様", "You").to_owned(),
            word(language, "残りのすべて", "all that is left").to_owned(),
        ),
        Some(terms) => (name(&terms.name), said_terms(terms, language)),
    };
    [who, first.to_string(), later.to_string(), terms]
}

/// The terms in a few words: what share of what, up to what, when.
fn said_terms(terms: &PayerTerms, language: Language) -> String {
    let share = percent(terms.share_rate);
    let labels = terms.services.iter().map(|service| said(&service.label(), language));
    let services = labels.collect::<Vec<_>>().join(word(language, "・", ", "));
    let mut said = vec![match (language, services.is_empty()) {
        (Language::Ja, true) => format!("料金の{share}"),
        (Language::Ja, false) => format!("{services}の料金の{share}"),
        (Language::En, true) => format!("{share} of the fees"),
        (Language::En, false) => format!("{share} of the fees of {services}"),
    }];
    if let Some(cap) = terms.monthly_cap {
        said.push(match language {
            Language::Ja => format!("月{cap}まで"),
            Language::En => format!("at most {cap} a month"),
        });
    }
    if let Some(valid) = terms.valid {
        let (from, until) = (day(valid.start(), language), day(valid.end(), language));
        said.push(match language {
            Language::Ja => format!("{from}から{until}の前日まで"),
            Language::En => format!("from {from} until the day before {until}"),
        });
    }
    said.join(word(language, "、", ", "))
}
