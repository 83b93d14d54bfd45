//! Calls about claims.

use tasuki_app::claiming;
use tasuki_proto::claim::v1 as proto;
use tasuki_proto::claim::v1::claim_service_server::ClaimService;
use tonic::{Request, Response, Status};

use super::{file, mapping, requests};
use crate::edge::{Asking, Edge};
use crate::explain::Reader;
use crate::fields;
use crate::status::status;

/// Serves `ClaimService`.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl ClaimService for Claims {
    async fn notify_loss(
        &self,
        request: Request<proto::NotifyLossRequest>,
    ) -> Result<Response<proto::NotifyLossResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let only_asks = message.validate_only;
        let notice = requests::notify_loss(message).map_err(|problem| status(&problem))?;
        let view = claiming::notify_loss(&self.edge.ctx, &call, notice)
            .await
            .map_err(|problem| status(&problem))?;
        let mut claim = mapping::claim(Reader::of(&self.edge.ctx, &call), &view);
        if only_asks {
            (claim.id, claim.number) = (String::new(), String::new());
        }
        Ok(Response::new(proto::NotifyLossResponse { claim: Some(claim) }))
    }

    async fn get_claim(
        &self,
        request: Request<proto::GetClaimRequest>,
    ) -> Result<Response<proto::GetClaimResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("claim_id", &message.claim_id).map_err(|problem| status(&problem))?;
        let view = claiming::get_claim(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::GetClaimResponse {
            claim: Some(mapping::claim(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn list_claims(
        &self,
        request: Request<proto::ListClaimsRequest>,
    ) -> Result<Response<proto::ListClaimsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let list = requests::claim_list(message).map_err(|problem| status(&problem))?;
        let page = claiming::list_claims(&self.edge.ctx, &call, &list)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListClaimsResponse {
            claims: page
                .rows
                .iter()
                .map(|row| mapping::claim(Reader::of(&self.edge.ctx, &call), row))
                .collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn add_document(
        &self,
        request: Request<proto::AddDocumentRequest>,
    ) -> Result<Response<proto::AddDocumentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::add_document(message).map_err(|problem| status(&problem))?;
        let answer = claiming::add_document(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let reader = Reader::of(&self.edge.ctx, &call);
        Ok(Response::new(proto::AddDocumentResponse {
            claim: Some(mapping::claim(reader, &answer.view)),
            document: Some(file::document(&answer.document)),
        }))
    }

    async fn request_information(
        &self,
        request: Request<proto::RequestInformationRequest>,
    ) -> Result<Response<proto::RequestInformationResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::request_information(message).map_err(|problem| status(&problem))?;
        let view = claiming::request_information(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let reader = Reader::of(&self.edge.ctx, &call);
        Ok(Response::new(proto::RequestInformationResponse {
            claim: Some(mapping::claim(reader, &view)),
        }))
    }

    async fn assess_claim(
        &self,
        request: Request<proto::AssessClaimRequest>,
    ) -> Result<Response<proto::AssessClaimResponse>, Status> {
        let (call, message) = self
            .edge
            .open_unless_asking(request, |m| (&m.request_id, Asking::from(m.validate_only)))
            .await?;
        let asked = requests::assess_claim(message).map_err(|problem| status(&problem))?;
        let view = claiming::assess_claim(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::AssessClaimResponse {
            claim: Some(mapping::claim(Reader::of(&self.edge.ctx, &call), &view)),
            assessment: mapping::last_assessment(Reader::of(&self.edge.ctx, &call), &view),
        }))
    }

    async fn decide_claim(
        &self,
        request: Request<proto::DecideClaimRequest>,
    ) -> Result<Response<proto::DecideClaimResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::decide_claim(message).map_err(|problem| status(&problem))?;
        let answer = claiming::decide_claim(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::decided(Reader::of(&self.edge.ctx, &call), &answer)))
    }

    async fn record_claim_payment(
        &self,
        request: Request<proto::RecordClaimPaymentRequest>,
    ) -> Result<Response<proto::RecordClaimPaymentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::record_claim_payment(message).map_err(|problem| status(&problem))?;
        let answer = claiming::record_claim_payment(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(mapping::paid(Reader::of(&self.edge.ctx, &call), &answer)))
    }

    async fn record_recovery(
        &self,
        request: Request<proto::RecordRecoveryRequest>,
    ) -> Result<Response<proto::RecordRecoveryResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::record_recovery(message).map_err(|problem| status(&problem))?;
        let answer = claiming::record_recovery(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let reader = Reader::of(&self.edge.ctx, &call);
        Ok(Response::new(proto::RecordRecoveryResponse {
            claim: Some(mapping::claim(reader, &answer.view)),
            recovery: Some(file::recovery(&answer.recovery)),
        }))
    }

    async fn withdraw_claim(
        &self,
        request: Request<proto::WithdrawClaimRequest>,
    ) -> Result<Response<proto::WithdrawClaimResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::withdraw_claim(message).map_err(|problem| status(&problem))?;
        let view = claiming::withdraw_claim(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::WithdrawClaimResponse {
            claim: Some(mapping::claim(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn appeal_claim(
        &self,
        request: Request<proto::AppealClaimRequest>,
    ) -> Result<Response<proto::AppealClaimResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::appeal_claim(message).map_err(|problem| status(&problem))?;
        let view = claiming::appeal_claim(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::AppealClaimResponse {
            claim: Some(mapping::claim(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn reopen_claim(
        &self,
        request: Request<proto::ReopenClaimRequest>,
    ) -> Result<Response<proto::ReopenClaimResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::reopen_claim(message).map_err(|problem| status(&problem))?;
        let view = claiming::reopen_claim(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let reader = Reader::of(&self.edge.ctx, &call);
        Ok(Response::new(proto::ReopenClaimResponse { claim: Some(mapping::claim(reader, &view)) }))
    }

    async fn close_claim(
        &self,
        request: Request<proto::CloseClaimRequest>,
    ) -> Result<Response<proto::CloseClaimResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::close_claim(message).map_err(|problem| status(&problem))?;
        let view = claiming::close_claim(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let reader = Reader::of(&self.edge.ctx, &call);
        Ok(Response::new(proto::CloseClaimResponse { claim: Some(mapping::claim(reader, &view)) }))
    }

    async fn set_reserve(
        &self,
        request: Request<proto::SetReserveRequest>,
    ) -> Result<Response<proto::SetReserveResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let asked = requests::set_reserve(message).map_err(|problem| status(&problem))?;
        let view = claiming::set_reserve(&self.edge.ctx, &call, asked)
            .await
            .map_err(|problem| status(&problem))?;
        let reader = Reader::of(&self.edge.ctx, &call);
        Ok(Response::new(proto::SetReserveResponse { claim: Some(mapping::claim(reader, &view)) }))
    }

    async fn get_claim_letter(
        &self,
        request: Request<proto::GetClaimLetterRequest>,
    ) -> Result<Response<proto::GetClaimLetterResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("claim_id", &message.claim_id).map_err(|problem| status(&problem))?;
        let kind = requests::letter_kind(message.kind());
        let written = claiming::get_claim_letter(&self.edge.ctx, &call, (tenant, id), kind)
            .await
            .map_err(|problem| status(&problem))?;
        let document =
            file::letter_document(&written, message.format(), message.language()).await?;
        let letter = Some(mapping::letter(&written));
        Ok(Response::new(proto::GetClaimLetterResponse { letter, document }))
    }
}
