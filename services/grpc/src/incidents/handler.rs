//! Calls about incidents, notices and service calendars.

use std::pin::Pin;

use tasuki_app::monitoring;
use tasuki_proto::incident::v1 as proto;
use tasuki_proto::incident::v1::incident_service_server::IncidentService;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{calendars, commands, mapping, notices, work};
use crate::edge::Edge;
use crate::explain::Reader;
use crate::fields;
use crate::status::{not_served_yet, status};

/// Serves `IncidentService`.
#[derive(Debug, Clone)]
pub(crate) struct Incidents {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl IncidentService for Incidents {
    type WatchIncidentsStream =
        Pin<Box<dyn Stream<Item = Result<proto::WatchIncidentsResponse, Status>> + Send>>;

    async fn open_incident(
        &self,
        request: Request<proto::OpenIncidentRequest>,
    ) -> Result<Response<proto::OpenIncidentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = commands::open(message).map_err(|problem| status(&problem))?;
        let opened = monitoring::open_incident(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::OpenIncidentResponse {
            incident: Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &opened.view)),
            joined: opened.joined,
        }))
    }

    async fn get_incident(
        &self,
        request: Request<proto::GetIncidentRequest>,
    ) -> Result<Response<proto::GetIncidentResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id =
            fields::id("incident_id", &message.incident_id).map_err(|problem| status(&problem))?;
        let view = monitoring::get_incident(&self.edge.ctx, &call, tenant, id)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::GetIncidentResponse {
            incident: Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn list_incidents(
        &self,
        request: Request<proto::ListIncidentsRequest>,
    ) -> Result<Response<proto::ListIncidentsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let (wanted, asked) = commands::list(message).map_err(|problem| status(&problem))?;
        let page = monitoring::list_incidents(&self.edge.ctx, &call, &wanted, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListIncidentsResponse {
            incidents: page
                .rows
                .iter()
                .map(|row| mapping::incident(Reader::of(&self.edge.ctx, &call), row))
                .collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn acknowledge_incident(
        &self,
        request: Request<proto::AcknowledgeIncidentRequest>,
    ) -> Result<Response<proto::AcknowledgeIncidentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let tenant =
            fields::id("tenant_id", &message.tenant_id).map_err(|problem| status(&problem))?;
        let id =
            fields::id("incident_id", &message.incident_id).map_err(|problem| status(&problem))?;
        let view =
            monitoring::acknowledge_incident(&self.edge.ctx, &call, (tenant, id), &message.etag)
                .await
                .map_err(|problem| status(&problem))?;
        let incident = Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view));
        Ok(Response::new(proto::AcknowledgeIncidentResponse { incident }))
    }

    async fn escalate_incident(
        &self,
        request: Request<proto::EscalateIncidentRequest>,
    ) -> Result<Response<proto::EscalateIncidentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = commands::escalate(message).map_err(|problem| status(&problem))?;
        let view = monitoring::escalate_incident(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        let incident = Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view));
        Ok(Response::new(proto::EscalateIncidentResponse { incident }))
    }

    async fn record_work(
        &self,
        request: Request<proto::RecordWorkRequest>,
    ) -> Result<Response<proto::RecordWorkResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = work::record(message).map_err(|problem| status(&problem))?;
        let view = monitoring::record_work(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::RecordWorkResponse {
            work: view.incident.work.last().map(work::work),
            incident: Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn open_service_request(
        &self,
        request: Request<proto::OpenServiceRequestRequest>,
    ) -> Result<Response<proto::OpenServiceRequestResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = work::open_request(message).map_err(|problem| status(&problem))?;
        let view = monitoring::open_service_request(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::OpenServiceRequestResponse {
            service_request: view.incident.requests.last().map(work::request),
            incident: Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn advance_service_request(
        &self,
        request: Request<proto::AdvanceServiceRequestRequest>,
    ) -> Result<Response<proto::AdvanceServiceRequestResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = work::advance_request(message).map_err(|problem| status(&problem))?;
        let number = command.number;
        let view = monitoring::advance_service_request(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        let moved = view.incident.requests.iter().find(|request| request.number == number);
        Ok(Response::new(proto::AdvanceServiceRequestResponse {
            service_request: moved.map(work::request),
            incident: Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view)),
        }))
    }

    async fn resolve_incident(
        &self,
        request: Request<proto::ResolveIncidentRequest>,
    ) -> Result<Response<proto::ResolveIncidentResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let command = commands::resolve(message).map_err(|problem| status(&problem))?;
        let view = monitoring::resolve_incident(&self.edge.ctx, &call, command)
            .await
            .map_err(|problem| status(&problem))?;
        let incident = Some(mapping::incident(Reader::of(&self.edge.ctx, &call), &view));
        Ok(Response::new(proto::ResolveIncidentResponse { incident }))
    }

    async fn list_notices(
        &self,
        request: Request<proto::ListNoticesRequest>,
    ) -> Result<Response<proto::ListNoticesResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let (wanted, asked) = notices::list(message).map_err(|problem| status(&problem))?;
        let page = monitoring::list_notices(&self.edge.ctx, &call, &wanted, &asked)
            .await
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(proto::ListNoticesResponse {
            notices: page.rows.iter().map(notices::notice).collect(),
            next_page_token: page.next.unwrap_or_default(),
        }))
    }

    async fn get_service_calendar(
        &self,
        request: Request<proto::GetServiceCalendarRequest>,
    ) -> Result<Response<proto::GetServiceCalendarResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let question = calendars::question(message).map_err(|problem| status(&problem))?;
        let view = monitoring::read_calendar(&self.edge.ctx, &call, &question)
            .map_err(|problem| status(&problem))?;
        Ok(Response::new(calendars::answer(&view)))
    }

    async fn watch_incidents(
        &self,
        _: Request<proto::WatchIncidentsRequest>,
    ) -> Result<Response<Self::WatchIncidentsStream>, Status> {
        Err(not_served_yet("tasuki.incident.v1.IncidentService/WatchIncidents"))
    }
}
