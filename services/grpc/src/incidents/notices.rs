//! Messages about notices into questions, and notices into messages.

use tasuki_app::monitoring::NoticeList;
use tasuki_app::paging::PageRequest;
use tasuki_core::notice::{Audience, Channel, Notice, NoticeState};
use tasuki_core::problem::Problem;
use tasuki_core::text::Language;
use tasuki_core::time::Timestamp;
use tasuki_proto::incident::v1 as proto;
use tasuki_proto::types::v1::Language as ProtoLanguage;

use crate::{fields, words};

pub(crate) fn list(
    message: proto::ListNoticesRequest,
) -> Result<(NoticeList, PageRequest), Problem> {
    let states = message.states().filter_map(state_word).collect();
    let channel = match message.channel() {
        proto::NoticeChannel::Unspecified => None,
        proto::NoticeChannel::Phone => Some(Channel::Phone),
        proto::NoticeChannel::Email => Some(Channel::Email),
        proto::NoticeChannel::Webhook => Some(Channel::Webhook),
    };
    let (requested_from, requested_until) = fields::bounds("requested", message.requested)?;
    let wanted = NoticeList {
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        incident_id: fields::optional_id("incident_id", &message.incident_id)?,
        states,
        channel,
        requested_from,
        requested_until,
    };
    Ok((wanted, fields::page(message.page_size, message.page_token)))
}

const fn state_word(state: proto::NoticeState) -> Option<&'static str> {
    match state {
        proto::NoticeState::Unspecified => None,
        proto::NoticeState::Waiting => Some("waiting"),
        proto::NoticeState::Due => Some("due"),
        proto::NoticeState::Sent => Some("sent"),
        proto::NoticeState::Failed => Some("failed"),
        proto::NoticeState::Cancelled => Some("cancelled"),
    }
}

pub(crate) fn notice(notice: &Notice) -> proto::Notice {
    let channel = match notice.channel {
        Channel::Phone => proto::NoticeChannel::Phone,
        Channel::Email => proto::NoticeChannel::Email,
        Channel::Webhook => proto::NoticeChannel::Webhook,
    };
    let (state, sent_at) = state(&notice.state);
    proto::Notice {
        id: notice.id.to_string(),
        tenant_id: notice.tenant_id.to_string(),
        incident_id: notice.incident_id.map(|id| id.to_string()).unwrap_or_default(),
        subject_id: notice.subject_id.clone().unwrap_or_default(),
        channel: channel.into(),
        audience: audience(notice.audience).into(),
        language: language(notice.language).into(),
        template: notice.message.template.clone(),
        title: Some(words::text(&notice.message.title)),
        body: Some(words::text(&notice.message.body)),
        calendar: notice.calendar.clone(),
        requested_at: Some(words::timestamp(notice.requested_at)),
        not_before: Some(words::timestamp(notice.not_before)),
        state: state.into(),
        sent_at: sent_at.map(words::timestamp),
        n_attempts: i32::try_from(notice.n_attempts).unwrap_or(i32::MAX),
        last_error: notice.last_error.clone().unwrap_or_default(),
    }
}

const fn state(state: &NoticeState) -> (proto::NoticeState, Option<Timestamp>) {
    match state {
        NoticeState::Waiting => (proto::NoticeState::Waiting, None),
        NoticeState::Due => (proto::NoticeState::Due, None),
        NoticeState::Sent { sent_at } => (proto::NoticeState::Sent, Some(*sent_at)),
        NoticeState::Failed { .. } => (proto::NoticeState::Failed, None),
        NoticeState::Cancelled { .. } => (proto::NoticeState::Cancelled, None),
    }
}

const fn audience(audience: Audience) -> proto::NoticeAudience {
    match audience {
        Audience::Tenant => proto::NoticeAudience::Tenant,
        Audience::HelpDesk => proto::NoticeAudience::HelpDesk,
        Audience::Soc => proto::NoticeAudience::Soc,
        Audience::Engineers => proto::NoticeAudience::Engineers,
        Audience::Insurer => proto::NoticeAudience::Insurer,
        Audience::Partner => proto::NoticeAudience::Partner,
        Audience::Operator => proto::NoticeAudience::Operator,
    }
}

pub(super) const fn language(language: Language) -> ProtoLanguage {
    match language {
        Language::Ja => ProtoLanguage::Ja,
        Language::En => ProtoLanguage::En,
    }
}
