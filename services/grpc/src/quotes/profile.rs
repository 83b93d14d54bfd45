//! What is known about a company, between message and domain.

use tasuki_core::catalog::{
    Budget, CompanyProfile, Consent, DnsControl, EndpointCounts, MaintainerCooperation,
    ProfileMembership, ProfileSite, Quantity, Sponsor, TaxMode, WafState,
};
use tasuki_core::days::DayPeriod;
use tasuki_core::problem::Problem;
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::types::v1 as types;

use crate::{fields, prices, words};

/// A company profile; an absent field stays absent.
pub(crate) fn profile_from(profile: proto::CompanyProfile) -> Result<CompanyProfile, Problem> {
    let count = |name: &str, value: Option<i32>| count(&format!("profile.{name}"), value);
    let text = |name: &str, value: Option<String>| quantity(&format!("profile.{name}"), value);
    let endpoints = profile.endpoints.map(endpoints_from).transpose()?;
    Ok(CompanyProfile {
        endpoints,
        waf: waf_from(profile.waf()),
        dns_control: dns_from(profile.dns_control()),
        upstream_maintainer: cooperation_from(profile.upstream_maintainer()),
        maintainer_consent: consent_from(profile.maintainer_consent()),
        budget: budget_from(&profile)?,
        employees: count("employees", profile.employees)?,
        capital: fields::optional_money("profile.capital", profile.capital)?,
        has_utm: profile.has_utm,
        has_antivirus: profile.has_antivirus,
        has_website: profile.has_website,
        monthly_traffic_gb: text("monthly_traffic_gb", profile.monthly_traffic_gb)?,
        sites: profile.sites.into_iter().map(site_from).collect(),
        wishes: fields::services("profile.wishes", &profile.wishes)?,
        has_executive_approval: profile.has_executive_approval,
        memberships: each("memberships", profile.memberships, membership_from)?,
        sponsors: each("sponsors", profile.sponsors, sponsor_from)?,
        web_screens: count("web_screens", profile.web_screens)?,
        global_ips: count("global_ips", profile.global_ips)?,
        has_login_account: profile.has_login_account,
        last_training_on: fields::optional_day(
            "profile.last_training_on",
            profile.last_training_on,
        )?,
        security_action_stars: count("security_action_stars", profile.security_action_stars)?,
        users: count("users", profile.users)?,
        throughput_mbps: text("throughput_mbps", profile.throughput_mbps)?,
        updates_are_managed: profile.updates_are_managed,
        has_backup: profile.has_backup,
        nameserver_change_needed: profile.nameserver_change_needed,
        domain_is_shared: profile.domain_is_shared,
        industry: profile.industry,
    })
}

/// A company profile as a message.
pub(crate) fn profile(profile: &CompanyProfile) -> proto::CompanyProfile {
    let count = |n: Option<u32>| n.and_then(|n| i32::try_from(n).ok());
    let decimal = |quantity: Option<Quantity>| quantity.map(|quantity| quantity.to_string());
    proto::CompanyProfile {
        industry: profile.industry.clone(),
        employees: count(profile.employees),
        capital: profile.capital.map(words::money),
        endpoints: profile.endpoints.map(|of| proto::EndpointCounts {
            windows: count(of.windows),
            mac: count(of.mac),
            linux: count(of.linux),
            mobile: count(of.mobile),
        }),
        has_utm: profile.has_utm,
        has_antivirus: profile.has_antivirus,
        has_website: profile.has_website,
        waf: profile.waf.map_or(proto::WafState::Unspecified, waf).into(),
        dns_control: profile.dns_control.map_or(proto::DnsControl::Unspecified, dns).into(),
        monthly_traffic_gb: decimal(profile.monthly_traffic_gb),
        sites: profile.sites.iter().map(site).collect(),
        monthly_budget: profile.budget.map(|budget| words::money(budget.monthly)),
        budget_tax_mode: profile
            .budget
            .map_or(types::TaxMode::Unspecified, |budget| prices::tax_mode(budget.tax_mode))
            .into(),
        wishes: profile.wishes.iter().map(|of| i32::from(words::service(*of))).collect(),
        upstream_maintainer: profile
            .upstream_maintainer
            .map_or(proto::MaintainerCooperation::Unspecified, cooperation)
            .into(),
        maintainer_consent: profile
            .maintainer_consent
            .map_or(proto::Consent::Unspecified, consent)
            .into(),
        has_executive_approval: profile.has_executive_approval,
        memberships: profile.memberships.iter().map(membership).collect(),
        sponsors: profile.sponsors.iter().map(sponsor).collect(),
        web_screens: count(profile.web_screens),
        global_ips: count(profile.global_ips),
        has_login_account: profile.has_login_account,
        last_training_on: profile.last_training_on.map(words::day),
        security_action_stars: count(profile.security_action_stars),
        users: count(profile.users),
        throughput_mbps: decimal(profile.throughput_mbps),
        updates_are_managed: profile.updates_are_managed,
        has_backup: profile.has_backup,
        nameserver_change_needed: profile.nameserver_change_needed,
        domain_is_shared: profile.domain_is_shared,
    }
}

