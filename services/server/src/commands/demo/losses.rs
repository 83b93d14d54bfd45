//! The what-if claims: what the services knew, the incident, the notice, and the decision.

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};
use tasuki_proto::alert::v1 as alert;
use tasuki_proto::alert::v1::Verdict;
use tasuki_proto::claim::v1 as proto;
use tasuki_proto::claim::v1::{ClaimOutcome, ClaimVerdict, LossCause, PayeeKind};
use tasuki_proto::cover::v1::{BenefitForm, CoveragePart};
use tasuki_proto::incident::v1::{Incident, Rung, WorkKind, WorkOutcome};

use super::callers::{Caller, ask};
use super::pilot::{Text, Wanted, WhatIf};
use super::play::{Firm, Play, provider_of};
use super::trouble::Done;
use super::{detections, terms, words};

/// An engineer is on site an hour after the alert.
const ON_SITE_AFTER: SignedDuration = SignedDuration::from_hours(1);

const VISIT: Done = Done {
    kind: WorkKind::OnSiteResponse,
    minutes: 90,
    outcome: WorkOutcome::Fixed,
    ja: "現地で感染端末を切り離し、復旧しました",
    en: "On site: the infected computer was isolated and the work goes on",
};

const REMOVAL: Done = Done {
    kind: WorkKind::VirusRemoval,
    minutes: 60,
    outcome: WorkOutcome::Fixed,
    ja: "ウイルスを駆除しました",
    en: "The virus was removed",
};

impl Play {
    /// The alert, the SOC's verdict, and the work on site.
    pub(crate) async fn suffer(
        &self,
        firm: &mut Firm,
        what_if: &WhatIf,
    ) -> anyhow::Result<Incident> {
        self.advance(firm, what_if.alert.detected_at).await?;
        let reported = self.report(firm, what_if).await?;
        let judged = if reported.incident_id.is_empty() {
            let verdict = Verdict::from_str_name(&format!("VERDICT_{}", what_if.alert.soc_verdict))
                .context("the data names a verdict that nobody knows")?;
            self.verdict(firm, &reported, verdict, &what_if.title.en).await?
        } else {
            reported
        };
        let incident = self
            .incidents(firm)
            .await?
            .into_iter()
            .find(|it| it.id == judged.incident_id)
            .with_context(|| format!("{} led to no incident", what_if.id))?;
        self.acknowledge(firm, &incident, &what_if.id).await?;
        if incident.rung() < Rung::L3OnSiteResponse {
            self.climb(firm, &incident, Rung::L3OnSiteResponse, "needs an engineer on site")
                .await?;
        }
        let on_site = firm.now.checked_add(ON_SITE_AFTER)?;
        self.advance(firm, on_site).await?;
        for done in [VISIT, REMOVAL] {
            if what_if.requested.iter().any(|it| work_of(&it.cover) == Some(done.kind)) {
                self.work(firm, &incident, done).await?;
            }
        }
        self.resolve(firm, &incident, true, &what_if.title).await?;
        Ok(incident)
    }

    async fn report(&self, firm: &Firm, what_if: &WhatIf) -> anyhow::Result<alert::Alert> {
        let provider = provider_of(what_if.service);
        let kind = detections::alert_kind(&what_if.alert.kind)?;
        let report = alert::AlertReport {
            tenant_id: firm.tenant_id.clone(),
            instance_id: firm
                .instances
                .get(&what_if.service)
                .map(|it| it.instance_id.clone())
                .unwrap_or_default(),
            provider_id: self.provider_id(provider),
            provider_alert_id: format!("what-if-{}", what_if.id),
            service: what_if.service.service().into(),
            kind: kind.into(),
            count: 1,
            detected_at: Some(words::timestamp(what_if.alert.detected_at)),
            symptom_key: format!("what_if.{}", what_if.id.to_lowercase().replace('-', "_")),
            blocked: what_if.alert.blocked,
            detail: detail(kind),
            ..alert::AlertReport::default()
        };
        let request = alert::ReportAlertRequest {
            request_id: firm.request("loss", &what_if.id),
            report: Some(report),
        };
        let answer = ask!(self.people.provider(provider)?.alerts(), report_alert, request)?;
        answer.alert.context("the answer has no alert")
    }

