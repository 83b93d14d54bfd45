//! The year after the trial: a few firms go on and pay.

use anyhow::Context as _;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::quote::v1 as quote;
use tasuki_proto::quote::v1::{LineKind, Selection};
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::types::v1::Cadence;

use super::callers::ask;
use super::data::{Converted, PriceYen, Text, Wanted};
use super::play::{Firm, Play};
use super::report::{Checks, PayingFirm};
use super::{terms, words};

/// The price list of the year.
pub(crate) const RATE_CARD: &str = "okinawa";

impl Play {
    /// Turns a firm's trial into a paid subscription, and says what it costs.
    pub(crate) async fn convert(
        &self,
        firm: &mut Firm,
        wanted: &Converted,
        checks: &mut Checks,
    ) -> anyhow::Result<PayingFirm> {
        let offered = self.offer(firm, wanted).await?;
        let price = split(&offered.lines);
        let what = format!("{}: price of the paid bundle", firm.key);
        checks.same(what, &wanted.expected_price_yen, &price);
        let first_year =
            words::units(offered.totals.as_ref().and_then(|it| it.first_year_net.as_ref()));
        let what = format!("{}: first year of the paid bundle", firm.key);
        checks.same(what, &wanted.expected_first_year_yen, &first_year);

        self.acknowledge_terms(firm).await?;
        let read = self.subscription(firm).await?;
        let acknowledgements = offered
            .acknowledgements
            .iter()
            .map(|it| words::acknowledged(&it.code, &it.document_version, firm.now))
            .collect();
        let paid_from = self.pilot.scenario.programme.paid_from;
        let request = proto::ConvertTrialRequest {
            request_id: firm.request("convert", "1"),
            tenant_id: firm.tenant_id.clone(),
            subscription_id: firm.subscription_id.clone(),
            etag: read.etag,
            paid_from: Some(words::date(paid_from)),
            change: Some(proto::Change {
                set: selections(wanted),
                remove: Vec::new(),
                rate_card: RATE_CARD.to_owned(),
                acknowledgements,
            }),
            validate_only: false,
        };
        ask!(self.people.ogs.subscriptions(), convert_trial, request)
            .with_context(|| format!("the trial of {} cannot be converted", firm.key))?;
        Ok(PayingFirm {
            firm: firm.key.clone(),
            services: names(&wanted.services, wanted.diagnoses),
            price_yen: price,
            first_year_yen: first_year,
            paid_from: paid_from.to_string(),
            certificate: String::new(),
            in_force_from: String::new(),
        })
    }

    /// What the bundle would cost from the first paid day.
    async fn offer(&self, firm: &Firm, wanted: &Converted) -> anyhow::Result<quote::Quote> {
        let request = quote::CreateQuoteRequest {
            tenant_id: firm.tenant_id.clone(),
            selections: selections(wanted),
            rate_card: RATE_CARD.to_owned(),
            start_on: Some(words::date(self.pilot.scenario.programme.paid_from)),
            validate_only: true,
            ..quote::CreateQuoteRequest::default()
        };
        let answer = ask!(self.people.ogs.quotes(), create_quote, request)
            .with_context(|| format!("the paid bundle of {} cannot be quoted", firm.key))?;
        answer.quote.context("the answer has no quote")
    }

    /// A firm's subscription as it is.
    pub(crate) async fn subscription(&self, firm: &Firm) -> anyhow::Result<proto::Subscription> {
        let request = proto::GetSubscriptionRequest {
            tenant_id: firm.tenant_id.clone(),
            subscription_id: firm.subscription_id.clone(),
            as_of: None,
            known_at: None,
        };
        let answer = ask!(self.people.ogs.subscriptions(), get_subscription, request)?;
        answer.subscription.context("the answer has no subscription")
    }

    /// The clauses are read together before the cover begins (INS-07).
    async fn acknowledge_terms(&self, firm: &Firm) -> anyhow::Result<()> {
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
