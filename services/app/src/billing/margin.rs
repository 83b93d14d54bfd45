//! Says what each tenant and the scheme brought in and cost.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use tasuki_core::id::{PartnerId, TenantId};
use tasuki_core::master_contract::{MasterContract, PremiumPayer};
use tasuki_core::money::{Money, MoneyError};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::settlement::bordereau::{Window, incurred};
use tasuki_core::tenant::{Partner, Tenant};
use tasuki_core::time::{Month, Timestamp};
use tasuki_pricing::premium;
use tasuki_store::{Scope, Tx, partners};

use super::books::{Book, Tenants};
use super::bordereau::{bordereau_of, claims_of, contracts_of};
use super::shares;
use crate::call::Call;
use crate::context::Context;

/// The most months of one question.
const MONTHS_AT_MOST: usize = 36;

/// Digits of ratios.
const RATIO_DIGITS: u32 = 4;

/// Which months and whose.
#[derive(Debug, Clone, Copy)]
pub struct MarginAsk {
    /// The first month.
    pub from: Month,
    /// The last month, included.
    pub until: Month,
    /// Only tenants of this operator or partner.
    pub operator_id: Option<PartnerId>,
    /// Only this tenant.
    pub tenant_id: Option<TenantId>,
}

/// What a tenant, or the scheme, brought in and cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Margin {
    /// The tenant; none for the sum.
    pub tenant_id: Option<TenantId>,
    /// Its name; empty for the sum.
    pub tenant_name: String,
    /// Invoiced fees without tax, less what was given back.
    pub revenue: Money,
    /// Fees of providers.
    pub provider_fees: Money,
    /// Commission of partners.
    pub commission: Money,
    /// Premiums borne by the operator.
    pub premium: Money,
    /// Premiums, whoever bears them.
    pub premium_earned: Money,
    /// What claims have cost and are expected to cost the insurer.
    pub claims_incurred: Money,
}

/// What each tenant and the scheme brought in and cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Margins {
    /// One row for each tenant, by name, then id.
    pub tenants: Vec<Margin>,
    /// The sum.
    pub total: Margin,
}

impl Margin {
    fn none(tenant_id: Option<TenantId>, tenant_name: String) -> Self {
        let nothing = Money::ZERO_JPY;
        Self {
            tenant_id,
            tenant_name,
            revenue: nothing,
            provider_fees: nothing,
            commission: nothing,
            premium: nothing,
            premium_earned: nothing,
            claims_incurred: nothing,
        }
    }

    fn plus(self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            revenue: self.revenue.plus(other.revenue)?,
            provider_fees: self.provider_fees.plus(other.provider_fees)?,
            commission: self.commission.plus(other.commission)?,
            premium: self.premium.plus(other.premium)?,
            premium_earned: self.premium_earned.plus(other.premium_earned)?,
            claims_incurred: self.claims_incurred.plus(other.claims_incurred)?,
            ..self
        })
    }

    /// What is left to the operator; negative when it costs more than it brings.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn margin(&self) -> Result<Money, MoneyError> {
        premium::Margin {
            revenue: self.revenue,
            provider_fees: self.provider_fees,
            commission: self.commission,
            premium: self.premium,
        }
        .left()
    }

    /// What is left by what was brought in, four digits, rounded down; none without revenue.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn margin_rate(&self) -> Result<Option<Rate>, MoneyError> {
        Ok(ratio(self.margin()?, self.revenue))
    }

    /// Losses by premium, four digits, rounded down; none without premium.
    pub fn loss_ratio(&self) -> Option<Rate> {
        ratio(self.claims_incurred, self.premium_earned)
    }
}

/// One amount by another, four digits, rounded down; none by nothing.
pub(crate) fn ratio(part: Money, whole: Money) -> Option<Rate> {
    let exact = Decimal::from(part.amount()).checked_div(Decimal::from(whole.amount()))?;
    let down = RoundingStrategy::ToNegativeInfinity;
    Some(Rate::new(exact.round_dp_with_strategy(RATIO_DIGITS, down)))
}

/// What each tenant and the scheme brought in and cost.
///
/// # Errors
/// `ROLE_FORBIDDEN`: margins are the operator's own affair; `REQUEST_INVALID` for more than 36 months.
pub async fn get_margin(ctx: &Context, call: &Call, ask: &MarginAsk) -> Result<Margins, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let tx = ctx.store.begin_read().await?;
    margins(ctx, &tx, ask).await
}

/// The margins of some months.
///
/// # Errors
/// As [`get_margin`], whoever asks.
pub(crate) async fn margins(ctx: &Context, tx: &Tx, ask: &MarginAsk) -> Result<Margins, Problem> {
    let mut sums = Sums { ask, rows: BTreeMap::new(), tenants: Tenants::default() };
    let contracts = contracts_of(tx, None).await?;
    let partners = all_partners(tx).await?;
    for month in months(ask.from, ask.until)? {
        sums.fees(tx, &partners, month).await?;
        for contract in &contracts {
            sums.premiums(ctx, tx, contract, month).await?;
        }
    }
    for contract in &contracts {
        sums.claims(tx, contract).await?;
    }
    let mut tenants: Vec<Margin> = sums.rows.into_values().collect();
    tenants.sort_by(|a, b| (&a.tenant_name, a.tenant_id).cmp(&(&b.tenant_name, b.tenant_id)));
    let total = tenants.iter().try_fold(Margin::none(None, String::new()), Margin::plus)?;
    Ok(Margins { tenants, total })
}