fn budget_from(profile: &proto::CompanyProfile) -> Result<Option<Budget>, Problem> {
    let monthly = fields::optional_money("profile.monthly_budget", profile.monthly_budget.clone())?;
    let tax_mode = match profile.budget_tax_mode() {
        types::TaxMode::Unspecified | types::TaxMode::Inclusive => TaxMode::Inclusive,
        types::TaxMode::Exclusive => TaxMode::Exclusive,
        types::TaxMode::Exempt | types::TaxMode::OutOfScope => {
            let text = "a budget contains tax or does not: `inclusive` or `exclusive`";
            return Err(Problem::invalid("profile.budget_tax_mode", text));
        }
    };
    match monthly {
        Some(monthly) if monthly.is_negative() => {
            Err(Problem::invalid("profile.monthly_budget", "must not be negative"))
        }
        monthly => Ok(monthly.map(|monthly| Budget { monthly, tax_mode })),
    }
}

fn endpoints_from(of: proto::EndpointCounts) -> Result<EndpointCounts, Problem> {
    Ok(EndpointCounts {
        windows: count("profile.endpoints.windows", of.windows)?,
        mac: count("profile.endpoints.mac", of.mac)?,
        linux: count("profile.endpoints.linux", of.linux)?,
        mobile: count("profile.endpoints.mobile", of.mobile)?,
    })
}

fn count(field: &str, value: Option<i32>) -> Result<Option<u32>, Problem> {
    value
        .map(|n| u32::try_from(n).map_err(|_| Problem::invalid(field, "must not be negative")))
        .transpose()
}

fn quantity(field: &str, text: Option<String>) -> Result<Option<Quantity>, Problem> {
    text.map(|text| {
        text.parse().map_err(|_| {
            Problem::invalid(field, format!("`{text}` is not a quantity such as `10.5`"))
        })
    })
    .transpose()
}

fn each<M, T>(
    name: &str,
    messages: Vec<M>,
    one: impl Fn(&str, M) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    let numbered = messages.into_iter().enumerate();
    numbered.map(|(at, message)| one(&format!("profile.{name}[{at}]"), message)).collect()
}

fn site_from(site: proto::Site) -> ProfileSite {
    ProfileSite {
        code: site.code,
        name: site.name,
        prefecture: Some(site.prefecture).filter(|code| !code.is_empty()),
        remote_island: site.remote_island,
    }
}

fn site(site: &ProfileSite) -> proto::Site {
    proto::Site {
        code: site.code.clone(),
        name: site.name.clone(),
        prefecture: site.prefecture.clone().unwrap_or_default(),
        remote_island: site.remote_island,
    }
}

