//! Who gets what of a month: the rows of settlements.

use std::collections::BTreeMap;

use tasuki_core::catalog::{Quantity, TaxMode};
use tasuki_core::id::{PartnerId, TenantId};
use tasuki_core::money::{Money, Rounding};
use tasuki_core::problem::Problem;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_core::settlement::SettlementLine;
use tasuki_core::settlement::bordereau::Bordereau;
use tasuki_core::tenant::{Partner, Provider};
use tasuki_core::text::Text;

use super::books::{Book, Entry, Subject};

/// What one row of a settlement is taken of: tenant, service, document, and tax.
type Key = (TenantId, Option<Service>, Subject, TaxMode, Rate);

/// The fees of a provider: its share of what the services it runs brought in, rounded down.
///
/// # Errors
/// `INTERNAL` for amounts that cannot be represented.
pub(crate) fn provider_lines(
    book: &Book,
    provider: &Provider,
) -> Result<Vec<SettlementLine>, Problem> {
    let Some(rate) = provider.fee_rate else { return Ok(Vec::new()) };
    let runs = |entry: &Entry| book.provider_of(entry) == Some(provider.id);
    let bases = bases(book.entries.iter().filter(|entry| runs(entry)), |entry| entry.service)?;
    rows(book, rate, bases, |service| {
        let Some(service) = service else { return ("provider_fee".to_owned(), fee_label(None)) };
        (format!("provider_fee.{service}"), fee_label(Some(service)))
    })
}

/// The commission of a partner: its share of what it sold, without tax, rounded down.
///
/// # Errors
/// As [`provider_lines`].
pub(crate) fn commission_lines(
    book: &Book,
    partner: &Partner,
) -> Result<Vec<SettlementLine>, Problem> {
    let Some(rate) = partner.terms.commission_rate else { return Ok(Vec::new()) };
    let sold = |entry: &&Entry| seller(book, entry.tenant_id) == Some(partner.id);
    let bases = bases(book.entries.iter().filter(sold), |_| None)?;
    rows(book, rate, bases, |_| {
        ("commission".to_owned(), Text::new("販売手数料", "Sales commission"))
    })
}

/// The premiums of a month, and what corrects those of earlier months. They bear no consumption tax.
pub(crate) fn premium_lines(list: &Bordereau) -> Vec<SettlementLine> {
    let premiums = list.premiums.iter().map(|row| SettlementLine {
        code: "premium".to_owned(),
        label: Text::new("保険料", "Premium"),
        tenant_id: row.tenant_id,
        tenant_name: row.insured_name.clone(),
        subject: row.certificate_id.to_string(),
        subject_number: row.certificate_number.clone(),
        quantity: Quantity::ONE,
        basis: None,
        rate: None,
        amount: row.premium,
        tax_mode: TaxMode::Exempt,
        tax_rate: Rate::ZERO,
        note: row.note.clone(),
    });
    let corrections = list.corrections.iter().map(|row| SettlementLine {
        code: "premium.correction".to_owned(),
        label: Text::new("保険料（過月訂正）", "Premium, earlier month"),
        tenant_id: row.tenant_id,
        tenant_name: row.insured_name.clone(),
        subject: row.certificate_id.to_string(),
        subject_number: row.certificate_number.clone(),
        quantity: Quantity::ONE,
        basis: None,
        rate: None,
        amount: row.difference,
        tax_mode: TaxMode::Exempt,
        tax_rate: Rate::ZERO,
        note: Some(row.reason.clone()),
    });
    premiums.chain(corrections).collect()
}

fn fee_label(service: Option<Service>) -> Text {
    let Some(service) = service else { return Text::new("提供者手数料", "Provider fee") };
    let label = service.label();
    Text::new(format!("{} 提供者手数料", label.ja), format!("Provider fee: {}", label.en))
}

fn seller(book: &Book, tenant: TenantId) -> Option<PartnerId> {
    book.tenants.get(&tenant).map(|tenant| tenant.partner_id)
}

/// What shares are taken of: one basis for each document, so that a row can be checked against it.
fn bases<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    service_of: impl Fn(&Entry) -> Option<Service>,
) -> Result<BTreeMap<Key, Money>, Problem> {
    let mut bases: BTreeMap<Key, Money> = BTreeMap::new();
    // A premium, which is exempt, is the insurer's: nobody has a share in it.
    for entry in entries.filter(|entry| entry.tax.0 != TaxMode::Exempt) {
        let (mode, rate) = entry.tax;
        let key = (entry.tenant_id, service_of(entry), entry.subject.clone(), mode, rate);
        let so_far = bases.entry(key).or_insert(entry.net.zero());
        *so_far = so_far.plus(entry.net)?;
    }
    Ok(bases)
}

fn rows(
    book: &Book,
    rate: Rate,
    bases: BTreeMap<Key, Money>,
    words: impl Fn(Option<Service>) -> (String, Text),
) -> Result<Vec<SettlementLine>, Problem> {
    let mut lines = Vec::with_capacity(bases.len());
    for ((tenant_id, service, subject, tax_mode, tax_rate), basis) in bases {
        let (code, label) = words(service);
        let tenant = book.tenants.get(&tenant_id);
        lines.push(SettlementLine {
            code,
            label,
            tenant_id,
            tenant_name: tenant.map(|tenant| tenant.name.clone()).unwrap_or_default(),
            subject: subject.id,
            subject_number: subject.number,
            quantity: Quantity::ONE,
            basis: Some(basis),
            rate: Some(rate),
            amount: basis.at_rate(rate, Rounding::Down)?,
            tax_mode,
            tax_rate,
            note: None,
        });
    }
    Ok(lines)
}
