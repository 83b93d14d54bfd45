//! Who else pays: the sponsors pack decides whose share is taken, `pricing` divides the fees. What it
//! does not take is paid by the customer, and the quote says why.

use tasuki_core::catalog::Sponsor;
use tasuki_core::days::DayPeriod;
use tasuki_core::decision::{Decision, Outcome, PackKind};
use tasuki_core::problem::Problem;
use tasuki_core::quote::{DeclinedPayer, PayerTerms, Priced};
use tasuki_core::text::Text;
use tasuki_core::time::{CivilDate, Timestamp, Zone};
use tasuki_policies::Evaluation;
use tasuki_policies::Pack;
use tasuki_policies::facts::{FactSet, OrderFacts, SponsorFacts};
use tasuki_pricing::quote_lines::{Ask, Detail};
use tasuki_pricing::split::{self, SplitError};

use super::discounts::{Offered, Prices};
use super::judged::Judged;

/// One pack for every price list: whose share is taken does not depend on the prices.
const PACK: &str = "sponsors";

/// A bundle with its prices and payers, and what the discount packs were asked and gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shared {
    /// The bundle with its prices.
    pub priced: Priced,
    /// The questions.
    pub judged: Vec<Judged>,
}

impl Prices<'_> {
    /// Prices a selection, takes off what is given, and lets sponsors pay their shares.
    ///
    /// # Errors
    /// Of pricing; `REQUEST_INVALID` for sponsors that cannot pay side by side.
    pub(super) fn shared(&self, ask: &Ask, detail: Detail) -> Result<Shared, Problem> {
        let Offered { priced, judged } = self.of(ask, detail)?;
        let mut shared = Shared { priced, judged: judged.into_iter().collect() };
        let sponsors = &self.profile.sponsors;
        if sponsors.is_empty() {
            return Ok(shared);
        }
        let order = self.order(&shared.priced)?;
        let mut payers = Vec::new();
        for sponsor in sponsors {
            match self.decided(sponsor, &order, &mut shared.judged)? {
                Ok(terms) => payers.push(terms),
                Err(declined) => shared.priced.declined_payers.push(declined),
            }
        }
        shared.priced = split::shared(self.card, shared.priced, payers)
            .map_err(|error| refused(sponsors, error))?;
        Ok(shared)
    }

    /// Whether the share of a sponsor is taken, or why not.
    fn decided(
        &self,
        sponsor: &Sponsor,
        order: &OrderFacts,
        judged: &mut Vec<Judged>,
    ) -> Result<Result<PayerTerms, DeclinedPayer>, Problem> {
        let (now, zone) = self.now;
        let Some(pack) = self.packs.in_force(PackKind::Discount, PACK, now) else {
            let reason = Text::new(
                "ご負担を受け付ける規則がないため、お客様のお支払いになります",
                "no rule in force takes shares of others, so you pay it",
            );
            return Ok(Err(DeclinedPayer {
                code: sponsor.code.clone(),
                name: sponsor.name.clone(),
                because: Vec::new(),
                reason,
                pack: None,
                decision_id: None,
            }));
        };
        let facts = FactSet::at(now).with_order(order.clone()).with_sponsor(known(sponsor, zone)?);
        let (evaluation, asked) = Judged::by(&pack, facts);
        judged.push(asked);
        if !evaluation.is_satisfied() {
            return Ok(Err(declined(&pack, sponsor, &evaluation)));
        }
        let Sponsor { code, name, share_rate, monthly_cap, valid, services } = sponsor.clone();
        let pack = pack.identity().clone();
        Ok(Ok(PayerTerms {
            code,
            name,
            share_rate,
            monthly_cap,
            valid,
            services,
            pack,
            decision_id: None,
        }))
    }
}

/// Whether a decision is the one about a sponsor.
pub(super) fn is_about(decision: &Decision, code: &str) -> bool {
    let of = decision.facts.pointer("/sponsor/code").and_then(serde_json::Value::as_str);
    decision.pack.kind == PackKind::Discount && decision.pack.name == PACK && of == Some(code)
}

/// The sponsor as the pack reads it: what has no bound is absent.
fn known(sponsor: &Sponsor, zone: &Zone) -> Result<SponsorFacts, Problem> {
    let at = |day: fn(DayPeriod) -> CivilDate| {
        sponsor.valid.map(|valid| Timestamp::start_of(day(valid), zone)).transpose()
    };
    Ok(SponsorFacts {
        code: Some(sponsor.code.clone()),
        share: Some(sponsor.share_rate.value()),
        monthly_cap_yen: sponsor.monthly_cap.map(tasuki_core::money::Money::amount),
        starts_at: at(DayPeriod::start)?,
        ends_at: at(DayPeriod::end)?,
        services: (!sponsor.services.is_empty()).then(|| sponsor.services.clone()),
    })
}

/// Why a share is not taken: every rule that does not hold, with what to do.
fn declined(pack: &Pack, sponsor: &Sponsor, evaluation: &Evaluation) -> DeclinedPayer {
    let findings = &evaluation.findings;
    let unknown = |outcome| outcome == Outcome::Undetermined;
    let said = |pick: fn(&Text) -> &str, between: &str| {
        let texts = findings
            .iter()
            .flat_map(|of| std::iter::once(pick(&of.message)).chain(of.next_step.iter().map(pick)));
        texts.collect::<Vec<_>>().join(between)
    };
    let (ja, en) = (said(|text| &text.ja, "。"), said(|text| &text.en, "; "));
    let reason = if unknown(evaluation.outcome) {
        Text::new(
            format!("まだ判断できないため、お客様のお支払いになります。{ja}"),
            format!("it cannot be decided yet, so you pay it: {en}"),
        )
    } else {
        Text::new(
            format!("{ja}。その分はお客様のお支払いになります"),
            format!("{en}; you pay that part"),
        )
    };
    DeclinedPayer {
        code: sponsor.code.clone(),
        name: sponsor.name.clone(),
        because: findings.iter().map(|of| of.code.clone()).collect(),
        reason,
        pack: Some(pack.identity().clone()),
        decision_id: None,
    }
}

/// Names the sponsor whose terms cannot be.
fn refused(sponsors: &[Sponsor], error: SplitError) -> Problem {
    let field = |code: &str, of: &str| {
        let at = sponsors.iter().rposition(|sponsor| sponsor.code == code).unwrap_or_default();
        format!("profile.sponsors[{at}].{of}")
    };
    let text = error.to_string();
    match error {
        SplitError::Share { payer } => Problem::invalid(field(&payer, "share_rate"), text),
        SplitError::Cap { payer } => Problem::invalid(field(&payer, "monthly_cap"), text),
        SplitError::Code { payer } => Problem::invalid(field(&payer, "code"), text),
        SplitError::TooMuch { payers, .. } => {
            let last = payers.last().map(String::as_str).unwrap_or_default();
            Problem::invalid(field(last, "share_rate"), text)
        }
        SplitError::Money(error) => error.into(),
        SplitError::Time(error) => error.into(),
    }
}
