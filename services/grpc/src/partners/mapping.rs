//! Messages about partners and providers into commands, and back.

use tasuki_app::governing::{NewPartner, NewProvider, ProviderChange};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::ProviderCheck;
use tasuki_core::rate::Rate;
use tasuki_core::tenant::{Licence, Partner, PartnerKind, PartnerTerms, Provider};
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::types::v1::DayPeriod;

use crate::{fields, words};

pub(crate) fn new_partner(message: proto::CreatePartnerRequest) -> Result<NewPartner, Problem> {
    let kind = kind_from(message.kind())?;
    let capabilities = message.capabilities().map(|it| it.as_str_name().to_owned()).collect();
    Ok(NewPartner {
        kind,
        capabilities,
        solicitor_licence: message.solicitor_licence.map(licence_from).transpose()?,
        terms: PartnerTerms {
            registration_number: fields::optional_id(
                "registration_number",
                &message.registration_number,
            )?,
            address: message.address,
            commission_rate: share("commission_rate", &message.commission_rate)?,
        },
        code: message.code,
        name: message.name,
        name_en: message.name_en,
    })
}

pub(crate) fn new_provider(
    message: proto::RegisterProviderRequest,
) -> Result<NewProvider, Problem> {
    Ok(NewProvider {
        partner_id: fields::optional_id("partner_id", &message.partner_id)?,
        services: fields::services("services", &message.services)?,
        fee_rate: share("fee_rate", &message.fee_rate)?,
        name: message.name,
        endpoint: message.endpoint,
        visit_calendar: (!message.visit_calendar.is_empty()).then_some(message.visit_calendar),
    })
}

pub(crate) fn provider_change(
    message: proto::UpdateProviderRequest,
) -> Result<ProviderChange, Problem> {
    let services = fields::services("services", &message.services)?;
    Ok(ProviderChange {
        provider_id: fields::id("provider_id", &message.provider_id)?,
        etag: message.etag,
        endpoint: message.endpoint,
        paused: message.paused,
        services: (!services.is_empty()).then_some(services),
        visit_calendar: message.visit_calendar,
    })
}

pub(crate) fn check(check: ProviderCheck) -> proto::CheckProviderResponse {
    let reachable = check.capabilities.is_some();
    let says = check.capabilities.unwrap_or_default();
    proto::CheckProviderResponse {
        reachable,
        latency_milliseconds: i32::try_from(check.took_milliseconds).unwrap_or(i32::MAX),
        services: says.services.into_iter().map(|it| words::service(it).into()).collect(),
        problems: check.problems,
        contract_version: says.contract_version,
    }
}

pub(crate) fn partner(partner: &Partner) -> proto::Partner {
    proto::Partner {
        id: partner.id.to_string(),
        code: partner.code.clone(),
        kind: kind(partner.kind).into(),
        name: partner.name.clone(),
        name_en: partner.name_en.clone(),
        capabilities: partner
            .capabilities
            .iter()
            .filter_map(|name| proto::Capability::from_str_name(name))
            .map(i32::from)
            .collect(),
        solicitor_licence: partner.solicitor_licence.as_ref().map(licence),
        registration_number: partner
            .terms
            .registration_number
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        address: partner.terms.address.clone(),
        commission_rate: partner
            .terms
            .commission_rate
            .map(|rate| rate.to_string())
            .unwrap_or_default(),
        created_at: Some(words::timestamp(partner.created_at)),
        ..proto::Partner::default()
    }
}

pub(crate) fn provider(provider: &Provider) -> proto::Provider {
    proto::Provider {
        id: provider.id.to_string(),
        partner_id: provider.partner_id.map(|id| id.to_string()).unwrap_or_default(),
        name: provider.name.clone(),
        endpoint: provider.endpoint.clone(),
        services: provider.services.iter().map(|service| words::service(*service).into()).collect(),
        fee_rate: provider.fee_rate.map(|rate| rate.to_string()).unwrap_or_default(),
        created_at: Some(words::timestamp(provider.created_at)),
        etag: provider.etag(),
        paused: provider.paused,
        visit_calendar: provider.visit_calendar.clone().unwrap_or_default(),
    }
}

/// A share of at most the whole; none if left out.
fn share(field: &str, text: &str) -> Result<Option<Rate>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let rate = fields::rate(field, text)?;
    if rate > Rate::ONE {
        return Err(Problem::invalid(field, "must be at most `1`"));
    }
    Ok(Some(rate))
}

fn kind_from(kind: proto::PartnerKind) -> Result<PartnerKind, Problem> {
    match kind {
        proto::PartnerKind::Unspecified => Err(Problem::invalid("kind", "is required")),
        proto::PartnerKind::Operator => Ok(PartnerKind::Operator),
        proto::PartnerKind::Isv => Ok(PartnerKind::Isv),
        proto::PartnerKind::Insurer => Ok(PartnerKind::Insurer),
        proto::PartnerKind::Agent => Ok(PartnerKind::Agent),
    }
}

fn kind(kind: PartnerKind) -> proto::PartnerKind {
    match kind {
        PartnerKind::Operator => proto::PartnerKind::Operator,
        PartnerKind::Isv => proto::PartnerKind::Isv,
        PartnerKind::Insurer => proto::PartnerKind::Insurer,
        PartnerKind::Agent => proto::PartnerKind::Agent,
    }
}

fn licence_from(licence: proto::SolicitorLicence) -> Result<Licence, Problem> {
    let valid = licence.valid.unwrap_or_default();
    Ok(Licence {
        number: licence.number,
        valid_from: fields::day("solicitor_licence.valid.start", valid.start)?,
        valid_to: fields::day("solicitor_licence.valid.end", valid.end)?,
    })
}

pub(crate) fn licence(licence: &Licence) -> proto::SolicitorLicence {
    proto::SolicitorLicence {
        number: licence.number.clone(),
        valid: Some(DayPeriod {
            start: Some(words::day(licence.valid_from)),
            end: Some(words::day(licence.valid_to)),
        }),
    }
}
