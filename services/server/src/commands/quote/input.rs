//! What a salesperson knows about a company: options of the command, or a file.

use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;
use tasuki_core::catalog::{
    Budget, CompanyProfile, EndpointCounts, ProfileSite, Quantity, SelectedItem, Sponsor, TaxMode,
    WafState,
};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;

/// What is known about the company. What is not said is taken to be absent; a file can say that
/// something is unknown by leaving it out.
#[derive(Debug, Args)]
#[group(id = "Company", multiple = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(super) struct Company {
    /// People who work there.
    #[arg(long, value_name = "N")]
    employees: Option<u32>,
    /// Windows computers.
    #[arg(long, value_name = "N")]
    windows: Option<u32>,
    /// Macs.
    #[arg(long, value_name = "N")]
    mac: Option<u32>,
    /// It has antivirus software.
    #[arg(long)]
    antivirus: bool,
    /// It has a UTM already.
    #[arg(long)]
    utm: bool,
    /// It has a web site of its own.
    #[arg(long)]
    website: bool,
    /// Its web site is behind a web application firewall already.
    #[arg(long, requires = "website")]
    waf: bool,
    /// Traffic of the web site in gigabytes a month.
    #[arg(long, value_name = "GB", requires = "website")]
    traffic_gb: Option<Quantity>,
    /// It is on a remote island.
    #[arg(long)]
    remote_island: bool,
    /// What it can spend in a month, in yen.
    #[arg(long, value_name = "YEN")]
    budget: Option<i64>,
    /// The budget is without tax; with tax if left out.
    #[arg(long, requires = "budget")]
    budget_without_tax: bool,
    /// Who pays a share of the fees, such as an upper-tier company; `--file` takes several, with days
    /// and services.
    #[arg(long, value_name = "NAME", requires = "sponsor_share")]
    sponsor: Option<String>,
    /// Its share of the fees, such as 0.5.
    #[arg(long, value_name = "SHARE", requires = "sponsor")]
    sponsor_share: Option<Rate>,
    /// The most it pays in a month with tax, in yen.
    #[arg(long, value_name = "YEN", requires = "sponsor")]
    sponsor_cap: Option<i64>,
    /// Take these services instead of what is recommended.
    #[arg(long, value_delimiter = ',', value_name = "SERVICE")]
    select: Vec<Service>,
}

/// What is wanted for whom.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// What is known about the company.
    pub(super) profile: CompanyProfile,
    /// What is wanted; a bundle is recommended if empty.
    pub(super) select: Vec<SelectedItem>,
}

/// Reads a file.
pub(super) fn read(file: &Path) -> anyhow::Result<Wanted> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    serde_saphyr::from_str(&text)
        .map_err(|error| anyhow::anyhow!("{}: {}", file.display(), error.render()))
}

impl Company {
    /// What the options say.
    pub(super) fn wanted(&self) -> anyhow::Result<Wanted> {
        if self.budget.is_some_and(|budget| budget <= 0) {
            bail!("a budget is a number of yen above 0");
        }
        let tax_mode =
            if self.budget_without_tax { TaxMode::Exclusive } else { TaxMode::Inclusive };
        let profile = CompanyProfile {
            employees: self.employees,
            endpoints: Some(EndpointCounts {
                windows: Some(self.windows.unwrap_or_default()),
                mac: Some(self.mac.unwrap_or_default()),
                linux: Some(0),
                mobile: None,
            }),
            has_utm: Some(self.utm),
            has_antivirus: Some(self.antivirus),
            has_website: Some(self.website),
            waf: Some(if self.waf { WafState::Active } else { WafState::None }),
            monthly_traffic_gb: self.traffic_gb,
            sites: vec![ProfileSite {
                code: "head-office".to_owned(),
                name: String::new(),
                prefecture: None,
                remote_island: Some(self.remote_island),
            }],
            budget: self.budget.map(|yen| Budget { monthly: Money::jpy(yen), tax_mode }),
            sponsors: self.sponsors(),
            ..CompanyProfile::default()
        };
        let select = self.select.iter().map(|service| self.sized(*service)).collect();
        Ok(Wanted { profile, select })
    }

    fn sponsors(&self) -> Vec<Sponsor> {
        let (Some(name), Some(share_rate)) = (&self.sponsor, self.sponsor_share) else {
            return Vec::new();
        };
        vec![Sponsor {
            code: "sponsor".to_owned(),
            name: name.clone(),
            share_rate,
            monthly_cap: self.sponsor_cap.map(Money::jpy),
            valid: None,
            services: Vec::new(),
        }]
    }

    fn sized(&self, service: Service) -> SelectedItem {
        let mut item = SelectedItem::of(service);
        match service {
            Service::Edr => item.endpoints = self.windows,
            Service::CloudWaf => item.traffic_gb = self.traffic_gb,
            Service::Utm
            | Service::Diagnosis
            | Service::Training
            | Service::HelpDesk
            | Service::OnSiteResponse
            | Service::DataRecovery => {}
        }
        item
    }
}
