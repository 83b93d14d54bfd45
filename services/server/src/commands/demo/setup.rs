//! Takes partners and providers into the scheme, and records the master contract.

use std::collections::BTreeMap;

use anyhow::Context as _;
use tasuki_core::id::InsurerId;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::tenant::v1 as tenant;
use tasuki_proto::tenant::v1::{Capability, PartnerKind};
use tasuki_proto::types::v1::{DayPeriod, Service};

use super::callers::{Caller, ask};
use super::pilot::Scenario;
use super::{terms, words};

/// The insurer's code; its id follows from it.
pub(crate) const INSURER: &str = "insurer-a";

/// The master contract's code.
const CONTRACT: &str = "okinawa-first-response-2021";

/// Who takes part, by code or name.
#[derive(Debug, Clone)]
pub(crate) struct Scheme {
    pub(crate) partners: BTreeMap<&'static str, String>,
    pub(crate) providers: BTreeMap<&'static str, String>,
    pub(crate) insurer_id: String,
    pub(crate) master_contract_id: String,
}

/// A partner of the demo.
struct NewPartner {
    code: &'static str,
    kind: PartnerKind,
    ja: String,
    en: String,
    capabilities: &'static [Capability],
    /// Numbers and addresses are assumed: the first six digits are no corporate number in use.
    registration_number: &'static str,
    address: &'static str,
    licence: Option<&'static str>,
}

/// A provider of the demo: name, service, partner behind it, and its assumed share of the fees.
const PROVIDERS: [(&str, Service, &str, &str); 4] = [
    ("utm", Service::Utm, "ogs", "0.55"),
    ("cloud-waf", Service::CloudWaf, "secure-innovation", "0.60"),
    ("edr", Service::Edr, "secure-innovation", "0.60"),
    ("diagnosis", Service::Diagnosis, "secure-innovation", "0.70"),
];

/// Makes partners known. Repeating it changes nothing.
pub(crate) async fn partners(
    operator: &Caller,
    scenario: &Scenario,
) -> anyhow::Result<BTreeMap<&'static str, String>> {
    let mut ids = BTreeMap::new();
    for new in everybody(scenario) {
        let valid = DayPeriod {
            start: Some(words::date(scenario.programme.trial_from)),
            end: Some(words::date(scenario.cover_terms.in_force_until.tomorrow()?)),
        };
        let licence = new.licence.map(|number| tenant::SolicitorLicence {
            number: number.to_owned(),
            valid: Some(valid),
        });
        let request = tenant::CreatePartnerRequest {
            request_id: format!("demo.partner.{}", new.code),
            kind: new.kind.into(),
            name: new.ja,
            name_en: new.en,
            capabilities: new.capabilities.iter().map(|it| i32::from(*it)).collect(),
            solicitor_licence: licence,
            registration_number: new.registration_number.to_owned(),
            commission_rate: String::new(),
            address: new.address.to_owned(),
            code: new.code.to_owned(),
        };
        let answer = ask!(operator.partners(), create_partner, request)?;
        ids.insert(new.code, answer.partner.unwrap_or_default().id);
    }
    Ok(ids)
}

fn everybody(scenario: &Scenario) -> Vec<NewPartner> {
    use Capability as C;
    let operator = |code: &str| {
        let found = scenario.operators.iter().find(|operator| operator.code == code);
        found.map(|it| (it.ja.clone(), it.en.clone())).unwrap_or_default()
    };
    let (ogs, ntt) = (operator("OGS"), operator("NTT_WEST"));
    vec![
        NewPartner {
            code: "ogs",
            kind: PartnerKind::Operator,
            ja: ogs.0,
            en: ogs.1,
            capabilities: &[C::Sell, C::Provision, C::HelpDesk, C::OnSiteResponse],
            registration_number: "T8000000000001",
            address: "沖縄県那覇市",
            licence: None,
        },
        NewPartner {
            code: "ntt-west",
            kind: PartnerKind::Operator,
            ja: ntt.0,
            en: ntt.1,
            capabilities: &[C::Sell, C::Provision, C::Soc, C::HelpDesk, C::OnSiteResponse],
            registration_number: "T7000000000002",
            address: "熊本県熊本市",
            licence: None,
        },
        NewPartner {
            code: "secure-innovation",
            kind: PartnerKind::Isv,
            ja: "セキュアイノベーション".to_owned(),
            en: "Secure Innovation".to_owned(),
            capabilities: &[C::Sell, C::Provision, C::Soc, C::SolicitInsurance],
            registration_number: "T6000000000003",
            address: "沖縄県那覇市",
            licence: Some("ASSUMED-0001"),
        },
        NewPartner {
            code: "first-riding",
            kind: PartnerKind::Isv,
            ja: "ファーストライディングテクノロジー".to_owned(),
            en: "First Riding Technology".to_owned(),
            capabilities: &[C::Sell],
            registration_number: "T5000000000004",
            address: "沖縄県浦添市",
            licence: None,
        },
        NewPartner {
            code: INSURER,
            kind: PartnerKind::Insurer,
            ja: scenario.insurer.ja.clone(),
            en: scenario.insurer.en.clone(),
            capabilities: &[],
            registration_number: "",
            address: "",
            licence: None,
        },
    ]
}

/// Makes a provider known. Repeating it changes nothing.
pub(crate) async fn provider(
    operator: &Caller,
    partners: &BTreeMap<&'static str, String>,
    name: &str,
    url: &str,
) -> anyhow::Result<String> {
    let known = PROVIDERS.into_iter().find(|(known, ..)| *known == name);
    let (_, service, partner, fee_rate) = known.context("nobody knows this provider")?;
    let request = tenant::RegisterProviderRequest {
        request_id: format!("demo.provider.{name}"),
        partner_id: partners.get(partner).cloned().unwrap_or_default(),
        name: name.to_owned(),
        endpoint: url.to_owned(),
        services: vec![service.into()],
        fee_rate: fee_rate.to_owned(),
        visit_calendar: String::new(),
    };
    let answer = ask!(operator.partners(), register_provider, request)?;
    Ok(answer.provider.unwrap_or_default().id)
}

/// Records the insurer's contract with OGS.
pub(crate) async fn master_contract(
    operator: &Caller,
    partners: &BTreeMap<&'static str, String>,
    scenario: &Scenario,
) -> anyhow::Result<String> {
    let wanted = &scenario.cover_terms;
    let request = cover::CreateMasterContractRequest {
        request_id: format!("demo.contract.{CONTRACT}"),
        validate_only: false,
        code: CONTRACT.to_owned(),
        insurer_id: insurer_id(),
        holder_partner_id: partners.get("ogs").cloned().unwrap_or_default(),
        period: Some(cover::ContractPeriod {
            starts_on: Some(words::date(wanted.in_force_from)),
            ends_on: Some(words::date(wanted.in_force_until.tomorrow()?)),
            boundary_hour: 0,
            zone: words::ZONE.to_owned(),
            starts_at: None,
            ends_at: None,
        }),
        terms: Some(terms::terms(wanted)?),
    };
    let answer = ask!(operator.covers(), create_master_contract, request)?;
    Ok(answer.master_contract.unwrap_or_default().id)
}

/// The insurer's id, which follows from its code.
pub(crate) fn insurer_id() -> String {
    InsurerId::of_code(INSURER).to_string()
}
