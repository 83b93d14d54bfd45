//! Reads settlements.

use tasuki_core::id::SettlementId;
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::Month;
use tasuki_store::settlements;

use super::SettlementView;
use super::settle_month::must_be_visible;
use crate::call::Call;
use crate::context::Context;
use crate::monitoring::token::{self, Parts};
use crate::paging::{Page, PageRequest};

/// Which settlements are wanted. Empty filters do not filter.
#[derive(Debug, Clone, Default)]
pub struct SettlementList {
    /// Of this month.
    pub month: Option<Month>,
    /// With counterparts of this kind, by its word.
    pub kind: Option<&'static str>,
    /// With this counterpart, by the text of its id.
    pub counterpart_id: Option<String>,
    /// In one of these states, by their words.
    pub states: Vec<&'static str>,
    /// The page.
    pub page: PageRequest,
}

/// A settlement; an insurer sees its own only.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `SETTLEMENT_NOT_FOUND`.
pub async fn get_settlement(
    ctx: &Context,
    call: &Call,
    id: SettlementId,
) -> Result<SettlementView, Problem> {
    call.require(ctx, Permission::Settle)?;
    let missing = || Problem::not_found(Reason::SettlementNotFound, id);
    let tx = ctx.store.begin_read().await?;
    let stored = settlements::get(&tx, id).await?.ok_or_else(missing)?;
    must_be_visible(call, &stored.settlement.counterpart).map_err(|_| missing())?;
    Ok(stored.into())
}

/// Settlements by month, the newest first, then by counterpart; an insurer sees its own only.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_settlements(
    ctx: &Context,
    call: &Call,
    list: &SettlementList,
) -> Result<Page<SettlementView>, Problem> {
    call.require(ctx, Permission::Settle)?;
    let after = match list.page.after.as_deref() {
        Some(text) => {
            let mut parts = Parts::of(text);
            let (month, kind) = (parts.next()?, parts.next()?);
            Some(settlements::Place { month, kind, counterpart_id: parts.last()? })
        }
        None => None,
    };
    let mut filter = settlements::Filter {
        month: list.month,
        kind: list.kind,
        counterpart_id: list.counterpart_id.clone(),
        states: list.states.clone(),
    };
    if call.principal.role == Role::Insurer {
        let own = call.principal.insurer_id.ok_or_else(|| call.forbidden(Permission::Settle))?;
        let own = own.to_string();
        if filter.counterpart_id.as_ref().is_some_and(|asked| *asked != own) {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        filter.counterpart_id = Some(own);
    }
    let tx = ctx.store.begin_read().await?;
    let rows = settlements::list(&tx, &filter, after.as_ref(), list.page.to_read()).await?;
    let page = list.page.page(rows, |stored| {
        let Counted { month, kind, id } = Counted::of(stored);
        token::token(&[&month, &kind, &id])
    });
    Ok(Page { rows: page.rows.into_iter().map(SettlementView::from).collect(), next: page.next })
}

/// Where a settlement stands in the list.
struct Counted {
    month: Month,
    kind: &'static str,
    id: String,
}

impl Counted {
    fn of(stored: &settlements::Stored) -> Self {
        let settlement = &stored.settlement;
        Self {
            month: settlement.month,
            kind: settlement.counterpart.kind(),
            id: settlement.counterpart.id_text(),
        }
    }
}
