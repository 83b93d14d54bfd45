//! Policies over a socket: drafts and their activation, decisions and their proofs, comparisons.

use tasuki_app::library::Library;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::policy::v1::policy_service_client::PolicyServiceClient;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::types::v1 as types;
use tonic::transport::Channel;
use tonic_types::StatusExt;

use super::{Served, by, partner, reason, served, tenant};

const TRIGGER: i32 = types::PackKind::Trigger as i32;

async fn client(served: &Served) -> (PolicyServiceClient<Channel>, String) {
    let mut partners = PartnerServiceClient::new(served.channel.clone());
    partners.create_partner(by("operator", partner("p", "ogs", "OGS"))).await.unwrap();
    let mut tenants = TenantServiceClient::new(served.channel.clone());
    let made = tenants.create_tenant(by("partner:ogs", tenant("t", "比嘉商店"))).await.unwrap();
    let tenant = made.into_inner().tenant.unwrap().id;
    (PolicyServiceClient::new(served.channel.clone()), tenant)
}

/// The shipped trigger as a version that decides from May 2021 on, without its cases' dates before.
fn draft() -> Vec<types::SourceFile> {
    let library = Library::load(None, None).unwrap();
    let sources = library.sources_of("trigger/v1").into_iter();
    sources
        .map(|source| types::SourceFile {
            path: source.path.trim_start_matches("trigger/v1/").to_owned(),
            text: source
                .text
                .replace("\"2020.1\"", "\"2021.1\"")
                .replace("2020-09-01", "2021-05-01")
                .replace("claim.amount_yen > 0", "claim.amount_yen > 1000")
                .replace("part: virus_removal, has_incident: true, soc_confirmed: true, work_by_operator: true, amount_yen: 1 }", "part: virus_removal, has_incident: true, soc_confirmed: true, work_by_operator: true, amount_yen: 1001 }"),
        })
        .collect()
}

fn at(text: &str) -> prost_types::Timestamp {
    text.parse().unwrap()
}

fn got(version: &str) -> proto::GetPackRequest {
    proto::GetPackRequest {
        name: "v1".to_owned(),
        version: version.to_owned(),
        kind: TRIGGER,
        with_files: true,
        with_facts: true,
        ..proto::GetPackRequest::default()
    }
}

fn question(tenant: &str, yen: i64) -> proto::EvaluatePackRequest {
    proto::EvaluatePackRequest {
        request_id: format!("e{yen}"),
        name: "v1".to_owned(),
        kind: TRIGGER,
        tenant_id: tenant.to_owned(),
        subject: "clm_test".to_owned(),
        facts_json: format!(
            "{{\"now\": \"2021-03-01T00:00:00Z\", \"claim\": {{\"part\": \"virus_removal\", \
             \"has_incident\": true, \"soc_confirmed\": true, \"work_by_operator\": true, \
             \"amount_yen\": {yen}}}}}"
        ),
        as_of: Some(at("2021-03-01T00:00:00Z")),
        record: true,
        ..proto::EvaluatePackRequest::default()
    }
}

#[tokio::test]
async fn a_pack_is_read_and_files_are_checked() {
    for served in served().await {
        let (mut policies, _) = client(&served).await;
        let without_kind = proto::GetPackRequest { kind: 0, ..got("") };
        let refused = policies.get_pack(by("operator", without_kind)).await.unwrap_err();
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "kind");
        let shipped = policies.get_pack(by("operator", got(""))).await.unwrap().into_inner();
        let version = shipped.version.unwrap();
        assert_eq!(version.summary.unwrap().version, "2020.1");
        assert!(version.files.iter().any(|file| file.path == "pack.yaml"));
        assert_eq!(
            version.facts.iter().find(|it| it.path == "claim.part").unwrap().r#type,
            "string"
        );
        assert_eq!(version.rules[0].expression, "claim.part in parts");

        let mut wrong = draft();
        let file = wrong.iter_mut().find(|file| file.path == "pack.yaml").unwrap();
        file.text = file.text.replace("claim.has_incident", "claim.hs_incident");
        let check = proto::CheckPackRequest { files: wrong };
        let told = policies.check_pack(by("operator", check)).await.unwrap().into_inner();
        assert!(!told.ok);
        assert!(told.diagnostics[0].suggestion.contains("claim.has_incident"));
    }
}

