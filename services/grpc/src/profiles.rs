//! What is known about a company, between message and domain.

use std::collections::BTreeSet;

use tasuki_core::catalog::{
    Budget, CompanyProfile, Consent, DnsControl, EndpointCounts, MaintainerCooperation,
    ProfileMembership, ProfileSite, Quantity, Sponsor, TaxMode, WafState,
};
use tasuki_core::days::DayPeriod;
use tasuki_core::invoice::Payer;
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::time::CivilDate;
use tasuki_proto::google::r#type::Money as ProtoMoney;
use tasuki_proto::tenant::v1 as proto;
use tasuki_proto::types::v1 as types;

use crate::{fields, prices, words};

/// A company profile; an absent field stays absent. `field` is where it stands in the request.
pub(crate) fn from_proto(
    field: &str,
    profile: proto::CompanyProfile,
) -> Result<CompanyProfile, Problem> {
    let field = |name: &str| format!("{field}.{name}");
    let number = |name: &str, value: Option<i32>| count(&field(name), value);
    let text = |name: &str, value: Option<String>| quantity(&field(name), value);
    let endpoints = profile.endpoints.map(|of| endpoints_from(&field("endpoints"), of));
    let sites: Vec<_> = profile.sites.iter().cloned().map(site_from).collect();
    let sponsors = each(&field("sponsors"), profile.sponsors.clone(), sponsor_from)?;
    once_each(&field("sites"), sites.iter().map(|site| site.code.as_str()))?;
    once_each(&field("sponsors"), sponsors.iter().map(|sponsor| sponsor.code.as_str()))?;
    Ok(CompanyProfile {
        endpoints: endpoints.transpose()?,
        waf: waf_from(profile.waf()),
        dns_control: dns_from(profile.dns_control()),
        upstream_maintainer: cooperation_from(profile.upstream_maintainer()),
        maintainer_consent: consent_from(profile.maintainer_consent()),
        budget: budget_from(&field, &profile)?,
        employees: number("employees", profile.employees)?,
        capital: amount(&field("capital"), profile.capital)?,
        has_utm: profile.has_utm,
        has_antivirus: profile.has_antivirus,
        has_website: profile.has_website,
        monthly_traffic_gb: text("monthly_traffic_gb", profile.monthly_traffic_gb)?,
        sites,
        wishes: fields::services(&field("wishes"), &profile.wishes)?,
        has_executive_approval: profile.has_executive_approval,
        memberships: each(&field("memberships"), profile.memberships, membership_from)?,
        sponsors,
        web_screens: number("web_screens", profile.web_screens)?,
        global_ips: number("global_ips", profile.global_ips)?,
        has_login_account: profile.has_login_account,
        last_training_on: fields::optional_day(
            &field("last_training_on"),
            profile.last_training_on,
        )?,
        security_action_stars: number("security_action_stars", profile.security_action_stars)?,
        users: number("users", profile.users)?,
        throughput_mbps: text("throughput_mbps", profile.throughput_mbps)?,
        updates_are_managed: profile.updates_are_managed,
        has_backup: profile.has_backup,
        nameserver_change_needed: profile.nameserver_change_needed,
        domain_is_shared: profile.domain_is_shared,
        industry: profile.industry,
    })
}

/// A company profile as a message.
pub(crate) fn to_proto(profile: &CompanyProfile) -> proto::CompanyProfile {
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

fn budget_from(
    field: &impl Fn(&str) -> String,
    profile: &proto::CompanyProfile,
) -> Result<Option<Budget>, Problem> {
    let monthly = amount(&field("monthly_budget"), profile.monthly_budget.clone())?;
    let tax_mode = match profile.budget_tax_mode() {
        types::TaxMode::Unspecified | types::TaxMode::Inclusive => TaxMode::Inclusive,
        types::TaxMode::Exclusive => TaxMode::Exclusive,
        types::TaxMode::Exempt | types::TaxMode::OutOfScope => {
            let text = "a budget contains tax or does not: `inclusive` or `exclusive`";
            return Err(Problem::invalid(field("budget_tax_mode"), text));
        }
    };
    Ok(monthly.map(|monthly| Budget { monthly, tax_mode }))
}

fn endpoints_from(field: &str, of: proto::EndpointCounts) -> Result<EndpointCounts, Problem> {
    let number = |name: &str, value: Option<i32>| count(&format!("{field}.{name}"), value);
    Ok(EndpointCounts {
        windows: number("windows", of.windows)?,
        mac: number("mac", of.mac)?,
        linux: number("linux", of.linux)?,
        mobile: number("mobile", of.mobile)?,
    })
}

/// Yen, at least nothing.
fn amount(field: &str, value: Option<ProtoMoney>) -> Result<Option<Money>, Problem> {
    match fields::optional_money(field, value)? {
        Some(amount) if amount.is_negative() => {
            Err(Problem::invalid(field, "must not be negative"))
        }
        amount => Ok(amount),
    }
}

/// Codes that name one thing each.
fn once_each<'a>(field: &str, codes: impl Iterator<Item = &'a str>) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    for (at, code) in codes.enumerate() {
        if !seen.insert(code) {
            let text = format!("`{code}` is the code of another one already");
            return Err(Problem::invalid(format!("{field}[{at}].code"), text));
        }
    }
    Ok(())
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
    field: &str,
    messages: Vec<M>,
    one: impl Fn(&str, M) -> Result<T, Problem>,
) -> Result<Vec<T>, Problem> {
    let numbered = messages.into_iter().enumerate();
    numbered.map(|(at, message)| one(&format!("{field}[{at}]"), message)).collect()
}

