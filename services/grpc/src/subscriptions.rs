//! `tasuki.subscription.v1.SubscriptionService`.

mod handler;
mod mapping;

pub(crate) use handler::Subscriptions;