#[tokio::test]
async fn a_draft_is_compared_and_activated_by_somebody_else() {
    for served in served().await {
        let (mut policies, tenant) = client(&served).await;
        for yen in [500, 30_000] {
            policies.evaluate_pack(by("operator:ana", question(&tenant, yen))).await.unwrap();
        }
        let drafted = proto::CreateDraftRequest {
            request_id: "d".to_owned(),
            files: draft(),
            note: "nothing for small change".to_owned(),
            validate_only: false,
        };
        let made = policies.create_draft(by("operator:ana", drafted)).await.unwrap().into_inner();
        let summary = made.version.unwrap().summary.unwrap();
        assert_eq!(summary.state(), proto::VersionState::Draft);
        assert_eq!(summary.author.unwrap().subject, "operator:ana");

        let compare = proto::CompareVersionsRequest {
            name: "v1".to_owned(),
            kind: TRIGGER,
            other: Some(proto::VersionReference {
                version: "2021.1".to_owned(),
                ..proto::VersionReference::default()
            }),
            only_changed: true,
            ..proto::CompareVersionsRequest::default()
        };
        let stream = policies.compare_versions(by("operator:ana", compare)).await.unwrap();
        let (changed, summary) = compared(stream.into_inner()).await;
        assert_eq!((summary.n_compared, summary.n_changed), (2, 1));
        assert_eq!(changed[0].codes_after, ["NOTHING_CLAIMED"]);

        let etag = policies.get_pack(by("operator", got(""))).await.unwrap().into_inner();
        let activate = |request_id: &str| proto::ActivateVersionRequest {
            request_id: request_id.to_owned(),
            name: "v1".to_owned(),
            kind: TRIGGER,
            version: "2021.1".to_owned(),
            etag: etag.pack.as_ref().unwrap().etag.clone(),
            effective_from: Some(at("2021-04-30T15:00:00Z")),
            ..proto::ActivateVersionRequest::default()
        };
        let own = policies.activate_version(by("operator:ana", activate("a1"))).await.unwrap_err();
        assert_eq!(reason(&own), "SECOND_PERSON_NEEDED");
        let active = policies.activate_version(by("operator:ben", activate("a2"))).await.unwrap();
        let pack = active.into_inner().pack.unwrap();
        assert_eq!(pack.active_version, "2020.1", "it is April");
        let again = policies.activate_version(by("operator:ben", activate("a2"))).await.unwrap();
        assert_eq!(again.into_inner().pack.unwrap().etag, pack.etag, "a repeat does nothing");
        let may = proto::GetPackRequest { as_of: Some(at("2021-05-01T00:00:00Z")), ..got("") };
        let may = policies.get_pack(by("operator", may)).await.unwrap().into_inner();
        assert_eq!(may.version.unwrap().summary.unwrap().version, "2021.1");

        let back = proto::RollBackRequest {
            request_id: "b".to_owned(),
            name: "v1".to_owned(),
            kind: TRIGGER,
            to_version: "2020.1".to_owned(),
            etag: pack.etag,
            effective_from: Some(at("2021-04-15T00:00:00Z")),
            reason: "the insurer objects".to_owned(),
            validate_only: false,
        };
        let pack = policies.roll_back(by("operator:ben", back)).await.unwrap().into_inner().pack;
        let withdrawn = pack.unwrap().versions.into_iter().find(|it| it.version == "2021.1");
        assert_eq!(withdrawn.unwrap().effective, None, "it was called off before it began");
    }
}

