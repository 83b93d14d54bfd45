//! A quote with those who share its fees: what each pays in the first and in a later year.

use tasuki_core::catalog::{Cadence, TaxTotal};
use tasuki_core::days::DayPeriod;
use tasuki_core::money::MoneyError;
use tasuki_core::quote::{PayerSplit, PayerTerms, Priced, Totals};
use tasuki_core::time::CivilDate;

use super::{SplitError, SplitLine, days_of, split};
use crate::quote_lines::totals::{
    Applies, EACH_MONTH, MONTHS, budget_check, due, lasts, paid_months, sums,
};
use crate::rate_card::RateCard;
use crate::tax::add_totals;

/// Lets payers share the fees of a quote, month by month as the invoices will: the sums of the quote
/// become the sums of all payers' invoices, and the budget, which is the customer's, is compared with
/// what the customer itself pays.
///
/// # Errors
/// [`SplitError`].
pub fn shared(
    card: &RateCard,
    priced: Priced,
    payers: Vec<PayerTerms>,
) -> Result<Priced, SplitError> {
    if payers.is_empty() {
        return Ok(priced);
    }
    let mut payers = payers;
    payers.sort_by(|a, b| a.code.cmp(&b.code));
    let months = paid_months(priced.start_on, priced.trial_until)?;
    let mut first = Years::of(payers.len());
    for (k, days) in months.iter().enumerate() {
        let cadences: &[Cadence] = if k == 0 { &Cadence::ALL } else { &EACH_MONTH };
        let month = Month { card, priced: &priced, days: *days, cadences };
        first
            .add(&month.divided(&payers, &|cadence, ends_on| lasts(cadence, ends_on, *days))?, 1)?;
    }

    // What is promised until a day may be over: only the others are counted on.
    let for_good: Vec<_> = payers.iter().filter(|it| it.valid.is_none()).cloned().collect();
    let later = DayPeriod::nth(priced.start_on, 1, 0)?;
    let with_year = [Cadence::Monthly, Cadence::Usage, Cadence::Yearly];
    let of = |cadences: &[Cadence]| {
        let month = Month { card, priced: &priced, days: later, cadences };
        month.divided(&for_good, &|_, ends_on| ends_on.is_none())
    };
    let mut steady = Years::of(payers.len());
    steady.add(&in_place(of(&with_year)?, &payers), 1)?;
    steady.add(&in_place(of(&EACH_MONTH)?, &payers), i64::from(MONTHS - 1))?;

    let totals = Totals {
        first_year: sums(first.all()?)?,
        steady_year: sums(steady.all()?)?,
        ..priced.totals.clone()
    };
    let terms = std::iter::once(None).chain(payers.into_iter().map(Some));
    let mut splits = Vec::new();
    for ((terms, first), steady) in terms.zip(first.0).zip(steady.0) {
        splits.push(PayerSplit { terms, first_year: sums(first)?, steady_year: sums(steady)? });
    }
    let mut priced = Priced { payers: splits, totals, ..priced };
    if let Some(check) = &priced.budget {
        let (first_year, steady_year) = priced.own_years();
        let own = Totals {
            first_year: first_year.clone(),
            steady_year: steady_year.clone(),
            ..priced.totals.clone()
        };
        priced.budget = Some(budget_check(check.budget, &own)?);
    }
    Ok(priced)
}

/// The fees of one month of a quote.
struct Month<'a> {
    card: &'a RateCard,
    priced: &'a Priced,
    days: DayPeriod,
    cadences: &'a [Cadence],
}

impl Month<'_> {
    /// What each payer's invoice comes to, the customer's first.
    fn divided(
        &self,
        payers: &[PayerTerms],
        lasts: &Applies<'_>,
    ) -> Result<Vec<Vec<TaxTotal>>, SplitError> {
        let applies = |cadence: Cadence, ends_on: Option<CivilDate>| {
            self.cadences.contains(&cadence) && lasts(cadence, ends_on)
        };
        let found = due(self.card, (&self.priced.lines, &self.priced.discounts), &applies)?;
        let mut lines = Vec::with_capacity(found.len());
        for due in &found {
            let cadence = due.line.cadence.unwrap_or(Cadence::Monthly);
            lines.push(SplitLine {
                code: &due.code,
                service: due.line.service,
                days: days_of(cadence, self.period_of(cadence)?)?,
                taxable: due.taxable(),
            });
        }
        let parts = split(&lines, payers, self.card.tax.rounding)?;
        Ok(parts.into_iter().map(|part| part.taxes).collect())
    }

    /// The days that a fee of the month pays for: a yearly one from the first charged day on.
    fn period_of(&self, cadence: Cadence) -> Result<DayPeriod, SplitError> {
        Ok(match cadence {
            Cadence::Yearly => {
                let from = self
                    .priced
                    .trial_until
                    .map_or(self.days.start(), |until| until.max(self.days.start()));
                DayPeriod::nth(from, MONTHS, 0)?
            }
            Cadence::Initial | Cadence::OneOff | Cadence::Monthly | Cadence::Usage => self.days,
        })
    }
}

/// What each payer pays in a year, the customer first, then by code.
struct Years(Vec<Vec<TaxTotal>>);

impl Years {
    fn of(n_payers: usize) -> Self {
        Self(vec![Vec::new(); n_payers.saturating_add(1)])
    }

    fn add(&mut self, month: &[Vec<TaxTotal>], times: i64) -> Result<(), MoneyError> {
        for (year, more) in self.0.iter_mut().zip(month) {
            *year = add_totals(std::mem::take(year), more, times)?;
        }
        Ok(())
    }

    fn all(&self) -> Result<Vec<TaxTotal>, MoneyError> {
        self.0.iter().try_fold(Vec::new(), |sum, year| add_totals(sum, year, 1))
    }
}

/// The parts of those who always pay, in the places of all: nothing for the others.
fn in_place(parts: Vec<Vec<TaxTotal>>, payers: &[PayerTerms]) -> Vec<Vec<TaxTotal>> {
    let mut parts = parts.into_iter();
    let customer = parts.next().unwrap_or_default();
    let mut placed = vec![customer];
    for payer in payers {
        let part = if payer.valid.is_none() { parts.next() } else { None };
        placed.push(part.unwrap_or_default());
    }
    placed
}
