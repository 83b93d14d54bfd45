//! Calls about webhook endpoints.

use tasuki_app::webhooks;
use tasuki_core::problem::Problem;
use tasuki_proto::webhook::v1 as proto;
use tasuki_proto::webhook::v1::webhook_service_server::WebhookService;
use tonic::{Request, Response, Status};

use super::mapping;
use crate::edge::Edge;
use crate::fields;
use crate::status::status;

/// Serves `WebhookService`.
#[derive(Debug, Clone)]
pub(crate) struct Webhooks {
    pub(crate) edge: Edge,
}

#[tonic::async_trait]
impl WebhookService for Webhooks {
    async fn create_webhook_endpoint(
        &self,
        request: Request<proto::CreateWebhookEndpointRequest>,
    ) -> Result<Response<proto::CreateWebhookEndpointResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let new = mapping::new_endpoint(message)?;
            let rules = self.edge.webhook_rules();
            let made =
                webhooks::create_endpoint(ctx, &call, new, rules, mapping::new_key()?).await?;
            Ok(proto::CreateWebhookEndpointResponse {
                webhook_endpoint: Some(mapping::endpoint(&made.stored)),
                secret: mapping::secret(made.secret.as_ref()),
            })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn get_webhook_endpoint(
        &self,
        request: Request<proto::GetWebhookEndpointRequest>,
    ) -> Result<Response<proto::GetWebhookEndpointResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let id = fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?;
            let stored = webhooks::get_endpoint(ctx, &call, id).await?;
            let webhook_endpoint = Some(mapping::endpoint(&stored));
            Ok(proto::GetWebhookEndpointResponse { webhook_endpoint })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn list_webhook_endpoints(
        &self,
        request: Request<proto::ListWebhookEndpointsRequest>,
    ) -> Result<Response<proto::ListWebhookEndpointsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let partner = fields::optional_id("partner_id", &message.partner_id)?;
            let asked = fields::page(message.page_size, message.page_token);
            let page = webhooks::list_endpoints(ctx, &call, partner, &asked).await?;
            Ok(proto::ListWebhookEndpointsResponse {
                webhook_endpoints: page.rows.iter().map(mapping::endpoint).collect(),
                next_page_token: page.next.unwrap_or_default(),
            })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn update_webhook_endpoint(
        &self,
        request: Request<proto::UpdateWebhookEndpointRequest>,
    ) -> Result<Response<proto::UpdateWebhookEndpointResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let change = mapping::change(message)?;
            let rules = self.edge.webhook_rules();
            let stored = webhooks::update_endpoint(ctx, &call, change, rules).await?;
            let webhook_endpoint = Some(mapping::endpoint(&stored));
            Ok(proto::UpdateWebhookEndpointResponse { webhook_endpoint })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn delete_webhook_endpoint(
        &self,
        request: Request<proto::DeleteWebhookEndpointRequest>,
    ) -> Result<Response<proto::DeleteWebhookEndpointResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let id = fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?;
            webhooks::delete_endpoint(ctx, &call, (id, &message.etag)).await?;
            Ok(proto::DeleteWebhookEndpointResponse {})
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn disable_webhook_endpoint(
        &self,
        request: Request<proto::DisableWebhookEndpointRequest>,
    ) -> Result<Response<proto::DisableWebhookEndpointResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let id = fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?;
            let stored = webhooks::disable_endpoint(ctx, &call, (id, &message.etag)).await?;
            let webhook_endpoint = Some(mapping::endpoint(&stored));
            Ok(proto::DisableWebhookEndpointResponse { webhook_endpoint })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn enable_webhook_endpoint(
        &self,
        request: Request<proto::EnableWebhookEndpointRequest>,
    ) -> Result<Response<proto::EnableWebhookEndpointResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let id = fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?;
            let start = mapping::start(message.start());
            let stored = webhooks::enable_endpoint(ctx, &call, (id, &message.etag), start).await?;
            let webhook_endpoint = Some(mapping::endpoint(&stored));
            Ok(proto::EnableWebhookEndpointResponse { webhook_endpoint })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn rotate_webhook_secret(
        &self,
        request: Request<proto::RotateWebhookSecretRequest>,
    ) -> Result<Response<proto::RotateWebhookSecretResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let rotation = mapping::rotation(message)?;
            let made = webhooks::rotate_secret(ctx, &call, rotation, mapping::new_key()?).await?;
            Ok(proto::RotateWebhookSecretResponse {
                webhook_endpoint: Some(mapping::endpoint(&made.stored)),
                secret: mapping::secret(made.secret.as_ref()),
            })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn send_test_event(
        &self,
        request: Request<proto::SendTestEventRequest>,
    ) -> Result<Response<proto::SendTestEventResponse>, Status> {
        let (call, message) = self.edge.open_change(request, |m| &m.request_id).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let id = fields::id("webhook_endpoint_id", &message.webhook_endpoint_id)?;
            let event_id = webhooks::test_endpoint(ctx, &call, id).await?.to_string();
            Ok(proto::SendTestEventResponse { event_id })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }

    async fn list_webhook_attempts(
        &self,
        request: Request<proto::ListWebhookAttemptsRequest>,
    ) -> Result<Response<proto::ListWebhookAttemptsResponse>, Status> {
        let (call, message) = self.edge.open(request).await?;
        let ctx = &self.edge.ctx;
        let answer = async {
            let filter = mapping::attempt_filter(&message)?;
            let asked = fields::page(message.page_size, message.page_token);
            let page = webhooks::list_attempts(ctx, &call, filter, &asked).await?;
            Ok(proto::ListWebhookAttemptsResponse {
                webhook_attempts: page.rows.iter().map(mapping::attempt).collect(),
                next_page_token: page.next.unwrap_or_default(),
            })
        };
        answer.await.map(Response::new).map_err(|problem: Problem| status(&problem))
    }
}
