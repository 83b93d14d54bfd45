//! Who may do what, worked out once: a table of every role, permission and relation.
//!
//! The pack `access/roles` is asked when a set of packs is loaded, never when a call comes in. What
//! it does not allow, or cannot answer, is refused.

use tasuki_core::decision::PackKind;
use tasuki_core::party::{Permission, Relation, Role};
use tasuki_core::time::Timestamp;

use crate::diagnostic::Diagnostic;
use crate::facts::{CallerFacts, FactSet};
use crate::pack::{Effective, Pack, Scheduled};

/// The name of the pack that decides about access. There is one for the whole server.
pub const ACCESS_PACK: &str = "roles";

/// What operators need so that nobody is locked out for good: to look at policies, to change them,
/// and to run the scheme.
const KEPT_BY_OPERATORS: [Permission; 3] =
    [Permission::Read, Permission::WritePolicies, Permission::ManageScheme];

/// The answers of every version of the access pack.
#[derive(Debug, Clone, Default)]
pub struct AccessTable {
    versions: Vec<Version>,
}

/// The answers of one version.
#[derive(Debug, Clone)]
struct Version {
    effective: Effective,
    /// By role and relation: a bit for each permission.
    allowed: [[u16; Relation::ALL.len()]; Role::ALL.len()],
}

impl AccessTable {
    /// Asks the versions of the access pack about every combination.
    ///
    /// # Errors
    /// A version that keeps operators from governing policies or the server from running its jobs,
    /// versions that leave a time without any, and access packs that nobody would ask.
    pub(crate) fn of<'p>(
        packs: impl Iterator<Item = &'p Scheduled>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut wrong = Vec::new();
        let mut versions = Vec::new();
        for scheduled in packs.filter(|it| it.pack.kind() == PackKind::Access) {
            let pack = scheduled.pack.as_ref();
            if pack.name() != ACCESS_PACK {
                let message = format!("only `access/{ACCESS_PACK}` decides about access");
                wrong.push(about(pack, "misplaced", message));
                continue;
            }
            let version = Version::of(pack, scheduled.effective);
            wrong.extend(version.locked_out(pack));
            versions.push((version, pack));
        }
        versions.sort_by_key(|(version, _)| version.effective.from);
        wrong.extend(times_without_any(&versions));
        let versions = versions.into_iter().map(|(version, _)| version).collect();
        if wrong.is_empty() { Ok(Self { versions }) } else { Err(wrong) }
    }

    /// Whether there is any version of the access pack.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Whether a role may do something at a time, being that to the tenant concerned.
    pub fn allows(
        &self,
        role: Role,
        permission: Permission,
        relation: Relation,
        at: Timestamp,
    ) -> bool {
        let in_force = self.versions.iter().find(|version| version.effective.contains(at));
        in_force.is_some_and(|version| version.allows(role, permission, relation))
    }
}

impl Version {
    fn of(pack: &Pack, effective: Effective) -> Self {
        let at = effective.from;
        let mut allowed = [[0; Relation::ALL.len()]; Role::ALL.len()];
        for (role, by_relation) in Role::ALL.into_iter().zip(&mut allowed) {
            for (relation, bits) in Relation::ALL.into_iter().zip(by_relation) {
                for permission in Permission::ALL {
                    let caller = CallerFacts {
                        role: Some(role),
                        permission: Some(permission),
                        relation: Some(relation),
                    };
                    let facts = FactSet::at(at).with_caller(caller);
                    if pack.evaluate(&facts).is_satisfied() {
                        *bits |= bit(permission);
                    }
                }
            }
        }
        Self { effective, allowed }
    }

    fn allows(&self, role: Role, permission: Permission, relation: Relation) -> bool {
        let by_role = Role::ALL.into_iter().zip(&self.allowed).find(|(of, _)| *of == role);
        by_role
            .and_then(|(_, row)| Relation::ALL.into_iter().zip(row).find(|(of, _)| *of == relation))
            .is_some_and(|(_, bits)| bits & bit(permission) != 0)
    }

    /// What nobody could undo if it were activated.
    fn locked_out(&self, pack: &Pack) -> Vec<Diagnostic> {
        let mut wrong = Vec::new();
        for permission in KEPT_BY_OPERATORS {
            if !self.allows(Role::Operator, permission, Relation::Scheme) {
                let message = format!(
                    "the role `operator` may not `{}`: nobody could change the policy back",
                    permission.as_str()
                );
                let hint = "add a row that allows it with the relation `scheme`";
                wrong.push(about(pack, "locked-out", message).suggesting(hint));
            }
        }
        for permission in Permission::ALL {
            let everywhere =
                Relation::ALL.into_iter().all(|it| self.allows(Role::System, permission, it));
            if !everywhere {
                let message = format!(
                    "the role `system` may not `{}` everywhere: the server's jobs would stop",
                    permission.as_str()
                );
                let hint = "add a row for the role `system` without further cells";
                wrong.push(about(pack, "locked-out", message).suggesting(hint));
            }
        }
        wrong
    }
}

/// Times in which no version decides: then everybody would be refused.
fn times_without_any(versions: &[(Version, &Pack)]) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    let nexts = versions.iter().skip(1).map(Some).chain([None]);
    for ((version, pack), next) in versions.iter().zip(nexts) {
        let Some(end) = version.effective.to else { continue };
        if next.is_none_or(|(next, _)| next.effective.from > end) {
            let message = format!("from `{end}` no version decides, and everybody is refused");
            let hint = "leave `effective.to` out until the next version is there";
            wrong.push(about(pack, "locked-out", message).suggesting(hint));
        }
    }
    wrong
}

fn about(pack: &Pack, code: &str, message: String) -> Diagnostic {
    Diagnostic::of_file(code, &format!("{}/pack.yaml", pack.folder()), message)
}

/// The place of a permission among the bits.
fn bit(permission: Permission) -> u16 {
    let before = Permission::ALL.into_iter().take_while(|of| *of != permission);
    before.fold(1, |bit, _| bit << 1)
}
