//! Domain types into the words that all contracts share.

use jiff::civil::Date;
use tasuki_core::actor::Actor;
use tasuki_core::money::Money;
use tasuki_core::party::Role;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::text::Text;
use tasuki_core::time::{Period, Timestamp};
use tasuki_proto::google::r#type::{Date as ProtoDate, Money as ProtoMoney};
use tasuki_proto::types::v1 as words;

pub(crate) fn text(text: &Text) -> words::LocalizedText {
    words::LocalizedText { ja: text.ja.clone(), en: text.en.clone() }
}

/// As [`text`], for one that is not needed any more.
pub(crate) fn owned(text: Text) -> words::LocalizedText {
    words::LocalizedText { ja: text.ja, en: text.en }
}

pub(crate) fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    let at = at.as_jiff();
    // `google.protobuf.Timestamp` counts nanos forward, also before 1970.
    let (mut seconds, mut nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    prost_types::Timestamp { seconds, nanos }
}

pub(crate) fn day(day: Date) -> ProtoDate {
    ProtoDate { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

pub(crate) fn money(money: Money) -> ProtoMoney {
    ProtoMoney {
        currency_code: money.currency().code().to_owned(),
        units: money.amount(),
        nanos: 0,
    }
}

pub(crate) fn period(period: Period) -> words::Period {
    words::Period { start: Some(timestamp(period.start())), end: Some(timestamp(period.end())) }
}

pub(crate) fn service(service: Service) -> words::Service {
    match service {
        Service::Utm => words::Service::Utm,
        Service::CloudWaf => words::Service::CloudWaf,
        Service::Edr => words::Service::Edr,
        Service::Diagnosis => words::Service::Diagnosis,
        Service::Training => words::Service::Training,
        Service::HelpDesk => words::Service::HelpDesk,
        Service::OnSiteResponse => words::Service::OnSiteResponse,
        Service::DataRecovery => words::Service::DataRecovery,
    }
}

pub(crate) fn severity(severity: Severity) -> words::Severity {
    match severity {
        Severity::Information => words::Severity::Information,
        Severity::Low => words::Severity::Low,
        Severity::Medium => words::Severity::Medium,
        Severity::High => words::Severity::High,
        Severity::Critical => words::Severity::Critical,
    }
}

pub(crate) fn actor(actor: &Actor) -> words::Actor {
    let role = match actor.role {
        Role::Operator => words::Role::Operator,
        Role::Partner => words::Role::Partner,
        Role::Provider => words::Role::Provider,
        Role::Soc => words::Role::Soc,
        Role::HelpDesk => words::Role::HelpDesk,
        Role::Insurer => words::Role::Insurer,
        Role::Tenant => words::Role::Tenant,
        Role::System => words::Role::System,
    };
    words::Actor {
        subject: actor.subject.clone(),
        role: role.into(),
        partner_id: actor.partner_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
