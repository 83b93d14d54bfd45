//! What jobs work with.

use std::sync::Arc;

use tasuki_app::context::Context;
use tasuki_partners::dns::Dns;
use tasuki_partners::notices::Deliver;
use tasuki_partners::provider::Providers;

/// What jobs work with.
#[derive(Debug, Clone)]
pub struct Worker {
    /// What use cases work with.
    pub ctx: Context,
    /// Who delivers notices.
    pub notices: Arc<dyn Deliver>,
    /// Who is asked to set services up.
    pub providers: Arc<dyn Providers>,
    /// Who looks into DNS whether customers have changed it; none when nobody does.
    pub dns: Option<Dns>,
}
