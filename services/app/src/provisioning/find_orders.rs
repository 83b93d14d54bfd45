//! Finds orders by what is in them.

use tasuki_core::id::{PartnerId, SubscriptionId, TenantId};
use tasuki_core::problem::Problem;
use tasuki_core::provisioning::{Item, OrderState};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use super::read_orders::{OrderView, list_orders};
use crate::call::Call;
use crate::context::Context;
use crate::paging::{Page, PageRequest};

/// Orders looked at for one page, at most: a search that finds little goes on with the next page.
const MOST_LOOKED_AT: usize = 5_000;

/// Orders read at once.
const BATCH: u64 = 200;

/// Which orders are wanted. What is left out does not narrow.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Only of this tenant.
    pub tenant_id: Option<TenantId>,
    /// Only of this subscription.
    pub subscription_id: Option<SubscriptionId>,
    /// Only of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only in these states; any if empty.
    pub states: Vec<OrderState>,
    /// Only with an item in the state of this word.
    pub item_state: Option<String>,
    /// Only with an item of this service.
    pub service: Option<Service>,
    /// Only ordered at or after.
    pub ordered_from: Option<Timestamp>,
    /// Only ordered before.
    pub ordered_until: Option<Timestamp>,
}

/// Orders that fit, in the order in which they were made.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn find_orders(
    ctx: &Context,
    call: &Call,
    filter: &OrderFilter,
    request: &PageRequest,
) -> Result<Page<OrderView>, Problem> {
    let wanted = usize::try_from(request.to_read()).unwrap_or(usize::MAX);
    let whose = (filter.tenant_id, filter.subscription_id);
    let size = if filter.is_open() { request.size() } else { BATCH };
    let mut asked = PageRequest { size, after: request.after.clone() };
    let (mut found, mut n_looked_at, mut last) = (Vec::new(), 0_usize, None);
    loop {
        let page = list_orders(ctx, call, whose, &asked).await?;
        n_looked_at = n_looked_at.saturating_add(page.rows.len());
        last = page.rows.last().map(|view| view.stored.order.id.to_string()).or(last);
        found.extend(page.rows.into_iter().filter(|view| filter.fits(view)));
        if found.len() >= wanted {
            return Ok(request.page(found, |view| view.stored.order.id.to_string()));
        }
        match page.next {
            Some(_) if filter.is_open() || n_looked_at >= MOST_LOOKED_AT => {
                return Ok(Page { rows: found, next: last });
            }
            Some(next) => asked.after = Some(next),
            None => return Ok(Page { rows: found, next: None }),
        }
    }
}

/// What runs and is not as ordered is told apart.
fn stands_at(item: &Item, word: &str) -> bool {
    if word == "drifted" { item.has_drifted() } else { item.state.as_str() == word }
}

impl OrderFilter {
    /// Whether the list itself narrows enough.
    fn is_open(&self) -> bool {
        self.partner_id.is_none()
            && self.states.is_empty()
            && self.item_state.is_none()
            && self.service.is_none()
            && self.ordered_from.is_none()
            && self.ordered_until.is_none()
    }

    fn fits(&self, view: &OrderView) -> bool {
        let order = &view.stored.order;
        let items = view.stored.items();
        self.partner_id.is_none_or(|partner| order.partner_id == partner)
            && (self.states.is_empty() || self.states.contains(&order.state(&items)))
            && self
                .item_state
                .as_ref()
                .is_none_or(|word| items.iter().any(|item| stands_at(item, word)))
            && self.service.is_none_or(|service| items.iter().any(|it| it.service() == service))
            && self.ordered_from.is_none_or(|from| order.ordered_at >= from)
            && self.ordered_until.is_none_or(|until| order.ordered_at < until)
    }
}