fn membership_from(field: &str, of: proto::Membership) -> Result<ProfileMembership, Problem> {
    let valid = of.valid.unwrap_or_default();
    Ok(ProfileMembership {
        association: of.association,
        valid_from: fields::optional_day(&format!("{field}.valid.start"), valid.start)?,
        valid_to: fields::optional_day(&format!("{field}.valid.end"), valid.end)?,
        evidence: of.evidence,
    })
}

fn membership(of: &ProfileMembership) -> proto::Membership {
    let (start, end) = (of.valid_from.map(words::day), of.valid_to.map(words::day));
    let valid = (start.is_some() || end.is_some()).then_some(types::DayPeriod { start, end });
    proto::Membership { association: of.association.clone(), valid, evidence: of.evidence.clone() }
}

fn sponsor_from(field: &str, of: proto::Sponsor) -> Result<Sponsor, Problem> {
    let bounds = of.valid.unwrap_or_default();
    let start = fields::optional_day(&format!("{field}.valid.start"), bounds.start)?;
    let end = fields::optional_day(&format!("{field}.valid.end"), bounds.end)?;
    let valid = match (start, end) {
        (Some(start), Some(end)) => Some(DayPeriod::new(start, end)?),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let text = "must have both a start and an end, or be left out";
            return Err(Problem::invalid(format!("{field}.valid"), text));
        }
    };
    Ok(Sponsor {
        code: of.code,
        name: of.name,
        share_rate: fields::rate(&format!("{field}.share_rate"), &of.share_rate)?,
        monthly_cap: fields::optional_money(&format!("{field}.monthly_cap"), of.monthly_cap)?,
        valid,
        services: fields::services(&format!("{field}.services"), &of.services)?,
    })
}

fn sponsor(of: &Sponsor) -> proto::Sponsor {
    proto::Sponsor {
        code: of.code.clone(),
        name: of.name.clone(),
        share_rate: of.share_rate.to_string(),
        monthly_cap: of.monthly_cap.map(words::money),
        valid: of.valid.map(|days| types::DayPeriod {
            start: Some(words::day(days.start())),
            end: Some(words::day(days.end())),
        }),
        services: of.services.iter().map(|of| i32::from(words::service(*of))).collect(),
    }
}

const fn waf_from(state: proto::WafState) -> Option<WafState> {
    match state {
        proto::WafState::Unspecified => None,
        proto::WafState::None => Some(WafState::None),
        proto::WafState::Active => Some(WafState::Active),
        proto::WafState::Off => Some(WafState::Off),
    }
}

const fn waf(state: WafState) -> proto::WafState {
    match state {
        WafState::None => proto::WafState::None,
        WafState::Active => proto::WafState::Active,
        WafState::Off => proto::WafState::Off,
    }
}

const fn dns_from(control: proto::DnsControl) -> Option<DnsControl> {
    match control {
        proto::DnsControl::Unspecified => None,
        proto::DnsControl::Self_ => Some(DnsControl::Itself),
        proto::DnsControl::OperatorWithWaiver => Some(DnsControl::OperatorWithWaiver),
        proto::DnsControl::ThirdPartyAgrees => Some(DnsControl::ThirdPartyAgrees),
        proto::DnsControl::ThirdPartyRefuses => Some(DnsControl::ThirdPartyRefuses),
        proto::DnsControl::Unknown => Some(DnsControl::Unknown),
    }
}

const fn dns(control: DnsControl) -> proto::DnsControl {
    match control {
        DnsControl::Itself => proto::DnsControl::Self_,
        DnsControl::OperatorWithWaiver => proto::DnsControl::OperatorWithWaiver,
        DnsControl::ThirdPartyAgrees => proto::DnsControl::ThirdPartyAgrees,
        DnsControl::ThirdPartyRefuses => proto::DnsControl::ThirdPartyRefuses,
        DnsControl::Unknown => proto::DnsControl::Unknown,
    }
}

