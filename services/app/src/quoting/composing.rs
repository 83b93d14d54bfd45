//! What is offered to a company: advice, prices, discounts, other choices, criteria. Asked without a
//! store, so that a salesperson's computer gives the same as the server.

use tasuki_core::catalog::{CompanyProfile, SelectedItem};
use tasuki_core::decision::{Decision, PackVersion};
use tasuki_core::id::DecisionId;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{CoverOffer, Offer, Priced, RequiredAcknowledgement};
use tasuki_core::time::{CivilDate, Timestamp, Zone};
use tasuki_pricing::quote_lines::{Ask, Detail};
use tasuki_pricing::rate_card::RateCard;

use super::advice::{Advice, advise};
use super::alternatives::alternatives;
use super::chosen;
use super::completeness::gaps;
use super::compliance::criteria;
use super::discounts::Prices;
use super::judged::Judged;
use super::sponsors::{self, Shared};
use super::subsidies::subsidies;
use super::trimming::{Bundle, bundle_within, leave_to_a_person};
use super::unprotected;
use crate::library::Library;

/// What an offer is made from.
#[derive(Debug, Clone)]
pub struct Enquiry<'a> {
    /// Prices and policies.
    pub library: &'a Library,
    /// The prices to use.
    pub card: &'a RateCard,
    /// The company.
    pub profile: &'a CompanyProfile,
    /// What is wanted; a bundle is recommended if empty.
    pub asked: &'a [SelectedItem],
    /// The first day of the subscription, and the first day after a free trial.
    pub days: (CivilDate, Option<CivilDate>),
    /// The campaign that the customer names.
    pub campaign: Option<&'a str>,
    /// The cover that comes with it.
    pub cover: OfferedCover,
    /// The cover that was chosen with it.
    pub chosen_covers: Vec<CoverOffer>,
    /// When it is asked, and where.
    pub now: (Timestamp, &'a Zone),
}

/// Which cover comes with an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferedCover {
    /// This one.
    Comes(Box<CoverOffer>),
    /// None.
    None,
    /// The one of a contract that is not at hand.
    NotKnown,
}

impl From<Option<CoverOffer>> for OfferedCover {
    fn from(cover: Option<CoverOffer>) -> Self {
        cover.map_or(Self::None, |cover| Self::Comes(Box::new(cover)))
    }
}

/// An offer, and what policies were asked for it, before anybody records that.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// The offer, without the decisions behind it.
    pub offer: Offer,
    /// What was asked of policies.
    pub judged: Vec<Judged>,
}

/// An offer with the decisions that were recorded for it.
pub fn decided(mut offer: Offer, decisions: &[Decision]) -> Offer {
    let id_of = |pack: &PackVersion| -> Option<DecisionId> {
        decisions.iter().find(|decision| decision.pack == *pack).map(|decision| decision.id)
    };
    for discount in &mut offer.priced.discounts {
        discount.decision_id = id_of(&discount.pack);
    }
    let about = |code: &str| {
        decisions.iter().find(|of| sponsors::is_about(of, code)).map(|decision| decision.id)
    };
    for terms in offer.priced.payers.iter_mut().filter_map(|payer| payer.terms.as_mut()) {
        terms.decision_id = about(&terms.code);
    }
    for declined in &mut offer.priced.declined_payers {
        declined.decision_id = about(&declined.code);
    }
    offer.packs = decisions.iter().map(|decision| decision.pack.clone()).collect();
    offer.decisions = decisions.iter().map(|decision| decision.id).collect();
    offer
}

/// Makes an offer.
///
/// # Errors
/// `SELECTION_INVALID`, `NEEDS_PERSONAL_QUOTE`; `INTERNAL` for an offer that leaves a charge out.
pub fn compose(enquiry: Enquiry<'_>) -> Result<Composed, Problem> {
    let Enquiry { library, card, profile, asked, days, campaign, cover, chosen_covers, now } =
        enquiry;
    let packs = library.packs.packs();
    let prices = Prices { card, packs: &packs, profile, campaign, now };
    let advice = advise(library, card, profile, asked, now.0)?;
    let Advice { selection, mut recommended, mut unavailable, mut judged } = advice;
    let (start_on, trial_until) = days;
    let mut ask = Ask { selection, start_on, trial_until, budget: profile.budget };
    let bundle = if asked.is_empty() {
        unavailable.extend(leave_to_a_person(&prices, &mut ask, &mut recommended)?);
        bundle_within(&prices, ask, recommended)?
    } else {
        let Shared { priced, judged } = prices.shared(&ask, Detail::Whole)?;
        Bundle { priced, recommended, judged }
    };
    let Bundle { mut priced, recommended, judged: asked_of_discounts } = bundle;
    judged.extend(asked_of_discounts);
    complete(card, &priced)?;
    let alternatives = alternatives(&prices, &priced, (&recommended, &unavailable))?;
    unavailable.extend(unprotected::machines(card, profile, &priced));
    if let OfferedCover::Comes(cover) = &cover {
        priced.acknowledgements.extend(clauses_to_read(cover));
    }
    let is_taken = |cover: &CoverOffer| {
        let choice = cover.choice.as_ref();
        choice.is_some_and(|of| priced.selection.iter().any(|item| item.has_option(&of.option)))
    };
    let chosen_covers: Vec<CoverOffer> = chosen_covers.into_iter().filter(is_taken).collect();
    for chosen in &chosen_covers {
        chosen::as_premium(card, chosen)?;
        priced.acknowledgements.extend(clauses_to_read(chosen));
        priced.acknowledgements.extend(chosen::consent(chosen));
    }
    let (compliance, asked_of_schemes) = criteria(&packs, &priced, &cover, now.0);
    judged.extend(asked_of_schemes);
    let (subsidies, asked_of_subsidies) = subsidies(&packs, profile, &priced, now.0)?;
    judged.extend(asked_of_subsidies);
    let offer = Offer {
        priced,
        recommended,
        unavailable,
        alternatives,
        cover: match cover {
            OfferedCover::Comes(cover) => Some(*cover),
            OfferedCover::None | OfferedCover::NotKnown => None,
        },
        chosen_covers,
        compliance,
        subsidies,
        packs: judged.iter().map(|judged| judged.pack.clone()).collect(),
        decisions: Vec::new(),
    };
    Ok(Composed { offer, judged })
}

/// A quote that leaves out what a customer may be charged is never shown.
fn complete(card: &RateCard, priced: &Priced) -> Result<(), Problem> {
    let gaps = gaps(card, priced);
    if gaps.is_empty() {
        return Ok(());
    }
    let texts: Vec<String> = gaps.iter().map(ToString::to_string).collect();
    Err(Problem::internal(texts.join("; ")))
}

/// The clauses on which a claim may be denied only if the customer has read them.
fn clauses_to_read(cover: &CoverOffer) -> Vec<RequiredAcknowledgement> {
    let wording = &cover.terms.wording;
    let clauses = wording.clauses.iter().filter(|clause| clause.must_be_acknowledged);
    clauses
        .map(|clause| RequiredAcknowledgement {
            code: clause.code.clone(),
            document_version: wording.version.clone(),
            text: clause.plain.clone().unwrap_or_else(|| clause.text.clone()),
            // Whoever has not read it is covered all the same: the insurer cannot deny on it. Nobody
            // buys what he has not read.
            required: cover.choice.is_some(),
        })
        .collect()
}