    /// Notice, assessment, decision and payment. Whoever decides is not alone where the amount is
    /// large.
    pub(crate) async fn claim(
        &self,
        firm: &mut Firm,
        what_if: &WhatIf,
        incident: &Incident,
    ) -> anyhow::Result<proto::Claim> {
        self.advance(firm, what_if.notified_at).await?;
        let notified = self.notify(firm, what_if, incident).await?;
        let assessed = self.assess(firm, what_if, &notified).await?;
        let Some(assessment) = assessed.assessments.last() else {
            bail!("{} was not assessed", what_if.id);
        };
        let payable = assessment.calculation.as_ref().and_then(|it| it.payable.clone());
        match assessment.outcome() {
            ClaimOutcome::Eligible => {
                let decision = (ClaimVerdict::Approve, payable);
                let decided = self.decide(firm, what_if, &assessed, decision).await?;
                self.pay(firm, what_if, &decided).await
            }
            ClaimOutcome::NotEligible => {
                // It rests on the clauses of the assessment.
                let decision = (ClaimVerdict::Deny, None);
                self.decide(firm, what_if, &assessed, decision).await
            }
            // A person has to look: it stays where it is.
            ClaimOutcome::Referred | ClaimOutcome::Unspecified => Ok(assessed),
        }
    }

    async fn notify(
        &self,
        firm: &Firm,
        what_if: &WhatIf,
        incident: &Incident,
    ) -> anyhow::Result<proto::Claim> {
        let mut loss_items = Vec::new();
        for (number, requested) in (1..).zip(&what_if.requested) {
            loss_items.push(proto::LossItem {
                number,
                part: terms::part(&requested.cover)?.into(),
                description: requested.cover.to_lowercase(),
                claimed: Some(words::yen(requested.loss_yen)),
                form: BenefitForm::Money.into(),
                payee: Some(payee()),
                ..proto::LossItem::default()
            });
        }
        let request = proto::NotifyLossRequest {
            request_id: firm.request("notify", &what_if.id),
            tenant_id: firm.tenant_id.clone(),
            incident_id: incident.id.clone(),
            description: what_if.title.ja.clone(),
            cause: LossCause::Malware.into(),
            loss_at: Some(words::timestamp(what_if.loss_at)),
            loss_items,
            on_behalf_of_tenant: true,
            ..proto::NotifyLossRequest::default()
        };
        let answer = ask!(self.people.help_desk.claims(), notify_loss, request)
            .with_context(|| format!("{} cannot be notified", what_if.id))?;
        answer.claim.context("the answer has no claim")
    }

    async fn assess(
        &self,
        firm: &Firm,
        what_if: &WhatIf,
        claim: &proto::Claim,
    ) -> anyhow::Result<proto::Claim> {
        let request = proto::AssessClaimRequest {
            request_id: firm.request("assess", &what_if.id),
            tenant_id: firm.tenant_id.clone(),
            claim_id: claim.id.clone(),
            ..proto::AssessClaimRequest::default()
        };
        let answer = ask!(self.people.insurer.claims(), assess_claim, request)
            .with_context(|| format!("{} cannot be assessed", what_if.id))?;
        answer.claim.context("the answer has no claim")
    }

    async fn decide(
        &self,
        firm: &Firm,
        what_if: &WhatIf,
        claim: &proto::Claim,
        (verdict, payable): Decision,
    ) -> anyhow::Result<proto::Claim> {
        let request = |who: &str, etag: &str| proto::DecideClaimRequest {
            request_id: firm.request("decide", &format!("{}.{who}", what_if.id)),
            tenant_id: firm.tenant_id.clone(),
            claim_id: claim.id.clone(),
            verdict: verdict.into(),
            payable: payable.clone(),
            reason: "as assessed".to_owned(),
            clauses: Vec::new(),
            etag: etag.to_owned(),
        };
        let decide = async |who: &str, caller: &Caller, etag: &str| {
            ask!(caller.claims(), decide_claim, request(who, etag))
                .with_context(|| format!("{} cannot be decided", what_if.id))
        };
        let mut answer = decide("first", &self.people.insurer, &claim.etag).await?;
        if answer.awaits_confirmation {
            let etag = answer.claim.as_ref().map(|claim| claim.etag.clone()).unwrap_or_default();
            answer = decide("second", &self.people.second_insurer, &etag).await?;
        }
        answer.claim.context("the answer has no claim")
    }

