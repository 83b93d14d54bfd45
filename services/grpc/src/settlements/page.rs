//! Settlements as documents.

use tasuki_app::billing::SettlementView;
use tasuki_core::problem::Problem;
use tasuki_core::time::Zone;
use tasuki_documents::{settlement_html, settlement_pdf};
use tasuki_proto::types::v1 as proto;
use tonic::Status;

use super::mapping;
use crate::actors;
use crate::documents::{Form, document, file, json, laid_out};
use crate::status::status;

/// A page for people has at most so many rows: a table or JSON has all of them.
const MOST_ROWS: usize = 300;

/// A settlement as a document. Times are those of Japan, where the scheme is settled.
///
/// # Errors
/// `REQUEST_INVALID` for a form that settlements do not have, or that it is too long for.
pub(super) async fn rendered(
    view: &SettlementView,
    (format, language): (proto::DocumentFormat, proto::Language),
) -> Result<proto::Document, Status> {
    let settlement = view.settlement.clone();
    let name = format!("settlement-{}-{}", settlement.month, settlement.counterpart.id_text());
    if format == proto::DocumentFormat::Csv {
        let content = settlement.csv().into_bytes();
        return Ok(file(format!("{name}.csv"), "text/csv; charset=utf-8", content));
    }
    let refused = |problem: Problem| status(&problem);
    let form = Form::of(format).map_err(refused)?;
    let n_rows = settlement.lines.len() + settlement.tax_totals.len();
    if form != Form::Json && n_rows > MOST_ROWS {
        let text =
            format!("has {n_rows} rows, more than a page of {MOST_ROWS}: ask for CSV or JSON");
        return Err(refused(Problem::invalid("format", text)));
    }
    let language = actors::language_from(language);
    let zone = Zone::named(Zone::TOKYO).map_err(|error| refused(error.into()))?;
    let content = match form {
        Form::Html => laid_out(move || settlement_html(&settlement, &zone, language)).await,
        Form::Pdf => laid_out(move || settlement_pdf(&settlement, &zone, language)).await,
        Form::Json => json(&mapping::settlement(view)),
    };
    document((&name, form, language), content)
}
