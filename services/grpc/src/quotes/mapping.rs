//! Messages about quotes into commands, and back.

use tasuki_app::quoting::{
    AcceptQuote, Accepted, AddressedQuote, Intent, NewQuote, QuoteList, QuoteView, ReadText,
    WantedCover, WithdrawQuote,
};
use tasuki_core::catalog::{RateCardRef, TaxTotal};
use tasuki_core::decision::PackVersion;
use tasuki_core::problem::Problem;
use tasuki_core::quote::{
    Alternative, BudgetCheck, BudgetVerdict, Discount, Line, LineKind, QuoteState, Recommended,
    RequiredAcknowledgement, SchemeCriterion, Taken, Totals, Unavailable,
};
use tasuki_core::text::{Language, Text};
use tasuki_documents::Parties;
use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::quote::v1 as proto;
use tasuki_proto::types::v1 as types;

use super::{covers, funding, payers};
use crate::explain::Reader;
use crate::selections::{selection, selection_from};
use crate::{actors, explain, fields, prices, profiles, words};

pub(crate) fn new_quote(message: proto::CreateQuoteRequest) -> Result<NewQuote, Problem> {
    let cover = match message.cover() {
        CoverAttachment::Unspecified | CoverAttachment::Automatic => WantedCover::AsSold,
        CoverAttachment::None => WantedCover::None,
        CoverAttachment::Optional => {
            let text = "cover that the customer chooses is an option of a plan: name it in \
                        `selections[].options`";
            return Err(Problem::invalid("cover", text));
        }
    };
    let valid_days = u32::try_from(message.valid_days)
        .map_err(|_| Problem::invalid("valid_days", "must not be negative"))?;
    Ok(NewQuote {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        profile: message.profile.map(|of| profiles::from_proto("profile", of)).transpose()?,
        selection: message
            .selections
            .into_iter()
            .enumerate()
            .map(|(at, of)| selection_from(&format!("selections[{at}]"), of))
            .collect::<Result<_, _>>()?,
        rate_card: Some(message.rate_card).filter(|name| !name.is_empty()),
        start_on: fields::optional_day("start_on", message.start_on)?,
        trial_until: fields::optional_day("trial_until", message.trial_until)?,
        valid_days: Some(valid_days).filter(|days| *days > 0),
        cover,
        campaign: Some(message.campaign_code).filter(|code| !code.is_empty()),
        intent: intent(message.validate_only),
    })
}

pub(crate) fn list(message: &proto::ListQuotesRequest) -> Result<QuoteList, Problem> {
    let states = message
        .states()
        .map(|state| match state {
            proto::QuoteState::Issued => Ok("issued"),
            proto::QuoteState::Accepted => Ok("accepted"),
            proto::QuoteState::Expired => Ok("expired"),
            proto::QuoteState::Withdrawn => Ok("withdrawn"),
            proto::QuoteState::Unspecified => {
                Err(Problem::invalid("states", "must be states of a quote"))
            }
        })
        .collect::<Result<_, _>>()?;
    let (issued_from, issued_before) = fields::bounds("issued", message.issued)?;
    let tenant_id = fields::optional_id("tenant_id", &message.tenant_id)?;
    Ok(QuoteList { tenant_id, states, issued_from, issued_before })
}

pub(crate) fn accept(message: proto::AcceptQuoteRequest) -> Result<AcceptQuote, Problem> {
    let accepted = message
        .acknowledgements
        .into_iter()
        .enumerate()
        .map(|(at, of)| read_text(&format!("acknowledgements[{at}]"), of))
        .collect::<Result<_, _>>()?;
    Ok(AcceptQuote {
        quote_id: fields::id("quote_id", &message.quote_id)?,
        etag: message.etag,
        accepted,
        start_on: fields::optional_day("start_on", message.start_on)?,
        accepted_by: message.accepted_by,
        intent: intent(message.validate_only),
    })
}

pub(crate) fn withdraw(message: proto::WithdrawQuoteRequest) -> Result<WithdrawQuote, Problem> {
    Ok(WithdrawQuote {
        quote_id: fields::id("quote_id", &message.quote_id)?,
        etag: message.etag,
        because: message.reason,
    })
}

