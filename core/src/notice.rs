//! Notices: one message to one reader, on a channel that is open.
//!
//! A call is made within the hours of a service calendar; mail goes out at any time (ESC-07). A
//! notice about alerts is made from an [`Incident`], which exists only after a verdict (ESC-05).

use serde::{Deserialize, Serialize};

use crate::calendar::{ALWAYS, CalendarError, named};
use crate::id::{IncidentId, NoticeId, TenantId};
use crate::incident::Incident;
use crate::problem::Refused;
use crate::reason::Reason;
use crate::text::{Language, Text};
use crate::time::Timestamp;

/// How a notice reaches somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A call by a person, within the hours of a service calendar.
    Phone,
    /// Mail, at any time of any day.
    Email,
    /// A webhook of the partner.
    Webhook,
}

/// Whom a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// The tenant's contact.
    Tenant,
    /// The help desk, rung L1.
    HelpDesk,
    /// The SOC.
    Soc,
    /// Engineers who support remotely or go to the site, rungs L2 and L3.
    Engineers,
    /// The insurer, rung L4.
    Insurer,
    /// The partner that sold the bundle.
    Partner,
    /// The operator of the scheme.
    Operator,
}

/// How far a notice has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NoticeState {
    /// Waits for its calendar to open.
    Waiting,
    /// May go out now.
    Due,
    /// Sent, or said on the telephone. Final.
    Sent {
        /// When.
        sent_at: Timestamp,
    },
    /// Could not be delivered after the last try. Final.
    Failed {
        /// When the last try failed.
        failed_at: Timestamp,
    },
    /// Not needed any more. Final.
    Cancelled {
        /// Since when.
        cancelled_at: Timestamp,
    },
}

/// What is asked of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeCommand {
    /// Its calendar has opened.
    FallDue,
    /// It went out.
    Deliver,
    /// A try failed; there will be another.
    FailOnce,
    /// The last try failed.
    GiveUp,
    /// It is not needed any more.
    Cancel,
}

/// What happened to a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// It may go out.
    FellDue,
    /// It went out.
    Sent,
    /// A try failed.
    AttemptFailed,
    /// It could not be delivered.
    Failed,
    /// It is not needed any more.
    Cancelled,
}

/// Who is to be told, how, and by whose hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticePlan {
    /// The id of the notice.
    pub id: NoticeId,
    /// How it goes out.
    pub channel: Channel,
    /// Who reads it.
    pub audience: Audience,
    /// The calendar that decides when it may go out.
    pub calendar: String,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The template it was made from, such as `incident.device_offline`.
    pub template: String,
    /// The subject line.
    pub title: Text,
    /// The body; on the telephone, what to say.
    pub body: Text,
}

/// One message to one reader: what was or will be said, how and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// Whom it concerns.
    pub tenant_id: TenantId,
    /// The incident it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<IncidentId>,
    /// What else it is about, by the text of its id: an order, a claim, an invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_id: Option<String>,
    /// How it reaches the reader.
    pub channel: Channel,
    /// Who reads it.
    pub audience: Audience,
    /// In which language it goes out.
    pub language: Language,
    /// What it says.
    pub message: Message,
    /// The calendar that decides when it may go out.
    pub calendar: String,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Not before this instant.
    pub not_before: Timestamp,
    /// How far it has come.
    pub state: NoticeState,
    /// How often sending was tried.
    pub n_attempts: u32,
    /// The last error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl Channel {
    /// Every channel, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Email, Self::Webhook];

    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }

    /// How to tell a customer about an incident, and by which calendar: mail at once, since it can be
    /// read at any time, and a call as soon as the telephone is answered (ESC-07).
    pub fn to_customer(phone_calendar: &str) -> [(Self, String); 2] {
        [(Self::Email, ALWAYS.to_owned()), (Self::Phone, phone_calendar.to_owned())]
    }
}

impl Audience {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::HelpDesk => "help_desk",
            Self::Soc => "soc",
            Self::Engineers => "engineers",
            Self::Insurer => "insurer",
            Self::Partner => "partner",
            Self::Operator => "operator",
        }
    }
}

