//! Calls about what providers measure.

use tasuki_app::monitoring;
use tasuki_proto::usage::v1 as proto;
use tasuki_proto::usage::v1::usage_service_server::UsageService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::fields;
use crate::status::status;

/// Serves `UsageService`.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl UsageService for Usage {
    async fn report_usage(
        &self,
        request: Request<proto::ReportUsageRequest>,
    ) -> Result<Response<proto::ReportUsageResponse>, Status> {
        let (call, message) = self.edge.open_batch(request, "reports", |m| &m.request_id).await?;
        let provider =
            fields::id("provider_id", &message.provider_id).map_err(|problem| status(&problem))?;
        let rows = message.reports.into_iter().map(mapping::row).collect();
        let answers = monitoring::report_usage(&self.edge.ctx, &call, provider, rows)
            .await
            .map_err(|problem| status(&problem))?;
        let results = answers.into_iter().map(mapping::result).collect();
        Ok(Response::new(proto::ReportUsageResponse { results }))
    }

    async fn list_usage(
        &self,
        request: Request<proto::ListUsageRequest>,
    ) -> Result<Response<proto::ListUsageResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let (wanted, asked) = mapping::list(message).map_err(|problem| status(&problem))?;
        let page = monitoring::list_usage(&self.edge.ctx, &call, wanted, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListUsageResponse {
            records: page.rows.iter().map(mapping::record).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn summarize_usage(
        &self,
        request: Request<proto::SummarizeUsageRequest>,
    ) -> Result<Response<proto::SummarizeUsageResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let subscription = fields::id("subscription_id", &message.subscription_id)
            .map_err(|problem| status(&problem))?;
        let month = fields::month("month", &message.month).map_err(|problem| status(&problem))?;
        let meters =
            monitoring::summarize_usage(&self.edge.ctx, &call, (tenant, subscription), month)
                .await
                .map_err(|problem| status(&problem))?;
        let meters = meters.iter().map(mapping::meter).collect();
        Ok(Response::new(proto::SummarizeUsageResponse { meters }))
    }
}
