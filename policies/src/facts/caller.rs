//! What is known about whoever makes a call.

use tasuki_core::party::{Permission, Relation, Role};

use super::schema::facts;

facts! {
    /// A call: who makes it, and what it does.
    CallerFacts as "caller" {
        /// Role of the caller.
        role: Option<Role> = "呼び出し元の役割",
        /// What the call does.
        permission: Option<Permission> = "呼び出しの内容",
        /// What the caller is to the tenant that the call concerns.
        relation: Option<Relation> = "対象企業との関係",
    }
}