impl NoticeState {
    /// The word in tables and logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether nothing can happen to it any more.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Waiting | Self::Due => false,
            Self::Sent { .. } | Self::Failed { .. } | Self::Cancelled { .. } => true,
        }
    }

    /// The next state and what happened.
    ///
    /// # Errors
    /// [`Refused`] with [`Reason::NoticeState`].
    pub fn step(
        &self,
        command: NoticeCommand,
        now: Timestamp,
    ) -> Result<(Self, NoticeEvent), Refused> {
        use NoticeCommand as C;
        let refused = Err(Refused {
            reason: Reason::NoticeState,
            subject: "notice",
            state: self.as_str(),
            command: command.as_str(),
        });
        let cancelled = (Self::Cancelled { cancelled_at: now }, NoticeEvent::Cancelled);
        match self {
            Self::Waiting => match command {
                C::FallDue => Ok((Self::Due, NoticeEvent::FellDue)),
                C::Cancel => Ok(cancelled),
                C::Deliver | C::FailOnce | C::GiveUp => refused,
            },
            Self::Due => match command {
                C::Deliver => Ok((Self::Sent { sent_at: now }, NoticeEvent::Sent)),
                C::FailOnce => Ok((Self::Due, NoticeEvent::AttemptFailed)),
                C::GiveUp => Ok((Self::Failed { failed_at: now }, NoticeEvent::Failed)),
                C::Cancel => Ok(cancelled),
                C::FallDue => refused,
            },
            Self::Sent { .. } | Self::Failed { .. } | Self::Cancelled { .. } => match command {
                C::FallDue | C::Deliver | C::FailOnce | C::GiveUp | C::Cancel => refused,
            },
        }
    }
}

impl NoticeCommand {
    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FallDue => "fall_due",
            Self::Deliver => "deliver",
            Self::FailOnce => "fail_once",
            Self::GiveUp => "give_up",
            Self::Cancel => "cancel",
        }
    }
}

impl Notice {
    /// A notice about an incident.
    ///
    /// # Errors
    /// [`CalendarError`] of the plan's calendar.
    pub fn about(
        incident: &Incident,
        plan: NoticePlan,
        message: Message,
        now: Timestamp,
    ) -> Result<Self, CalendarError> {
        let mut notice = Self::request(incident.tenant_id, plan, message, now)?;
        notice.incident_id = Some(incident.id);
        Ok(notice)
    }

    /// A notice about something that is no incident: an order, a claim, an invoice.
    ///
    /// # Errors
    /// [`CalendarError`] of the plan's calendar.
    pub fn about_subject(
        (tenant_id, subject_id): (TenantId, String),
        plan: NoticePlan,
        message: Message,
        now: Timestamp,
    ) -> Result<Self, CalendarError> {
        let mut notice = Self::request(tenant_id, plan, message, now)?;
        notice.subject_id = Some(subject_id);
        Ok(notice)
    }

    fn request(
        tenant_id: TenantId,
        plan: NoticePlan,
        message: Message,
        now: Timestamp,
    ) -> Result<Self, CalendarError> {
        let calendar = named(&plan.calendar)?;
        let not_before = calendar.next_open(now)?;
        Ok(Self {
            id: plan.id,
            tenant_id,
            incident_id: None,
            subject_id: None,
            channel: plan.channel,
            audience: plan.audience,
            language: calendar.language_at(not_before)?,
            message,
            calendar: plan.calendar,
            requested_at: now,
            not_before,
            state: if not_before > now { NoticeState::Waiting } else { NoticeState::Due },
            n_attempts: 0,
            last_error: None,
        })
    }

    /// Whether it tells the customer about an incident.
    pub fn tells_the_customer(&self) -> bool {
        self.audience == Audience::Tenant && self.incident_id.is_some()
    }

    /// Lets a waiting notice fall due when its time has come; one that is due stays so.
    ///
    /// # Errors
    /// [`Refused`] when it is final.
    pub fn fall_due(&mut self, now: Timestamp) -> Result<(), Refused> {
        if self.state == NoticeState::Due {
            return Ok(());
        }
        self.state = self.state.step(NoticeCommand::FallDue, now)?.0;
        Ok(())
    }