pub(crate) fn accepted(reader: Reader, accepted: Accepted) -> proto::AcceptQuoteResponse {
    let id = |id: Option<String>| id.unwrap_or_default();
    proto::AcceptQuoteResponse {
        quote: Some(quote(reader, accepted.quote)),
        subscription_id: id(accepted.subscription_id.map(|id| id.to_string())),
        order_ids: accepted.order_ids.iter().map(ToString::to_string).collect(),
        certificate_id: id(accepted.certificate_id.map(|id| id.to_string())),
        certificate_ids: accepted.certificate_ids.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn quote(reader: Reader, view: QuoteView) -> proto::Quote {
    let (is_stored, etag) = (view.is_stored(), view.etag());
    let QuoteView { quote, version: _, said } = view;
    let (closed_at, offer) = (quote.closed_at(), quote.offer);
    let priced = offer.priced;
    let stored = |text: String| if is_stored { text } else { String::new() };
    let id = stored(quote.id.to_string());
    let times = (quote.issued_at, quote.issued_at);
    let said = said.into_iter().map(|said| explain::said(reader, said, &id, times));
    let (subscription_id, closing_reason) = match &quote.state {
        QuoteState::Accepted { subscription_id, .. } => {
            (subscription_id.to_string(), String::new())
        }
        QuoteState::Withdrawn { because, .. } => (String::new(), because.clone()),
        QuoteState::Issued | QuoteState::Expired { .. } => (String::new(), String::new()),
    };
    proto::Quote {
        decisions: said.collect(),
        id,
        tenant_id: stored(quote.tenant_id.to_string()),
        partner_id: quote.partner_id.to_string(),
        state: if is_stored { state(&quote.state) } else { proto::QuoteState::Unspecified }.into(),
        issued_at: Some(words::timestamp(quote.issued_at)),
        valid_until: Some(words::timestamp(quote.valid_until)),
        profile: Some(profiles::to_proto(&quote.profile)),
        selections: priced.selection.iter().map(selection).collect(),
        recommended: offer.recommended.into_iter().map(recommended).collect(),
        lines: priced.lines.into_iter().map(line).collect(),
        discounts: priced.discounts.into_iter().map(discount).collect(),
        totals: Some(totals(&priced.totals)),
        budget: priced.budget.map(budget),
        alternatives: offer.alternatives.into_iter().map(alternative).collect(),
        not_included: priced.not_included.into_iter().map(words::owned).collect(),
        cover: Some(offer.cover.as_ref().map_or_else(no_cover, covers::cover)),
        optional_covers: offer.chosen_covers.iter().map(covers::cover).collect(),
        compliance: offer.compliance.into_iter().map(criterion).collect(),
        acknowledgements: priced.acknowledgements.into_iter().map(acknowledgement).collect(),
        rate_card: Some(rate_card(priced.rate_card)),
        packs: offer.packs.into_iter().map(pack).collect(),
        hash: quote.hash,
        subscription_id,
        trial_until: priced.trial_until.map(words::day),
        etag,
        unavailable: offer.unavailable.into_iter().map(unavailable).collect(),
        closed_at: closed_at.map(words::timestamp),
        closing_reason,
        minimum_term_months: i32::try_from(priced.minimum_term_months).unwrap_or(i32::MAX),
        payers: priced.payers.iter().map(payers::split).collect(),
        declined_payers: priced.declined_payers.iter().map(payers::declined).collect(),
        subsidies: offer.subsidies.iter().map(funding::subsidy).collect(),
    }
}

/// Whom the documents of a quote name.
pub(crate) fn parties(addressed: &AddressedQuote, language: Language) -> Parties {
    let name = |text: &Text| text.in_language(language).to_owned();
    Parties {
        customer: name(&addressed.customer),
        seller: name(&addressed.seller),
        zone: addressed.zone.clone(),
    }
}

const fn intent(validate_only: bool) -> Intent {
    if validate_only { Intent::OnlyAsk } else { Intent::Do }
}

fn read_text(field: &str, of: types::Acknowledgement) -> Result<ReadText, Problem> {
    Ok(ReadText {
        language: actors::language_from(of.language()),
        shown_at: fields::timestamp(&format!("{field}.shown_at"), of.shown_at)?,
        accepted_at: fields::optional_timestamp(
            &format!("{field}.acknowledged_at"),
            of.acknowledged_at,
        )?,
        code: of.code,
        document_version: of.document_version,
        accepted_by: of.acknowledged_by,
    })
}

const fn state(state: &QuoteState) -> proto::QuoteState {
    match state {
        QuoteState::Issued => proto::QuoteState::Issued,
        QuoteState::Accepted { .. } => proto::QuoteState::Accepted,
        QuoteState::Expired { .. } => proto::QuoteState::Expired,
        QuoteState::Withdrawn { .. } => proto::QuoteState::Withdrawn,
    }
}

fn recommended(of: Recommended) -> proto::RecommendedItem {
    proto::RecommendedItem {
        priority: i32::try_from(of.priority).unwrap_or(i32::MAX),
        service: words::service(of.service).into(),
        plan_code: of.plan.unwrap_or_default(),
        reason: Some(words::owned(of.reason)),
        code: of.code,
        wished: of.wished,
        in_bundle: of.in_bundle,
    }
}

fn unavailable(of: Unavailable) -> proto::UnavailableService {
    proto::UnavailableService {
        service: words::service(of.service).into(),
        code: of.code,
        reason: Some(words::owned(of.reason)),
        decision_id: of.decision_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(crate) fn line(line: Line) -> proto::QuoteLine {
    let kind = match line.kind {
        LineKind::Charged => proto::LineKind::Charged,
        LineKind::Included => proto::LineKind::Included,
        LineKind::Contingent => proto::LineKind::Contingent,
        LineKind::Discount => proto::LineKind::Discount,
    };
    proto::QuoteLine {
        code: line.code,
        label: Some(words::owned(line.label)),
        service: line.service.map(|of| i32::from(words::service(of))).unwrap_or_default(),
        kind: kind.into(),
        cadence: line.cadence.map(|of| i32::from(prices::cadence(of))).unwrap_or_default(),
        quantity: line.quantity.to_string(),
        unit: line.unit.map(|unit| unit.to_string()).unwrap_or_default(),
        unit_price: line.unit_price.map(words::money),
        amount: line.amount.map(words::money),
        tax_mode: prices::tax_mode(line.tax_mode).into(),
        tax_rate: if line.tax_mode.is_taxed() { line.tax_rate.to_string() } else { String::new() },
        trigger: line.trigger.map(words::owned),
        needs_quote: line.amount.is_none(),
        proration: prices::proration(line.proration).into(),
        plan_code: line.plan.unwrap_or_default(),
        option_code: line.option.unwrap_or_default(),
        free_until: line.free_until.map(words::day),
        ends_on: line.ends_on.map(words::day),
        note: line.note.map(words::owned),
        covered_by_cover: line.covered,
    }
}

fn discount(of: Discount) -> proto::Discount {
    proto::Discount {
        fixed_amount: of.fixed().map(words::money),
        code: of.code,
        reason: Some(words::owned(of.reason)),
        rate: match of.taken {
            Taken::Rate(rate) => rate.to_string(),
            Taken::Fixed(_) => String::new(),
        },
        months: of.months,
        amount: Some(words::money(of.amount)),
        cadence: prices::cadence(of.cadence).into(),
        ends_on: of.ends_on.map(words::day),
        line_codes: of.line_codes,
        decision_id: of.decision_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

fn criterion(of: SchemeCriterion) -> proto::ComplianceCriterion {
    proto::ComplianceCriterion {
        code: of.code,
        text: Some(words::owned(of.text)),
        outcome: explain::outcome(of.outcome).into(),
        note: of.note.map(words::owned),
    }
}

fn totals(totals: &Totals) -> proto::QuoteTotals {
    let (first, steady) = (&totals.first_year, &totals.steady_year);
    proto::QuoteTotals {
        initial: Some(words::money(totals.initial)),
        monthly: Some(words::money(totals.monthly)),
        yearly: Some(words::money(totals.yearly)),
        first_year_net: Some(words::money(first.net)),
        first_year_tax: Some(words::money(first.tax)),
        first_year_gross: Some(words::money(first.gross)),
        steady_year_net: Some(words::money(steady.net)),
        steady_year_tax: Some(words::money(steady.tax)),
        steady_year_gross: Some(words::money(steady.gross)),
        first_year_monthly_equivalent: first.monthly_equivalent_net.to_string(),
        steady_year_monthly_equivalent: steady.monthly_equivalent_net.to_string(),
        first_year_by_rate: first.by_rate.iter().map(tax_total).collect(),
        first_year_monthly_equivalent_gross: first.monthly_equivalent_gross.to_string(),
        steady_year_monthly_equivalent_gross: steady.monthly_equivalent_gross.to_string(),
    }
}

fn tax_total(total: &TaxTotal) -> types::TaxTotal {
    types::TaxTotal {
        rate: if total.mode.is_taxed() { total.rate.to_string() } else { String::new() },
        mode: prices::tax_mode(total.mode).into(),
        net: Some(words::money(total.net)),
        tax: Some(words::money(total.tax)),
        gross: Some(words::money(total.gross)),
    }
}

fn budget(check: BudgetCheck) -> proto::BudgetCheck {
    let verdict = match check.verdict {
        BudgetVerdict::Within => proto::BudgetVerdict::Within,
        BudgetVerdict::WithinAfterFirstYear => proto::BudgetVerdict::WithinAfterFirstYear,
        BudgetVerdict::Over => proto::BudgetVerdict::Over,
    };
    proto::BudgetCheck {
        monthly_budget: Some(words::money(check.budget.monthly)),
        tax_mode: prices::tax_mode(check.budget.tax_mode).into(),
        verdict: verdict.into(),
        remaining: check.remaining.to_string(),
        message: Some(words::owned(check.message)),
    }
}

fn alternative(of: Alternative) -> proto::Alternative {
    proto::Alternative {
        code: of.code,
        label: Some(words::owned(of.label)),
        difference: Some(words::owned(of.difference)),
        selections: of.selection.iter().map(selection).collect(),
        totals: Some(totals(&of.totals)),
        budget: of.budget.map(budget),
    }
}

fn no_cover() -> proto::CoverSummary {
    proto::CoverSummary {
        attachment: CoverAttachment::None.into(),
        ..proto::CoverSummary::default()
    }
}

fn acknowledgement(of: RequiredAcknowledgement) -> proto::RequiredAcknowledgement {
    proto::RequiredAcknowledgement {
        code: of.code,
        document_version: of.document_version,
        text: Some(words::owned(of.text)),
        required: of.required,
    }
}

fn rate_card(card: RateCardRef) -> proto::RateCardReference {
    proto::RateCardReference { code: card.code, version: card.version, hash: card.hash }
}

pub(crate) fn pack(pack: PackVersion) -> proto::PackReference {
    proto::PackReference {
        kind: explain::kind(pack.kind).into(),
        pack: pack.name,
        version: pack.version,
        hash: pack.hash,
    }
}
