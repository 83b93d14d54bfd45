//! Calls about policies and recorded decisions.

use std::pin::Pin;

use tasuki_app::governing;
use tasuki_core::problem::Problem;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::policy::v1::policy_service_server::PolicyService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::explain::Reader;
use crate::status::{not_served_yet, status};
use crate::{explain, fields};

/// Serves `PolicyService`.
#[derive(Debug, Clone)]
pub(crate) struct Policies {
    pub(crate) edge: Edge,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl PolicyService for Policies {
    type CompareVersionsStream = Answers<proto::CompareVersionsResponse>;
    type ReplayBookStream = Answers<proto::ReplayBookResponse>;

    async fn list_packs(
        &self,
        request: Request<proto::ListPacksRequest>,
    ) -> Result<Response<proto::ListPacksResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let kind = explain::kind_from(message.kind());
        let asked = fields::page(message.page_size, message.page_token);
        let all = governing::list_packs(&self.edge.ctx, &call, kind)
            .map_err(|problem| status(&problem))?;
        let after = asked.after.clone().unwrap_or_default();
        let cursor = |pack: &proto::Pack| format!("{:03} {}", pack.kind, pack.name);
        let rows = mapping::packs(&all).into_iter().filter(|pack| cursor(pack) > after).collect();
        let page = asked.page(rows, cursor);
        Ok(Response::new(proto::ListPacksResponse {
            packs: page.rows,
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_pack(
        &self,
        request: Request<proto::GetPackRequest>,
    ) -> Result<Response<proto::GetPackResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let kind = tasuki_proto::types::v1::PackKind::Unspecified;
        let found = mapping::which(kind, message.name, message.version, message.as_of)
            .and_then(|which| governing::get_pack(&self.edge.ctx, &call, &which))
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::GetPackResponse {
            version: Some(mapping::version(&found)),
            pack: mapping::packs(&[found]).pop(),
        }))
    }

    async fn check_pack(
        &self,
        request: Request<proto::CheckPackRequest>,
    ) -> Result<Response<proto::CheckPackResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let checked = governing::check_packs(&call, mapping::sources(message.files))
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(match checked {
            Ok(packs) => proto::CheckPackResponse {
                ok: true,
                hash: packs.packs().next().map(|it| it.hash().to_owned()).unwrap_or_default(),
                ..proto::CheckPackResponse::default()
            },
            Err(wrong) => proto::CheckPackResponse {
                diagnostics: mapping::diagnostics(&wrong),
                ..proto::CheckPackResponse::default()
            },
        }))
    }

    async fn test_pack(
        &self,
        request: Request<proto::TestPackRequest>,
    ) -> Result<Response<proto::TestPackResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        if message.files.is_empty() {
            let text = "is required: the cases of packs in use stand in their files";
            return Err(status(&Problem::invalid("files", text)));
        }
        let tested = governing::test_packs(&call, mapping::sources(message.files))
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(match tested {
            Ok(report) => mapping::tested(&report),
            Err(wrong) => proto::TestPackResponse {
                diagnostics: mapping::diagnostics(&wrong),
                ..proto::TestPackResponse::default()
            },
        }))
    }

    async fn evaluate_pack(
        &self,
        request: Request<proto::EvaluatePackRequest>,
    ) -> Result<Response<proto::EvaluatePackResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        if message.record {
            return Err(not_served_yet(
                "tasuki.policy.v1.PolicyService/EvaluatePack with `record`",
            ));
        }
        let kind = message.kind();
        let facts = serde_json::from_str(&message.facts_json)
            .map_err(|error| status(&Problem::invalid("facts_json", error.to_string())))?;
        let sources = mapping::sources(message.files);
        let (pack, explanation) =
            mapping::which(kind, message.name, message.version, message.as_of)
                .and_then(|which| {
                    governing::evaluate_pack(&self.edge.ctx, &call, &which, sources, &facts)
                })
                .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::EvaluatePackResponse {
            explanation: Some(explain::explanation(
                Reader::of(&call),
                &explanation,
                Some(pack.identity()),
            )),
            diagnostics: Vec::new(),
        }))
    }

    async fn list_decisions(
        &self,
        request: Request<proto::ListDecisionsRequest>,
    ) -> Result<Response<proto::ListDecisionsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        if message.subject.is_empty() {
            return Err(not_served_yet(
                "tasuki.policy.v1.PolicyService/ListDecisions without a `subject`",
            ));
        }
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let all = governing::list_decisions(&self.edge.ctx, &call, tenant, &message.subject)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListDecisionsResponse {
            decisions: all.iter().map(|it| mapping::decision(Reader::of(&call), it)).collect(),
            next_page_token: String::new(),
        }))
    }

    async fn get_decision(
        &self,
        request: Request<proto::GetDecisionRequest>,
    ) -> Result<Response<proto::GetDecisionResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id =
            fields::id("decision_id", &message.decision_id).map_err(|problem| status(&problem))?;
        let decision = governing::get_decision(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        let decision = Some(mapping::decision(Reader::of(&call), &decision));
        Ok(Response::new(proto::GetDecisionResponse { decision }))
    }

    async fn replay_decision(
        &self,
        request: Request<proto::ReplayDecisionRequest>,
    ) -> Result<Response<proto::ReplayDecisionResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id =
            fields::id("decision_id", &message.decision_id).map_err(|problem| status(&problem))?;
        let replay = governing::replay_decision(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::replay(Reader::of(&call), &replay)))
    }

    async fn get_fact_schema(
        &self,
        _: Request<proto::GetFactSchemaRequest>,
    ) -> Result<Response<proto::GetFactSchemaResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/GetFactSchema"))
    }

    async fn create_draft(
        &self,
        _: Request<proto::CreateDraftRequest>,
    ) -> Result<Response<proto::CreateDraftResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/CreateDraft"))
    }

    async fn withdraw_draft(
        &self,
        _: Request<proto::WithdrawDraftRequest>,
    ) -> Result<Response<proto::WithdrawDraftResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/WithdrawDraft"))
    }

    async fn activate_version(
        &self,
        _: Request<proto::ActivateVersionRequest>,
    ) -> Result<Response<proto::ActivateVersionResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/ActivateVersion"))
    }

    async fn roll_back(
        &self,
        _: Request<proto::RollBackRequest>,
    ) -> Result<Response<proto::RollBackResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/RollBack"))
    }

    async fn compare_versions(
        &self,
        _: Request<proto::CompareVersionsRequest>,
    ) -> Result<Response<Self::CompareVersionsStream>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/CompareVersions"))
    }

    async fn render_decision(
        &self,
        _: Request<proto::RenderDecisionRequest>,
    ) -> Result<Response<proto::RenderDecisionResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/RenderDecision"))
    }

    async fn replay_book(
        &self,
        _: Request<proto::ReplayBookRequest>,
    ) -> Result<Response<Self::ReplayBookStream>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/ReplayBook"))
    }

    async fn list_replicas(
        &self,
        _: Request<proto::ListReplicasRequest>,
    ) -> Result<Response<proto::ListReplicasResponse>, Status> {
        Err(not_served_yet("tasuki.policy.v1.PolicyService/ListReplicas"))
    }
}
