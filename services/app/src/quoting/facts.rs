//! What is known about a company, as policies read it.

use tasuki_core::catalog::{
    CompanyProfile, Consent, DnsControl, MaintainerCooperation, Quantity, SelectedItem, TaxMode,
    WafState,
};
use tasuki_core::service::Service;
use tasuki_policies::facts::{self, CompanyFacts};

/// The company, as far as it is known. What nobody asked for stays missing.
pub fn company_facts(profile: &CompanyProfile) -> CompanyFacts {
    let endpoints = profile.endpoints.unwrap_or_default();
    let site = profile.sites.first();
    CompanyFacts {
        wanted: (!profile.wishes.is_empty()).then(|| profile.wishes.clone()),
        industry: profile.industry.clone(),
        employees: profile.employees.map(i64::from),
        capital_yen: profile.capital.map(tasuki_core::money::Money::amount),
        endpoints_windows: endpoints.windows.map(i64::from),
        endpoints_mac: endpoints.mac.map(i64::from),
        endpoints_linux: endpoints.linux.map(i64::from),
        has_utm: profile.has_utm,
        has_antivirus: profile.has_antivirus,
        has_website: profile.has_website,
        waf: profile.waf.map(waf),
        dns_control: profile.dns_control.map(dns_control),
        monthly_traffic_gb: profile.monthly_traffic_gb.map(Quantity::value),
        upstream_cooperates: profile.upstream_maintainer.map(cooperation),
        remote_island: site.and_then(|site| site.remote_island),
        maintainer_consent: profile.maintainer_consent.map(consent),
        has_login_account: profile.has_login_account,
        web_screens: profile.web_screens.map(i64::from),
        global_ips: profile.global_ips.map(i64::from),
        executive_approval: profile.has_executive_approval,
        // Facts are without tax; a budget with tax says nothing exact about one without.
        budget_monthly_yen: profile
            .budget
            .filter(|budget| budget.tax_mode == TaxMode::Exclusive)
            .map(|budget| budget.monthly.amount()),
        memberships: (!profile.memberships.is_empty())
            .then(|| profile.memberships.iter().map(|of| of.association.clone()).collect()),
        users: profile.users.map(i64::from),
        line_mbps: profile.throughput_mbps.and_then(Quantity::as_whole),
        security_action_stars: profile.security_action_stars.map(i64::from),
        has_backup: profile.has_backup,
        nameserver_change_needed: profile.nameserver_change_needed,
        domain_shared: profile.domain_is_shared,
        ..CompanyFacts::default()
    }
}

/// The company with one service in question.
pub(crate) fn about(profile: &CompanyProfile, item: &SelectedItem, of_web: bool) -> CompanyFacts {
    let known = company_facts(profile);
    CompanyFacts {
        service: Some(item.service),
        endpoints_wanted: item.endpoints.map(i64::from),
        monthly_traffic_gb: item.traffic_gb.map(Quantity::value).or(known.monthly_traffic_gb),
        diagnosis_of_web: (item.service == Service::Diagnosis).then_some(of_web),
        web_screens: item.web_screens.map(i64::from).or(known.web_screens),
        global_ips: item.global_ips.map(i64::from).or(known.global_ips),
        ..known
    }
}

const fn waf(state: WafState) -> facts::WafState {
    match state {
        WafState::None => facts::WafState::None,
        WafState::Active => facts::WafState::Active,
        WafState::Off => facts::WafState::Off,
    }
}

const fn dns_control(control: DnsControl) -> facts::DnsControl {
    match control {
        DnsControl::Itself => facts::DnsControl::Own,
        DnsControl::OperatorWithWaiver => facts::DnsControl::OperatorWithWaiver,
        DnsControl::ThirdPartyAgrees => facts::DnsControl::ThirdPartyAgrees,
        DnsControl::ThirdPartyRefuses => facts::DnsControl::ThirdPartyRefuses,
        DnsControl::Unknown => facts::DnsControl::Unknown,
    }
}

const fn cooperation(of: MaintainerCooperation) -> facts::MaintainerCooperation {
    match of {
        MaintainerCooperation::NotNeeded => facts::MaintainerCooperation::NotNeeded,
        MaintainerCooperation::Agreed => facts::MaintainerCooperation::Agreed,
        MaintainerCooperation::Refused => facts::MaintainerCooperation::Refused,
        MaintainerCooperation::Unknown => facts::MaintainerCooperation::Unknown,
    }
}

const fn consent(of: Consent) -> facts::Consent {
    match of {
        Consent::NotNeeded => facts::Consent::NotNeeded,
        Consent::Given => facts::Consent::Given,
        Consent::Refused => facts::Consent::Refused,
        Consent::Requested => facts::Consent::Requested,
    }
}