async fn compared(
    mut stream: tonic::Streaming<proto::CompareVersionsResponse>,
) -> (Vec<proto::ChangedDecision>, proto::ComparisonSummary) {
    use proto::compare_versions_response::Part;
    let mut changed = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        match message.part.unwrap() {
            Part::Decision(decision) => changed.push(decision),
            Part::Progress(progress) => assert_eq!(progress.n_total, 2),
            Part::Summary(summary) => return (changed, summary),
        }
    }
    panic!("the stream ends with a summary");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one journey from the record to the proof")]
async fn a_recorded_decision_is_listed_shown_and_proven() {
    use proto::replay_book_response::Part;
    for served in served().await {
        let (mut policies, tenant) = client(&served).await;
        let mut ids = Vec::new();
        for yen in [0, 1, 2] {
            let answer = policies.evaluate_pack(by("operator", question(&tenant, yen))).await;
            ids.push(answer.unwrap().into_inner().explanation.unwrap().decision_id);
        }
        let list = |page_token: &str| proto::ListDecisionsRequest {
            tenant_id: tenant.clone(),
            kind: TRIGGER,
            page_size: 2,
            page_token: page_token.to_owned(),
            ..proto::ListDecisionsRequest::default()
        };
        let first = policies.list_decisions(by("operator", list(""))).await.unwrap().into_inner();
        let rest = list(&first.next_page_token);
        let second = policies.list_decisions(by("operator", rest)).await.unwrap().into_inner();
        assert_eq!((first.decisions.len(), second.decisions.len()), (2, 1));
        assert_eq!(first.decisions[0].facts_json, "", "facts come with GetDecision");

        let get =
            proto::GetDecisionRequest { tenant_id: tenant.clone(), decision_id: ids[1].clone() };
        let decision = policies.get_decision(by("operator", get)).await.unwrap().into_inner();
        let decision = decision.decision.unwrap();
        assert_eq!(decision.sequence, 2);
        assert_eq!(decision.hash.len(), "sha256:".len() + 64);
        assert!(!decision.previous_hash.is_empty());
        assert!(decision.engine_version.starts_with("tasuki/"));
        assert!(decision.facts_json.contains("\"amount_yen\":1"));

        let render = proto::RenderDecisionRequest {
            tenant_id: tenant.clone(),
            decision_id: ids[0].clone(),
            ..proto::RenderDecisionRequest::default()
        };
        let page = policies.render_decision(by("operator", render)).await.unwrap().into_inner();
        let page = String::from_utf8(page.document.unwrap().content).unwrap();
        for part in [
            "判定書",
            "満たさない",
            "NOTHING_CLAIMED",
            "補償条項 第8条",
            "claim.amount_yen &#62; 0",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        let render = proto::RenderDecisionRequest {
            tenant_id: tenant.clone(),
            decision_id: ids[0].clone(),
            format: types::DocumentFormat::Pdf.into(),
            language: types::Language::En.into(),
        };
        let paper = policies.render_decision(by("operator", render)).await.unwrap().into_inner();
        let paper = paper.document.unwrap();
        assert_eq!(paper.media_type, "application/pdf");
        assert!(paper.content.starts_with(b"%PDF-") && paper.file_name.ends_with("-en.pdf"));

        let mut stream = policies
            .replay_book(by("operator", proto::ReplayBookRequest::default()))
            .await
            .unwrap()
            .into_inner();
        let mut found = None;
        while let Some(message) = stream.message().await.unwrap() {
            match message.part.unwrap() {
                Part::Problem(problem) => panic!("{problem:?}"),
                Part::Progress(_) => {}
                Part::Summary(summary) => found = Some(summary),
            }
        }
        let found = found.unwrap();
        assert_eq!((found.n_replayed, found.n_problems, found.n_chains), (3, 0, 1));
    }
}
