//! Versions of packs from draft to roll-back, the chain of decisions, replays and comparisons.

use std::sync::Arc;

use tasuki_app::call::Call;
use tasuki_app::context::Context;
use tasuki_app::governing::{
    Activation, CompareBase, CompareQuestion, DecisionList, Evaluated, NewDraft, PackQuestion,
    PackSource, Rollback, VersionView, WhichPack, activate_version, adopt_packs, compare_versions,
    create_draft, create_tenant, evaluate_pack, get_pack, list_decisions, list_packs,
    list_replicas, refresh_packs, replay_book, report_replica, roll_back, withdraw_draft,
};
use tasuki_app::library::Library;
use tasuki_app::paging::PageRequest;
use tasuki_core::decision::{Decision, Outcome, PackKind};
use tasuki_core::id::TenantId;
use tasuki_core::party::{Principal, Role};
use tasuki_core::policy::VersionState;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_policies::PackSet;

use super::scene::{Scheme, by, jst, operator, schemes, wanting, with_key};

fn person(name: &str) -> Call {
    Call::by(Principal::of(name, Role::Operator))
}

/// The shipped trigger as its next version: data recovery is covered too.
fn wider(version: &str) -> Vec<PackSource> {
    let library = Library::load(None, None).unwrap();
    library
        .sources_of("trigger/v1")
        .into_iter()
        .map(|source| {
            let path = source.path.strip_prefix("trigger/v1/").unwrap().to_owned();
            let text = source
                .text
                .replace("\"2020.1\"", &format!("\"{version}\""))
                .replace("2020-09-01", "2022-02-01")
                .replace("2020-08-25", "2022-01-01")
                .replace("2021-06-02", "2022-06-02")
                .replace(
                    "[on_site_response, virus_removal]",
                    "[on_site_response, virus_removal, data_recovery]",
                )
                .replace(
                    "codes: [PART_NOT_COVERED, WORK_NOT_BY_OPERATOR]",
                    "codes: [WORK_NOT_BY_OPERATOR]",
                );
            PackSource::new(path, text)
        })
        .collect()
}

async fn drafted(scheme: &Scheme, version: &str) -> VersionView {
    let new = NewDraft { sources: wider(version), note: "wider".to_owned(), validate_only: false };
    create_draft(&scheme.ctx, &person("ana"), new).await.unwrap()
}

fn trigger(version: &str) -> WhichPack {
    WhichPack {
        kind: Some(PackKind::Trigger),
        name: "v1".to_owned(),
        version: Some(version.to_owned()),
        as_of: None,
    }
}

fn activation(version: &str, from: &str) -> Activation {
    Activation {
        which: trigger(version),
        etag: String::new(),
        effective_from: jst(from),
        effective_until: None,
        validate_only: false,
    }
}

fn in_force(ctx: &Context, at: &str) -> String {
    let pack = ctx.packs().in_force(PackKind::Trigger, "v1", jst(at)).unwrap();
    pack.version().to_owned()
}

async fn adopted() -> Vec<Scheme> {
    let all = schemes().await;
    for scheme in &all {
        adopt_packs(&scheme.ctx).await.unwrap();
    }
    all
}

fn reason<T: std::fmt::Debug>(result: Result<T, Problem>) -> Reason {
    result.unwrap_err().reason()
}

