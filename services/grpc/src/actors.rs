//! Who did something, and in which language a text was shown.

use tasuki_core::actor::Actor;
use tasuki_core::party::Role;
use tasuki_core::problem::Problem;
use tasuki_core::text::Language;
use tasuki_proto::types::v1 as proto;

pub(crate) fn actor(actor: &Actor) -> proto::Actor {
    proto::Actor {
        subject: actor.subject.clone(),
        role: role(actor.role).into(),
        partner_id: actor.partner_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(crate) const fn role(role: Role) -> proto::Role {
    match role {
        Role::Operator => proto::Role::Operator,
        Role::Partner => proto::Role::Partner,
        Role::Provider => proto::Role::Provider,
        Role::Soc => proto::Role::Soc,
        Role::HelpDesk => proto::Role::HelpDesk,
        Role::Insurer => proto::Role::Insurer,
        Role::Tenant => proto::Role::Tenant,
        Role::System => proto::Role::System,
    }
}

/// A role that a message names.
///
/// # Errors
/// `REQUEST_INVALID` when it names none.
pub(crate) fn role_from(field: &str, role: proto::Role) -> Result<Role, Problem> {
    match role {
        proto::Role::Unspecified => Err(Problem::invalid(field, "is required")),
        proto::Role::Operator => Ok(Role::Operator),
        proto::Role::Partner => Ok(Role::Partner),
        proto::Role::Provider => Ok(Role::Provider),
        proto::Role::Soc => Ok(Role::Soc),
        proto::Role::HelpDesk => Ok(Role::HelpDesk),
        proto::Role::Insurer => Ok(Role::Insurer),
        proto::Role::Tenant => Ok(Role::Tenant),
        proto::Role::System => Ok(Role::System),
    }
}

pub(crate) const fn language(language: Language) -> proto::Language {
    match language {
        Language::Ja => proto::Language::Ja,
        Language::En => proto::Language::En,
    }
}

/// A language; Japanese if not said.
pub(crate) const fn language_from(language: proto::Language) -> Language {
    match language {
        proto::Language::Unspecified | proto::Language::Ja => Language::Ja,
        proto::Language::En => Language::En,
    }
}
