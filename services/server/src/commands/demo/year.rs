//! The paid year of a few firms, in the order in which things happen across all of them: signs of
//! life, losses, notices, usage, month ends, payments.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::Date;
use tasuki_proto::billing::v1 as billing;
use tasuki_proto::billing::v1::{Invoice, PaymentMethod};
use tasuki_proto::claim::v1::Claim;
use tasuki_proto::incident::v1::Incident;
use tasuki_proto::usage::v1 as usage;

use super::callers::ask;
use super::pilot::{Converted, Wanted, WhatIf};
use super::play::{Firm, Play};
use super::report::{Checks, PayingFirm};
use super::words;

/// Firms pay in the morning of the tenth.
const PAID_ON: i8 = 10;

/// What is due at an instant. The order decides at the same instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    GoingOn,
    SignOfLife { wanted: Wanted, bypass_active: Option<bool> },
    Loss { claim: usize },
    Notice { claim: usize },
    Usage { month_end: Date },
    MonthEnd { month_end: Date },
    Payment { month: String },
}

/// What the year left.
#[derive(Debug, Default)]
pub(crate) struct Year {
    /// The firms that pay, in the order of the data.
    pub(crate) paying: Vec<PayingFirm>,
    /// By the id of the what-if claim.
    pub(crate) claims: BTreeMap<String, Claim>,
    /// By month, then firm.
    pub(crate) invoices: BTreeMap<String, BTreeMap<String, Invoice>>,
    incidents: BTreeMap<usize, Incident>,
}

impl Play {
    /// Plays the year of the firms that pay.
    pub(crate) async fn year(
        &self,
        firms: &mut BTreeMap<String, Firm>,
        checks: &mut Checks,
    ) -> anyhow::Result<Year> {
        let mut year = Year::default();
        for (at, firm, due) in self.agenda_of_year(firms)? {
            let Some(firm) = firms.get_mut(&firm) else { continue };
            self.advance(firm, at).await?;
            if due == Due::GoingOn {
                let wanted = self.converted(&firm.key)?;
                year.paying.push(self.go_on(firm, wanted, checks).await?);
            } else {
                self.happen(firm, at, &due, &mut year).await?;
            }
        }
        Ok(year)
    }

    async fn happen(
        &self,
        firm: &mut Firm,
        at: Timestamp,
        due: &Due,
        year: &mut Year,
    ) -> anyhow::Result<()> {
        match due {
            Due::GoingOn => Ok(()),
            Due::SignOfLife { wanted, bypass_active } => {
                self.heartbeat(firm, *wanted, at, *bypass_active).await
            }
            Due::Loss { claim } => {
                let incident = self.suffer(firm, self.what_if(*claim)?).await?;
                year.incidents.insert(*claim, incident);
                Ok(())
            }
            Due::Notice { claim } => {
                let what_if = self.what_if(*claim)?;
                let incident = year.incidents.get(claim).context("a notice without a loss")?;
                let claim = self.claim(firm, what_if, incident).await?;
                year.claims.insert(what_if.id.clone(), claim);
                Ok(())
            }
            Due::Usage { month_end } => self.report_traffic(firm, *month_end).await,
            Due::MonthEnd { month_end } => {
                let month = month_end.strftime("%Y-%m").to_string();
                if let Some(invoice) = self.close_month(firm, &month).await? {
                    year.invoices.entry(month).or_default().insert(firm.key.clone(), invoice);
                }
                Ok(())
            }
            Due::Payment { month } => {
                let invoice = year.invoices.get(month).and_then(|month| month.get(&firm.key));
                match invoice {
                    Some(invoice) => self.pay_invoice(firm, invoice).await,
                    None => Ok(()),
                }
            }
        }
    }

    fn converted(&self, firm: &str) -> anyhow::Result<&Converted> {
        let found = self.pilot.scenario.converted.iter().find(|it| it.firm == firm);
        found.with_context(|| format!("`{firm}` does not pay"))
    }

    fn what_if(&self, place: usize) -> anyhow::Result<&WhatIf> {
        self.pilot.scenario.claims.get(place).context("no such claim")
    }

