//! How many applications went live, and why the others did not.

use std::collections::BTreeMap;

use tasuki_core::id::PartnerId;
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Application, FunnelCounts};
use tasuki_core::service::Service;
use tasuki_store::{Scope, orders};

use super::read_orders::everybody;
use crate::call::Call;
use crate::context::Context;

/// The funnel of one component of a service, of one partner or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelRow {
    /// The service.
    pub service: Service,
    /// The component; empty for all components of the service together.
    pub component: String,
    /// The partner; none for all.
    pub partner_id: Option<PartnerId>,
    /// The counts.
    pub counts: FunnelCounts,
}

/// The funnel by service and component, with a row for each service as a whole where it has several
/// components (C-5: a firm that applied for both counts once there).
///
/// # Errors
/// `ROLE_FORBIDDEN`.
pub async fn get_funnel(
    ctx: &Context,
    call: &Call,
    partner: Option<PartnerId>,
) -> Result<Vec<FunnelRow>, Problem> {
    let scope = match everybody(call)? {
        Scope::All => partner.map_or(Scope::All, Scope::Partner),
        Scope::Partner(own) if partner.is_some_and(|asked| asked != own) => {
            return Ok(Vec::new());
        }
        own @ (Scope::Partner(_) | Scope::Tenant(_)) => own,
    };
    let tx = ctx.store.begin_read().await?;
    let mut by_component: BTreeMap<(Service, String), Vec<Application>> = BTreeMap::new();
    for ((service, component, _), applications) in orders::applications(&tx, scope).await? {
        by_component.entry((service, component)).or_default().extend(applications);
    }
    let mut rows = Vec::new();
    for service in Service::ALL {
        let of_service: Vec<_> =
            by_component.iter().filter(|((of, _), _)| *of == service).collect();
        let row = |component: &str, counts| FunnelRow {
            service,
            component: component.to_owned(),
            partner_id: partner,
            counts,
        };
        if of_service.len() > 1 {
            let all = of_service.iter().flat_map(|(_, applications)| applications.iter().copied());
            rows.push(row("", FunnelCounts::of(all)));
        }
        for ((_, component), applications) in of_service {
            rows.push(row(component, FunnelCounts::of(applications.iter().copied())));
        }
    }
    Ok(rows)
}
