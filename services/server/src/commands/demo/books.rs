//! Reads from the server what the report shows in yen: invoices, settlement, bordereau, projection.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::civil::Date;
use tasuki_proto::billing::v1 as billing;
use tasuki_proto::google::r#type as common;
use tasuki_proto::settlement::v1 as proto;
use tasuki_proto::settlement::v1::{Counterpart, CounterpartKind};

use super::callers::ask;
use super::pilot::HeavyCase;
use super::play::{Firm, Play};
use super::report::{
    Bordereau, BordereauCertificate, BordereauClaim, Checks, HeavyClaim, HeavyRow, InvoiceRow,
    Invoices, LineRow, MonthRow, SettlementLine, SettlementRow, Settlements,
};
use super::year::Year;
use super::{setup, words};

/// The month that is shown in full: every firm is in its first paid month.
const MONTH: &str = "2021-02";

/// The month whose settlement and bordereau are shown: claims were paid in it.
const SETTLED: &str = "2021-04";

impl Play {
    /// Invoices of one month in full, and the sums of all months.
    pub(crate) async fn invoices(
        &self,
        firms: &BTreeMap<String, Firm>,
        year: &Year,
    ) -> anyhow::Result<Invoices> {
        let mut months = Vec::new();
        let mut shown = Vec::new();
        for (month, invoices) in &year.invoices {
            let mut now = Vec::new();
            for (key, invoice) in invoices {
                let Some(firm) = firms.get(key) else { continue };
                now.push((key, self.invoice(firm, &invoice.id).await?));
            }
            let sum = |amount: fn(&billing::Invoice) -> Option<&common::Money>| -> i64 {
                now.iter().map(|(_, invoice)| words::units(amount(invoice))).sum()
            };
            months.push(MonthRow {
                month: month.clone(),
                n_invoices: now.len(),
                net_yen: sum(|it| it.net.as_ref()),
                tax_yen: sum(|it| it.tax.as_ref()),
                gross_yen: sum(|it| it.gross.as_ref()),
                paid_yen: sum(|it| it.paid.as_ref()),
            });
            if month == MONTH {
                shown = now.iter().map(|(key, invoice)| invoice_row(key, invoice)).collect();
            }
        }
        Ok(Invoices { month: MONTH.to_owned(), issued: shown, months })
    }

    async fn invoice(&self, firm: &Firm, id: &str) -> anyhow::Result<billing::Invoice> {
        let request = billing::GetInvoiceRequest {
            tenant_id: firm.tenant_id.clone(),
            invoice_id: id.to_owned(),
        };
        let answer = ask!(self.people.operator.billing(), get_invoice, request)?;
        answer.invoice.context("the answer has no invoice")
    }

    /// The balances of a month with every provider and the insurer.
    pub(crate) async fn settle(
        &self,
        firms: &BTreeMap<String, Firm>,
    ) -> anyhow::Result<Settlements> {
        let by_tenant: BTreeMap<&str, &str> =
            firms.values().map(|it| (it.tenant_id.as_str(), it.key.as_str())).collect();
        let mut balances = Vec::new();
        let providers = self.scheme.providers.iter();
        let mut counterparts: Vec<(CounterpartKind, String, String)> = providers
            .map(|(name, id)| (CounterpartKind::Provider, (*name).to_owned(), id.clone()))
            .collect();
        counterparts.push((
            CounterpartKind::Insurer,
            setup::INSURER.to_owned(),
            self.scheme.insurer_id.clone(),
        ));
        for (kind, name, id) in counterparts {
            let request = proto::SettleMonthRequest {
                request_id: format!("demo.settle.{SETTLED}.{name}"),
                month: SETTLED.to_owned(),
                counterpart: Some(Counterpart { kind: kind.into(), id, name: String::new() }),
                validate_only: false,
            };
            let answer = ask!(self.people.operator.settlements(), settle_month, request)
                .with_context(|| format!("{SETTLED} cannot be settled with {name}"))?;
            let drafted = answer.settlement.context("the answer has no settlement")?;
            self.approve(&name, &drafted).await?;
            balances.push(settlement_row(&name, &drafted, &by_tenant));
        }
        Ok(Settlements { month: SETTLED.to_owned(), balances })
    }

    /// Somebody else approves, and the money goes out.
    async fn approve(&self, name: &str, drafted: &proto::Settlement) -> anyhow::Result<()> {
        let request = proto::ApproveSettlementRequest {
            request_id: format!("demo.approve.{SETTLED}.{name}"),
            settlement_id: drafted.id.clone(),
            etag: drafted.etag.clone(),
        };
        let second = &self.people.second_operator;
        let answer = ask!(second.settlements(), approve_settlement, request)?;
        let approved = answer.settlement.context("the answer has no settlement")?;
        let request = proto::RecordRemittanceRequest {
            request_id: format!("demo.remit.{SETTLED}.{name}"),
            settlement_id: approved.id.clone(),
            etag: approved.etag,
            remitted_at: Some(words::timestamp(words::at(Date::constant(2021, 5, 31), 10, 0)?)),
            reference: format!("remit-{SETTLED}-{name}"),
        };
        ask!(self.people.operator.settlements(), record_remittance, request)?;
        Ok(())
    }

