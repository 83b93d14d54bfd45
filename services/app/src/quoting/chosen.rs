//! Cover that a customer chooses (任意加入): found by the option that it is chosen with, solicited by a
//! partner with a licence, at the premium of its contract, and with a consent of its own (INS-10).

use std::collections::BTreeSet;

use tasuki_core::catalog::SelectedItem;
use tasuki_core::id::ItemId;
use tasuki_core::master_contract::{
    Acknowledgement, Attachment, MasterContract, PremiumBasis, PremiumPayer,
};
use tasuki_core::money::Money;
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::quote::{AcceptedText, CoverChoice, CoverOffer, RequiredAcknowledgement};
use tasuki_core::reason::Reason;
use tasuki_core::subscription::Subscription;
use tasuki_core::tenant::{Licence, Partner};
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_pricing::rate_card::RateCard;
use tasuki_pricing::tier::Model;

use super::create_quote::WantedCover;

/// The options of a selection that are cover, each with the code of its contract.
pub(super) type Choices = Vec<(String, String)>;

/// What was chosen, if it can be.
///
/// # Errors
/// `REQUEST_INVALID` for cover that is taken twice, several times at once, or together with none.
pub(super) fn choices(
    card: &RateCard,
    selection: &[SelectedItem],
    wanted: WantedCover,
) -> Result<Choices, Problem> {
    let mut broken = Vec::new();
    let mut contracts = BTreeSet::new();
    let mut choices = Choices::new();
    for (at, item) in selection.iter().enumerate() {
        let field = format!("selections[{at}].options");
        for (_, option, contract) in card.chosen_covers(std::slice::from_ref(item)) {
            let mut add = |description: String| {
                broken.push(Violation { field: field.clone(), description });
            };
            let name = &option.option;
            if wanted == WantedCover::None {
                add(format!("`{name}` is cover, and `cover` says none: leave out one of them"));
            }
            if !contracts.insert(contract) {
                add(format!(
                    "the cover of `{contract}` is chosen twice: choose it with one service"
                ));
            }
            let taken = item.options.iter().find(|taken| taken.option == *name);
            let many = taken.and_then(|taken| taken.quantity);
            if many.is_some_and(|n| n != tasuki_core::catalog::Quantity::ONE) {
                add(format!("`{name}` is one certificate: leave its quantity out"));
            }
            choices.push((name.clone(), contract.to_owned()));
        }
    }
    if broken.is_empty() { Ok(choices) } else { Err(Problem::all_invalid(broken)) }
}

/// The cover that was chosen, on the terms that hold at the start.
///
/// # Errors
/// `MASTER_CONTRACT_NOT_FOUND` when the operator holds no such contract of optional cover then.
pub(super) fn offers(
    choices: Choices,
    contracts: &[MasterContract],
    (partner, licence): &(Partner, Licence),
    at: Timestamp,
) -> Result<Vec<CoverOffer>, Problem> {
    let offer = |(option, code): (String, String)| {
        let found = contracts.iter().find(|contract| contract.code == code);
        let found = found.map(|contract| (contract, contract.terms_at(at)));
        let (contract, terms) = found
            .filter(|(_, terms)| terms.attachment == Attachment::Optional)
            .ok_or_else(|| {
                let text = format!(
                    "no contract `{code}` of optional cover is in force at the start: leave out \
                     `{option}`"
                );
                Problem::new(Reason::MasterContractNotFound, text).with("contract", &code)
            })?;
        let choice = CoverChoice {
            option,
            partner_id: partner.id,
            solicitor: Text::new(partner.name.clone(), partner.name_en.clone()),
            licence: licence.clone(),
        };
        Ok(CoverOffer {
            attachment: Attachment::Optional,
            master_contract_id: contract.id,
            contract: contract.code.clone(),
            terms: terms.clone(),
            choice: Some(choice),
        })
    };
    choices.into_iter().map(offer).collect()
}

/// The price on the card is the premium that the contract says: a customer is never charged another.
///
/// # Errors
/// `RATE_CARD_INVALID`.
pub(super) fn as_premium(card: &RateCard, cover: &CoverOffer) -> Result<(), Problem> {
    let Some(choice) = &cover.choice else { return Ok(()) };
    let premium = &cover.terms.premium;
    let by_certificate = premium.basis == PremiumBasis::PerCertificate;
    let due = premium.amount.filter(|_| by_certificate && premium.payer == PremiumPayer::Tenant);
    let mut prices = card.prices.iter();
    let wrong = prices.find(|price| {
        let is_own = price.option.as_deref() == Some(choice.option.as_str());
        let same = matches!((&price.model, due), (Model::Flat(flat), Some(due)) if *flat == due)
            && (price.cadence, price.proration) == (premium.cadence, premium.proration);
        is_own && !same
    });
    let Some(price) = wrong else { return Ok(()) };
    let yen = due.map(Money::amount).unwrap_or_default();
    let text = format!(
        "`{}` of `{}` is not the premium that `{}` charges the customer for a certificate: {yen} yen \
         `{}`, by days `{}`",
        price.price, card.reference, cover.contract, premium.cadence, premium.proration,
    );
    Err(Problem::new(Reason::RateCardInvalid, text).with("contract", &cover.contract))
}

/// What the customer consents to: the cover, its premium, who solicits it.
pub(super) fn consent(cover: &CoverOffer) -> Option<RequiredAcknowledgement> {
    let choice = cover.choice.as_ref()?;
    let (title, licence) = (&cover.terms.wording.title, &choice.licence);
    let premium = cover.terms.premium.amount.unwrap_or(Money::ZERO_JPY);
    let (solicitor, number, until) = (&choice.solicitor, &licence.number, licence.valid_to);
    Some(RequiredAcknowledgement {
        code: cover.consent_code(),
        document_version: cover.terms.wording.version.clone(),
        text: Text::new(
            format!(
                "「{}」への任意加入を申し込み、保険料（1証券 {premium}、非課税）を負担することに同意します。\
                 募集人：{}（登録番号 {number}、有効期間 {until} の前日まで）",
                title.ja, solicitor.ja
            ),
            format!(
                "I choose \"{}\" and agree to pay its premium ({premium} for each certificate, without \
                 tax). Solicited by {} (licence {number}, valid until the day before {until})",
                title.en, solicitor.en
            ),
        ),
        required: true,
    })
}

/// The consent among the texts that were accepted.
pub(super) fn consented(cover: &CoverOffer, accepted: &[AcceptedText]) -> Option<Acknowledgement> {
    let version = &cover.terms.wording.version;
    let code = cover.consent_code();
    let found = accepted.iter().find(|of| of.code == code && of.document_version == *version)?;
    Some(acknowledgement(found))
}

/// A text of a wording that was accepted, as certificates keep it.
pub(super) fn acknowledgement(of: &AcceptedText) -> Acknowledgement {
    Acknowledgement {
        code: of.code.clone(),
        document_version: of.document_version.clone(),
        language: of.language,
        shown_at: of.shown_at,
        acknowledged_at: of.accepted_at,
        acknowledged_by: of.accepted_by.clone(),
    }
}

/// The items of a new subscription that carry cover which was chosen.
pub(super) fn carriers(
    card: &RateCard,
    subscription: &Subscription,
    cover: &CoverOffer,
) -> Vec<ItemId> {
    let carries = subscription.items.iter().filter(|item| {
        let selected = std::slice::from_ref(item.latest());
        card.chosen_covers(selected).any(|(_, _, contract)| contract == cover.contract)
    });
    carries.map(|item| item.item_id).collect()
}
