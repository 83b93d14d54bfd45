//! Who pays which part, as messages.

use tasuki_core::invoice::Payer;
use tasuki_core::quote::{DeclinedPayer, PayerSplit, PayerTerms, Sums};
use tasuki_proto::quote::v1 as proto;
use tasuki_proto::types::v1::DayPeriod;

use crate::words;

/// What one payer of a quote pays.
pub(super) fn split(of: &PayerSplit) -> proto::PayerSplit {
    let gross = |sums: &Sums| Some(words::money(sums.gross));
    proto::PayerSplit {
        first_year: gross(&of.first_year),
        steady_year: gross(&of.steady_year),
        ..payer(of.terms.as_ref())
    }
}

/// On which terms somebody pays: a sponsor, or the customer, who pays what is left.
pub(crate) fn payer(terms: Option<&PayerTerms>) -> proto::PayerSplit {
    let Some(terms) = terms else {
        return proto::PayerSplit {
            payer: Payer::CUSTOMER.to_owned(),
            ..proto::PayerSplit::default()
        };
    };
    proto::PayerSplit {
        payer: terms.code.clone(),
        name: terms.name.clone(),
        share_rate: terms.share_rate.to_string(),
        monthly_cap: terms.monthly_cap.map(words::money),
        valid: terms.valid.map(|days| DayPeriod {
            start: Some(words::day(days.start())),
            end: Some(words::day(days.end())),
        }),
        services: terms.services.iter().map(|of| words::service(*of).into()).collect(),
        decision_id: terms.decision_id.map(|id| id.to_string()).unwrap_or_default(),
        ..proto::PayerSplit::default()
    }
}

/// Somebody whose share was not taken.
pub(super) fn declined(of: &DeclinedPayer) -> proto::DeclinedPayer {
    proto::DeclinedPayer {
        payer: of.code.clone(),
        name: of.name.clone(),
        codes: of.because.clone(),
        reason: Some(words::text(&of.reason)),
        decision_id: of.decision_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
