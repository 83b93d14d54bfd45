//! Jobs that were given up, into messages and back.

use tasuki_app::provisioning::{DeadLetter, DeadQuery, Lane};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_proto::provisioning::v1 as proto;

use crate::fields;
use crate::words;

pub(super) fn query(message: &proto::ListDeadLettersRequest) -> Result<DeadQuery, Problem> {
    let lane = match message.lane() {
        proto::Lane::Unspecified => None,
        proto::Lane::Provisioning => Some(Lane::Provisioning),
        proto::Lane::Billing => Some(Lane::Billing),
        proto::Lane::Alerts => Some(Lane::Alerts),
        proto::Lane::Low => Some(Lane::Low),
    };
    let tenant = fields::optional_id("tenant_id", &message.tenant_id)?;
    Ok(DeadQuery { tenant, lane, kind: message.kind.clone() })
}

pub(super) fn message(letter: &DeadLetter) -> proto::DeadLetter {
    let lane = match Lane::of(&letter.lane) {
        Some(Lane::Alerts) => proto::Lane::Alerts,
        Some(Lane::Provisioning) => proto::Lane::Provisioning,
        Some(Lane::Billing) => proto::Lane::Billing,
        Some(Lane::Low) => proto::Lane::Low,
        None => proto::Lane::Unspecified,
    };
    let (reason, text) = told(&letter.last_error);
    proto::DeadLetter {
        job_id: letter.id.to_string(),
        tenant_id: letter.tenant.map(|id| id.to_string()).unwrap_or_default(),
        lane: lane.into(),
        kind: letter.kind.clone(),
        key: letter.key.clone(),
        subject_id: subject(&letter.key).unwrap_or_default(),
        n_attempts: i32::try_from(letter.attempts).unwrap_or(i32::MAX),
        first_run_at: Some(words::timestamp(letter.first_run_at)),
        died_at: Some(words::timestamp(letter.died_at)),
        last_error_reason: reason,
        last_error: text,
    }
}

/// An error of ours begins with its reason; what a partner said does not.
fn told(error: &str) -> (String, String) {
    let known = |code: &str| Reason::ALL.iter().any(|reason| reason.code() == code);
    match error.split_once(": ") {
        Some((code, text)) if known(code) => (code.to_owned(), text.to_owned()),
        Some(_) | None => (String::new(), error.to_owned()),
    }
}

/// A key names the step: kind, then what it is about.
fn subject(key: &str) -> Option<String> {
    let is_id = |part: &&str| {
        part.split_once('_').is_some_and(|(prefix, rest)| {
            prefix.len() == 3 && rest.len() == 36 && prefix.bytes().all(|b| b.is_ascii_lowercase())
        })
    };
    key.split(':').skip(1).find(is_id).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_of_a_job_is_read_from_its_key() {
        let item = "itm_01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(subject(&format!("attend_item:{item}:3")).as_deref(), Some(item));
        assert_eq!(subject("sweep_items:2021-04-01T10"), None);
    }

    #[test]
    fn an_error_of_ours_is_told_with_its_reason_and_a_partners_without() {
        let ours = told("STORE_UNAVAILABLE: no turn to write within 5 s");
        assert_eq!(ours, ("STORE_UNAVAILABLE".into(), "no turn to write within 5 s".into()));
        let theirs = told("Unavailable: connection refused");
        assert_eq!(theirs, (String::new(), "Unavailable: connection refused".into()));
    }
}
