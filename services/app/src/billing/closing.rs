//! Closes a month of a subscription, in the transaction of the use case that asks for it.
//!
//! A month is closed once: the row that says so is inserted first, and whoever finds it there gets
//! the invoice that was made. The number is drawn last, so that its lock is held for a moment only.

use serde_json::{Value, json};
use tasuki_core::invoice::{Invoice, Numbered, due_on};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::subscription::{Subscription, SubscriptionState};
use tasuki_core::time::Month;
use tasuki_core::usage::UsageRecord;
use tasuki_store::counters::{self, Series};
use tasuki_store::{Scope, Tx, invoices, subscriptions, usage};

use super::charges::{self, Charged};
use super::{InvoiceView, giving_back, schedule};
use crate::access::Entered;
use crate::context::{Context, News};

/// Subscriptions of a tenant read at once.
const AT_ONCE: u64 = 200;

/// More invoices than one subscription has for one month.
const OF_ONE_MONTH: u64 = 100;

/// Whether a subscription has days in a month that can be charged. One that never became active, or
/// was over before, has none.
pub(crate) fn runs_in(subscription: &Subscription, month: Month) -> bool {
    let first = month.first_day();
    let began = subscription.anchor.is_some_and(|anchor| anchor <= month.last_day());
    let over = match subscription.state() {
        // What is left of the minimum term is charged in the month of the end.
        SubscriptionState::Cancelled { on, because } => {
            let owes = subscription.minimum_term_until().is_some_and(|until| *on < until);
            *on < first || (*on == first && !(owes && because.may_come_back()))
        }
        SubscriptionState::Pending
        | SubscriptionState::Trialing { .. }
        | SubscriptionState::Active
        | SubscriptionState::Suspended { .. } => false,
    };
    began && !over
}

/// Refuses a month that is not over by the tenant's clock.
///
/// # Errors
/// `MONTH_NOT_OVER`.
pub(crate) fn must_be_over(entered: &Entered, month: Month) -> Result<(), Problem> {
    let end = month.in_zone(&entered.tenant.zone)?.end();
    if entered.now >= end {
        return Ok(());
    }
    let text = format!("`{month}` is over at `{end}`, and it is `{}`", entered.now);
    Err(Problem::new(Reason::MonthNotOver, text).with("month", month).with("ends_at", end))
}

/// Every subscription of a tenant, in the order in which they were made.
///
/// # Errors
/// Of the store.
pub(crate) async fn subscriptions_of(tx: &Tx, scope: Scope) -> Result<Vec<Subscription>, Problem> {
    let filter = subscriptions::Filter { scope, states: Vec::new() };
    let mut all: Vec<Subscription> = Vec::new();
    loop {
        let after = all.last().map(|subscription| subscription.id);
        let page = subscriptions::list(tx, &filter, after, AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|stored| stored.subscription));
    }
}

/// Closes a month of a subscription and plans the next close; gives its invoices, those that were
/// made before included.
///
/// # Errors
/// `MONTH_NOT_OVER`.
pub(crate) async fn close(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
    month: Month,
) -> Result<Vec<InvoiceView>, Problem> {
    must_be_over(entered, month)?;
    // What was to change by now has changed, whether or not the job that does it was late.
    let subscription = &subscription.turned(month.last_day(), entered.now);
    if !runs_in(subscription, month) {
        return Ok(Vec::new());
    }
    let next = month.next()?;
    if runs_in(subscription, next) {
        schedule::plan_close(ctx, tx, entered, subscription.id, next).await?;
    }
    let of = (entered.tenant.id, subscription.id);
    if !invoices::close(tx, of, month, entered.now).await? {
        return made_before(tx, subscription, month).await;
    }
    giving_back::give_back(ctx, tx, entered, subscription, month).await?;
    match charges::charged(ctx, tx, entered, subscription, month).await? {
        Some(charged) => issue(ctx, tx, entered, subscription, charged).await,
        None => Ok(Vec::new()),
    }
}

/// The invoices that were made of a month.
async fn made_before(
    tx: &Tx,
    subscription: &Subscription,
    month: Month,
) -> Result<Vec<InvoiceView>, Problem> {
    let filter = invoices::Filter {
        subscription: Some(subscription.id),
        ..invoices::Filter::of(Scope::Tenant(subscription.tenant_id)).in_month(month)
    };
    let made = invoices::list(tx, &filter, None, OF_ONE_MONTH).await?;
    Ok(made.into_iter().map(InvoiceView::from).collect())
}

/// Issues an invoice for each payer. What was measured and what a person should look at is told with
/// the first of them, the customer's where it pays anything.
async fn issue(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    subscription: &Subscription,
    charged: Charged,
) -> Result<Vec<InvoiceView>, Problem> {
    let (tenant, of) = (entered.tenant.id, subscription.id);
    let Charged { contents, attention, usage, late_months } = charged;
    let attention: Vec<_> =
        attention.iter().map(|it| json!({ "code": it.code, "message": it.message })).collect();
    let mut told = Some(attention);
    let mut issued = Vec::with_capacity(contents.len());
    for content in contents {
        let draft = Invoice::draft(ctx.ids.next(), tenant, of, content);
        if issued.is_empty() {
            for stored in usage.iter().filter(|stored| stored.record.invoice_id.is_none()) {
                let record = UsageRecord { invoice_id: Some(draft.id), ..stored.record.clone() };
                usage::save(tx, &record, stored.version).await?;
            }
            usage::settle_late(tx, (tenant, of), &late_months).await?;
        }
        let attention = told.take().unwrap_or_default();
        issued.push(issue_one(ctx, tx, entered, (draft, attention)).await?);
    }
    Ok(issued)
}

async fn issue_one(
    ctx: &Context,
    tx: &Tx,
    entered: &Entered,
    (draft, attention): (Invoice, Vec<Value>),
) -> Result<InvoiceView, Problem> {
    let issued_on = entered.now.day_in(&entered.tenant.zone);
    let due_on = due_on(issued_on).map_err(due_problem)?;
    schedule::plan_past_due(ctx, tx, entered, draft.id, due_on).await?;
    let number = counters::next(tx, Series::Invoices(draft.content.issuer.partner_id)).await?;
    let number = format!("{}-{number:06}", issued_on.year());
    let (invoice, event) = draft.finalize(Numbered { number, issued_on, due_on }, entered.now)?;
    invoices::insert(tx, &invoice).await?;
    let payload = json!({
        "event": event,
        "month": invoice.content.month,
        "subscription_id": invoice.subscription_id,
        "attention": attention,
    });
    let news = News::new(event.topic(), invoice.id, payload);
    ctx.tell(tx, entered.when(), news).await?;
    Ok(InvoiceView { invoice, version: 1 })
}

fn due_problem(error: tasuki_core::invoice::DueError) -> Problem {
    match error {
        tasuki_core::invoice::DueError::Calendar(error) => error.into(),
        tasuki_core::invoice::DueError::Time(error) => error.into(),
    }
}
