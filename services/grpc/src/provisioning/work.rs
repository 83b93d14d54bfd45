//! Work of providers without a server, into messages and back.

use tasuki_app::provisioning::{CompleteWork, LeaseWork, Leased, Progress, WorkEnd};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{
    Cause, CustomerRequest, Device, DnsRecord, EndpointCounts, ReasonCode, VerifyMethod, WorkKind,
    WorkSeen,
};
use tasuki_core::service::Service;
use tasuki_core::text::Text;
use tasuki_proto::provisioning::v1 as proto;
use uuid::Uuid;

use super::{orders, words};
use crate::{fields, words as shared};

pub(super) fn leasing(message: &proto::LeaseWorkRequest) -> Result<LeaseWork, Problem> {
    Ok(LeaseWork {
        provider: fields::id("provider_id", &message.provider_id)?,
        services: fields::services("services", &message.services)?,
        max: u32::try_from(message.max_work).unwrap_or(1),
        seconds: i64::from(message.lease_seconds),
    })
}

pub(super) fn progress(message: proto::ReportProgressRequest) -> Result<Progress, Problem> {
    Ok(Progress {
        work_id: fields::id("work_id", &message.work_id)?,
        token: token(&message.lease_token)?,
        percent: u32::try_from(message.progress_percent).unwrap_or(0),
        customer_request: message.customer_action.map(request).transpose()?,
        seen: message.observation.map(seen).transpose()?,
        note: message.note,
        extend_seconds: i64::from(message.extend_seconds),
        occurred_at: fields::optional_timestamp("occurred_at", message.occurred_at)?,
    })
}

pub(super) fn completed(message: proto::CompleteWorkRequest) -> Result<CompleteWork, Problem> {
    let end = match message.result() {
        proto::WorkResult::Unspecified => return Err(Problem::invalid("result", "is required")),
        proto::WorkResult::Succeeded => WorkEnd::Succeeded,
        proto::WorkResult::Failed => {
            let code: ReasonCode = words::reason_from("reason", message.reason())?;
            WorkEnd::Failed(Cause::new(code, message.note.clone()))
        }
        proto::WorkResult::Retry => WorkEnd::Retry(i64::from(message.retry_after_seconds)),
    };
    Ok(CompleteWork {
        work_id: fields::id("work_id", &message.work_id)?,
        token: token(&message.lease_token)?,
        end,
        seen: message.observation.map(seen).transpose()?,
        note: message.note,
        occurred_at: fields::optional_timestamp("occurred_at", message.occurred_at)?,
    })
}

pub(super) fn message(leased: &Leased) -> proto::Work {
    let work = &leased.work;
    let kind = match work.kind {
        WorkKind::Put => proto::WorkKind::Put,
        WorkKind::Suspend => proto::WorkKind::Suspend,
        WorkKind::Resume => proto::WorkKind::Resume,
        WorkKind::Delete => proto::WorkKind::Delete,
        WorkKind::Observe => proto::WorkKind::Observe,
    };
    proto::Work {
        work_id: work.id.to_string(),
        lease_token: leased.token.to_string(),
        leased_until: Some(shared::timestamp(leased.until)),
        n_leases: i32::try_from(leased.n_leases).unwrap_or(i32::MAX),
        kind: kind.into(),
        instance_id: leased.item_id.to_string(),
        generation: i64::from(work.generation),
        spec: (work.kind == WorkKind::Put).then(|| orders::spec(&work.spec)),
        requested_at: Some(shared::timestamp(work.requested_at)),
        due_at: None,
        visit: leased.visit.map(shared::period),
        site_reference: leased.site_reference.clone(),
        instructions: Some(shared::text(&instructions(work.kind, work.spec.service))),
        reason: work.reason.map_or(proto::ReasonCode::Unspecified, words::reason).into(),
    }
}

