//! Messages about cover into commands, and back.

use tasuki_app::claiming::{
    self, AcknowledgeTerms, Acknowledged, CertificateList, CertificateView, Eligibility,
    EligibilityQuestion, Endorsed, Intent, LimitQuestion, LimitStatus, ListedClause,
    MasterContractList, MasterContractView, NewEndorsement, NewMasterContract, NumberStatus,
    PartEligibility, Remedies, Shown, Subject, Supposed, TermsList,
};
use tasuki_app::paging::Page;
use tasuki_core::benefit::LimitSubject;
use tasuki_core::certificate::{
    CertificateEvent, CertificateSpan, CertificateState, CoveredItem, Solicitation,
};
use tasuki_core::master_contract::{
    ContractState, InsurancePeriod, MasterContractDraft, TermsVersion,
};
use tasuki_core::problem::Problem;
use tasuki_proto::cover::v1 as proto;

use super::{enums, terms};
use crate::explain::Reader;
use crate::{actors, explain, fields, words};

pub(crate) const fn intent(validate_only: bool) -> Intent {
    if validate_only { Intent::OnlyAsk } else { Intent::Do }
}

pub(crate) fn new_master_contract(
    message: proto::CreateMasterContractRequest,
) -> Result<NewMasterContract, Problem> {
    let period = message.period.unwrap_or_default();
    Ok(NewMasterContract {
        draft: MasterContractDraft {
            insurer_id: fields::id("insurer_id", &message.insurer_id)?,
            holder_id: fields::id("holder_partner_id", &message.holder_partner_id)?,
            code: message.code,
            period: InsurancePeriod {
                starts_on: fields::day("period.starts_on", period.starts_on)?,
                ends_on: fields::day("period.ends_on", period.ends_on)?,
                hour: i8::try_from(period.boundary_hour)
                    .map_err(|_| Problem::invalid("period.boundary_hour", "must be 0 to 23"))?,
                zone: fields::zone("period.zone", &period.zone)?,
            },
            terms: terms::terms_from(message.terms.unwrap_or_default())?,
        },
        intent: intent(message.validate_only),
    })
}

pub(crate) fn master_contract(view: &MasterContractView) -> proto::MasterContract {
    let contract = &view.contract;
    let state = match contract.state_at(view.as_of) {
        ContractState::Pending => proto::MasterContractState::Pending,
        ContractState::InForce => proto::MasterContractState::InForce,
        ContractState::Expired => proto::MasterContractState::Expired,
        ContractState::Cancelled => proto::MasterContractState::Cancelled,
    };
    proto::MasterContract {
        id: contract.id.to_string(),
        code: contract.code.clone(),
        insurer_id: contract.insurer_id.to_string(),
        holder_partner_id: contract.holder_id.to_string(),
        period: Some(proto::ContractPeriod {
            starts_on: Some(words::day(contract.period.starts_on)),
            ends_on: Some(words::day(contract.period.ends_on)),
            boundary_hour: contract.period.hour.into(),
            zone: contract.period.zone.name().to_owned(),
            starts_at: Some(words::timestamp(contract.in_force.start())),
            ends_at: Some(words::timestamp(contract.in_force.end())),
        }),
        state: state.into(),
        terms: Some(terms::terms(&contract.terms)),
        version: i32::try_from(contract.version).unwrap_or(i32::MAX),
        endorsements: contract
            .versions
            .iter()
            .filter(|version| version.version > 1 && version.recorded_at <= view.known_at)
            .map(endorsement)
            .collect(),
        created_at: Some(words::timestamp(contract.created_at)),
        as_of: Some(words::timestamp(view.as_of)),
        known_at: Some(words::timestamp(view.known_at)),
        etag: view.version.to_string(),
    }
}

fn endorsement(version: &TermsVersion) -> proto::Endorsement {
    proto::Endorsement {
        version: i32::try_from(version.version).unwrap_or(i32::MAX),
        effective_at: Some(words::timestamp(version.effective_at)),
        recorded_at: Some(words::timestamp(version.recorded_at)),
        recorded_by: version.recorded_by.as_ref().map(actors::actor),
        summary: Some(words::text(&version.summary)),
    }
}

pub(crate) fn new_endorsement(
    message: proto::EndorseMasterContractRequest,
) -> Result<NewEndorsement, Problem> {
    Ok(NewEndorsement {
        master_contract_id: fields::id("master_contract_id", &message.master_contract_id)?,
        effective_at: fields::timestamp("effective_at", message.effective_at)?,
        terms: message.terms.map(terms::terms_from).transpose()?,
        cancels: message.cancel,
        summary: fields::text(message.summary).unwrap_or_default(),
        etag: message.etag,
        intent: intent(message.validate_only),
    })
}

