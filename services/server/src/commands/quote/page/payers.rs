//! Who pays which part, in plain words.

use tasuki_core::quote::PayerTerms;
use tasuki_core::text::Language;

use super::Page;
use crate::commands::demo::table::Table;

impl Page<'_> {
    /// Who pays which part, and what others offered that was not accepted.
    pub(super) fn payers(&self) -> String {
        let priced = &self.answer.quote.offer.priced;
        let declined: Vec<String> = priced
            .declined_payers
            .iter()
            .map(|of| format!("{}: {}", of.name, self.text(&of.reason)))
            .collect();
        if priced.payers.is_empty() {
            let title = self.say("■ お支払いの分担", "■ Who pays what");
            return self.list(title, declined.iter().map(String::as_str));
        }
        let mut table = Table::new([
            self.say("どなたが", "Who"),
            self.say(">初年度（税込）", ">First year, with tax"),
            self.say(">2年目から毎年（税込）", ">Each later year, with tax"),
            self.say("どのように", "Terms"),
        ]);
        for payer in &priced.payers {
            let (who, terms) = match &payer.terms {
                None => (
                    self.say("お客様", "You").to_owned(),
                    self.say("残りのすべて", "all that is left").to_owned(),
                ),
                Some(terms) => (terms.name.clone(), self.terms(terms)),
            };
            let (first, later) = (payer.first_year.gross, payer.steady_year.gross);
            table.row([who, first.to_string(), later.to_string(), terms]);
        }
        let title = self.say("■ お支払いの分担", "■ Who pays what");
        format!("{title}\n{}{}", table.render(), self.list("", declined.iter().map(String::as_str)))
    }

    fn terms(&self, terms: &PayerTerms) -> String {
        let percent = terms.share_rate.as_percent();
        let labels = terms.services.iter().map(|of| self.text(&of.label()).to_owned());
        let services = labels.collect::<Vec<_>>().join(self.say("・", ", "));
        let mut said = vec![match (self.language, services.is_empty()) {
            (Language::Ja, true) => format!("料金の{percent}%"),
            (Language::Ja, false) => format!("{services}の料金の{percent}%"),
            (Language::En, true) => format!("{percent} % of the fees"),
            (Language::En, false) => format!("{percent} % of the fees of {services}"),
        }];
        if let Some(cap) = terms.monthly_cap {
            said.push(match self.language {
                Language::Ja => format!("月{cap}まで"),
                Language::En => format!("at most {cap} a month"),
            });
        }
        if let Some(valid) = terms.valid {
            let (from, until) = (valid.start(), valid.end());
            said.push(match self.language {
                Language::Ja => format!("{from}から{until}の前日まで"),
                Language::En => format!("from {from} until the day before {until}"),
            });
        }
        said.join(self.say("、", ", "))
    }
}
