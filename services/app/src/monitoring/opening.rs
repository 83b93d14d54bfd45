//! An alert that needs action opens an incident, or joins the open one of its symptom.

use serde_json::json;
use tasuki_core::alert::{Alert, AlertEvent, Judgement};
use tasuki_core::id::IncidentId;
use tasuki_core::incident::{Incident, Opening, Origin, for_alerts};
use tasuki_core::problem::Problem;
use tasuki_store::incidents;

use super::facts::History;
use super::judging::{Course, Ruling};
use super::scene::Scene;
use crate::context::News;

impl Scene<'_> {
    /// Does to an alert what triage by policy says. The alert is changed and not stored.
    ///
    /// # Errors
    /// Of the store, of calendars, and of the alert's state.
    pub(crate) async fn follow(&self, alert: &mut Alert) -> Result<(), Problem> {
        let history = self.history(Some(&alert.report.symptom)).await?;
        let triage = self.triage(alert, history).await?;
        alert.triage_id = triage.decision.map(|decision| decision.id);
        match triage.ruling {
            Ruling::Settle(verdict, judgement) => {
                alert.settle(verdict, judgement)?;
                Ok(())
            }
            Ruling::Act(judgement) => self.act(alert, judgement).await,
            Ruling::AskSoc => {
                let event = alert.refer_to_soc()?;
                self.tell_alert(alert, event).await
            }
        }
    }

    /// Takes the verdict that a person has to act: joins the unsolved incident of the symptom, or
    /// opens one. The alert is changed and not stored; the incident is both.
    ///
    /// # Errors
    /// `LOST_RACE` when another call has just opened an incident for the same symptom.
    pub(crate) async fn act(&self, alert: &mut Alert, judgement: Judgement) -> Result<(), Problem> {
        let symptom = alert.report.symptom.clone();
        match incidents::lock_unsolved(self.tx, self.tenant_id(), &symptom).await? {
            Some(stored) => self.join(alert, judgement, stored).await,
            None => self.open_for(alert, judgement).await,
        }
    }

    async fn join(
        &self,
        alert: &mut Alert,
        judgement: Judgement,
        mut stored: incidents::Stored,
    ) -> Result<(), Problem> {
        let incident = &mut stored.incident;
        let (event, proof) = alert.need_action(incident.id, judgement)?;
        let mut events = vec![incident.join(&proof, self.now())?];
        let may_climb = incident.ladder.above(incident.climb.rung()).is_some();
        if incident.was_thought_fixed() && may_climb {
            events.push(incident.recur(self.deed())?);
        }
        alert.severity = Some(incident.severity);
        incidents::save(self.tx, incident, stored.version).await?;
        self.tell_alert(alert, event).await?;
        self.tell(incident, &events).await
    }

    async fn open_for(&self, alert: &mut Alert, judgement: Judgement) -> Result<(), Problem> {
        let history = self.history(Some(&alert.report.symptom)).await?;
        let facts = self.alert_facts(alert, history).await?;
        let id: IncidentId = self.ctx.ids.next();
        let course = self.course(id.to_string(), &facts, history)?;

        let (event, proof) = alert.need_action(id, judgement)?;
        alert.severity = Some(course.severity);
        let wording = for_alerts(alert.report.detail.kind());
        let opening = self.opening(course, history, wording);
        let (incident, opened) = Incident::open(Origin::Alert(proof), opening, self.now())?;
        incidents::insert(self.tx, &incident).await?;
        self.tell_alert(alert, event).await?;
        self.tell(&incident, &[opened]).await
    }

    /// What the policies and the clock say about an incident that opens.
    pub(crate) fn opening(
        &self,
        course: Course,
        history: History,
        wording: tasuki_core::incident::Wording,
    ) -> Opening {
        Opening {
            site_code: None,
            severity: course.severity,
            ladder: course.ladder,
            start: course.start,
            cause: course.cause,
            decision_id: course.decision_id,
            n_recurrences: history.n_before.saturating_add(1),
            wording,
            opened_by: self.by.clone(),
        }
    }

    /// Tells others what happened to an alert, when it concerns a person.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn tell_alert(&self, alert: &Alert, event: AlertEvent) -> Result<(), Problem> {
        let topic = match event {
            AlertEvent::ReferredToSoc => "alert.referred",
            AlertEvent::Settled { .. } | AlertEvent::Reviewed { .. } => "alert.settled",
            AlertEvent::ActionNeeded { .. } => "alert.action_needed",
        };
        let payload = json!({
            "event": event,
            "service": alert.report.service,
            "kind": alert.report.detail.kind(),
            "symptom": alert.report.symptom,
            "detected_at": alert.report.detected_at,
        });
        let news = News::new(topic, alert.id, payload);
        Ok(self.ctx.tell(self.tx, self.entered.when(), news).await?)
    }
}
