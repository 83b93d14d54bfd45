//! Kumamoto's UTMs that fell silent: signs of life, mail at once, a call in telephone hours (N§3.8).

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tasuki_proto::alert::v1 as alert;
use tasuki_proto::incident::v1 as proto;
use tasuki_proto::incident::v1::{
    NoticeAudience, NoticeChannel, NoticeState, WorkKind, WorkOutcome,
};
use tasuki_proto::subscription::v1::{
    CancelSubscriptionRequest, EffectiveFrom, GetSubscriptionRequest, Now, SubscriptionFlag,
    effective_from,
};

use super::callers::ask;
use super::pilot::{SilentUtm, Text, Wanted};
use super::play::{Firm, Play};
use super::report::OfflineCall;
use super::trouble::Done;
use super::words;

impl Play {
    /// Plays one UTM from its last sign of life until it is back, and says who was told when.
    pub(crate) async fn silence(
        &self,
        firm: &mut Firm,
        utm: &SilentUtm,
        happened: bool,
    ) -> anyhow::Result<OfflineCall> {
        self.advance(firm, utm.last_seen_at).await?;
        self.sign_of_life(firm, utm.last_seen_at).await?;
        self.advance(firm, utm.evaluated_at).await?;
        let end = match utm.restored_at {
            Some(restored_at) => {
                // Five minutes before the end of the outage, somebody is on the telephone.
                let on_line = restored_at.checked_sub(SignedDuration::from_mins(5))?;
                self.advance(firm, on_line).await?;
                self.call_about(firm, on_line).await?;
                self.advance(firm, restored_at).await?;
                restored_at
            }
            None => utm.evaluated_at,
        };
        self.sign_of_life(firm, end).await?;
        self.close_all(firm).await?;
        self.leave_pilot(firm).await?;
        let (mail_at, call_at) = self.told(firm).await?;
        Ok(OfflineCall {
            utm: utm.id.clone(),
            case: utm.case.clone(),
            happened,
            last_seen_at: words::shown(Some(utm.last_seen_at)),
            mail_at: words::shown(mail_at),
            call_at: words::shown(call_at),
            as_expected: mail_at == utm.mail_at && call_at == utm.call_at,
        })
    }

    async fn sign_of_life(&self, firm: &Firm, at: Timestamp) -> anyhow::Result<()> {
        self.heartbeat(firm, Wanted::Utm, at, None).await
    }

    /// Reports a sign of life of a service.
    pub(crate) async fn heartbeat(
        &self,
        firm: &Firm,
        wanted: Wanted,
        at: Timestamp,
        bypass_active: Option<bool>,
    ) -> anyhow::Result<()> {
        let provider = super::play::provider_of(wanted);
        let instance = firm.instances.get(&wanted);
        let heartbeat = alert::Heartbeat {
            tenant_id: firm.tenant_id.clone(),
            instance_id: instance.map(|it| it.instance_id.clone()).unwrap_or_default(),
            service: wanted.service().into(),
            device_id: format!("{}-{}", wanted.component(), firm.key.to_lowercase()),
            last_seen_at: Some(words::timestamp(at)),
            agent_version: String::new(),
            bypass_active,
        };
        let request = alert::ReportHeartbeatsRequest {
            request_id: firm.request("seen", &format!("{}.{at}", wanted.component())),
            provider_id: self.provider_id(provider),
            heartbeats: vec![heartbeat],
        };
        let answer = ask!(self.people.provider(provider)?.alerts(), report_heartbeats, request)?;
        for result in answer.results {
            let refused = result.outcome() == alert::ReportOutcome::Refused;
            anyhow::ensure!(!refused, "a sign of life was refused: {}", result.message);
        }
        Ok(())
    }

    async fn open_incidents(&self, firm: &Firm) -> anyhow::Result<Vec<proto::Incident>> {
        let request = proto::ListIncidentsRequest {
            tenant_id: firm.tenant_id.clone(),
            open: true,
            ..proto::ListIncidentsRequest::default()
        };
        Ok(ask!(self.people.help_desk.incidents(), list_incidents, request)?.incidents)
    }

    async fn call_about(&self, firm: &mut Firm, at: Timestamp) -> anyhow::Result<()> {
        for incident in self.open_incidents(firm).await? {
            self.acknowledge(firm, &incident, &at.as_second().to_string()).await?;
            let done = Done {
                kind: WorkKind::Advice,
                minutes: 5,
                outcome: WorkOutcome::Fixed,
                ja: "電話で電源と配線を確認いただき、復旧しました",
                en: "Power and cables were checked over the telephone; the UTM is back",
            };
            self.work(firm, &incident, done).await?;
        }
        Ok(())
    }

    async fn close_all(&self, firm: &Firm) -> anyhow::Result<()> {
        let summary =
            Text::new("UTMのオフライン。攻撃ではありません", "The UTM was offline; no attack");
        for incident in self.open_incidents(firm).await? {
            self.resolve(firm, &incident, false, &summary).await?;
        }
        Ok(())
    }

    /// The story is told: the UTM goes back, so that its silence from now on is none.
    async fn leave_pilot(&self, firm: &Firm) -> anyhow::Result<()> {
        let seller = &self.people.ntt_west;
        let request = GetSubscriptionRequest {
            tenant_id: firm.tenant_id.clone(),
            subscription_id: firm.subscription_id.clone(),
            ..GetSubscriptionRequest::default()
        };
        let answer = ask!(seller.subscriptions(), get_subscription, request)?;
        let subscription = answer.subscription.context("the answer has no subscription")?;
        if subscription.flags().any(|flag| flag == SubscriptionFlag::Cancelled) {
            // Its trial ended while it was silent.
            return Ok(());
        }
        let request = CancelSubscriptionRequest {
            request_id: firm.request("cancel", "1"),
            tenant_id: firm.tenant_id.clone(),
            subscription_id: subscription.id,
            etag: subscription.etag,
            effective: Some(EffectiveFrom { at: Some(effective_from::At::Now(Now {})) }),
            reason: "the pilot is over for this firm".to_owned(),
            validate_only: false,
        };
        ask!(seller.subscriptions(), cancel_subscription, request)?;
        Ok(())
    }

    /// When the customer was told by mail, and when by telephone.
    async fn told(&self, firm: &Firm) -> anyhow::Result<(Option<Timestamp>, Option<Timestamp>)> {
        let request = proto::ListNoticesRequest {
            tenant_id: firm.tenant_id.clone(),
            page_size: 1_000,
            ..proto::ListNoticesRequest::default()
        };
        let notices = ask!(self.people.help_desk.incidents(), list_notices, request)?.notices;
        let first = |channel: NoticeChannel| {
            notices
                .iter()
                .filter(|it| it.channel() == channel && it.audience() == NoticeAudience::Tenant)
                .filter(|it| it.state() == NoticeState::Sent)
                .filter_map(|it| words::instant(it.sent_at.as_ref()))
                .min()
        };
        Ok((first(NoticeChannel::Email), first(NoticeChannel::Phone)))
    }

    /// The first incident of a firm, by when it was opened.
    pub(crate) async fn incidents(&self, firm: &Firm) -> anyhow::Result<Vec<proto::Incident>> {
        let request = proto::ListIncidentsRequest {
            tenant_id: firm.tenant_id.clone(),
            page_size: 1_000,
            ..proto::ListIncidentsRequest::default()
        };
        let listed = ask!(self.people.help_desk.incidents(), list_incidents, request)
            .context("incidents cannot be listed")?;
        Ok(listed.incidents)
    }
}