    async fn pay(
        &self,
        firm: &Firm,
        what_if: &WhatIf,
        claim: &proto::Claim,
    ) -> anyhow::Result<proto::Claim> {
        let calculation = claim.assessments.last().and_then(|it| it.calculation.as_ref());
        let shares = calculation
            .map(|it| it.items.as_slice())
            .unwrap_or_default()
            .iter()
            .filter(|item| words::units(item.payable.as_ref()) > 0)
            .map(|item| proto::PaymentShare {
                loss_item_number: item.loss_item_number,
                amount: item.payable.clone(),
            })
            .collect();
        let request = proto::RecordClaimPaymentRequest {
            request_id: firm.request("pay", &what_if.id),
            tenant_id: firm.tenant_id.clone(),
            claim_id: claim.id.clone(),
            payee: Some(payee()),
            shares,
            form: BenefitForm::Money.into(),
            paid_on: Some(words::date(words::local(firm.now)?.date())),
            reference: format!("transfer-{}", what_if.id),
            etag: String::new(),
        };
        let answer = ask!(self.people.insurer.claims(), record_claim_payment, request)
            .with_context(|| format!("{} cannot be paid", what_if.id))?;
        answer.claim.context("the answer has no claim")
    }

    /// The signs of life that the services gave before a loss.
    pub(crate) fn signs(what_if: &WhatIf) -> Vec<(Timestamp, Wanted, Option<bool>)> {
        let evidence = &what_if.evidence;
        let within = |at: Timestamp| {
            let from = evidence.utm_bypassed_from.is_some_and(|from| from <= at);
            from && evidence.utm_bypassed_until.is_none_or(|until| at < until)
        };
        let mut signs = Vec::new();
        let seen = [
            (evidence.utm_bypassed_from, Wanted::Utm),
            (evidence.utm_last_seen_at, Wanted::Utm),
            (evidence.utm_bypassed_until, Wanted::Utm),
            (evidence.edr_last_seen_at, Wanted::Edr),
            (evidence.waf_last_seen_at, Wanted::CloudWaf),
        ];
        for (at, wanted) in seen {
            if let Some(at) = at {
                signs.push((at, wanted, (wanted == Wanted::Utm).then(|| within(at))));
            }
        }
        signs
    }
}

/// Verdict and amount.
type Decision = (ClaimVerdict, Option<tasuki_proto::google::r#type::Money>);

fn payee() -> proto::Payee {
    proto::Payee { kind: PayeeKind::Tenant.into(), ..proto::Payee::default() }
}

fn work_of(cover: &str) -> Option<WorkKind> {
    match terms::part(cover).ok()? {
        CoveragePart::OnSiteResponse => Some(WorkKind::OnSiteResponse),
        CoveragePart::VirusRemoval => Some(WorkKind::VirusRemoval),
        CoveragePart::Unspecified
        | CoveragePart::Forensics
        | CoveragePart::DataRecovery
        | CoveragePart::ThirdPartyLiability
        | CoveragePart::BusinessInterruption
        | CoveragePart::NotificationCosts
        | CoveragePart::Consulting => None,
    }
}

fn detail(kind: alert::AlertKind) -> Option<alert::alert_report::Detail> {
    use alert::alert_report::Detail;
    match kind {
        alert::AlertKind::WafDetection => Some(Detail::Waf(alert::WafDetection {
            policy_name: "Application vulnerability".to_owned(),
            domain: String::new(),
        })),
        alert::AlertKind::EdrVerdict => Some(Detail::Edr(alert::EdrVerdict {
            level: alert::EdrVerdictLevel::Feared.into(),
            agent_version: String::new(),
        })),
        alert::AlertKind::AvUnresolved => Some(Detail::Unresolved(alert::AvUnresolved {
            malware_name: String::new(),
            n_unresolved: 1,
        })),
        alert::AlertKind::Unspecified
        | alert::AlertKind::InboundAttack
        | alert::AlertKind::InternalMalwareComms
        | alert::AlertKind::BadSiteBlock
        | alert::AlertKind::Malware
        | alert::AlertKind::Endpoint
        | alert::AlertKind::Other
        | alert::AlertKind::DeviceOffline
        | alert::AlertKind::DiagnosisFinding => None,
    }
}

/// What a claim is called in texts.
pub(crate) fn title(what_if: &WhatIf) -> Text {
    what_if.title.clone()
}