    /// Records that it went out.
    ///
    /// # Errors
    /// [`Refused`] unless it is due.
    pub fn deliver(&mut self, now: Timestamp) -> Result<NoticeEvent, Refused> {
        let (state, event) = self.state.step(NoticeCommand::Deliver, now)?;
        self.state = state;
        self.n_attempts = self.n_attempts.saturating_add(1);
        Ok(event)
    }

    /// Records that a try failed, and whether it was the last.
    ///
    /// # Errors
    /// [`Refused`] unless it is due.
    pub fn fail(
        &mut self,
        error: impl Into<String>,
        max_attempts: u32,
        now: Timestamp,
    ) -> Result<NoticeEvent, Refused> {
        let n_attempts = self.n_attempts.saturating_add(1);
        let command =
            if n_attempts < max_attempts { NoticeCommand::FailOnce } else { NoticeCommand::GiveUp };
        let (state, event) = self.state.step(command, now)?;
        self.state = state;
        self.n_attempts = n_attempts;
        self.last_error = Some(error.into());
        Ok(event)
    }

    /// Records that it is not needed any more.
    ///
    /// # Errors
    /// [`Refused`] when it is final.
    pub fn cancel(&mut self, now: Timestamp) -> Result<NoticeEvent, Refused> {
        let (state, event) = self.state.step(NoticeCommand::Cancel, now)?;
        self.state = state;
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use uuid::Uuid;

    use super::*;
    use crate::calendar::{KUMAMOTO_PHONE, UTM_VENDOR_SUPPORT};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn notice(calendar: &str, now: Timestamp) -> Notice {
        let plan = NoticePlan {
            id: NoticeId::from(Uuid::from_u128(1)),
            channel: Channel::Phone,
            audience: Audience::Tenant,
            calendar: calendar.to_owned(),
        };
        let message = Message {
            template: "provisioning.dns_change".to_owned(),
            title: Text::new("件名", "title"),
            body: Text::new("本文", "body"),
        };
        let tenant = TenantId::from(Uuid::from_u128(2));
        Notice::about_subject((tenant, "ord_1".to_owned()), plan, message, now).unwrap()
    }

    #[test]
    fn every_command_in_every_state() {
        let now = at("2020-11-02T00:00:00Z");
        let states = [
            NoticeState::Waiting,
            NoticeState::Due,
            NoticeState::Sent { sent_at: now },
            NoticeState::Failed { failed_at: now },
            NoticeState::Cancelled { cancelled_at: now },
        ];
        let commands = [
            NoticeCommand::FallDue,
            NoticeCommand::Deliver,
            NoticeCommand::FailOnce,
            NoticeCommand::GiveUp,
            NoticeCommand::Cancel,
        ];
        let mut table = String::new();
        for state in &states {
            for command in commands {
                let next = match state.step(command, now) {
                    Ok((next, event)) => format!("{} + {event:?}", next.as_str()),
                    Err(refused) => format!("refused {}", refused.reason.code()),
                };
                writeln!(table, "{:>9} {:>9} -> {next}", state.as_str(), command.as_str()).unwrap();
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_call_waits_for_the_opening_and_is_given_up_after_the_last_try() {
        let asked = at("2020-12-31T00:00:00Z");
        let mut notice = notice(KUMAMOTO_PHONE, asked);
        assert_eq!(notice.state, NoticeState::Waiting);
        assert_eq!(notice.not_before, at("2021-01-04T00:00:00Z"));
        assert!(notice.deliver(asked).is_err());
        notice.fall_due(notice.not_before).unwrap();
        notice.fall_due(notice.not_before).unwrap();
        assert_eq!(notice.fail("no answer", 2, asked), Ok(NoticeEvent::AttemptFailed));
        assert_eq!(notice.fail("no answer", 2, asked), Ok(NoticeEvent::Failed));
        assert_eq!(notice.n_attempts, 2);
        assert!(notice.cancel(asked).is_err());
    }

    #[test]
    fn the_language_is_that_of_the_clock() {
        // A Sunday, and the Monday after it, both at noon in Tokyo.
        let sunday = notice(UTM_VENDOR_SUPPORT, at("2020-11-01T03:00:00Z"));
        let monday = notice(UTM_VENDOR_SUPPORT, at("2020-11-02T03:00:00Z"));
        assert_eq!((sunday.language, monday.language), (Language::En, Language::Ja));
    }
}
