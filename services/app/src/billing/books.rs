//! What a month brought in: the rows of its invoices, less what was given back in the month.
//!
//! A credit note counts in the month in which it was issued, so that what was settled before never
//! changes.

use std::collections::{BTreeMap, btree_map};

use tasuki_core::catalog::TaxMode;
use tasuki_core::credit_note::CreditNote;
use tasuki_core::id::{ItemId, ProviderId, TenantId};
use tasuki_core::invoice::{Invoice, InvoiceLine, nets};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::tenant::{Provider, Tenant};
use tasuki_core::time::{Month, Period, Zone};
use tasuki_store::{Scope, Tx, invoices, orders, payments, providers, tenants};

/// Invoices and credit notes read at once.
const AT_ONCE: u64 = 500;

/// Zones are at most so far from each other's days.
const DAY_SECONDS: i64 = 86_400;

/// What a row brought in without tax, or what of it was given back.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) tenant_id: TenantId,
    /// The service; none for the bundle.
    pub(crate) service: Option<Service>,
    /// The service of the subscription; none for the bundle.
    pub(crate) item_id: Option<ItemId>,
    /// Whether and how the row is taxed: exclusive for every taxed row.
    pub(crate) tax: (TaxMode, Rate),
    /// Without tax; negative for what was given back.
    pub(crate) net: Money,
    /// The invoice or credit note.
    pub(crate) subject: Subject,
}

/// An invoice or a credit note: its number, by which rows are ordered, and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) number: String,
    pub(crate) id: String,
}

/// The rows of a month with who is behind them.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) entries: Vec<Entry>,
    pub(crate) tenants: BTreeMap<TenantId, Tenant>,
    /// By name.
    providers: Vec<Provider>,
    /// Who runs which service of a subscription, as it was ordered.
    ordered: BTreeMap<ItemId, ProviderId>,
}

impl Book {
    /// The book of a month.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn of(tx: &Tx, scope: Scope, month: Month) -> Result<Self, Problem> {
        let mut entries = Vec::new();
        let filter = invoices::Filter::of(scope).in_month(month);
        for invoice in all_invoices(tx, &filter).await? {
            let lines = &invoice.content.lines;
            let nets = nets(lines, &invoice.content.tax_totals)?;
            let number = invoice.state.issued().map(|it| it.number.clone()).unwrap_or_default();
            let subject = Subject { number, id: invoice.id.to_string() };
            for (line, net) in lines.iter().zip(nets) {
                entries.push(entry(invoice.tenant_id, line, net, &subject));
            }
        }
        for note in notes_of(tx, scope, month).await? {
            entries.extend(given_back(tx, &note).await?);
        }
        let mut names = Tenants::default();
        for entry in &entries {
            names.get(tx, entry.tenant_id).await?;
        }
        let mut ordered = BTreeMap::new();
        for tenant in names.known.keys() {
            ordered.extend(orders::providers_of(tx, *tenant).await?);
        }
        let providers = providers::all(tx).await?;
        Ok(Self { entries, tenants: names.known, providers, ordered })
    }

    /// Who runs the service of a row: who it was ordered from, or else the first provider by name
    /// that serves it, so that no fee is paid twice.
    pub(crate) fn provider_of(&self, entry: &Entry) -> Option<ProviderId> {
        if let Some(provider) = entry.item_id.and_then(|item| self.ordered.get(&item)) {
            return Some(*provider);
        }
        let service = entry.service?;
        let runs = |provider: &&Provider| provider.services.contains(&service);
        self.providers.iter().find(runs).map(|provider| provider.id)
    }

    /// Everybody who runs a service.
    pub(crate) fn providers(&self) -> &[Provider] {
        &self.providers
    }
}

/// Tenants that were looked up.
#[derive(Debug, Default)]
pub(crate) struct Tenants {
    known: BTreeMap<TenantId, Tenant>,
}

impl Tenants {
    /// A tenant that a row refers to.
    ///
    /// # Errors
    /// `TENANT_NOT_FOUND`.
    pub(crate) async fn get(&mut self, tx: &Tx, id: TenantId) -> Result<&Tenant, Problem> {
        match self.known.entry(id) {
            btree_map::Entry::Occupied(known) => Ok(known.into_mut()),
            btree_map::Entry::Vacant(place) => {
                let stored = tenants::get(tx, id).await?;
                let stored =
                    stored.ok_or_else(|| Problem::not_found(Reason::TenantNotFound, id))?;
                Ok(place.insert(stored.tenant))
            }
        }
    }
}

/// Every invoice that a filter lets through.
///
/// # Errors
/// Of the store.
pub(crate) async fn all_invoices(
    tx: &Tx,
    filter: &invoices::Filter,
) -> Result<Vec<Invoice>, Problem> {
    let mut all: Vec<Invoice> = Vec::new();
    loop {
        let after = all.last().map(|invoice| invoices::Place {
            month: invoice.content.month,
            tenant: invoice.tenant_id,
            number: invoice.state.issued().map(|it| it.number.clone()).unwrap_or_default(),
        });
        let page = invoices::list(tx, filter, after.as_ref(), AT_ONCE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.into_iter().map(|stored| stored.invoice));
    }
}

/// The credit notes whose day of issue lies in a month.
async fn notes_of(tx: &Tx, scope: Scope, month: Month) -> Result<Vec<CreditNote>, Problem> {
    let anywhere = month.in_zone(&Zone::named("UTC")?)?;
    let from = anywhere.start().plus_seconds(-DAY_SECONDS)?;
    let issued = Period::new(from, anywhere.end().plus_seconds(DAY_SECONDS)?)?;
    let mut all: Vec<CreditNote> = Vec::new();
    loop {
        let last = all.last().map(|note| (note.tenant_id, note.number.clone()));
        let after = last.as_ref().map(|(tenant, number)| (*tenant, number.as_str()));
        let page = payments::credit_notes_issued(tx, (scope, issued), after, AT_ONCE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    all.retain(|note| Month::of(note.issued_on) == month);
    Ok(all)
}

/// What a credit note takes back, row by row.
async fn given_back(tx: &Tx, note: &CreditNote) -> Result<Vec<Entry>, Problem> {
    let stored = invoices::get(tx, note.tenant_id, note.invoice_id).await?;
    let stored =
        stored.ok_or_else(|| Problem::not_found(Reason::InvoiceNotFound, note.invoice_id))?;
    let rows = stored.invoice.content.lines;
    let lines: Vec<InvoiceLine> = note
        .lines
        .iter()
        .filter_map(|given| {
            let row = rows.iter().find(|row| row.number == given.invoice_line)?;
            Some(InvoiceLine { amount: given.amount, ..row.clone() })
        })
        .collect();
    let nets = nets(&lines, &note.tax_totals)?;
    let subject = Subject { number: note.number.clone(), id: note.id.to_string() };
    let mut entries = Vec::with_capacity(lines.len());
    for (line, net) in lines.iter().zip(nets) {
        entries.push(entry(note.tenant_id, line, net.zero().minus(net)?, &subject));
    }
    Ok(entries)
}

fn entry(tenant_id: TenantId, line: &InvoiceLine, net: Money, subject: &Subject) -> Entry {
    let tax = if line.tax_mode.is_taxed() {
        (TaxMode::Exclusive, line.tax_rate)
    } else {
        (line.tax_mode, Rate::ZERO)
    };
    Entry {
        tenant_id,
        service: line.service,
        item_id: line.item_id,
        tax,
        net,
        subject: subject.clone(),
    }
}
