//! What is known about a firm, in the words of the contracts.

use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::tenant::v1::{Consent, DnsControl, MaintainerCooperation, WafState};
use tasuki_proto::types::v1::TaxMode;

use super::pilot::{
    Applicant, Company, Dns, Endpoints, Island, Maintainer, MaintainerConsent, Waf,
};
use super::words::yen;

/// The most screens that a diagnosis has (DIA-01).
const SCREENS: i32 = 5;

/// What a firm that applied says about itself.
pub(crate) fn of_applicant(firm: &Applicant) -> proto::CompanyProfile {
    let island = firm.site.remote_island != Island::None;
    proto::CompanyProfile {
        industry: Some(firm.industry.clone()),
        employees: Some(firm.employees),
        endpoints: Some(endpoints(firm.endpoints)),
        has_utm: Some(firm.has_utm),
        has_antivirus: Some(firm.has_av),
        has_website: Some(firm.has_website),
        waf: waf(firm.waf).into(),
        dns_control: dns(firm.dns_control).into(),
        monthly_traffic_gb: Some(firm.monthly_traffic_gb.clone()),
        sites: vec![site(&firm.site.prefecture, island)],
        monthly_budget: Some(yen(firm.budget_monthly_yen)),
        budget_tax_mode: TaxMode::Exclusive.into(),
        upstream_maintainer: match firm.upstream_maintainer {
            Maintainer::NotNeeded => MaintainerCooperation::NotNeeded,
            Maintainer::Agreed => MaintainerCooperation::Agreed,
            Maintainer::Unknown => MaintainerCooperation::Unknown,
        }
        .into(),
        maintainer_consent: match firm.maintainer_consent {
            MaintainerConsent::NotAsked => Consent::Unspecified,
            MaintainerConsent::NotNeeded => Consent::NotNeeded,
            MaintainerConsent::Given => Consent::Given,
            MaintainerConsent::Refused => Consent::Refused,
            MaintainerConsent::Asked => Consent::Requested,
        }
        .into(),
        has_executive_approval: Some(firm.executive_approval),
        web_screens: Some(SCREENS),
        global_ips: Some(1),
        has_login_account: Some(true),
        // In the data, others depend on the very name server that would change.
        nameserver_change_needed: Some(firm.domain_shared),
        domain_is_shared: Some(firm.domain_shared),
        ..proto::CompanyProfile::default()
    }
}

/// The domain of a firm, in a zone that nobody can have.
pub(crate) fn domain(firm: &str) -> String {
    format!("{}.example.jp", firm.to_lowercase())
}

/// What a company of O-fig 2 says about itself.
pub(crate) fn of_company(company: &Company) -> proto::CompanyProfile {
    proto::CompanyProfile {
        industry: Some(company.industry.clone()),
        employees: Some(company.employees),
        endpoints: Some(endpoints(company.endpoints)),
        has_utm: Some(company.has_utm),
        has_antivirus: Some(company.has_av),
        has_website: Some(company.has_website),
        waf: waf(company.waf).into(),
        dns_control: dns(company.dns_control).into(),
        monthly_traffic_gb: Some(company.monthly_traffic_gb.clone()),
        sites: vec![site("47", false)],
        monthly_budget: Some(yen(company.budget_monthly_yen)),
        budget_tax_mode: TaxMode::Exclusive.into(),
        upstream_maintainer: MaintainerCooperation::NotNeeded.into(),
        maintainer_consent: Consent::NotNeeded.into(),
        has_executive_approval: Some(true),
        web_screens: company.has_website.then_some(SCREENS),
        global_ips: Some(1),
        has_login_account: Some(true),
        ..proto::CompanyProfile::default()
    }
}

/// A firm in Kumamoto, of which only the industry is known.
pub(crate) fn of_kumamoto(industry: &str) -> proto::CompanyProfile {
    proto::CompanyProfile {
        industry: Some(industry.to_owned()),
        employees: Some(10),
        endpoints: Some(endpoints(Endpoints { windows: 5, mac: 0, linux: 0 })),
        has_utm: Some(false),
        has_antivirus: Some(true),
        has_website: Some(false),
        sites: vec![site("43", false)],
        upstream_maintainer: MaintainerCooperation::NotNeeded.into(),
        has_executive_approval: Some(true),
        ..proto::CompanyProfile::default()
    }
}

fn endpoints(counts: Endpoints) -> proto::EndpointCounts {
    proto::EndpointCounts {
        windows: Some(counts.windows),
        mac: Some(counts.mac),
        linux: Some(counts.linux),
        mobile: Some(0),
    }
}

fn site(prefecture: &str, remote_island: bool) -> proto::Site {
    proto::Site {
        code: "head-office".to_owned(),
        name: "本社".to_owned(),
        prefecture: prefecture.to_owned(),
        remote_island: Some(remote_island),
    }
}

const fn waf(state: Waf) -> WafState {
    match state {
        Waf::None => WafState::None,
        Waf::Active => WafState::Active,
        Waf::PresentOff => WafState::Off,
    }
}

const fn dns(control: Dns) -> DnsControl {
    match control {
        Dns::Customer => DnsControl::Self_,
        // Nobody's maintainer had refused before the order: what it does later is another story.
        Dns::Maintainer => DnsControl::ThirdPartyAgrees,
        Dns::OperatorWithWaiver => DnsControl::OperatorWithWaiver,
        Dns::None => DnsControl::Unspecified,
    }
}