#[tokio::test]
async fn a_version_comes_into_force_by_somebody_else_at_its_date_on_every_server() {
    for scheme in adopted().await {
        let ctx = &scheme.ctx;
        let shipped = list_packs(ctx, &operator(), None).await.unwrap();
        // The one call for subsidies that is known begins in 2025.
        let mut begun = shipped.iter().filter(|pack| pack.name != "subsidies");
        assert!(begun.all(|pack| pack.active_version.is_some()), "{}", scheme.name);
        let n_versions: usize = shipped.iter().map(|pack| pack.versions.len()).sum();
        assert_eq!(n_versions, ctx.packs().packs().count());

        let draft = drafted(&scheme, "2022.1").await;
        assert_eq!(draft.standing.version.state, VersionState::Draft);
        assert_eq!(in_force(ctx, "2022-03-01 00:00"), "2020.1", "a draft decides nothing");
        let again = drafted(&scheme, "2022.1").await;
        assert_eq!(again.pack.record_version, draft.pack.record_version, "the same is no change");

        let activate = |who: &str| {
            let call = person(who);
            async move { activate_version(ctx, &call, activation("2022.1", "2022-02-01 00:00")).await }
        };
        assert_eq!(reason(activate("ana").await), Reason::SecondPersonNeeded);
        let soc = by(Role::Soc);
        let refused = activate_version(ctx, &soc, activation("2022.1", "2022-02-01 00:00")).await;
        assert_eq!(reason(refused), Reason::RoleForbidden);
        let stale = Activation {
            etag: draft.pack.record_version.saturating_sub(1).to_string(),
            ..activation("2022.1", "2022-02-01 00:00")
        };
        let refused = activate_version(ctx, &person("ben"), stale).await;
        assert_eq!(reason(refused), Reason::EtagMismatch);

        let active = activate("ben").await.unwrap();
        assert_eq!(active.standing.version.activated_by.unwrap().subject, "ben");
        assert_eq!(in_force(ctx, "2022-01-31 23:59"), "2020.1");
        assert_eq!(in_force(ctx, "2022-02-01 00:00"), "2022.1");

        // Another process, which has loaded the packs that come with the program.
        let library = Arc::new(Library::load(None, None).unwrap());
        let other = Context { library, ..ctx.clone() };
        assert_eq!(in_force(&other, "2022-02-01 00:00"), "2020.1");
        assert!(refresh_packs(&other).await.unwrap());
        assert!(!refresh_packs(&other).await.unwrap(), "nothing has changed since");
        assert_eq!(in_force(&other, "2022-02-01 00:00"), "2022.1");
        assert_eq!(other.packs().hash(), ctx.packs().hash());
        report_replica(ctx, "one").await.unwrap();
        report_replica(&other, "two").await.unwrap();
        let replicas = list_replicas(ctx, &operator()).await.unwrap();
        assert_eq!(replicas.replicas.len(), 2);
        assert!(replicas.replicas.iter().all(|it| it.set_hash == replicas.expected_set_hash));

        let back = Rollback {
            which: trigger("2020.1"),
            etag: String::new(),
            effective_from: jst("2022-03-01 00:00"),
            reason: "too wide".to_owned(),
            validate_only: false,
        };
        roll_back(ctx, &person("ben"), back).await.unwrap();
        assert_eq!(in_force(ctx, "2022-02-28 23:59"), "2022.1");
        assert_eq!(in_force(ctx, "2022-03-01 00:00"), "2020.1");
        let superseded = get_pack(ctx, &operator(), &trigger("2022.1")).await.unwrap();
        let period = superseded.standing.period.unwrap();
        assert_eq!(period.until, Some(jst("2022-03-01 00:00")));
    }
}

