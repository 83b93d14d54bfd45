//! `tasuki.subscription.v1.SubscriptionService`.

mod commands;
mod handler;
mod mapping;
mod migration;

pub(crate) use handler::Subscriptions;
