//! Calls about cover.

use tasuki_app::claiming;
use tasuki_proto::cover::v1 as proto;
use tasuki_proto::cover::v1::cover_service_server::CoverService;
use tonic::{Request, Response, Status};

use super::{batch, evidence, mapping, page};
use crate::edge::{Asking, Edge};
use crate::explain::Reader;
use crate::fields;
use crate::status::status;

/// The two times of a question.
fn times(
    as_of: Option<prost_types::Timestamp>,
    known_at: Option<prost_types::Timestamp>,
) -> Result<claiming::Times, Status> {
    let as_of = fields::optional_timestamp("as_of", as_of).map_err(|problem| status(&problem))?;
    let known_at = fields::optional_timestamp("known_at", known_at);
    Ok((as_of, known_at.map_err(|problem| status(&problem))?))
}

/// Serves `CoverService`.
#[derive(Debug, Clone)]
pub(crate) struct Covers {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl CoverService for Covers {
    async fn create_master_contract(
        &self,
        request: Request<proto::CreateMasterContractRequest>,
    ) -> Result<Response<proto::CreateMasterContractResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let only_asks = message.validate_only;
        let new = mapping::new_master_contract(message).map_err(|problem| status(&problem))?;
        let view = claiming::create_master_contract(&self.edge.ctx, &call, new)
            .await
            .map_err(|problem| status(&problem))?;
        let mut contract = mapping::master_contract(&view);
        if only_asks {
            contract.id = String::new();
        }
        Ok(Response::new(proto::CreateMasterContractResponse { master_contract: Some(contract) }))
    }

    async fn get_master_contract(
        &self,
        request: Request<proto::GetMasterContractRequest>,
    ) -> Result<Response<proto::GetMasterContractResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let id = fields::id("master_contract_id", &message.master_contract_id)
            .map_err(|problem| status(&problem))?;
        let times = times(message.as_of, message.known_at)?;
        let view = claiming::get_master_contract(&self.edge.ctx, &call, id, times)
            .await
            .map_err(|problem| status(&problem))?;
        let master_contract = Some(mapping::master_contract(&view));
        Ok(Response::new(proto::GetMasterContractResponse { master_contract }))
    }

    async fn list_master_contracts(
        &self,
        request: Request<proto::ListMasterContractsRequest>,
    ) -> Result<Response<proto::ListMasterContractsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::master_contract_list(message).map_err(|problem| status(&problem))?;
        let page = claiming::list_master_contracts(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListMasterContractsResponse {
            master_contracts: page.rows.iter().map(mapping::master_contract).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn endorse_master_contract(
        &self,
        request: Request<proto::EndorseMasterContractRequest>,
    ) -> Result<Response<proto::EndorseMasterContractResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let new = mapping::new_endorsement(message).map_err(|problem| status(&problem))?;
        let answer = claiming::endorse_master_contract(&self.edge.ctx, &call, new)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::endorsed(&answer)))
    }

    async fn render_certificate(
        &self,
        request: Request<proto::RenderCertificateRequest>,
    ) -> Result<Response<proto::RenderCertificateResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("certificate_id", &message.certificate_id)
            .map_err(|problem| status(&problem))?;
        let times = times(message.as_of, message.known_at)?;
        let ctx = &self.edge.ctx;
        let view = claiming::get_certificate(ctx, &call, (tenant, id), times)
            .await
            .map_err(|problem| status(&problem))?;
        let tenant = tasuki_app::governing::get_tenant(ctx, &call, tenant)
            .await
            .map_err(|problem| status(&problem))?;
        let asked = (message.format(), message.language());
        let document = Some(page::rendered(&view, tenant.tenant, asked).await?);
        Ok(Response::new(proto::RenderCertificateResponse { document }))
    }

    async fn get_certificate(
        &self,
        request: Request<proto::GetCertificateRequest>,
    ) -> Result<Response<proto::GetCertificateResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("certificate_id", &message.certificate_id)
            .map_err(|problem| status(&problem))?;
        let times = times(message.as_of, message.known_at)?;
        let view = claiming::get_certificate(&self.edge.ctx, &call, (tenant, id), times)
            .await
            .map_err(|problem| status(&problem))?;
        let certificate = Some(mapping::certificate(&view));
        Ok(Response::new(proto::GetCertificateResponse { certificate }))
    }

    async fn list_certificates(
        &self,
        request: Request<proto::ListCertificatesRequest>,
    ) -> Result<Response<proto::ListCertificatesResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::certificate_list(message).map_err(|problem| status(&problem))?;
        let page = claiming::list_certificates(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListCertificatesResponse {
            certificates: page.rows.iter().map(mapping::certificate).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn acknowledge_terms(
        &self,
        request: Request<proto::AcknowledgeTermsRequest>,
    ) -> Result<Response<proto::AcknowledgeTermsResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = mapping::acknowledge_terms(message).map_err(|problem| status(&problem))?;
        let answer = claiming::acknowledge_terms(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::acknowledged(answer)))
    }

    async fn list_terms(
        &self,
        request: Request<proto::ListTermsRequest>,
    ) -> Result<Response<proto::ListTermsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = mapping::terms_list(message).map_err(|problem| status(&problem))?;
        let page = claiming::list_terms(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::listed_terms(page)))
    }

    async fn evaluate_eligibility(
        &self,
        request: Request<proto::EvaluateEligibilityRequest>,
    ) -> Result<Response<proto::EvaluateEligibilityResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let question =
            mapping::eligibility_question(message).map_err(|problem| status(&problem))?;
        let answer = claiming::evaluate_eligibility(&self.edge.ctx, &call, question)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::eligibility(Reader::of(&self.edge.ctx, &call), answer)))
    }

    async fn batch_evaluate_eligibility(
        &self,
        request: Request<proto::BatchEvaluateEligibilityRequest>,
    ) -> Result<Response<proto::BatchEvaluateEligibilityResponse>, Status> {
        // Each question has a request id of its own.
        let (call, message) = self.edge.open_batch(request, "questions", |_| "").await?;
        let results = batch::answers(&self.edge, &call, message.questions).await?;
        Ok(Response::new(proto::BatchEvaluateEligibilityResponse { results }))
    }

    async fn record_evidence(
        &self,
        request: Request<proto::RecordEvidenceRequest>,
    ) -> Result<Response<proto::RecordEvidenceResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = evidence::record(message).map_err(|problem| status(&problem))?;
        let recorded = claiming::record_evidence(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let evidence = Some(evidence::evidence(&recorded));
        Ok(Response::new(proto::RecordEvidenceResponse { evidence }))
    }

    async fn list_evidence(
        &self,
        request: Request<proto::ListEvidenceRequest>,
    ) -> Result<Response<proto::ListEvidenceResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = evidence::list(message).map_err(|problem| status(&problem))?;
        let page = claiming::list_evidence(&self.edge.ctx, &call, list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListEvidenceResponse {
            evidence: page.rows.iter().map(evidence::evidence).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_limits(
        &self,
        request: Request<proto::GetLimitsRequest>,
    ) -> Result<Response<proto::GetLimitsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let question = mapping::limit_question(&message).map_err(|problem| status(&problem))?;
        let times = times(message.as_of, message.known_at)?;
        let left = claiming::limits_left(&self.edge.ctx, &call, question, times)
            .await
            .map_err(|problem| status(&problem))?;
        let limits = left.limits.iter().map(mapping::limit_status).collect();
        let numbers = left.numbers.iter().map(mapping::number_status).collect();
        Ok(Response::new(proto::GetLimitsResponse { limits, numbers }))
    }
}