#[tokio::test]
async fn what_does_not_check_or_pass_or_fit_never_decides() {
    for scheme in adopted().await {
        let ctx = &scheme.ctx;
        let misspelt = |source: PackSource| PackSource {
            text: source.text.replace("claim.has_incident", "claim.has_incidnt"),
            ..source
        };
        let sources = wider("2022.1").into_iter().map(misspelt).collect();
        let new = NewDraft { sources, note: String::new(), validate_only: false };
        let refused = create_draft(ctx, &person("ana"), new).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::PackInvalid);
        assert!(refused.violations()[0].description.contains("claim.has_incident"));

        drafted(&scheme, "2022.1").await;
        let other = |source: PackSource| PackSource {
            text: source.text.replace("data_recovery]", "forensics]"),
            ..source
        };
        let sources = wider("2022.1").into_iter().map(other).collect();
        let new = NewDraft { sources, note: String::new(), validate_only: false };
        let refused = create_draft(ctx, &person("ana"), new).await;
        assert_eq!(reason(refused), Reason::PackVersionExists);

        let without_cases = wider("2022.2").into_iter().filter(|it| it.path == "pack.yaml");
        let new = NewDraft {
            sources: without_cases.collect(),
            note: String::new(),
            validate_only: false,
        };
        create_draft(ctx, &person("ana"), new).await.unwrap();
        let untested = activation("2022.2", "2022-02-01 00:00");
        assert_eq!(
            reason(activate_version(ctx, &person("ben"), untested).await),
            Reason::PackUntested
        );
        let call = person("ana");
        withdraw_draft(ctx, &call, &trigger("2022.2"), "").await.unwrap();
        let twice = withdraw_draft(ctx, &call, &trigger("2022.2"), "").await;
        assert_eq!(reason(twice), Reason::PackVersionState);

        let early = Activation {
            effective_until: Some(jst("2022-04-01 00:00")),
            ..activation("2022.1", "2022-02-01 00:00")
        };
        activate_version(ctx, &person("ben"), early).await.unwrap();
        drafted(&scheme, "2022.3").await;
        let ben = person("ben");
        let gap = activate_version(ctx, &ben, activation("2022.3", "2022-05-01 00:00")).await;
        assert_eq!(reason(gap), Reason::PackPeriodGap);
        let overlap = activate_version(ctx, &ben, activation("2022.3", "2022-01-15 00:00")).await;
        assert_eq!(reason(overlap), Reason::PackPeriodOverlap);
        let asked = Activation { validate_only: true, ..activation("2022.3", "2022-04-01 00:00") };
        activate_version(ctx, &ben, asked).await.unwrap();
        assert_eq!(
            ctx.packs().in_force(PackKind::Trigger, "v1", jst("2022-04-02 00:00")).map(|_| ()),
            None
        );
    }
}

fn loss(part: &str, yen: i64) -> serde_json::Value {
    serde_json::json!({
        "now": "2021-12-01T00:00:00Z",
        "claim": {
            "part": part, "has_incident": true, "soc_confirmed": true, "work_by_operator": true,
            "amount_yen": yen,
        },
    })
}

async fn record(
    scheme: &Scheme,
    tenant: TenantId,
    facts: serde_json::Value,
    request_id: &str,
) -> Decision {
    let question = PackQuestion {
        which: WhichPack { version: None, as_of: Some(jst("2021-12-01 00:00")), ..trigger("") },
        sources: Vec::new(),
        facts,
        tenant_id: Some(tenant),
        subject: "clm_test".to_owned(),
        record: true,
    };
    let call = with_key(person("ana"), request_id);
    match evaluate_pack(&scheme.ctx, &call, question).await.unwrap() {
        Evaluated::Recorded(decision) => *decision,
        Evaluated::Given(..) => panic!("it was to be recorded"),
    }
}

async fn with_decisions(scheme: &Scheme) -> (TenantId, Vec<Decision>) {
    let call = with_key(operator(), "tenant");
    let tenant = create_tenant(&scheme.ctx, &call, wanting("ABC-1")).await.unwrap();
    let tenant = tenant.tenant.id;
    let mut all = Vec::new();
    for (n, (part, yen)) in
        [("virus_removal", 30_000), ("data_recovery", 80_000), ("virus_removal", 0)]
            .into_iter()
            .enumerate()
    {
        all.push(record(scheme, tenant, loss(part, yen), &format!("r{n}")).await);
    }
    (tenant, all)
}

async fn problems(scheme: &Scheme, tenant: TenantId) -> (Vec<String>, u64) {
    let mut run = replay_book(&scheme.ctx, &operator(), Some(tenant), (None, None)).await.unwrap();
    let mut problems = Vec::new();
    while let Some(step) = run.step().await.unwrap() {
        problems.extend(step.problems.into_iter().map(|found| found.problem));
    }
    assert_eq!(run.summary().n_problems, problems.len() as u64);
    (problems, run.summary().n_replayed)
}

