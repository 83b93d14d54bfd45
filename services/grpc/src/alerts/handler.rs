//! Calls about what providers detect.

use tasuki_app::monitoring;
use tasuki_proto::alert::v1 as proto;
use tasuki_proto::alert::v1::alert_service_server::AlertService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::explain::Reader;
use crate::fields;
use crate::status::status;

/// Serves `AlertService`.
#[derive(Debug, Clone)]
pub(crate) struct Alerts {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl AlertService for Alerts {
    async fn report_alert(
        &self,
        request: Request<proto::ReportAlertRequest>,
    ) -> Result<Response<proto::ReportAlertResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let row = mapping::reported(message.report.unwrap_or_default())
            .map_err(|problem| status(&problem))?;
        let reported = monitoring::report_alert(&self.edge.ctx, &call, row)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ReportAlertResponse {
            alert: Some(mapping::alert(Reader::of(&self.edge.ctx, &call), &reported.view)),
            repeated_report: reported.repeated,
        }))
    }

    async fn report_alerts(
        &self,
        request: Request<proto::ReportAlertsRequest>,
    ) -> Result<Response<proto::ReportAlertsResponse>, Status> {
        let (call, message) = self.edge.open_batch(request, "reports", |m| &m.request_id).await?;
        let rows = message.reports.into_iter().map(mapping::report_row).collect();
        let answers = monitoring::report_alerts(&self.edge.ctx, &call, rows)
            .await
            .map_err(|problem| status(&problem))?;
        let results = answers.into_iter().map(mapping::result).collect();
        Ok(Response::new(proto::ReportAlertsResponse { results }))
    }

    async fn report_heartbeats(
        &self,
        request: Request<proto::ReportHeartbeatsRequest>,
    ) -> Result<Response<proto::ReportHeartbeatsResponse>, Status> {
        let (call, message) =
            self.edge.open_batch(request, "heartbeats", |m| &m.request_id).await?;
        let provider =
            fields::id("provider_id", &message.provider_id).map_err(|problem| status(&problem))?;
        let rows = message.heartbeats.into_iter().map(mapping::heartbeat_row).collect();
        let answers = monitoring::report_heartbeats(&self.edge.ctx, &call, provider, rows)
            .await
            .map_err(|problem| status(&problem))?;
        let results = answers.into_iter().map(mapping::result).collect();
        Ok(Response::new(proto::ReportHeartbeatsResponse { results }))
    }

    async fn get_alert(
        &self,
        request: Request<proto::GetAlertRequest>,
    ) -> Result<Response<proto::GetAlertResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id = fields::id("alert_id", &message.alert_id).map_err(|problem| status(&problem))?;
        let view = monitoring::get_alert(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::GetAlertResponse {
            alert: Some(mapping::alert(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn list_alerts(
        &self,
        request: Request<proto::ListAlertsRequest>,
    ) -> Result<Response<proto::ListAlertsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let (wanted, asked) = mapping::list(message).map_err(|problem| status(&problem))?;
        let page = monitoring::list_alerts(&self.edge.ctx, &call, &wanted, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListAlertsResponse {
            alerts: page
                .rows
                .iter()
                .map(|row| mapping::alert(Reader::of(&self.edge.ctx, &call), row))
                .collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn record_verdict(
        &self,
        request: Request<proto::RecordVerdictRequest>,
    ) -> Result<Response<proto::RecordVerdictResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = mapping::record_verdict(message).map_err(|problem| status(&problem))?;
        let view = monitoring::record_verdict(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::RecordVerdictResponse {
            alert: Some(mapping::alert(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn get_alert_summary(
        &self,
        request: Request<proto::GetAlertSummaryRequest>,
    ) -> Result<Response<proto::GetAlertSummaryResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let wanted = mapping::summary_of(&message).map_err(|problem| status(&problem))?;
        let rows = monitoring::summarize_alerts(&self.edge.ctx, &call, &wanted)
            .await
            .map_err(|problem| status(&problem))?;
        let rows = rows.iter().map(mapping::summary_row).collect();
        Ok(Response::new(proto::GetAlertSummaryResponse { rows }))
    }
}