fn site_from(site: proto::Site) -> ProfileSite {
    ProfileSite {
        code: site.code,
        name: site.name,
        prefecture: Some(site.prefecture).filter(|code| !code.is_empty()),
        remote_island: site.remote_island,
    }
}

pub(crate) fn site(site: &ProfileSite) -> proto::Site {
    proto::Site {
        code: site.code.clone(),
        name: site.name.clone(),
        prefecture: site.prefecture.clone().unwrap_or_default(),
        remote_island: site.remote_island,
    }
}

fn membership_from(field: &str, of: proto::Membership) -> Result<ProfileMembership, Problem> {
    let (valid_from, valid_to) = days_from(field, of.valid)?;
    Ok(ProfileMembership {
        association: of.association,
        valid_from,
        valid_to,
        evidence: of.evidence,
    })
}

pub(crate) fn membership(of: &ProfileMembership) -> proto::Membership {
    let (start, end) = (of.valid_from.map(words::day), of.valid_to.map(words::day));
    let valid = (start.is_some() || end.is_some()).then_some(types::DayPeriod { start, end });
    proto::Membership { association: of.association.clone(), valid, evidence: of.evidence.clone() }
}

fn sponsor_from(field: &str, of: proto::Sponsor) -> Result<Sponsor, Problem> {
    let valid = match days_from(field, of.valid)? {
        (Some(start), Some(end)) => Some(DayPeriod::new(start, end)?),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let text = "must have both a start and an end, or be left out";
            return Err(Problem::invalid(format!("{field}.valid"), text));
        }
    };
    if of.code == Payer::CUSTOMER {
        let text = "must not be `customer`, which is the company itself; take another code";
        return Err(Problem::invalid(format!("{field}.code"), text));
    }
    let share_rate = fields::rate(&format!("{field}.share_rate"), &of.share_rate)?;
    if share_rate <= Rate::ZERO || share_rate > Rate::ONE {
        let text = "must be above `0` and at most `1`";
        return Err(Problem::invalid(format!("{field}.share_rate"), text));
    }
    Ok(Sponsor {
        code: of.code,
        name: of.name,
        share_rate,
        monthly_cap: amount(&format!("{field}.monthly_cap"), of.monthly_cap)?,
        valid,
        services: fields::services(&format!("{field}.services"), &of.services)?,
    })
}

/// The bounds of days, each of which may be left out; the end is the first day after them.
fn days_from(
    field: &str,
    days: Option<types::DayPeriod>,
) -> Result<(Option<CivilDate>, Option<CivilDate>), Problem> {
    let days = days.unwrap_or_default();
    let start = fields::optional_day(&format!("{field}.valid.start"), days.start)?;
    let end = fields::optional_day(&format!("{field}.valid.end"), days.end)?;
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(Problem::invalid(format!("{field}.valid.end"), "must not be before `start`"));
    }
    Ok((start, end))
}

pub(crate) fn sponsor(of: &Sponsor) -> proto::Sponsor {
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
            capital: Some(words::money(Money::jpy(3_000_000))),
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
            monthly_budget: Some(words::money(Money::jpy(30_000))),
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
                monthly_cap: Some(words::money(Money::jpy(8_000))),
                valid: None,
                services: Vec::new(),
            }],
            ..proto::CompanyProfile::default()
        }
    }

    #[test]
    fn a_profile_comes_back_as_it_was_sent() {
        for message in [full(), proto::CompanyProfile::default()] {
            assert_eq!(to_proto(&from_proto("profile", message.clone()).unwrap()), message);
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let wrong = |change: fn(&mut proto::CompanyProfile)| {
            let mut message = full();
            change(&mut message);
            let problem = from_proto("survey.profile", message).unwrap_err();
            problem.violations()[0].field.clone()
        };
        assert_eq!(wrong(|of| of.employees = Some(-1)), "survey.profile.employees");
        let negative = |of: &mut proto::CompanyProfile| {
            of.capital = Some(words::money(Money::jpy(-1)));
        };
        assert_eq!(wrong(negative), "survey.profile.capital");
        let exempt =
            |of: &mut proto::CompanyProfile| of.budget_tax_mode = types::TaxMode::Exempt.into();
        assert_eq!(wrong(exempt), "survey.profile.budget_tax_mode");
        let twice = |of: &mut proto::CompanyProfile| of.sites.extend(of.sites.clone());
        assert_eq!(wrong(twice), "survey.profile.sites[1].code");
        for share in ["0", "1.01"] {
            let mut message = full();
            message.sponsors[0].share_rate = share.to_owned();
            let problem = from_proto("profile", message).unwrap_err();
            assert_eq!(problem.violations()[0].field, "profile.sponsors[0].share_rate");
        }
        let own = |of: &mut proto::CompanyProfile| of.sponsors[0].code = "customer".to_owned();
        assert_eq!(wrong(own), "survey.profile.sponsors[0].code");
        let backwards = |of: &mut proto::CompanyProfile| {
            let day = |day| Some(words::day(jiff::civil::date(2021, 4, day)));
            of.memberships[0].valid = Some(types::DayPeriod { start: day(2), end: day(1) });
        };
        assert_eq!(wrong(backwards), "survey.profile.memberships[0].valid.end");
    }
}
