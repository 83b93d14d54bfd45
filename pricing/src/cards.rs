//! Which card is in force when: versions of a card follow each other without gap or overlap.

use std::sync::Arc;

use tasuki_core::catalog::RateCardRef;
use tasuki_core::time::CivilDate;

use crate::rate_card::{InvalidRateCard, Level, RateCard, RateCardError};

/// The cards that come with the program, by file name.
const BUILT_IN: [(&str, &str); 4] = [
    ("okinawa-2020-trial.yaml", include_str!("../cards/okinawa-2020-trial.yaml")),
    ("okinawa-2021.yaml", include_str!("../cards/okinawa-2021.yaml")),
    ("kumamoto-2020-trial.yaml", include_str!("../cards/kumamoto-2020-trial.yaml")),
    ("kumamoto-2021.yaml", include_str!("../cards/kumamoto-2021.yaml")),
];

/// Rate cards by code and version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cards {
    /// By code, then by the first day in force.
    cards: Vec<Arc<RateCard>>,
}

impl Cards {
    /// The cards that come with the program.
    ///
    /// # Errors
    /// [`InvalidRateCard`]; a test loads them, so that it does not happen.
    pub fn built_in() -> Result<Self, InvalidRateCard> {
        Self::load(BUILT_IN)
    }

    /// The files of the cards that come with the program, by name.
    pub const fn built_in_files() -> [(&'static str, &'static str); 4] {
        BUILT_IN
    }

    /// Cards that were checked before and whose days were made to fit.
    pub fn of(mut cards: Vec<Arc<RateCard>>) -> Self {
        cards.sort_by(|a, b| (a.code(), a.effective_from).cmp(&(b.code(), b.effective_from)));
        Self { cards }
    }

    /// Reads cards and checks them, each for itself and all together.
    ///
    /// # Errors
    /// [`InvalidRateCard`] with what is wrong in all of them.
    pub fn load<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidRateCard> {
        let mut errors = Vec::new();
        let mut cards = Vec::new();
        for (file, text) in files {
            match RateCard::placed(file, text) {
                Ok((card, at)) => cards.push(((file, at), card)),
                Err(invalid) => errors.extend(invalid.errors),
            }
        }
        cards.sort_by(|(_, a), (_, b)| {
            (a.code(), a.effective_from).cmp(&(b.code(), b.effective_from))
        });
        for pair in cards.windows(2) {
            if let [(_, before), (at, after)] = pair
                && before.code() == after.code()
            {
                errors.extend(misfit(*at, before, after));
            }
        }
        if errors.is_empty() {
            Ok(Self { cards: cards.into_iter().map(|(_, card)| Arc::new(card)).collect() })
        } else {
            Err(InvalidRateCard { errors })
        }
    }

    /// Every card, by code and first day.
    pub fn all(&self) -> &[Arc<RateCard>] {
        &self.cards
    }

    /// The version of a card that new subscriptions get on a day.
    pub fn in_force(&self, code: &str, day: CivilDate) -> Option<&RateCard> {
        let mut cards = self.cards.iter().map(Arc::as_ref);
        cards.find(|card| card.code() == code && card.is_in_force_on(day))
    }

    /// A version of a card by its name.
    pub fn version(&self, code: &str, version: &str) -> Option<&RateCard> {
        let mut cards = self.cards.iter().map(Arc::as_ref);
        cards.find(|card| card.code() == code && card.reference.version == version)
    }

    /// A version that something was priced with: its content must be the same.
    pub fn pinned(&self, reference: &RateCardRef) -> Option<&RateCard> {
        self.cards.iter().map(Arc::as_ref).find(|card| card.reference == *reference)
    }

    /// A card as callers write it: `code` for the version in force on the day, or `code@version`.
    pub fn named(&self, name: &str, day: CivilDate) -> Option<&RateCard> {
        match name.split_once('@') {
            Some((code, version)) => self.version(code, version),
            None => self.in_force(name, day),
        }
    }

    /// The cards in force on a day that a partner sells by: those of its own operator, else those
    /// that name it, else those of the customer's prefecture, else all. A trial comes into question
    /// only where nothing else does.
    pub fn sold_by(
        &self,
        partner: &str,
        prefecture: Option<&str>,
        day: CivilDate,
    ) -> Vec<&RateCard> {
        // Some write JIS X 0401, some ISO 3166-2.
        let prefecture = prefecture.map(|code| code.strip_prefix("JP-").unwrap_or(code));
        let own = |card: &RateCard| card.operator == partner;
        let named = |card: &RateCard| card.sold_by.iter().any(|code| code == partner);
        let there = |card: &RateCard| {
            prefecture.is_some_and(|of| card.prefectures.iter().any(|code| code == of))
        };
        let any = |_: &RateCard| true;
        let rules: [&dyn Fn(&RateCard) -> bool; 4] = [&own, &named, &there, &any];
        let all = || self.cards.iter().map(Arc::as_ref);
        let in_force = || all().filter(|card| card.is_in_force_on(day));
        for rule in rules {
            let found: Vec<_> = in_force().filter(|card| rule(card)).collect();
            let paid: Vec<_> =
                found.iter().filter(|card| card.trial_until.is_none()).copied().collect();
            if !paid.is_empty() {
                return paid;
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }
}

/// Two versions that follow each other must meet on one day.
fn misfit(
    (file, (line, column)): (&str, (u64, u64)),
    before: &RateCard,
    after: &RateCard,
) -> Option<RateCardError> {
    let error = |message: String, suggestion: String| RateCardError {
        level: Level::Error,
        code: "period",
        file: file.to_owned(),
        line,
        column,
        message,
        suggestion,
    };
    if before.reference.version == after.reference.version {
        return Some(error(
            format!("the version `{}` is there twice", after.reference),
            "give it another version".to_owned(),
        ));
    }
    let starts = after.effective_from;
    match before.effective_to {
        Some(end) if end == starts => None,
        Some(end) if end < starts => Some(error(
            format!("no version of `{}` is in force from {end} until {starts}", after.code()),
            format!("let `{}` end on {starts}", before.reference),
        )),
        Some(_) | None => Some(error(
            format!(
                "`{}` and `{}` are in force on the same days",
                before.reference, after.reference
            ),
            format!("let `{}` end on {starts}: `effective: {{ to: {starts} }}`", before.reference),
        )),
    }
}
