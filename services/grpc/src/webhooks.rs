//! `tasuki.webhook.v1.WebhookService`.

mod handler;
mod mapping;

pub(crate) use handler::Webhooks;