/// The months from one to another.
///
/// # Errors
/// `REQUEST_INVALID` if there are none or too many.
pub(crate) fn months(from: Month, until: Month) -> Result<Vec<Month>, Problem> {
    let mut months = Vec::new();
    let mut month = from;
    while month <= until {
        if months.len() >= MONTHS_AT_MOST {
            let text = format!("must be at most {MONTHS_AT_MOST} months after `from_month`");
            return Err(Problem::invalid("until_month", text));
        }
        months.push(month);
        month = month.next()?;
    }
    if months.is_empty() {
        return Err(Problem::invalid("until_month", "must not be before `from_month`"));
    }
    Ok(months)
}

struct Sums<'a> {
    ask: &'a MarginAsk,
    rows: BTreeMap<TenantId, Margin>,
    tenants: Tenants,
}

impl Sums<'_> {
    fn scope(&self) -> Scope {
        match (self.ask.tenant_id, self.ask.operator_id) {
            (Some(tenant), _) => Scope::Tenant(tenant),
            (None, Some(partner)) => Scope::Partner(partner),
            (None, None) => Scope::All,
        }
    }

    fn is_asked(&self, tenant: &Tenant) -> bool {
        self.ask.tenant_id.is_none_or(|id| id == tenant.id)
            && self.ask.operator_id.is_none_or(|id| id == tenant.partner_id)
    }

    /// The row of a tenant, if it is asked for.
    async fn row(&mut self, tx: &Tx, id: TenantId) -> Result<Option<&mut Margin>, Problem> {
        let tenant = self.tenants.get(tx, id).await?.clone();
        if !self.is_asked(&tenant) {
            return Ok(None);
        }
        Ok(Some(self.rows.entry(id).or_insert_with(|| Margin::none(Some(id), tenant.name))))
    }

    async fn fees(&mut self, tx: &Tx, partners: &[Partner], month: Month) -> Result<(), Problem> {
        let book = Book::of(tx, self.scope(), month).await?;
        for entry in &book.entries {
            if let Some(row) = self.row(tx, entry.tenant_id).await? {
                row.revenue = row.revenue.plus(entry.net)?;
            }
        }
        for provider in book.providers() {
            for line in shares::provider_lines(&book, provider)? {
                if let Some(row) = self.row(tx, line.tenant_id).await? {
                    row.provider_fees = row.provider_fees.plus(line.amount)?;
                }
            }
        }
        for partner in partners {
            for line in shares::commission_lines(&book, partner)? {
                if let Some(row) = self.row(tx, line.tenant_id).await? {
                    row.commission = row.commission.plus(line.amount)?;
                }
            }
        }
        Ok(())
    }

    async fn premiums(
        &mut self,
        ctx: &Context,
        tx: &Tx,
        contract: &MasterContract,
        month: Month,
    ) -> Result<(), Problem> {
        let list = bordereau_of(ctx, tx, contract, month, None).await?;
        let premiums = list.premiums.iter().map(|row| (row.tenant_id, row.premium));
        let corrections = list.corrections.iter().map(|row| (row.tenant_id, row.difference));
        for (tenant, premium) in premiums.chain(corrections) {
            if let Some(row) = self.row(tx, tenant).await? {
                row.premium_earned = row.premium_earned.plus(premium)?;
                if contract.terms.premium.payer == PremiumPayer::Operator {
                    row.premium = row.premium.plus(premium)?;
                }
            }
        }
        Ok(())
    }

    /// Losses that happened in the months, with what they have come to at the end of the last.
    async fn claims(&mut self, tx: &Tx, contract: &MasterContract) -> Result<(), Problem> {
        let first = Window::of(contract, self.ask.from, None)?;
        let last = Window::of(contract, self.ask.until, None)?;
        let happened = |at: Timestamp| first.instants.start() <= at && at < last.instants.end();
        for claim in claims_of(tx, contract.id, last.instants.end()).await? {
            if !happened(claim.loss_at) {
                continue;
            }
            let cost = incurred(&last, &claim)?;
            if let Some(row) = self.row(tx, claim.tenant_id).await? {
                row.claims_incurred = row.claims_incurred.plus(cost)?;
            }
        }
        Ok(())
    }
}

async fn all_partners(tx: &Tx) -> Result<Vec<Partner>, Problem> {
    /// Partners read at once.
    const AT_ONCE: u64 = 200;
    let mut all: Vec<Partner> = Vec::new();
    loop {
        let after = all.last().map(|partner| partner.code.clone()).unwrap_or_default();
        let page = partners::list(tx, &after, AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
