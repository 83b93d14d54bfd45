//! Reads notices: the desk's queue, and what was said to whom.

use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::notice::{Audience, Channel, Notice};
use tasuki_core::party::Role;
use tasuki_core::problem::Problem;
use tasuki_core::time::Timestamp;
use tasuki_store::notices::{self, Filter, Place};

use super::scope;
use super::token::{Parts, token};
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Which notices are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeList {
    /// Of this tenant; left out, of all that the caller may see.
    pub tenant_id: Option<TenantId>,
    /// About this incident.
    pub incident_id: Option<IncidentId>,
    /// In one of these states, by their words; none: in any.
    pub states: Vec<&'static str>,
    /// On this channel.
    pub channel: Option<Channel>,
    /// Asked for at or after this instant.
    pub requested_from: Option<Timestamp>,
    /// Asked for before this instant.
    pub requested_until: Option<Timestamp>,
}

/// Notices, the oldest request first. A customer sees its own, not what the desk tells itself.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_notices(
    ctx: &Context,
    call: &Call,
    wanted: &NoticeList,
    request: &PageRequest,
) -> Result<Page<Notice>, Problem> {
    let tx = ctx.store.begin_read().await?;
    let filter = Filter {
        scope: scope::of_list(ctx, &tx, call, wanted.tenant_id).await?,
        incident: wanted.incident_id,
        states: wanted.states.clone(),
        channel: wanted.channel,
        audience: (call.principal.role == Role::Tenant).then_some(Audience::Tenant),
        requested_from: wanted.requested_from,
        requested_until: wanted.requested_until,
    };
    let after = request.after.as_deref().map(place).transpose()?;
    let rows = notices::list(&tx, &filter, after.as_ref(), request.to_read()).await?;
    let page = request.page(rows, |row| {
        let at = row.notice.requested_at.as_microseconds();
        token(&[&at, &row.notice.tenant_id, &row.key])
    });
    Ok(Page { rows: page.rows.into_iter().map(|row| row.notice).collect(), next: page.next })
}

fn place(text: &str) -> Result<Place, Problem> {
    let mut parts = Parts::of(text);
    Ok(Place {
        requested_at: Timestamp::from_microseconds(parts.next()?)?,
        tenant_id: parts.next()?,
        key: parts.last()?,
    })
}
