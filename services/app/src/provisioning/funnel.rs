//! How many applications went live, and why the others did not.

use std::collections::BTreeMap;

use tasuki_core::id::PartnerId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Application, FunnelCounts};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_store::{Scope, orders};

use super::read_orders::everybody;
use crate::call::Call;
use crate::context::Context;

/// Whether rows are counted together or apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Split {
    /// One row for all: a firm that applied for several counts once (C-5).
    #[default]
    Together,
    /// A row for each.
    Apart,
}

impl From<bool> for Split {
    fn from(apart: bool) -> Self {
        if apart { Self::Apart } else { Self::Together }
    }
}

/// Which applications are counted, and how.
#[derive(Debug, Clone, Default)]
pub struct FunnelQuery {
    /// Of the tenants of this partner only.
    pub partner: Option<PartnerId>,
    /// Of this service only.
    pub service: Option<Service>,
    /// Only what was ordered from here on, by the tenant's clock.
    pub ordered_from: Option<Timestamp>,
    /// Only what was ordered before, by the tenant's clock.
    pub ordered_before: Option<Timestamp>,
    /// Whether partners are counted apart.
    pub partners: Split,
    /// Whether the components of a service are counted apart.
    pub components: Split,
}

/// The funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// By service, then component and partner where they are counted apart.
    pub rows: Vec<FunnelRow>,
    /// Everything together: how many firms stand behind it.
    pub total: FunnelCounts,
}

/// One row of the funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelRow {
    /// The service.
    pub service: Service,
    /// The component; empty where components are counted together.
    pub component: String,
    /// The partner; none where partners are counted together.
    pub partner_id: Option<PartnerId>,
    /// The counts.
    pub counts: FunnelCounts,
}

/// Counts the applications that the caller may see.
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn get_funnel(
    ctx: &Context,
    call: &Call,
    query: &FunnelQuery,
) -> Result<Funnel, Problem> {
    let scope = match (everybody(ctx, call)?, query.partner) {
        (Scope::All, Some(partner)) => Scope::Partner(partner),
        (own, _) => own,
    };
    let tx = ctx.store.begin_read().await?;
    let mut groups: BTreeMap<(Service, String, Option<PartnerId>), Vec<Application>> =
        BTreeMap::new();
    let mut all = Vec::new();
    let ordered = (query.ordered_from, query.ordered_before);
    let found = orders::applications(&tx, scope, ordered).await?;
    for ((service, component, partner), applications) in found {
        let other_partner = query.partner.is_some_and(|asked| asked != partner);
        let other_service = query.service.is_some_and(|asked| asked != service);
        if other_partner || other_service {
            continue;
        }
        let component = match query.components {
            Split::Together => String::new(),
            Split::Apart => component,
        };
        let partner = match query.partners {
            Split::Together => query.partner,
            Split::Apart => Some(partner),
        };
        all.extend(applications.iter().copied());
        groups.entry((service, component, partner)).or_default().extend(applications);
    }
    let rows = groups
        .into_iter()
        .map(|((service, component, partner_id), applications)| FunnelRow {
            service,
            component,
            partner_id,
            counts: FunnelCounts::of(applications),
        })
        .collect();
    Ok(Funnel { rows, total: FunnelCounts::of(all) })
}
