//! Who did something, as records keep it.

use serde::{Deserialize, Serialize};

use crate::id::PartnerId;
use crate::party::{Principal, Role};

/// Who did something: the subject as authenticated, and in which role it acted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// A stable name, such as `token:sales-desk`.
    pub subject: String,
    /// The role it acted in.
    pub role: Role,
    /// The partner it acted for, if it acted for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
}

impl Actor {
    /// Whether both are the same person or client, in whatever role.
    ///
    /// Four eyes means two subjects: one person with two roles is still one pair of eyes.
    pub fn is_same_subject(&self, other: &Self) -> bool {
        self.subject == other.subject
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        Self {
            subject: principal.subject.clone(),
            role: principal.role,
            partner_id: principal.partner_id,
        }
    }
}