const fn cooperation_from(of: proto::MaintainerCooperation) -> Option<MaintainerCooperation> {
    match of {
        proto::MaintainerCooperation::Unspecified => None,
        proto::MaintainerCooperation::NotNeeded => Some(MaintainerCooperation::NotNeeded),
        proto::MaintainerCooperation::Agreed => Some(MaintainerCooperation::Agreed),
        proto::MaintainerCooperation::Refused => Some(MaintainerCooperation::Refused),
        proto::MaintainerCooperation::Unknown => Some(MaintainerCooperation::Unknown),
    }
}

const fn cooperation(of: MaintainerCooperation) -> proto::MaintainerCooperation {
    match of {
        MaintainerCooperation::NotNeeded => proto::MaintainerCooperation::NotNeeded,
        MaintainerCooperation::Agreed => proto::MaintainerCooperation::Agreed,
        MaintainerCooperation::Refused => proto::MaintainerCooperation::Refused,
        MaintainerCooperation::Unknown => proto::MaintainerCooperation::Unknown,
    }
}

const fn consent_from(of: proto::Consent) -> Option<Consent> {
    match of {
        proto::Consent::Unspecified => None,
        proto::Consent::NotNeeded => Some(Consent::NotNeeded),
        proto::Consent::Given => Some(Consent::Given),
        proto::Consent::Refused => Some(Consent::Refused),
        proto::Consent::Requested => Some(Consent::Requested),
    }
}

const fn consent(of: Consent) -> proto::Consent {
    match of {
        Consent::NotNeeded => proto::Consent::NotNeeded,
        Consent::Given => proto::Consent::Given,
        Consent::Refused => proto::Consent::Refused,
        Consent::Requested => proto::Consent::Requested,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> proto::CompanyProfile {
        proto::CompanyProfile {
            industry: Some("D".to_owned()),
            employees: Some(12),
            capital: Some(words::money(tasuki_core::money::Money::jpy(3_000_000))),
            endpoints: Some(proto::EndpointCounts {
                windows: Some(9),
                mac: Some(3),
                linux: None,
                mobile: Some(0),
            }),
            has_utm: Some(false),
            has_website: Some(true),
            waf: proto::WafState::Off.into(),
            dns_control: proto::DnsControl::Self_.into(),
            monthly_traffic_gb: Some("8.5".to_owned()),
            sites: vec![proto::Site {
                code: "head-office".to_owned(),
                name: "本社".to_owned(),
                prefecture: "47".to_owned(),
                remote_island: Some(true),
            }],
            monthly_budget: Some(words::money(tasuki_core::money::Money::jpy(30_000))),
            budget_tax_mode: types::TaxMode::Exclusive.into(),
            wishes: vec![types::Service::Edr.into()],
            upstream_maintainer: proto::MaintainerCooperation::Agreed.into(),
            maintainer_consent: proto::Consent::Requested.into(),
            memberships: vec![proto::Membership {
                association: "naha-chamber-of-commerce".to_owned(),
                valid: None,
                evidence: "123".to_owned(),
            }],
            sponsors: vec![proto::Sponsor {
                code: "parent".to_owned(),
                name: "親会社".to_owned(),
                share_rate: "0.5".to_owned(),
                monthly_cap: Some(words::money(tasuki_core::money::Money::jpy(8_000))),
                valid: None,
                services: Vec::new(),
            }],
            ..proto::CompanyProfile::default()
        }
    }

    #[test]
    fn a_profile_comes_back_as_it_was_sent() {
        for message in [full(), proto::CompanyProfile::default()] {
            assert_eq!(profile(&profile_from(message.clone()).unwrap()), message);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let broken = proto::CompanyProfile { employees: Some(-1), ..full() };
        let problem = profile_from(broken).unwrap_err();
        assert_eq!(problem.violations()[0].field, "profile.employees");
        let broken =
            proto::CompanyProfile { budget_tax_mode: types::TaxMode::Exempt.into(), ..full() };
        assert!(profile_from(broken).is_err());
    }
}
