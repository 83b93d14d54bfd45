//! The facts of a loss as policies see them, from what is on record and what the notice says.
//!
//! What is not on record is missing, never a no; `claiming/README.md` lists where each comes from.

use tasuki_core::benefit::{Taken, TakenByCode};
use tasuki_core::claim::{ClaimedItem, LossCause, Payee};
use tasuki_core::master_contract::{
    Acknowledgement, Attachment, BenefitForm, CoverTerms, CoveragePart, LimitScope, LossBasis,
    PremiumPayer,
};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::service::Service;
use tasuki_core::tenant::Tenant;
use tasuki_core::time::Timestamp;
use tasuki_policies::facts::{ClaimFacts, FactSet, LossPart};

use super::evidence::{self, Evidence};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// What is known about a loss beside the evidence. A question about no particular loss leaves most
/// of it out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LossStory<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) terms: &'a CoverTerms,
    pub(crate) acknowledgements: &'a [Acknowledgement],
    pub(crate) taken: &'a TakenByCode,
    pub(crate) loss_at: Timestamp,
    pub(crate) discovered_at: Option<Timestamp>,
    pub(crate) claimed_at: Option<Timestamp>,
    pub(crate) notified_at: Option<Timestamp>,
    pub(crate) cause: Option<LossCause>,
    pub(crate) items: &'a [ClaimedItem],
}

impl LossStory<'_> {
    /// The facts for one part of the loss, with the times at which they were known to hold.
    ///
    /// # Errors
    /// [`MoneyError`] for an overflow.
    pub(crate) fn facts(
        &self,
        evidence: &Evidence,
        part: CoveragePart,
        now: Timestamp,
    ) -> Result<FactSet, MoneyError> {
        let of_part = || self.items.iter().filter(|item| item.part == part);
        let amount = Money::total(of_part().map(ClaimedItem::loss))?;
        let seen = evidence.seen.as_ref();
        let certificate = evidence.certificate.as_ref();
        let facts = ClaimFacts {
            loss_at: Some(self.loss_at),
            notified_at: self.notified_at,
            days_to_notice: self.days_to_notice(),
            part: loss_part(part),
            amount_yen: of_part().next().map(|_| amount.amount()),
            certificate_in_force: Some(
                self.terms.reaches_back_to(self.loss_at)
                    && certificate.is_some_and(|it| it.in_force_at(self.counts_at())),
            ),
            item_active_at_loss: Some(self.item_active(evidence)),
            part_is_covered: Some(self.terms.part(part).is_some()),
            premium_accounted: self.premium_accounted(),
            last_heartbeat_at: seen.map(|(_, seen)| seen.seen_at),
            hours_since_heartbeat: seen.map(|(_, seen)| self.hours_since(seen.seen_at)),
            bypass_active: bypass_active(evidence),
            // An approval is given here and nowhere else: none on record is none.
            bypass_approved: Some(evidence.bypass_approved.is_some_and(|(approved, _)| approved)),
            agent_versions_behind: evidence.agent_versions_behind.map(|(n, _)| i64::from(n)),
            days_since_diagnosis: evidence.diagnosed_at.map(|at| self.days_since(at)),
            months_since_training: evidence.trained_at.map(|at| self.months_since(at)),
            critical_findings_open_days: Some(evidence.urgent_open_days),
            finding_caused_loss: None,
            has_incident: self.notified_at.map(|_| evidence.incident.is_some()),
            soc_confirmed: evidence.soc_confirmed,
            work_by_operator: work_by_operator(evidence, of_part()),
            included_in_service: None,
            intentional: self.not_an_insider(),
            war: self.not_an_insider(),
            known_before_cover: self.known_before_cover(evidence),
            terms_acknowledged_at: self.terms_acknowledged_at(evidence),
            limit_left_yen: self.left(
                part,
                amount,
                &[LimitScope::Section, LimitScope::Certificate],
            )?,
            programme_left_yen: self.left(part, amount, &[LimitScope::Programme])?,
            part_limit_left_yen: self.left(part, amount, &[LimitScope::Item])?,
        };
        let mut set = FactSet::at(now).with_claim(facts);
        if let Some((_, seen)) = seen {
            for path in ["last_heartbeat_at", "hours_since_heartbeat", "bypass_active"] {
                set = set.known_at(format!("claim.{path}"), seen.seen_at);
            }
        }
        let dated = [
            ("agent_versions_behind", evidence.agent_versions_behind.map(|(_, at)| at)),
            ("bypass_approved", evidence.bypass_approved.map(|(_, at)| at)),
            ("days_since_diagnosis", evidence.diagnosed_at),
            ("months_since_training", evidence.trained_at),
        ];
        for (path, at) in dated {
            if let Some(at) = at {
                set = set.known_at(format!("claim.{path}"), at);
            }
        }
        Ok(set)
    }

    /// The instant that has to lie within the insured time.
    fn counts_at(&self) -> Timestamp {
        let discovered_at = self.discovered_at.unwrap_or(self.loss_at);
        let claimed_at = self.claimed_at.or(self.notified_at).unwrap_or(discovered_at);
        self.terms.loss_basis.instant(self.loss_at, discovered_at, claimed_at)
    }

    fn days_to_notice(&self) -> Option<i64> {
        let zone = &self.tenant.zone;
        let notified_at = self.notified_at?;
        // Nobody notifies what nobody has found: where discovery or claim counts, the days begin with it.
        let from = match self.terms.loss_basis {
            LossBasis::Occurrence => self.loss_at,
            LossBasis::Discovery | LossBasis::ClaimsMade => self.counts_at(),
        };
        Some(evidence::days_between(from.day_in(zone), notified_at.day_in(zone)))
    }

    /// Rounded up, so that "within 24 hours" means 24:00:00 and not 24:59:59.
    fn hours_since(&self, seen_at: Timestamp) -> i64 {
        let seconds = self.loss_at.seconds_since(seen_at);
        seconds.saturating_add(HOUR - 1).div_euclid(HOUR)
    }

    fn days_since(&self, at: Timestamp) -> i64 {
        let zone = &self.tenant.zone;
        evidence::days_between(at.day_in(zone), self.loss_at.day_in(zone))
    }

    /// Rounded up, so that "within twelve months" ends with the day of the same date a year later.
    fn months_since(&self, at: Timestamp) -> i64 {
        let zone = &self.tenant.zone;
        evidence::months_begun(at.day_in(zone), self.loss_at.day_in(zone))
    }

    fn item_active(&self, evidence: &Evidence) -> bool {
        let certificate = evidence.certificate.as_ref();
        certificate.is_some_and(|certificate| {
            certificate.items.iter().any(|item| {
                item.carries_at(self.counts_at())
                    && evidence.service.is_none_or(|service| service == item.service)
                    && evidence.instance.is_none_or(|instance| instance == item.item_id)
            })
        })
    }

    /// The operator's bordereau lists every certificate; what a tenant pays is known to billing.
    fn premium_accounted(&self) -> Option<bool> {
        let by_operator = self.terms.premium.payer == PremiumPayer::Operator
            && self.terms.attachment == Attachment::Automatic;
        by_operator.then_some(true)
    }

    fn not_an_insider(&self) -> Option<bool> {
        match self.cause? {
            LossCause::Insider => None,
            LossCause::Malware
            | LossCause::Ransomware
            | LossCause::UnauthorisedAccess
            | LossCause::DataLeak
            | LossCause::MailFraud
            | LossCause::DenialOfService
            | LossCause::Carelessness
            | LossCause::Failure
            | LossCause::Other => Some(false),
        }
    }

    fn known_before_cover(&self, evidence: &Evidence) -> Option<bool> {
        let discovered_at = self.discovered_at?;
        let spans = evidence.certificate.as_ref()?.insured_spans();
        spans.first().map(|first| discovered_at < first.start())
    }

    fn terms_acknowledged_at(&self, evidence: &Evidence) -> Option<Timestamp> {
        let wording = &self.terms.wording;
        let mut needed =
            wording.clauses.iter().filter(|clause| clause.must_be_acknowledged).peekable();
        if needed.peek().is_none() {
            return evidence.certificate.as_ref().map(|certificate| certificate.issued_at);
        }
        let accepted = needed.map(|clause| {
            let of_clause = |known: &&Acknowledgement| {
                known.code == clause.code && known.document_version == wording.version
            };
            self.acknowledgements.iter().find(of_clause).map(|known| known.acknowledged_at)
        });
        accepted.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// What is left of the tightest limit of these scopes that counts the part. Where there is none,
    /// nothing stands in the way of the whole amount.
    fn left(
        &self,
        part: CoveragePart,
        amount: Money,
        scopes: &[LimitScope],
    ) -> Result<Option<i64>, MoneyError> {
        let mut tightest = None;
        for limit in self.terms.limits.iter().filter(|limit| scopes.contains(&limit.scope)) {
            if !self.terms.parts_of(limit).contains(&part) {
                continue;
            }
            let taken = self.taken.get(&limit.code).copied().unwrap_or(Taken::NOTHING);
            let left = taken.left_of(limit.capacity()?)?;
            tightest = Some(tightest.map_or(left, |known: Money| known.min(left)));
        }
        Ok(Some(tightest.unwrap_or(amount).amount()))
    }
}

