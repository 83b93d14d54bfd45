//! Tenants, quotes and acceptance: the selling part of the demo, and all of `tasuki seed`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use jiff::Timestamp;
use tasuki_proto::quote::v1 as proto;
use tasuki_proto::quote::v1::Selection;
use tasuki_proto::tenant::v1::{CompanyProfile, CreateTenantRequest};

use super::callers::{Caller, ask};
use super::pilot::{Applicant, SilentUtm, Text, Wanted};
use super::play::{Firm, Play, request};
use super::{profile, words};

/// Firms order in the morning.
const ORDER_HOUR: i8 = 9;

/// Kumamoto's firms were set up when its pilot began.
const KUMAMOTO_DAY: jiff::civil::Date = jiff::civil::Date::constant(2020, 9, 16);

/// A firm that is to become a customer.
pub(crate) struct Newcomer {
    pub(crate) key: String,
    name: Text,
    profile: CompanyProfile,
    /// Where its clock starts.
    starts_at: Timestamp,
    selections: Vec<Selection>,
    partner: &'static str,
}

impl Newcomer {
    /// A firm that applied in Okinawa, with everything it applied for.
    pub(crate) fn applicant(firm: &Applicant) -> anyhow::Result<Self> {
        Ok(Self {
            key: firm.id.clone(),
            name: firm.name.clone(),
            profile: profile::of_applicant(firm),
            starts_at: words::at(firm.ordered_on, ORDER_HOUR, 0)?,
            selections: firm.applied.iter().map(|wanted| selection(firm, *wanted)).collect(),
            partner: "ogs",
        })
    }

    /// A firm in Kumamoto with a UTM.
    pub(crate) fn kumamoto(utm: &SilentUtm) -> anyhow::Result<Self> {
        Ok(Self {
            key: utm.id.clone(),
            name: utm.name.clone(),
            profile: profile::of_kumamoto(&utm.industry),
            starts_at: words::at(KUMAMOTO_DAY, ORDER_HOUR, 0)?,
            selections: vec![Selection {
                service: Wanted::Utm.service().into(),
                ..Selection::default()
            }],
            partner: "ntt-west",
        })
    }

    /// Makes the firm a tenant. Repeating it changes nothing.
    pub(crate) async fn enter(
        &self,
        seller: &Caller,
        partners: &BTreeMap<&'static str, String>,
    ) -> anyhow::Result<Firm> {
        let message = CreateTenantRequest {
            request_id: request(&self.key, "tenant", "1"),
            partner_id: partners.get(self.partner).cloned().unwrap_or_default(),
            name: self.name.ja.clone(),
            name_en: self.name.en.clone(),
            zone: words::ZONE.to_owned(),
            profile: Some(self.profile.clone()),
            simulated_clock_start: Some(words::timestamp(self.starts_at)),
            partner_reference: self.key.clone(),
        };
        let answer = ask!(seller.tenants(), create_tenant, message)
            .with_context(|| format!("cannot create the tenant of {}", self.key))?;
        let tenant = answer.tenant.context("the answer has no tenant")?;
        Ok(Firm {
            key: self.key.clone(),
            tenant_id: tenant.id,
            subscription_id: String::new(),
            order_ids: Vec::new(),
            now: self.starts_at,
            instances: BTreeMap::new(),
        })
    }

    /// Quotes what the firm applied for, at the prices of its day. Repeating it changes nothing.
    pub(crate) async fn quote(&self, seller: &Caller, firm: &Firm) -> anyhow::Result<proto::Quote> {
        let message = proto::CreateQuoteRequest {
            request_id: firm.request("quote", "1"),
            tenant_id: firm.tenant_id.clone(),
            profile: Some(self.profile.clone()),
            selections: self.selections.clone(),
            ..proto::CreateQuoteRequest::default()
        };
        let answer = ask!(seller.quotes(), create_quote, message)
            .with_context(|| format!("cannot quote for {}", self.key))?;
        answer.quote.context("the answer has no quote")
    }
}

/// What a firm takes of a service.
fn selection(firm: &Applicant, wanted: Wanted) -> Selection {
    let mut selection = Selection { service: wanted.service().into(), ..Selection::default() };
    match wanted {
        Wanted::Utm => {}
        Wanted::CloudWaf => selection.traffic_gb = Some(firm.monthly_traffic_gb.clone()),
        Wanted::Edr => {
            let installed = firm.outcome(Wanted::Edr).and_then(|outcome| outcome.installed);
            // Who has no Windows computer asks for the least that is sold, and is told.
            selection.endpoints = Some(installed.unwrap_or(firm.endpoints.windows).max(5));
        }
        Wanted::DiagnosisWeb | Wanted::DiagnosisPlatform => {
            wanted.component().clone_into(&mut selection.plan_code);
        }
    }
    selection
}

impl Play {
    /// Accepts a quote with everything read that has to be read, and keeps what it led to.
    pub(crate) async fn accept(
        &self,
        seller: &Caller,
        firm: &mut Firm,
        quote: &proto::Quote,
    ) -> anyhow::Result<()> {
        let acknowledgements = quote
            .acknowledgements
            .iter()
            .map(|it| words::acknowledged(&it.code, &it.document_version, firm.now))
            .collect();
        let message = proto::AcceptQuoteRequest {
            request_id: firm.request("accept", &firm.now.as_second().to_string()),
            tenant_id: firm.tenant_id.clone(),
            quote_id: quote.id.clone(),
            etag: quote.etag.clone(),
            acknowledgements,
            accepted_by: "代表者".to_owned(),
            ..proto::AcceptQuoteRequest::default()
        };
        let answer = ask!(seller.quotes(), accept_quote, message)
            .with_context(|| format!("cannot accept the quote of {}", firm.key))?;
        firm.subscription_id = answer.subscription_id;
        firm.order_ids = answer.order_ids;
        Ok(())
    }
}
