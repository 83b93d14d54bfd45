//! What follows when something happened to an incident: events, timers and notices.

use serde_json::json;
use tasuki_core::calendar::ALWAYS;
use tasuki_core::escalation::Rung;
use tasuki_core::id::{JobId, NoticeId};
use tasuki_core::incident::{Incident, IncidentEvent, OriginKind};
use tasuki_core::notice::{Audience, Channel, Message, Notice, NoticePlan};
use tasuki_core::problem::Problem;
use tasuki_core::text::Text;
use tasuki_store::jobs::{self, Lane, NewJob};
use tasuki_store::notices;

use super::scene::Scene;
use super::send_notice::NoticeDue;
use super::time_out_rung::RungDue;
use crate::context::News;

/// An incident has few notices that have not gone out: one for each rung and channel.
const UNSENT_NOTICES: u64 = 100;

impl Scene<'_> {
    /// Tells everybody what happened to an incident, and sets its next timer.
    ///
    /// # Errors
    /// Of the store and of calendars.
    pub(crate) async fn tell(
        &self,
        incident: &Incident,
        events: &[IncidentEvent],
    ) -> Result<(), Problem> {
        for event in events {
            self.announce(incident, event).await?;
            match event {
                IncidentEvent::Opened { rung } => {
                    self.set_timer(incident).await?;
                    self.notify_rung(incident, *rung).await?;
                    self.notify_customer(incident).await?;
                }
                IncidentEvent::Escalated { to, .. } => {
                    self.set_timer(incident).await?;
                    self.notify_rung(incident, *to).await?;
                }
                IncidentEvent::Unanswered { .. } => self.notify_operator(incident).await?,
                IncidentEvent::Resolved | IncidentEvent::Closed => {
                    self.cancel_unsent(incident).await?;
                }
                IncidentEvent::Joined
                | IncidentEvent::Acknowledged { .. }
                | IncidentEvent::WorkedOn { .. }
                | IncidentEvent::RequestMoved { .. } => {}
            }
        }
        Ok(())
    }

    async fn announce(&self, incident: &Incident, event: &IncidentEvent) -> Result<(), Problem> {
        let payload = json!({
            "event": event,
            "phase": incident.state.phase(),
            "severity": incident.severity,
            "rung": incident.climb.rung(),
            "service": incident.service,
            "symptom": incident.symptom,
        });
        let news = News::new(topic(event), incident.id, payload);
        Ok(self.ctx.tell(self.tx, self.entered.when(), news).await?)
    }

    async fn set_timer(&self, incident: &Incident) -> Result<(), Problem> {
        let Some(run_at) = incident.next_escalation_at else {
            return Ok(());
        };
        let rung = incident.climb.rung();
        let due = RungDue { tenant_id: incident.tenant_id, incident_id: incident.id, rung };
        // Invariant: rungs only rise, so a rung of an incident has one timer.
        let job = NewJob {
            id: self.ctx.ids.next::<JobId>(),
            tenant: Some(incident.tenant_id),
            lane: Lane::Alerts,
            kind: "escalate_incident",
            key: format!("escalate_incident:{}:{rung}", incident.id),
            payload: jobs::payload(&due)?,
            run_at,
        };
        jobs::enqueue(self.tx, &job).await?;
        Ok(())
    }

    /// Tells the people of a rung that an incident has arrived there.
    async fn notify_rung(&self, incident: &Incident, rung: Rung) -> Result<(), Problem> {
        let label = rung.label();
        let message = Message {
            template: "desk.incident_arrived".to_owned(),
            title: Text::new(
                format!("【{}】{}", label.ja, incident.wording.title.ja),
                format!("[{}] {}", label.en, incident.wording.title.en),
            ),
            body: Text::new(
                format!(
                    "重大度: {}。受け付けたら「対応開始」を押してください。",
                    incident.severity.label().ja
                ),
                format!(
                    "Severity: {}. Acknowledge it when you have it.",
                    incident.severity.label().en
                ),
            ),
        };
        let key = format!("{}:rung:{rung}", incident.id);
        let way = (Channel::Email, rung.audience(), ALWAYS.to_owned());
        self.request(incident, key, way, message).await
    }

    /// Tells the customer: mail at once, and a call as soon as the telephone is answered. Who has
    /// asked by himself gets the mail alone.
    async fn notify_customer(&self, incident: &Incident) -> Result<(), Problem> {
        for (channel, calendar) in Channel::to_customer(self.desk.phone) {
            if channel == Channel::Phone && incident.origin == OriginKind::Enquiry {
                continue;
            }
            let key = format!("{}:customer:{}", incident.id, channel.as_str());
            let way = (channel, Audience::Tenant, calendar);
            self.request(incident, key, way, incident.wording.message()).await?;
        }
        Ok(())
    }

    async fn notify_operator(&self, incident: &Incident) -> Result<(), Problem> {
        let message = Message {
            template: "desk.incident_unanswered".to_owned(),
            title: Text::new(
                format!("対応者がいません: {}", incident.wording.title.ja),
                format!("Nobody has taken it: {}", incident.wording.title.en),
            ),
            body: Text::new(
                "最上位の段階でも受け付けられていません。担当を決めてください。",
                "Nobody on the top rung has acknowledged it. Please name somebody.",
            ),
        };
        let key = format!("{}:unanswered", incident.id);
        let way = (Channel::Email, Audience::Operator, ALWAYS.to_owned());
        self.request(incident, key, way, message).await
    }

    /// Tells the customer that it is solved, if the customer knew of it.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn notify_solved(
        &self,
        incident: &Incident,
        message: Message,
    ) -> Result<(), Problem> {
        if !notices::was_customer_told(self.tx, incident.tenant_id, incident.id).await? {
            return Ok(());
        }
        let key = format!("{}:solved", incident.id);
        let way = (Channel::Email, Audience::Tenant, ALWAYS.to_owned());
        self.request(incident, key, way, message).await
    }

    async fn request(
        &self,
        incident: &Incident,
        key: String,
        (channel, audience, calendar): (Channel, Audience, String),
        message: Message,
    ) -> Result<(), Problem> {
        let id: NoticeId = self.ctx.ids.next();
        let plan = NoticePlan { id, channel, audience, calendar };
        let notice = Notice::about(incident, plan, message, self.now())?;
        if notices::insert(self.tx, &key, &notice).await? {
            let due = NoticeDue { tenant_id: notice.tenant_id, notice_id: id };
            let job = NewJob {
                id: self.ctx.ids.next::<JobId>(),
                tenant: Some(notice.tenant_id),
                lane: Lane::Alerts,
                kind: "send_notice",
                key: format!("send_notice:{id}"),
                payload: jobs::payload(&due)?,
                run_at: notice.not_before,
            };
            jobs::enqueue(self.tx, &job).await?;
            let payload = json!({
                "incident_id": incident.id,
                "channel": channel,
                "audience": audience,
                "not_before": notice.not_before,
            });
            let news = News::new("notice.requested", id, payload);
            self.ctx.tell(self.tx, self.entered.when(), news).await?;
        }
        Ok(())
    }

    /// What has not been said is not said any more: the incident is solved.
    async fn cancel_unsent(&self, incident: &Incident) -> Result<(), Problem> {
        let unsent =
            notices::lock_unsent(self.tx, incident.tenant_id, incident.id, UNSENT_NOTICES).await?;
        for mut stored in unsent {
            stored.notice.cancel(self.now())?;
            notices::save(self.tx, &stored.notice, stored.version).await?;
        }
        Ok(())
    }
}

const fn topic(event: &IncidentEvent) -> &'static str {
    match event {
        IncidentEvent::Opened { .. } => "incident.opened",
        IncidentEvent::Joined => "incident.joined",
        IncidentEvent::Acknowledged { .. } => "incident.acknowledged",
        IncidentEvent::Escalated { .. } => "incident.escalated",
        IncidentEvent::Unanswered { .. } => "incident.unanswered",
        IncidentEvent::WorkedOn { .. } => "incident.worked_on",
        IncidentEvent::RequestMoved { .. } => "incident.request_moved",
        IncidentEvent::Resolved => "incident.resolved",
        IncidentEvent::Closed => "incident.closed",
    }
}
