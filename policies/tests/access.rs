//! Who may do what: the shipped pack for every combination, and packs that would lock somebody out.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::Path;

use tasuki_core::party::{Permission as P, Relation, Role};
use tasuki_policies::{PackSet, PackSource};

fn shipped() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/access/roles/pack.yaml");
    fs::read_to_string(file).unwrap()
}

fn load(text: String) -> Result<PackSet, Vec<String>> {
    PackSet::load([PackSource::new("access/roles/pack.yaml", text)])
        .map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
}

/// The same rule, written a second time and in another way.
fn expected(role: Role, permission: P, relation: Relation) -> bool {
    let is_own = match role {
        Role::Operator
        | Role::System
        | Role::Soc
        | Role::HelpDesk
        | Role::Insurer
        | Role::Provider => true,
        Role::Partner => matches!(relation, Relation::OwnPartner | Relation::Scheme),
        Role::Tenant => matches!(relation, Relation::OwnTenant | Relation::Scheme),
    };
    let may: &[P] = match role {
        Role::Operator | Role::System => &P::ALL,
        Role::Partner => &[P::Read, P::Sell, P::ManageTenants, P::NotifyLoss, P::WritePolicies],
        Role::Provider => &[P::Report],
        Role::Soc => &[P::Read, P::Respond, P::Report, P::SeeRemedies],
        Role::HelpDesk => &[P::Read, P::Respond, P::NotifyLoss, P::SeeRemedies],
        Role::Insurer => &[P::Read, P::DecideClaims, P::Settle, P::WritePolicies, P::SeeRemedies],
        Role::Tenant => &[P::Read, P::NotifyLoss],
    };
    is_own && may.contains(&permission)
}

#[test]
fn the_shipped_pack_allows_exactly_what_each_role_needs() {
    let packs = load(shipped()).unwrap();
    let at = "2021-04-01T00:00:00Z".parse().unwrap();
    let mut n = 0;
    for role in Role::ALL {
        for permission in P::ALL {
            for relation in Relation::ALL {
                assert_eq!(
                    packs.access().allows(role, permission, relation, at),
                    expected(role, permission, relation),
                    "{role:?} {permission:?} {relation:?}"
                );
                n += 1;
            }
        }
    }
    assert_eq!(n, 384);
}

#[test]
fn before_its_first_day_a_pack_allows_nothing() {
    let packs = load(shipped()).unwrap();
    let before = "2019-12-31T14:59:59Z".parse().unwrap();
    assert!(!packs.access().allows(Role::Operator, P::Read, Relation::Scheme, before));
}

#[test]
fn a_set_without_an_access_pack_allows_nothing() {
    let none = PackSet::default();
    let at = "2021-04-01T00:00:00Z".parse().unwrap();
    assert!(none.access().is_empty());
    assert!(!none.access().allows(Role::System, P::Read, Relation::Scheme, at));
}

#[test]
fn a_pack_that_keeps_operators_from_policies_is_refused() {
    let text = shipped().replace(
        "when: { role: operator }",
        "when: { role: operator, permission: \"in ['read', 'sell', 'bill']\" }",
    );
    let wrong = load(text).unwrap_err();
    assert_eq!(wrong.len(), 2, "{wrong:#?}");
    assert!(wrong[0].starts_with("access/roles/pack.yaml: the role `operator` may not"));
    assert!(wrong[0].contains("`write_policies`") && wrong[1].contains("`manage_scheme`"));
    assert!(wrong[0].contains("help: add a row"));
}

#[test]
fn a_pack_that_stops_the_servers_jobs_is_refused() {
    let text =
        shipped().replace("when: { role: system }", "when: { role: system, relation: own_tenant }");
    let wrong = load(text).unwrap_err();
    assert_eq!(wrong.len(), P::ALL.len(), "one for each permission");
    assert!(wrong[8].contains("`bill`") && wrong[8].contains("jobs would stop"), "{wrong:#?}");
}

#[test]
fn what_cannot_be_determined_is_refused_and_an_operator_is_not_locked_out_by_it() {
    // Division by zero: neither yes nor no.
    let text = shipped()
        .replace("role: caller.role\n", "role: \"1 / 0 == 1 ? caller.role : caller.role\"\n");
    let wrong = load(text).unwrap_err();
    assert!(wrong[0].contains("nobody could change the policy back"), "{wrong:#?}");
}

#[test]
fn a_time_without_any_version_is_refused() {
    let text = shipped().replace("from: 2020-01-01 }", "from: 2020-01-01, to: 2021-01-01 }");
    let wrong = load(text).unwrap_err();
    assert!(wrong[0].contains("everybody is refused"), "{wrong:#?}");
}

#[test]
fn an_access_pack_that_nobody_asks_is_told() {
    let text = shipped().replace("name: roles", "name: partners");
    let wrong = PackSet::load([PackSource::new("access/partners/pack.yaml", text)]).unwrap_err();
    assert!(wrong[0].to_string().contains("only `access/roles` decides"), "{wrong:#?}");
}