/// Only a UTM can be bypassed; what it does not report is missing.
fn bypass_active(evidence: &Evidence) -> Option<bool> {
    match (evidence.service, &evidence.seen) {
        (Some(Service::Utm), Some((_, seen))) | (None, Some((Service::Utm, seen))) => {
            seen.bypass_active
        }
        (Some(Service::Utm) | None, None) => None,
        (Some(_), _) | (None, Some(_)) => Some(false),
    }
}

fn work_by_operator<'a>(
    evidence: &Evidence,
    mut items: impl Iterator<Item = &'a ClaimedItem>,
) -> Option<bool> {
    let recorded = evidence.incident.as_ref().is_some_and(|incident| !incident.work.is_empty());
    let in_kind = items
        .any(|item| item.form == BenefitForm::InKind && matches!(item.payee, Payee::Provider(_)));
    (recorded || in_kind).then_some(true)
}

/// The word of a part in facts; none for parts that no policy speaks about.
pub(crate) const fn loss_part(part: CoveragePart) -> Option<LossPart> {
    match part {
        CoveragePart::OnSiteResponse => Some(LossPart::OnSiteResponse),
        CoveragePart::VirusRemoval => Some(LossPart::VirusRemoval),
        CoveragePart::Forensics => Some(LossPart::Forensics),
        CoveragePart::DataRecovery => Some(LossPart::DataRecovery),
        CoveragePart::ThirdPartyLiability => Some(LossPart::ThirdPartyLiability),
        CoveragePart::BusinessInterruption => Some(LossPart::BusinessInterruption),
        CoveragePart::NotificationCosts | CoveragePart::Consulting => None,
    }
}