/// Single steps in plain words.
fn instructions(kind: WorkKind, service: Service) -> Text {
    let name = service.label();
    let (ja, en) = match kind {
        WorkKind::Put => (
            format!("「{}」を設置・設定し、動作を確認して、記録を残してください", name.ja),
            format!("set up `{}`, see that it works, and keep a record of it", name.en),
        ),
        WorkKind::Suspend => (
            format!("「{}」を一時停止してください。設定とデータは残します", name.ja),
            format!("suspend `{}`; settings and data stay", name.en),
        ),
        WorkKind::Resume => (
            format!("「{}」を再開し、動作を確認してください", name.ja),
            format!("resume `{}` and see that it works", name.en),
        ),
        WorkKind::Delete => (
            format!(
                "「{}」を撤去し、元の状態に戻してください。見当たらない場合も完了です",
                name.ja
            ),
            format!("take `{}` away and put things back; not to find it is success", name.en),
        ),
        WorkKind::Observe => (
            format!("「{}」が動作しているか確認し、記録を残してください", name.ja),
            format!("look whether `{}` works, and keep a record of it", name.en),
        ),
    };
    Text::new(ja, en)
}

fn token(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::invalid("lease_token", "is not a token of `LeaseWork`"))
}

fn seen(message: proto::WorkObservation) -> Result<WorkSeen, Problem> {
    let last_seen_at =
        fields::optional_timestamp("observation.last_seen_at", message.last_seen_at)?;
    let count = |name: &str, n: i32| {
        let field = format!("observation.endpoints.{name}");
        u32::try_from(n).map_err(|_| Problem::invalid(field, "must not be negative"))
    };
    let endpoints = message.endpoints.map(|counts| {
        Ok::<_, Problem>(EndpointCounts {
            sent: count("n_sent", counts.n_sent)?,
            downloaded: count("n_downloaded", counts.n_downloaded)?,
            installed: count("n_installed", counts.n_installed)?,
            reporting: count("n_reporting", counts.n_reporting)?,
            unsupported: count("n_unsupported", counts.n_unsupported)?,
            removed: count("n_removed", counts.n_removed)?,
        })
    });
    Ok(WorkSeen {
        exists: message.exists,
        device: message.device.map(|device| Device {
            serial: device.serial,
            model: device.model,
            mode: device.mode,
            licence: device.licence,
        }),
        endpoints: endpoints.transpose()?,
        evidence_id: message.evidence_id,
        last_seen_at,
        observed_at: last_seen_at
            .unwrap_or(tasuki_core::time::Timestamp::new(jiff::Timestamp::UNIX_EPOCH)),
    })
}

fn request(action: proto::CustomerAction) -> Result<CustomerRequest, Problem> {
    let kind = words::action_kind_from(action.kind())
        .ok_or_else(|| Problem::invalid("customer_action.kind", "is required"))?;
    let verify = match action.verify_method() {
        proto::VerifyMethod::DnsLookup => VerifyMethod::DnsLookup,
        proto::VerifyMethod::Heartbeat => VerifyMethod::Heartbeat,
        proto::VerifyMethod::Unspecified | proto::VerifyMethod::ProviderObserves => {
            VerifyMethod::ProviderObserves
        }
        proto::VerifyMethod::Document => VerifyMethod::Document,
        proto::VerifyMethod::Declaration => VerifyMethod::Declaration,
    };
    let instant =
        |name: &str, at| fields::optional_timestamp(&format!("customer_action.{name}"), at);
    Ok(CustomerRequest {
        kind,
        instructions: action
            .instructions
            .map_or_else(|| kind.label(), |it| Text::new(it.ja, it.en)),
        expected_records: action
            .expected_records
            .into_iter()
            .map(|record| DnsRecord {
                name: record.name,
                kind: record.r#type,
                value: record.value,
                previous_value: record.previous_value,
            })
            .collect(),
        verify,
        url: action.url,
        possible_from: instant("possible_from", action.possible_from)?,
        possible_until: instant("possible_until", action.possible_until)?,
    })
}
