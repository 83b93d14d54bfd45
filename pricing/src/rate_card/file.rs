//! The file of a rate card, as it is written.

use serde::Deserialize;
use serde_saphyr::Spanned;
use sha2::{Digest, Sha256};
use tasuki_core::catalog::{BillingCycle, RateCardRef};
use tasuki_core::master_contract::Attachment;
use tasuki_core::money::Rounding;
use tasuki_core::text::Text;
use tasuki_core::time::CivilDate;

use super::error::{InvalidRateCard, from_yaml};
use super::{Acknowledgement, Plan, PlanOption, Price, RateCard, TaxTerms};

/// What a card says, with the places of what is checked later.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) code: Spanned<String>,
    pub(super) version: Spanned<String>,
    pub(super) operator: String,
    #[serde(default)]
    sold_by: Vec<String>,
    #[serde(default)]
    prefectures: Vec<String>,
    name: Text,
    source: String,
    pub(super) effective: Spanned<Effective>,
    pub(super) tax: Spanned<TaxTerms>,
    cycle: BillingCycle,
    rounding: Rounding,
    pub(super) valid_days: Spanned<u32>,
    #[serde(default)]
    pub(super) trial_until: Option<Spanned<CivilDate>>,
    #[serde(default)]
    cover: Option<Attachment>,
    #[serde(default)]
    packs: Option<String>,
    #[serde(default)]
    assumptions: Vec<Text>,
    pub(super) plans: Vec<Spanned<Plan>>,
    #[serde(default)]
    pub(super) options: Vec<Spanned<PlanOption>>,
    #[serde(default)]
    pub(super) prices: Vec<Spanned<Price>>,
    #[serde(default)]
    pub(super) acknowledgements: Vec<Spanned<Acknowledgement>>,
}

/// The days on which new subscriptions get the card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Effective {
    pub(super) from: CivilDate,
    #[serde(default)]
    pub(super) to: Option<CivilDate>,
}

pub(super) fn read(file: &str, text: &str) -> Result<File, InvalidRateCard> {
    serde_saphyr::from_str(text)
        .map_err(|error| InvalidRateCard { errors: vec![from_yaml(file, &error)] })
}

/// The card, once it was checked.
pub(super) fn finish(read: File, text: &str) -> RateCard {
    let hash = format!("sha256:{}", hex::encode(Sha256::digest(text.as_bytes())));
    RateCard {
        reference: RateCardRef { code: read.code.value, version: read.version.value, hash },
        operator: read.operator,
        sold_by: read.sold_by,
        prefectures: read.prefectures,
        name: read.name,
        source: read.source,
        effective_from: read.effective.value.from,
        effective_to: read.effective.value.to,
        tax: read.tax.value,
        cycle: read.cycle,
        rounding: read.rounding,
        valid_days: read.valid_days.value,
        trial_until: read.trial_until.map(|until| until.value),
        cover: read.cover,
        packs: read.packs,
        assumptions: read.assumptions,
        plans: read.plans.into_iter().map(|plan| plan.value).collect(),
        options: read.options.into_iter().map(|option| option.value).collect(),
        prices: read.prices.into_iter().map(|price| price.value).collect(),
        acknowledgements: read.acknowledgements.into_iter().map(|of| of.value).collect(),
    }
}
