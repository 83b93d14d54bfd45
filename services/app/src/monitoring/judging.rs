//! Asks the policies: does this alert need a person, and how bad is it?

use serde_json::Value;
use tasuki_core::alert::{Alert, Judgement, NoAction, Verdict};
use tasuki_core::decision::{Decision, Occasion, Outcome, PackKind};
use tasuki_core::escalation::{EscalationCause, Ladder, Rung, ladder_named};
use tasuki_core::id::DecisionId;
use tasuki_core::problem::Problem;
use tasuki_core::severity::Severity;
use tasuki_policies::facts::FactSet;
use tasuki_store::decisions;

use super::facts::{History, rung_from};
use super::scene::Scene;

/// What triage by policy says.
#[derive(Debug, Clone)]
pub(crate) enum Ruling {
    /// Nobody has to do anything.
    Settle(NoAction, Judgement),
    /// A person has to act.
    Act(Judgement),
    /// The policy cannot tell: the SOC has to look.
    AskSoc,
}

/// What triage by policy says, with its record.
#[derive(Debug, Clone)]
pub(crate) struct Triage {
    pub(crate) ruling: Ruling,
    /// None when no pack was in force.
    pub(crate) decision: Option<Decision>,
}

/// How bad an incident is and where it starts.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) severity: Severity,
    pub(crate) ladder: Ladder,
    pub(crate) start: Rung,
    pub(crate) cause: EscalationCause,
    pub(crate) decision_id: Option<DecisionId>,
}

impl Scene<'_> {
    /// Lets the triage pack judge an alert.
    ///
    /// # Errors
    /// Of the store and of calendars; never because of what the pack gives.
    pub(crate) async fn triage(&self, alert: &Alert, history: History) -> Result<Triage, Problem> {
        let facts = self.alert_facts(alert, history).await?;
        let asked = (PackKind::Triage, self.desk.triage);
        let decision = self.decide(asked, alert.id.to_string(), &facts)?;
        let ruling = decision.as_ref().map_or(Ruling::AskSoc, |decision| self.ruling(decision));
        Ok(Triage { ruling, decision })
    }

    fn ruling(&self, decision: &Decision) -> Ruling {
        let judgement = Judgement {
            given_by: tasuki_core::actor::Actor::from(&tasuki_core::party::Principal::system()),
            given_at: self.now(),
            reason: decision.explanation.summary.en.clone(),
            decision_id: Some(decision.id),
        };
        // Invariant: only a word that is known, of an outcome that is a yes, is a verdict. All else
        // goes to the SOC.
        let word = decision.explanation.output("verdict").and_then(Value::as_str);
        match (decision.outcome(), word.and_then(Verdict::from_word)) {
            (Outcome::Satisfied, Some(Verdict::BlockedAuto)) => {
                Ruling::Settle(NoAction::BlockedAuto, judgement)
            }
            (Outcome::Satisfied, Some(Verdict::FalsePositive)) => {
                Ruling::Settle(NoAction::FalsePositive, judgement)
            }
            (Outcome::Satisfied, Some(Verdict::ActionNeeded)) => Ruling::Act(judgement),
            (Outcome::Satisfied, None) | (Outcome::NotSatisfied | Outcome::Undetermined, _) => {
                Ruling::AskSoc
            }
        }
    }

    /// Lets the escalation pack say how bad it is and where the climb starts.
    ///
    /// What it cannot say is assumed so that a person looks soon: severity high, the foot of the
    /// whole ladder.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) fn course(
        &self,
        subject: String,
        facts: &FactSet,
        history: History,
    ) -> Result<Course, Problem> {
        let asked = (PackKind::Escalation, self.desk.escalation);
        let decision = self.decide(asked, subject, facts)?;
        let said = decision.as_ref().filter(|it| it.outcome() == Outcome::Satisfied);
        let output = |name: &str| said.and_then(|it| it.explanation.output(name));
        let word = |name: &str| output(name).and_then(Value::as_str);
        let number =
            |name: &str| output(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let severity = word("severity").and_then(|text| text.parse().ok());
        let start = word("rung").and_then(rung_from).unwrap_or(Rung::HelpDesk);
        let mut ladder = ladder_named(self.desk.ladder)?;
        let start = ladder.from_rung(start);
        if let Some(seconds) = number("ack_minutes").and_then(|n| n.checked_mul(60)) {
            ladder = ladder.with_patience(start, seconds);
        }
        let recurs = history.n_before > 0 && start > Rung::HelpDesk;
        Ok(Course {
            severity: severity.unwrap_or(Severity::High),
            start,
            ladder,
            cause: if recurs { EscalationCause::Recurrence } else { EscalationCause::Policy },
            decision_id: decision.map(|decision| decision.id),
        })
    }

    /// Asks the version of a pack that is in force now, and keeps the decision for ever.
    fn decide(
        &self,
        (kind, name): (PackKind, &str),
        subject: String,
        facts: &FactSet,
    ) -> Result<Option<Decision>, Problem> {
        let Some(pack) = self.ctx.packs().in_force(kind, name, self.now()) else {
            tracing::warn!("no pack `{kind}/{name}` is in force: a person has to decide");
            return Ok(None);
        };
        let frozen = facts.to_json().map_err(|error| Problem::internal(error.to_string()))?;
        let occasion = Occasion {
            id: self.ctx.ids.next(),
            tenant_id: Some(self.tenant_id()),
            subject,
            as_of: self.now(),
            decided_at: self.now(),
            decided_by: self.by.clone(),
        };
        let explanation = pack.evaluate(facts).into_explanation();
        let decision = Decision::record(occasion, pack.identity().clone(), frozen, explanation);
        decisions::record(self.tx, &decision)?;
        Ok(Some(decision))
    }
}