    fn agenda_of_year(
        &self,
        firms: &BTreeMap<String, Firm>,
    ) -> anyhow::Result<BTreeSet<(Timestamp, String, Due)>> {
        let mut agenda = BTreeSet::new();
        let scenario = &self.pilot.scenario;
        for (claim, what_if) in scenario.claims.iter().enumerate() {
            let firm = &what_if.firm;
            for (at, wanted, bypass_active) in Self::signs(what_if) {
                let due = Due::SignOfLife { wanted, bypass_active };
                agenda.insert((at, firm.clone(), due));
            }
            agenda.insert((what_if.alert.detected_at, firm.clone(), Due::Loss { claim }));
            agenda.insert((what_if.notified_at, firm.clone(), Due::Notice { claim }));
        }
        let paid_from = words::at(scenario.programme.paid_from, 0, 0)?;
        for firm in firms.keys() {
            agenda.insert((paid_from, firm.clone(), Due::GoingOn));
        }
        for month_end in &scenario.programme.month_ends {
            let month = month_end.strftime("%Y-%m").to_string();
            let over = month_end.tomorrow()?;
            for firm in firms.keys() {
                let usage = Due::Usage { month_end: *month_end };
                agenda.insert((words::at(*month_end, 23, 0)?, firm.clone(), usage));
                let close = Due::MonthEnd { month_end: *month_end };
                agenda.insert((words::at(over, 1, 0)?, firm.clone(), close));
                let paid_on = over.with().day(PAID_ON).build()?;
                let pay = Due::Payment { month: month.clone() };
                agenda.insert((words::at(paid_on, 10, 0)?, firm.clone(), pay));
            }
        }
        Ok(agenda)
    }

    /// The WAF's provider reports the traffic of a month.
    async fn report_traffic(&self, firm: &Firm, month_end: Date) -> anyhow::Result<()> {
        let converted = self.converted(&firm.key)?;
        if !converted.services.contains(&Wanted::CloudWaf) {
            return Ok(());
        }
        let month = month_end.strftime("%Y-%m").to_string();
        let from = words::at(month_end.first_of_month(), 0, 0)?;
        let report = usage::UsageReport {
            provider_event_id: format!("{}-traffic-{month}", firm.key),
            tenant_id: firm.tenant_id.clone(),
            subscription_id: firm.subscription_id.clone(),
            service: Wanted::CloudWaf.service().into(),
            meter: "waf.traffic_gb".to_owned(),
            kind: usage::UsageKind::Delta.into(),
            quantity: converted.waf_traffic_gb.clone(),
            measured: Some(words::period(from, firm.now)),
            ..usage::UsageReport::default()
        };
        let request = usage::ReportUsageRequest {
            request_id: firm.request("usage", &month),
            provider_id: self.provider_id("cloud-waf"),
            reports: vec![report],
        };
        let answer = ask!(self.people.provider("cloud-waf")?.usage(), report_usage, request)?;
        for result in answer.results {
            let refused = result.outcome() == usage::UsageOutcome::Refused;
            anyhow::ensure!(!refused, "usage of {} was refused: {}", firm.key, result.message);
        }
        Ok(())
    }

    async fn close_month(&self, firm: &Firm, month: &str) -> anyhow::Result<Option<Invoice>> {
        let request = billing::CloseMonthRequest {
            request_id: firm.request("close", month),
            tenant_id: firm.tenant_id.clone(),
            month: month.to_owned(),
            validate_only: false,
        };
        let answer = ask!(self.people.operator.billing(), close_month, request)
            .with_context(|| format!("the month {month} of {} cannot be closed", firm.key))?;
        Ok(answer.invoices.into_iter().next())
    }

    async fn pay_invoice(&self, firm: &Firm, invoice: &Invoice) -> anyhow::Result<()> {
        if words::units(invoice.gross.as_ref()) == 0 {
            return Ok(());
        }
        let request = billing::RecordPaymentRequest {
            request_id: firm.request("payment", &invoice.month),
            tenant_id: firm.tenant_id.clone(),
            amount: invoice.gross.clone(),
            received_at: Some(words::timestamp(firm.now)),
            method: PaymentMethod::BankTransfer.into(),
            reference: format!("{}-{}", firm.key, invoice.month),
            invoice_id: invoice.id.clone(),
            ..billing::RecordPaymentRequest::default()
        };
        ask!(self.people.operator.billing(), record_payment, request)
            .with_context(|| format!("the payment of {} cannot be recorded", firm.key))?;
        Ok(())
    }
}
