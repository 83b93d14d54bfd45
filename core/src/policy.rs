//! Versions of policy packs and when each decides.
//!
//! A version is drafted, checked and stored for good; it comes into force by an activation, from a
//! time on, by somebody else than its author. The periods of a pack neither overlap nor leave a gap
//! between them: for every time there is at most one version.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::decision::PackKind;
use crate::problem::Refused;
use crate::reason::Reason;
use crate::text::Text;
use crate::time::Timestamp;

mod timeline;

pub use timeline::{Period, Timeline};

/// Where a version is in its life. Whether an activated one decides today, its periods say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// Checked and stored; never in force so far.
    Draft,
    /// In force for some period: past, present or to come.
    Activated,
    /// Never to come into force.
    Withdrawn,
}

impl VersionState {
    /// The word in tables and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Activated => "activated",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFile {
    /// Its path below the folder of packs.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// What the cases of a version have shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Number of cases.
    pub n_cases: usize,
    /// Sides of conditions that a case has seen: each condition has two, true and false.
    pub n_sides_seen: usize,
    /// Sides of conditions that there are.
    pub n_sides: usize,
}

/// A stored version of a pack. Its files never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// What question the pack answers.
    pub kind: PackKind,
    /// The pack's name.
    pub name: String,
    /// The version as its author named it.
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits over what it decides.
    pub hash: String,
    /// Who answers for it.
    pub owner: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Where it is in its life.
    pub state: VersionState,
    /// Its files, cases among them.
    pub files: Vec<PolicyFile>,
    /// Why it was made.
    pub note: String,
    /// Who made it.
    pub author: Actor,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Who put it in force the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<Actor>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Timestamp>,
    /// What its cases have shown.
    pub tested: Tested,
}

impl PolicyVersion {
    /// The version put in force by somebody.
    ///
    /// # Errors
    /// [`Reason::SecondPersonNeeded`] when the author does it, [`Reason::PackVersionState`] for a
    /// version that was withdrawn.
    pub fn activated(self, by: Actor, at: Timestamp) -> Result<Self, Refused> {
        if self.state == VersionState::Withdrawn {
            return Err(self.refused(Reason::PackVersionState, "activate"));
        }
        if by.is_same_subject(&self.author) {
            return Err(self.refused(Reason::SecondPersonNeeded, "activate"));
        }
        Ok(Self {
            state: VersionState::Activated,
            activated_by: Some(by),
            activated_at: Some(at),
            ..self
        })
    }

    /// The draft marked as never to come into force.
    ///
    /// # Errors
    /// [`Reason::PackVersionState`] for a version that is no draft.
    pub fn withdrawn(self) -> Result<Self, Refused> {
        match self.state {
            VersionState::Draft => Ok(Self { state: VersionState::Withdrawn, ..self }),
            VersionState::Activated | VersionState::Withdrawn => {
                Err(self.refused(Reason::PackVersionState, "withdraw"))
            }
        }
    }

    fn refused(&self, reason: Reason, command: &'static str) -> Refused {
        Refused { subject: "policy version", command, state: self.state.as_str(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::{Principal, Role};

    fn draft() -> PolicyVersion {
        PolicyVersion {
            kind: PackKind::Trigger,
            name: "v1".to_owned(),
            version: "2027.1".to_owned(),
            hash: "sha256:00".to_owned(),
            owner: "an insurer".to_owned(),
            title: None,
            state: VersionState::Draft,
            files: vec![],
            note: String::new(),
            author: actor("ana"),
            created_at: "2026-11-01T00:00:00Z".parse().unwrap(),
            activated_by: None,
            activated_at: None,
            tested: Tested { n_cases: 3, n_sides_seen: 8, n_sides: 8 },
        }
    }

    fn actor(subject: &str) -> Actor {
        Actor::from(&Principal::of(subject, Role::Operator))
    }

    #[test]
    fn an_author_does_not_activate_and_a_withdrawn_draft_stays_so() {
        let at = "2026-11-02T00:00:00Z".parse().unwrap();
        let own = draft().activated(actor("ana"), at).unwrap_err();
        assert_eq!(own.reason, Reason::SecondPersonNeeded);
        let active = draft().activated(actor("ben"), at).unwrap();
        assert_eq!(active.state, VersionState::Activated);
        assert_eq!(active.clone().withdrawn().unwrap_err().reason, Reason::PackVersionState);
        let withdrawn = draft().withdrawn().unwrap();
        let late = withdrawn.activated(actor("ben"), at).unwrap_err();
        assert_eq!(late.reason, Reason::PackVersionState);
    }
}