pub(crate) fn endorsed(answer: &Endorsed) -> proto::EndorseMasterContractResponse {
    proto::EndorseMasterContractResponse {
        master_contract: Some(master_contract(&answer.view)),
        overspent_limits: answer.overspent.iter().map(limit_status).collect(),
    }
}

pub(crate) fn master_contract_list(
    message: proto::ListMasterContractsRequest,
) -> Result<MasterContractList, Problem> {
    let states = message.states().filter_map(|state| match state {
        proto::MasterContractState::Pending => Some(ContractState::Pending),
        proto::MasterContractState::InForce => Some(ContractState::InForce),
        proto::MasterContractState::Expired => Some(ContractState::Expired),
        proto::MasterContractState::Cancelled => Some(ContractState::Cancelled),
        proto::MasterContractState::Unspecified => None,
    });
    Ok(MasterContractList {
        states: states.collect(),
        insurer_id: fields::optional_id("insurer_id", &message.insurer_id)?,
        holder_id: fields::optional_id("holder_partner_id", &message.holder_partner_id)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

pub(crate) fn terms_list(message: proto::ListTermsRequest) -> Result<TermsList, Problem> {
    let kinds = message.kinds.iter().map(|kind| enums::clause_kind_from("kinds", *kind));
    Ok(TermsList {
        master_contract_id: fields::id("master_contract_id", &message.master_contract_id)?,
        kinds: kinds.collect::<Result<_, _>>()?,
        times: (
            fields::optional_timestamp("as_of", message.as_of)?,
            fields::optional_timestamp("known_at", message.known_at)?,
        ),
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

pub(crate) fn listed_terms(page: Page<ListedClause>) -> proto::ListTermsResponse {
    let first = page.rows.first();
    proto::ListTermsResponse {
        title: first.map(|row| words::text(&row.title)),
        wording_version: first.map(|row| row.version.clone()).unwrap_or_default(),
        clauses: page
            .rows
            .iter()
            .map(|row| proto::ListedClause {
                clause: Some(terms::clause(&row.clause)),
                acknowledgement: row.acknowledgement.as_ref().map(terms::acknowledgement),
            })
            .collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

pub(crate) fn acknowledge_terms(
    message: proto::AcknowledgeTermsRequest,
) -> Result<AcknowledgeTerms, Problem> {
    let shown = message.acknowledgements.into_iter().enumerate().map(|(at, known)| {
        let field = |name: &str| format!("acknowledgements[{at}].{name}");
        let acknowledged_at =
            fields::optional_timestamp(&field("acknowledged_at"), known.acknowledged_at)?;
        Ok(Shown {
            language: actors::language_from(known.language()),
            shown_at: fields::timestamp(&field("shown_at"), known.shown_at)?,
            acknowledged_at,
            code: known.code,
            document_version: known.document_version,
            acknowledged_by: known.acknowledged_by,
        })
    });
    Ok(AcknowledgeTerms {
        tenant_id: fields::id("tenant_id", &message.tenant_id)?,
        master_contract_id: fields::id("master_contract_id", &message.master_contract_id)?,
        shown: shown.collect::<Result<_, Problem>>()?,
    })
}

pub(crate) fn acknowledged(answer: Acknowledged) -> proto::AcknowledgeTermsResponse {
    proto::AcknowledgeTermsResponse {
        acknowledgements: answer.acknowledgements.iter().map(terms::acknowledgement).collect(),
        unacknowledged_clauses: answer.unacknowledged,
    }
}

pub(crate) fn certificate_list(
    message: proto::ListCertificatesRequest,
) -> Result<CertificateList, Problem> {
    let states = message.states().filter_map(|state| match state {
        proto::CertificateState::Unspecified => None,
        proto::CertificateState::Pending => Some("not_yet_in_force"),
        proto::CertificateState::InForce => Some("in_force"),
        proto::CertificateState::Lapsed => Some("lapsed"),
        proto::CertificateState::Ended => Some("ended"),
    });
    Ok(CertificateList {
        states: states.collect(),
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        master_contract_id: fields::optional_id("master_contract_id", &message.master_contract_id)?,
        subscription_id: fields::optional_id("subscription_id", &message.subscription_id)?,
        as_of: fields::optional_timestamp("as_of", message.as_of)?,
        known_at: fields::optional_timestamp("known_at", message.known_at)?,
        page: fields::page(message.page_size, message.page_token),
    })
}

pub(crate) fn certificate(view: &CertificateView) -> proto::Certificate {
    let certificate = &view.certificate;
    let terms_in_force = &view.contract.terms;
    let spans = certificate.spans_as_known(view.known_at);
    let unacknowledged = terms_in_force
        .wording
        .unacknowledged(&view.acknowledgements, view.as_of)
        .into_iter()
        .map(|clause| clause.code.clone());
    proto::Certificate {
        id: certificate.id.to_string(),
        tenant_id: certificate.tenant_id.to_string(),
        subscription_id: certificate.subscription_id.to_string(),
        master_contract_id: certificate.master_contract_id.to_string(),
        master_contract_version: i32::try_from(view.contract.version).unwrap_or(i32::MAX),
        number: certificate.number.clone(),
        state: state(&claiming::state_at(view)).into(),
        attachment: enums::attachment(terms_in_force.attachment).into(),
        starts_at: spans.first().map(|span| words::timestamp(span.starts_at)),
        ends_at: ends_at(&spans),
        items: certificate.items.iter().map(covered_item).collect(),
        spans: spans.iter().map(span_of).collect(),
        parts: terms_in_force.parts.iter().map(terms::part).collect(),
        limits: terms_in_force.limits.iter().map(terms::limit).collect(),
        premium: terms_in_force.premium.per_certificate_month().map(words::money),
        premium_payer: enums::premium_payer(terms_in_force.premium.payer).into(),
        wording_version: terms_in_force.wording.version.clone(),
        acknowledgements: view.acknowledgements.iter().map(terms::acknowledgement).collect(),
        unacknowledged_clauses: unacknowledged.collect(),
        eligibility: None,
        solicitation: certificate.solicitation.as_ref().map(solicitation),
        created_at: Some(words::timestamp(certificate.issued_at)),
        as_of: Some(words::timestamp(view.as_of)),
        known_at: Some(words::timestamp(view.known_at)),
        etag: view.version.to_string(),
        carrier_item_ids: certificate.carriers.iter().map(ToString::to_string).collect(),
    }
}

fn solicitation(of: &Solicitation) -> proto::Solicitation {
    proto::Solicitation {
        partner_id: of.partner_id.to_string(),
        licence_number: of.licence_number.clone(),
        consent: Some(terms::acknowledgement(&of.consent)),
    }
}

const fn state(state: &CertificateState) -> proto::CertificateState {
    match state {
        CertificateState::NotYetInForce => proto::CertificateState::Pending,
        CertificateState::InForce { .. } => proto::CertificateState::InForce,
        CertificateState::Lapsed { .. } => proto::CertificateState::Lapsed,
        CertificateState::Ended { .. } => proto::CertificateState::Ended,
    }
}

fn ends_at(spans: &[CertificateSpan]) -> Option<prost_types::Timestamp> {
    let last = spans.last()?;
    match last.event {
        CertificateEvent::Ended { at, .. } => Some(words::timestamp(at)),
        CertificateEvent::InForce { .. }
        | CertificateEvent::Reinstated { .. }
        | CertificateEvent::Lapsed { .. } => None,
    }
}

fn covered_item(item: &CoveredItem) -> proto::CoveredItem {
    proto::CoveredItem {
        item_id: item.item_id.to_string(),
        service: words::service(item.service).into(),
        starts_at: Some(words::timestamp(item.starts_at)),
        ends_at: item.ends_at.map(words::timestamp),
        evidence_id: item.evidence.id.clone(),
    }
}

fn span_of(span: &CertificateSpan) -> proto::CertificateSpan {
    let (state, reason) = match &span.event {
        CertificateEvent::InForce { evidence, .. }
        | CertificateEvent::Reinstated { evidence, .. } => {
            (proto::CertificateState::InForce, evidence.kind.clone())
        }
        CertificateEvent::Lapsed { because, .. } => {
            (proto::CertificateState::Lapsed, because.as_str().to_owned())
        }
        CertificateEvent::Ended { because, .. } => {
            (proto::CertificateState::Ended, because.as_str().to_owned())
        }
    };
    proto::CertificateSpan {
        state: state.into(),
        starts_at: Some(words::timestamp(span.starts_at)),
        ends_at: span.ends_at.map(words::timestamp),
        recorded_at: Some(words::timestamp(span.recorded_at)),
        reason,
    }
}

pub(crate) fn limit_question(message: &proto::GetLimitsRequest) -> Result<LimitQuestion, Problem> {
    if !message.certificate_id.is_empty() {
        return Ok(LimitQuestion::Certificate(
            fields::id("tenant_id", &message.tenant_id)?,
            fields::id("certificate_id", &message.certificate_id)?,
        ));
    }
    let id = fields::id("master_contract_id", &message.master_contract_id)?;
    Ok(LimitQuestion::Programme(id))
}

pub(crate) fn limit_status(status: &LimitStatus) -> proto::LimitStatus {
    proto::LimitStatus {
        limit: Some(terms::limit(&status.limit)),
        subject_id: subject_id(status.subject),
        period: status.period.map(words::period),
        used: Some(words::money(status.taken.used)),
        reserved: Some(words::money(status.taken.reserved)),
        remaining: Some(words::money(status.left)),
        n_reinstatements_used: status
            .reinstated
            .map(|it| i32::try_from(it.n_used).unwrap_or(i32::MAX))
            .unwrap_or_default(),
        reinstatement_charge: status.reinstated.and_then(|it| it.charge).map(words::money),
        site_code: status.site_code.clone().unwrap_or_default(),
    }
}

pub(crate) fn number_status(of: &NumberStatus) -> proto::NumberStatus {
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    proto::NumberStatus {
        part: enums::part(of.part).into(),
        subject_id: subject_id(of.subject),
        period: Some(words::period(of.period)),
        n_per_period: number(of.n_per_period),
        n_used: number(of.n_used),
        n_reserved: number(of.n_reserved),
        n_left: number(of.n_left),
        site_code: of.site_code.clone().unwrap_or_default(),
    }
}

/// Whose limit it is, by the id that callers know.
pub(crate) fn subject_id(subject: LimitSubject) -> String {
    match subject {
        LimitSubject::Occurrence(_, occurrence) => occurrence.to_string(),
        LimitSubject::Tenant(_)
        | LimitSubject::Site(_)
        | LimitSubject::Certificate(_)
        | LimitSubject::Contract(_) => subject.to_string(),
    }
}

pub(crate) fn eligibility_question(
    message: proto::EvaluateEligibilityRequest,
) -> Result<EligibilityQuestion, Problem> {
    use proto::evaluate_eligibility_request::Subject as Asked;
    let subject = match message.subject {
        None => return Err(Problem::invalid("subject", "is required")),
        Some(Asked::Recorded(recorded)) => Subject::Recorded {
            tenant_id: fields::id("recorded.tenant_id", &recorded.tenant_id)?,
            certificate_id: fields::optional_id(
                "recorded.certificate_id",
                &recorded.certificate_id,
            )?,
            instance_id: fields::optional_id("recorded.instance_id", &recorded.instance_id)?,
            device_id: Some(recorded.device_id).filter(|id| !id.is_empty()),
            overrides: supposed("recorded.overrides", recorded.overrides)?,
        },
        Some(Asked::Hypothetical(hypothetical)) => Subject::Hypothetical {
            master_contract_id: fields::id(
                "hypothetical.master_contract_id",
                &hypothetical.master_contract_id,
            )?,
            facts: supposed("hypothetical.facts", hypothetical.facts)?,
        },
    };
    let parts = message.parts.iter().map(|part| enums::part_from("parts", *part));
    Ok(EligibilityQuestion {
        subject,
        parts: parts.collect::<Result<_, _>>()?,
        as_of: fields::optional_timestamp("as_of", message.as_of)?,
        known_at: fields::optional_timestamp("known_at", message.known_at)?,
        remedies: if message.include_remedies { Remedies::Look } else { Remedies::Skip },
        intent: intent(message.validate_only),
    })
}

fn supposed(field: &str, facts: Vec<proto::SuppliedFact>) -> Result<Vec<Supposed>, Problem> {
    facts
        .into_iter()
        .enumerate()
        .map(|(at, fact)| {
            let value: serde_json::Value =
                serde_json::from_str(&fact.value_json).map_err(|error| {
                    Problem::invalid(format!("{field}[{at}].value_json"), error.to_string())
                })?;
            if value.is_f64() {
                let text = "numbers with a fraction are refused: write decimals as text";
                return Err(Problem::invalid(format!("{field}[{at}].value_json"), text));
            }
            Ok((fact.path, value))
        })
        .collect()
}

pub(crate) fn eligibility(
    reader: Reader,
    answer: Eligibility,
) -> proto::EvaluateEligibilityResponse {
    let (subject, times) = (answer.subject, (answer.as_of, answer.evaluated_at));
    let explanations =
        answer.said.into_iter().map(|said| explain::said(reader, said, &subject, times));
    proto::EvaluateEligibilityResponse {
        outcome: explain::outcome(answer.outcome).into(),
        explanations: explanations.collect(),
        parts: answer.parts.iter().map(part_eligibility).collect(),
        certificate: answer.certificate.as_ref().map(certificate),
        master_contract_version: i32::try_from(answer.contract_version).unwrap_or(i32::MAX),
    }
}

fn part_eligibility(part: &PartEligibility) -> proto::PartEligibility {
    proto::PartEligibility {
        part: enums::part(part.part).into(),
        outcome: explain::outcome(part.outcome).into(),
        codes: part.codes.clone(),
        limits: part.limits.iter().map(limit_status).collect(),
    }
}