    /// What the insurer gets for a month.
    pub(crate) async fn bordereau(&self) -> anyhow::Result<Bordereau> {
        let request = proto::GetBordereauRequest {
            month: SETTLED.to_owned(),
            master_contract_id: self.scheme.master_contract_id.clone(),
            known_at: None,
        };
        let answer = ask!(self.people.insurer.settlements(), get_bordereau, request)?;
        let it = answer.bordereau.context("the answer has no bordereau")?;
        let premium = |number: &str| -> i64 {
            let rows = it.premiums.iter().filter(|row| row.certificate_number == number);
            rows.map(|row| words::units(row.premium.as_ref())).sum()
        };
        Ok(Bordereau {
            month: it.month.clone(),
            contract: it.master_contract_number.clone(),
            certificates: it
                .certificates
                .iter()
                .map(|row| BordereauCertificate {
                    number: row.certificate_number.clone(),
                    insured: row.insured_name.clone(),
                    industry: row.industry.clone(),
                    change: row.change.clone(),
                    premium_yen: premium(&row.certificate_number),
                })
                .collect(),
            claims: it
                .claims
                .iter()
                .map(|row| BordereauClaim {
                    reference: row.claim_reference.clone(),
                    insured: row.insured_name.clone(),
                    status: row.status.clone(),
                    loss_on: day(row.loss_on.as_ref()),
                    part: row.cover_part.clone(),
                    paid_this_month_yen: words::units(row.paid_this_month_indemnity.as_ref()),
                    incurred_yen: words::units(row.total_incurred.as_ref()),
                })
                .collect(),
            premium_yen: words::units(it.premium_total.as_ref()),
            paid_this_month_yen: words::units(it.paid_this_month_total.as_ref()),
            incurred_yen: words::units(it.incurred_total.as_ref()),
        })
    }

    /// What one heavy claim does to next year's premium.
    pub(crate) async fn heavy(&self, checks: &mut Checks) -> anyhow::Result<HeavyClaim> {
        let heavy = &self.pilot.scenario.heavy_claim;
        let mut cases = Vec::new();
        for case in &heavy.cases {
            let row = self.project(case).await?;
            let what =
                format!("heavy claim, {}: next premium per certificate and month", case.case);
            checks.same(what, &case.next_premium_monthly_yen, &row.next_premium_monthly_yen);
            cases.push(row);
        }
        Ok(HeavyClaim {
            mark: heavy.mark.clone(),
            loss_yen: heavy.loss_yen,
            premium_yen: heavy.book.premium_yen,
            certificates: heavy.book.certificates,
            cases,
        })
    }

    async fn project(&self, case: &HeavyCase) -> anyhow::Result<HeavyRow> {
        let heavy = &self.pilot.scenario.heavy_claim;
        let request = proto::ProjectPremiumRequest {
            premium: Some(words::yen(heavy.book.premium_yen)),
            expected_losses: Some(words::yen(0)),
            heavy_claim: Some(words::yen(case.paid_yen)),
            n_tenants: heavy.book.certificates,
            margin_before_premium: Some(words::yen(0)),
            formula: Some(proto::ExperienceFormula {
                credibility: heavy.rating.credibility.clone(),
                // What is not meant for losses: the rest of the target.
                expense_rate: "0.40".to_owned(),
                greatest_change: String::new(),
            }),
            master_contract_id: String::new(),
            aggregate_limit: None,
        };
        let answer = ask!(self.people.insurer.settlements(), project_premium, request)?;
        let row = answer.with_claim.context("the answer has no projection")?;
        let months = i64::from(heavy.book.certificates) * heavy.book.months;
        let next = words::units(row.next_year_premium.as_ref());
        Ok(HeavyRow {
            case: case.case.clone(),
            losses_yen: words::units(row.losses.as_ref()),
            loss_ratio: row.loss_ratio.clone(),
            next_year_premium_yen: next,
            next_premium_monthly_yen: (next + months - 1) / months,
            message: words::text(answer.message.as_ref()),
        })
    }
}

fn invoice_row(key: &str, invoice: &billing::Invoice) -> InvoiceRow {
    InvoiceRow {
        firm: key.to_owned(),
        number: invoice.number.clone(),
        issued_on: day(invoice.issued_on.as_ref()),
        due_on: day(invoice.due_on.as_ref()),
        lines: invoice
            .lines
            .iter()
            .map(|line| LineRow {
                code: line.code.clone(),
                label: words::text(line.label.as_ref()),
                period: line
                    .service_period
                    .as_ref()
                    .map(|it| format!("{} - {}", day(it.start.as_ref()), day(it.end.as_ref())))
                    .unwrap_or_default(),
                yen: words::units(line.amount.as_ref()),
            })
            .collect(),
        net_yen: words::units(invoice.net.as_ref()),
        tax_yen: words::units(invoice.tax.as_ref()),
        gross_yen: words::units(invoice.gross.as_ref()),
    }
}

fn settlement_row(
    name: &str,
    settlement: &proto::Settlement,
    by_tenant: &BTreeMap<&str, &str>,
) -> SettlementRow {
    let mut lines: Vec<SettlementLine> = settlement
        .lines
        .iter()
        .map(|line| SettlementLine {
            code: line.code.clone(),
            label: words::text(line.label.as_ref()),
            firm: by_tenant.get(line.tenant_id.as_str()).copied().unwrap_or_default().to_owned(),
            basis_yen: words::units(line.basis.as_ref()),
            rate: line.rate.clone(),
            yen: words::units(line.amount.as_ref()),
        })
        .collect();
    lines.sort_by(|a, b| (&a.firm, &a.code).cmp(&(&b.firm, &b.code)));
    SettlementRow {
        counterpart: name.to_owned(),
        lines,
        net_yen: words::units(settlement.net.as_ref()),
        tax_yen: words::units(settlement.tax.as_ref()),
        gross_yen: words::units(settlement.gross.as_ref()),
    }
}

/// A day as reports print it.
pub(crate) fn day(day: Option<&common::Date>) -> String {
    day.map(|it| format!("{:04}-{:02}-{:02}", it.year, it.month, it.day)).unwrap_or_default()
}