#[tokio::test]
async fn a_book_replays_byte_for_byte_until_somebody_touches_it() {
    for scheme in adopted().await {
        let (tenant, recorded) = with_decisions(&scheme).await;
        let again = record(&scheme, tenant, loss("virus_removal", 30_000), "r0").await;
        assert_eq!(again.id, recorded[0].id, "a repeat records nothing");
        let wanted = DecisionList { tenant_id: Some(tenant), ..DecisionList::default() };
        let (call, request) = (operator(), PageRequest::default());
        let page = list_decisions(&scheme.ctx, &call, &wanted, &request).await.unwrap();
        let mut places: Vec<i64> = page.rows.iter().map(|it| it.link.sequence).collect();
        places.sort_unstable();
        assert_eq!(places, [1, 2, 3]);
        assert_eq!(problems(&scheme, tenant).await, (vec![], 3), "{}", scheme.name);

        // The version that decided is replayed also when it is no longer served.
        drafted(&scheme, "2022.1").await;
        let ben = person("ben");
        let new = activation("2022.1", "2022-02-01 00:00");
        activate_version(&scheme.ctx, &ben, new).await.unwrap();
        let access = Library::load(None, None).unwrap().sources_of("access/roles");
        let packs = PackSet::load(access).unwrap().into();
        let library = Arc::new(Library { packs, ..Library::default() });
        let bare = Context { library, ..scheme.ctx.clone() };
        let mut run = replay_book(&bare, &operator(), Some(tenant), (None, None)).await.unwrap();
        while let Some(step) = run.step().await.unwrap() {
            assert_eq!(step.problems, vec![]);
        }

        let id = recorded[1].id.as_uuid().simple().to_string();
        let (json, id) = match scheme.name {
            "postgres" => ("CAST(document AS text)", format!("'{id}'")),
            _ => ("document", format!("x'{id}'")),
        };
        let cast = if scheme.name == "postgres" { "jsonb" } else { "text" };
        let change = format!(
            "UPDATE decision SET document = CAST(replace({json}, '80000', '10') AS {cast}) \
             WHERE id = {id}"
        );
        scheme.database.tamper(&change).await;
        let (found, _) = problems(&scheme, tenant).await;
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("was changed") && found[1].contains("facts"), "{found:?}");

        scheme.database.tamper("DELETE FROM decision WHERE sequence = 3").await;
        let (found, _) = problems(&scheme, tenant).await;
        assert!(found.iter().any(|it| it.contains("1 records are missing")), "{found:?}");
    }
}

#[tokio::test]
async fn a_draft_is_tried_on_what_was_recorded() {
    for scheme in adopted().await {
        let (tenant, _) = with_decisions(&scheme).await;
        let question = CompareQuestion {
            kind: Some(PackKind::Trigger),
            name: "v1".to_owned(),
            base: CompareBase::Recorded,
            other: CompareBase::Files(wider("2022.1")),
            from: None,
            until: None,
            tenant_id: None,
        };
        let mut run = compare_versions(&scheme.ctx, &operator(), question).await.unwrap();
        assert_eq!(run.n_total, 3);
        let mut changed = Vec::new();
        while let Some(step) = run.step().await.unwrap() {
            assert_eq!(step.unreadable, vec![]);
            changed.extend(step.decisions.into_iter().filter(|(_, it)| it.is_changed()));
        }
        let (_, only) = changed.first().unwrap();
        assert_eq!(changed.len(), 1);
        assert_eq!(only.before.codes, ["PART_NOT_COVERED"]);
        assert_eq!(only.after.outcome, Outcome::Satisfied);
        let tally = run.tally();
        assert_eq!((tally.n_compared, tally.n_changed, tally.n_to_satisfied), (3, 1, 1));
        assert_eq!(tally.rules["PART_NOT_COVERED"].n_no_longer_failing, 1);
        assert_eq!(tally.tenants[&tenant.to_string()].n_changed, 1);
    }
}

