//! The year after the trial: a few firms go on and pay.

use anyhow::Context as _;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::quote::v1 as quote;
use tasuki_proto::quote::v1::{LineKind, Selection};
use tasuki_proto::types::v1::Cadence;

use super::callers::ask;
use super::pilot::{Converted, PriceYen, Text, Wanted};
use super::play::{Firm, Play};
use super::report::{Checks, PayingFirm};
use super::{profile, terms, words};

/// The price list of the year.
pub(crate) const RATE_CARD: &str = "okinawa";

impl Play {
    /// A firm whose trial is over goes on and pays: a new quote at the prices of the year, accepted.
    pub(crate) async fn go_on(
        &self,
        firm: &mut Firm,
        wanted: &Converted,
        checks: &mut Checks,
    ) -> anyhow::Result<PayingFirm> {
        let offered = self.offer(firm, wanted).await?;
        let price = split(&offered.lines);
        let what = format!("{}: price of the paid bundle", firm.key);
        checks.same(what, &wanted.expected_price_yen, &price);
        let totals = offered.totals.clone().unwrap_or_default();
        let first_year = words::units(totals.first_year_net.as_ref());
        let what = format!("{}: first year of the paid bundle", firm.key);
        checks.same(what, &wanted.expected_first_year_yen, &first_year);
        self.accept(&self.people.ogs, firm, &offered).await?;
        self.learn_instances(firm).await?;
        Ok(PayingFirm {
            firm: firm.key.clone(),
            services: names(&wanted.services, wanted.diagnoses),
            price_yen: price,
            first_year_yen: first_year,
            paid_from: self.pilot.scenario.programme.paid_from.to_string(),
            certificate: String::new(),
            in_force_from: String::new(),
        })
    }

    /// What the bundle costs from the first paid day.
    async fn offer(&self, firm: &Firm, wanted: &Converted) -> anyhow::Result<quote::Quote> {
        let request = quote::CreateQuoteRequest {
            request_id: firm.request("quote", "2"),
            tenant_id: firm.tenant_id.clone(),
            profile: Some(profile::of_applicant(self.applicant(&firm.key)?)),
            selections: selections(wanted),
            rate_card: RATE_CARD.to_owned(),
            ..quote::CreateQuoteRequest::default()
        };
        let answer = ask!(self.people.ogs.quotes(), create_quote, request)
            .with_context(|| format!("the paid bundle of {} cannot be quoted", firm.key))?;
        answer.quote.context("the answer has no quote")
    }

    /// The clauses are read together before the cover begins (INS-07).
    pub(crate) async fn acknowledge_terms(&self, firm: &Firm) -> anyhow::Result<()> {
        let acknowledgements = terms::acknowledged_clauses()
            .map(|code| words::acknowledged(code, terms::WORDING, firm.now))
            .collect();
        let request = cover::AcknowledgeTermsRequest {
            request_id: firm.request("terms", "1"),
            tenant_id: firm.tenant_id.clone(),
            master_contract_id: self.scheme.master_contract_id.clone(),
            acknowledgements,
        };
        ask!(self.people.ogs.covers(), acknowledge_terms, request)?;
        Ok(())
    }

    /// A firm's certificate under the master contract.
    pub(crate) async fn certificate(&self, firm: &Firm) -> anyhow::Result<cover::Certificate> {
        let request = cover::ListCertificatesRequest {
            tenant_id: firm.tenant_id.clone(),
            master_contract_id: self.scheme.master_contract_id.clone(),
            ..cover::ListCertificatesRequest::default()
        };
        let answer = ask!(self.people.operator.covers(), list_certificates, request)?;
        answer
            .certificates
            .into_iter()
            .next()
            .with_context(|| format!("{} has no certificate", firm.key))
    }
}

/// What is charged, by how often.
pub(crate) fn split(lines: &[quote::QuoteLine]) -> PriceYen {
    let sum = |cadence: Cadence| -> i64 {
        lines
            .iter()
            .filter(|line| line.kind() == LineKind::Charged && line.cadence() == cadence)
            .map(|line| words::units(line.amount.as_ref()))
            .sum()
    };
    PriceYen {
        initial: sum(Cadence::Initial),
        monthly: sum(Cadence::Monthly),
        yearly: sum(Cadence::Yearly),
        one_off: sum(Cadence::OneOff),
    }
}

fn selections(wanted: &Converted) -> Vec<Selection> {
    let mut all: Vec<Selection> = wanted
        .services
        .iter()
        .map(|service| Selection {
            service: service.service().into(),
            endpoints: (*service == Wanted::Edr).then_some(wanted.edr_endpoints),
            traffic_gb: (*service == Wanted::CloudWaf).then(|| wanted.waf_traffic_gb.clone()),
            ..Selection::default()
        })
        .collect();
    if wanted.diagnoses > 0 {
        all.push(Selection {
            service: Wanted::DiagnosisWeb.service().into(),
            quantity: wanted.diagnoses.to_string(),
            ..Selection::default()
        });
    }
    all
}

fn names(services: &[Wanted], diagnoses: i32) -> Vec<Text> {
    let diagnosis = (diagnoses > 0).then_some(Wanted::DiagnosisWeb);
    services
        .iter()
        .copied()
        .chain(diagnosis)
        .map(|wanted| words::service_name(wanted.service()))
        .collect()
}
