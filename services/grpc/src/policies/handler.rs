//! Calls about policies and recorded decisions.

use std::pin::Pin;

use tasuki_app::call::Call;
use tasuki_app::governing::{self, Activation, NewDraft, PackQuestion, Rollback, WhichPack};
use tasuki_core::problem::Problem;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::policy::v1::policy_service_server::PolicyService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{books, decisions, mapping, schema};
use crate::edge::Edge;
use crate::explain::Reader;
use crate::status::status;
use crate::{explain, fields};

/// Serves `PolicyService`.
#[derive(Debug, Clone)]
pub(crate) struct Policies {
    pub(crate) edge: Edge,
}

impl Policies {
    fn reader(&self, call: &Call) -> Reader {
        Reader::of(&self.edge.ctx, call)
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A use case's failure as a status.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(problem: Problem) -> Status {
    status(&problem)
}

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
        let all = governing::list_packs(&self.edge.ctx, &call, kind).await.map_err(refused)?;
        let after = asked.after.clone().unwrap_or_default();
        let cursor = |pack: &proto::Pack| format!("{:03} {}", pack.kind, pack.name);
        let rows = all.iter().map(mapping::pack).filter(|pack| cursor(pack) > after).collect();
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
        let as_of = fields::optional_timestamp("as_of", message.as_of).map_err(refused)?;
        let which = mapping::which(message.kind(), &message.name, &message.version);
        let which = WhichPack { as_of, ..which };
        let found = governing::get_pack(&self.edge.ctx, &call, &which).await.map_err(refused)?;
        let parts = mapping::Parts { files: message.with_files, facts: message.with_facts };
        Ok(Response::new(proto::GetPackResponse {
            version: Some(mapping::version(&found, parts)),
            pack: Some(mapping::pack(&found.pack)),
        }))
    }

    async fn get_fact_schema(
        &self,
        request: Request<proto::GetFactSchemaRequest>,
    ) -> Result<Response<proto::GetFactSchemaResponse>, Status> {
        let (_, _) = self.edge.open(request).await?;
        Ok(Response::new(schema::everything()))
    }

    async fn check_pack(
        &self,
        request: Request<proto::CheckPackRequest>,
    ) -> Result<Response<proto::CheckPackResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let checked =
            governing::check_packs(&self.edge.ctx, &call, mapping::sources(message.files))
                .await
                .map_err(refused)?;
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
        if message.files.is_empty() && message.name.is_empty() {
            let text = "or `name` is required: what is to be tested?";
            return Err(status(&Problem::invalid("files", text)));
        }
        let which = mapping::which(message.kind(), &message.name, &message.version);
        let sources = mapping::sources(message.files);
        let tested =
            governing::test_packs(&self.edge.ctx, &call, &which, sources).await.map_err(refused)?;
        Ok(Response::new(match tested {
            Ok(report) => mapping::tested(&report, &message.case_name),
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
        let (call, message) = if request.get_ref().record {
            self.edge.open_change(request, |message| &message.request_id).await?
        } else {
            self.edge.open(request).await?
        };
        let question = question(message).map_err(refused)?;
        let answer =
            governing::evaluate_pack(&self.edge.ctx, &call, question).await.map_err(refused)?;
        let reader = self.reader(&call);
        Ok(Response::new(proto::EvaluatePackResponse {
            explanation: Some(decisions::evaluated(reader, &answer)),
            diagnostics: Vec::new(),
        }))
    }

    async fn create_draft(
        &self,
        request: Request<proto::CreateDraftRequest>,
    ) -> Result<Response<proto::CreateDraftResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |it| (it.request_id.as_str(), it.validate_only.into()))
            .await?;
        let new = NewDraft {
            sources: mapping::sources(message.files),
            note: message.note,
            validate_only: message.validate_only,
        };
        let draft = governing::create_draft(&self.edge.ctx, &call, new).await.map_err(refused)?;
        let version = Some(mapping::version(&draft, mapping::Parts::default()));
        Ok(Response::new(proto::CreateDraftResponse { version, diagnostics: Vec::new() }))
    }

    async fn withdraw_draft(
        &self,
        request: Request<proto::WithdrawDraftRequest>,
    ) -> Result<Response<proto::WithdrawDraftResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |message| &message.request_id).await?;
        let which = mapping::which(message.kind(), &message.name, &message.version);
        let draft = governing::withdraw_draft(&self.edge.ctx, &call, &which, &message.etag)
            .await
            .map_err(refused)?;
        let version = Some(mapping::version(&draft, mapping::Parts::default()));
        Ok(Response::new(proto::WithdrawDraftResponse { version }))
    }

    async fn activate_version(
        &self,
        request: Request<proto::ActivateVersionRequest>,
    ) -> Result<Response<proto::ActivateVersionResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |it| (it.request_id.as_str(), it.validate_only.into()))
            .await?;
        let activation = activation(message).map_err(refused)?;
        let version = governing::activate_version(&self.edge.ctx, &call, activation)
            .await
            .map_err(refused)?;
        Ok(Response::new(proto::ActivateVersionResponse {
            pack: Some(mapping::pack(&version.pack)),
            version: Some(mapping::version(&version, mapping::Parts::default())),
        }))
    }

    async fn roll_back(
        &self,
        request: Request<proto::RollBackRequest>,
    ) -> Result<Response<proto::RollBackResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |it| (it.request_id.as_str(), it.validate_only.into()))
            .await?;
        let rollback = Rollback {
            which: mapping::which(message.kind(), &message.name, &message.to_version),
            effective_from: fields::timestamp("effective_from", message.effective_from)
                .map_err(refused)?,
            etag: message.etag,
            reason: message.reason,
            validate_only: message.validate_only,
        };
        let version =
            governing::roll_back(&self.edge.ctx, &call, rollback).await.map_err(refused)?;
        Ok(Response::new(proto::RollBackResponse { pack: Some(mapping::pack(&version.pack)) }))
    }

    async fn compare_versions(
        &self,
        request: Request<proto::CompareVersionsRequest>,
    ) -> Result<Response<Self::CompareVersionsStream>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let only_changed = message.only_changed;
        let question = books::question(message).map_err(refused)?;
        let run =
            governing::compare_versions(&self.edge.ctx, &call, question).await.map_err(refused)?;
        Ok(Response::new(Box::pin(books::compare(run, only_changed))))
    }

    async fn list_decisions(
        &self,
        request: Request<proto::ListDecisionsRequest>,
    ) -> Result<Response<proto::ListDecisionsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let (wanted, asked) = decisions::wanted(message).map_err(refused)?;
        let page = governing::list_decisions(&self.edge.ctx, &call, &wanted, &asked)
            .await
            .map_err(refused)?;
        let reader = self.reader(&call);
        let without_facts = |linked| proto::Decision {
            facts_json: String::new(),
            ..decisions::decision(reader, linked)
        };
        Ok(Response::new(proto::ListDecisionsResponse {
            decisions: page.rows.iter().map(without_facts).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_decision(
        &self,
        request: Request<proto::GetDecisionRequest>,
    ) -> Result<Response<proto::GetDecisionResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant = fields::id("tenant_id", &message.tenant_id).map_err(refused)?;
        let id = fields::id("decision_id", &message.decision_id).map_err(refused)?;
        let linked =
            governing::get_decision(&self.edge.ctx, &call, tenant, id).await.map_err(refused)?;
        let decision = Some(decisions::decision(self.reader(&call), &linked));
        Ok(Response::new(proto::GetDecisionResponse { decision }))
    }

    async fn render_decision(
        &self,
        request: Request<proto::RenderDecisionRequest>,
    ) -> Result<Response<proto::RenderDecisionResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant = fields::id("tenant_id", &message.tenant_id).map_err(refused)?;
        let id = fields::id("decision_id", &message.decision_id).map_err(refused)?;
        let linked =
            governing::get_decision(&self.edge.ctx, &call, tenant, id).await.map_err(refused)?;
        let (format, language) = (message.format(), message.language());
        let document = decisions::rendered((self.reader(&call), linked), format, language).await?;
        Ok(Response::new(proto::RenderDecisionResponse { document: Some(document) }))
    }

    async fn replay_decision(
        &self,
        request: Request<proto::ReplayDecisionRequest>,
    ) -> Result<Response<proto::ReplayDecisionResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant = fields::id("tenant_id", &message.tenant_id).map_err(refused)?;
        let id = fields::id("decision_id", &message.decision_id).map_err(refused)?;
        let replay =
            governing::replay_decision(&self.edge.ctx, &call, tenant, id).await.map_err(refused)?;
        Ok(Response::new(decisions::replay(self.reader(&call), &replay)))
    }

    async fn replay_book(
        &self,
        request: Request<proto::ReplayBookRequest>,
    ) -> Result<Response<Self::ReplayBookStream>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant = fields::optional_id("tenant_id", &message.tenant_id).map_err(refused)?;
        let recorded = books::period("recorded", message.recorded).map_err(refused)?;
        let run = governing::replay_book(&self.edge.ctx, &call, tenant, recorded)
            .await
            .map_err(refused)?;
        Ok(Response::new(Box::pin(books::replay(run))))
    }

    async fn list_replicas(
        &self,
        request: Request<proto::ListReplicasRequest>,
    ) -> Result<Response<proto::ListReplicasResponse>, Status> {
        let (call, _) = self.edge.open(request).await?;
        let all = governing::list_replicas(&self.edge.ctx, &call).await.map_err(refused)?;
        Ok(Response::new(mapping::replicas(&all)))
    }
}

fn question(message: proto::EvaluatePackRequest) -> Result<PackQuestion, Problem> {
    let facts = serde_json::from_str(&message.facts_json)
        .map_err(|error| Problem::invalid("facts_json", error.to_string()))?;
    Ok(PackQuestion {
        which: WhichPack {
            as_of: fields::optional_timestamp("as_of", message.as_of)?,
            ..mapping::which(message.kind(), &message.name, &message.version)
        },
        sources: mapping::sources(message.files),
        facts,
        tenant_id: fields::optional_id("tenant_id", &message.tenant_id)?,
        subject: message.subject,
        record: message.record,
    })
}

fn activation(message: proto::ActivateVersionRequest) -> Result<Activation, Problem> {
    Ok(Activation {
        which: mapping::which(message.kind(), &message.name, &message.version),
        effective_from: fields::timestamp("effective_from", message.effective_from)?,
        effective_until: fields::optional_timestamp("effective_until", message.effective_until)?,
        etag: message.etag,
        validate_only: message.validate_only,
    })
}