/// The shipped access pack as its next version.
fn access(change: (&str, &str)) -> Vec<PackSource> {
    let library = Library::load(None, None).unwrap();
    let sources = library.sources_of("access/roles").into_iter();
    sources
        .map(|source| {
            let path = source.path.strip_prefix("access/roles/").unwrap().to_owned();
            let text = source
                .text
                .replace("\"2020.1\"", "\"2022.1\"")
                .replace("2020-01-01", "2022-02-01")
                .replace("2019-12-25", "2022-01-01")
                .replace("at: 2021-04-01", "at: 2022-04-01");
            PackSource::new(path, text.replace(change.0, change.1))
        })
        .collect()
}

#[tokio::test]
async fn nobody_can_lock_everybody_out() {
    for scheme in adopted().await {
        let ana = person("ana");
        let draft = |change| NewDraft {
            sources: access(change),
            note: String::new(),
            validate_only: false,
        };
        let locked = draft(("when: { role: operator }", "when: { role: soc }"));
        let refused = create_draft(&scheme.ctx, &ana, locked).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::PackInvalid);
        assert!(refused.to_string().contains("operator"), "{refused}");

        create_draft(&scheme.ctx, &ana, draft(("", ""))).await.unwrap();
        let which = WhichPack {
            kind: Some(PackKind::Access),
            name: "roles".to_owned(),
            version: Some("2022.1".to_owned()),
            as_of: None,
        };
        let ending = Activation {
            which,
            effective_until: Some(jst("2022-03-01 00:00")),
            ..activation("", "2022-02-01 00:00")
        };
        let refused = activate_version(&scheme.ctx, &person("ben"), ending).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::PackInvalid, "{refused}");
        assert!(refused.to_string().contains("everybody is refused"), "{refused}");
    }
}

#[tokio::test]
async fn a_version_does_not_reach_back_over_what_was_decided() {
    for scheme in adopted().await {
        with_decisions(&scheme).await;
        drafted(&scheme, "2022.1").await;
        let ben = person("ben");
        let back = activation("2022.1", "2021-11-01 00:00");
        let refused = activate_version(&scheme.ctx, &ben, back).await;
        assert_eq!(reason(refused), Reason::PackPeriodDecided);
        // Nothing was decided about December after the first.
        let back = activation("2022.1", "2021-12-02 00:00");
        activate_version(&scheme.ctx, &ben, back).await.unwrap();
        assert_eq!(in_force(&scheme.ctx, "2021-12-02 00:00"), "2022.1");
    }
}

#[tokio::test]
async fn a_set_that_cannot_be_loaded_is_told_and_the_old_one_stays() {
    for scheme in adopted().await {
        drafted(&scheme, "2022.1").await;
        let ben = person("ben");
        let new = activation("2022.1", "2022-02-01 00:00");
        activate_version(&scheme.ctx, &ben, new).await.unwrap();
        let before = scheme.ctx.packs().hash().to_owned();

        // A later program has stored something that this one does not understand.
        let library = Arc::new(Library::load(None, None).unwrap());
        let behind = Context { library, ..scheme.ctx.clone() };
        let old = behind.packs().hash().to_owned();
        let (json, cast) = match scheme.name {
            "postgres" => ("CAST(document AS text)", "jsonb"),
            _ => ("document", "text"),
        };
        let change = format!(
            "UPDATE policy_version SET document = \
             CAST(replace({json}, 'environment: 1', 'environment: 2') AS {cast}) \
             WHERE pack_version = '2022.1'"
        );
        scheme.database.tamper(&change).await;
        assert!(!refresh_packs(&behind).await.unwrap());
        assert_eq!(behind.packs().hash(), old, "all of the new set or nothing");
        let served = behind.library.packs.served();
        assert!(served.failure.as_ref().unwrap().contains("environment"), "{served:?}");
        report_replica(&behind, "behind").await.unwrap();
        report_replica(&scheme.ctx, "up-to-date").await.unwrap();
        let replicas = list_replicas(&behind, &operator()).await.unwrap();
        assert_eq!(replicas.expected_set_hash, before);
        assert!(replicas.replicas[0].failure.is_some());
        assert_eq!(replicas.replicas[1].failure, None);
    }
}
