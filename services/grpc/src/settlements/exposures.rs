//! What firms have in common, and the book in the open exposure data format, as messages.

use tasuki_app::billing::{AccumulationAsk, AccumulationView};
use tasuki_app::paging::Page;
use tasuki_core::problem::Problem;
use tasuki_core::settlement::exposure::OedTables;
use tasuki_proto::settlement::v1 as proto;

use crate::{documents, fields, words};

pub(crate) fn ask(message: proto::ListAccumulationsRequest) -> Result<AccumulationAsk, Problem> {
    let kind = fields::optional_text(message.kind)
        .map(|kind| kind.parse().map_err(|error| Problem::invalid("kind", format!("{error}"))))
        .transpose()?;
    Ok(AccumulationAsk {
        master_contract_id: fields::optional_id("master_contract_id", &message.master_contract_id)?,
        as_of: fields::optional_timestamp("as_of", message.as_of)?,
        kind,
        page: fields::page(message.page_size, message.page_token),
    })
}

pub(crate) fn answer(page: Page<AccumulationView>) -> proto::ListAccumulationsResponse {
    proto::ListAccumulationsResponse {
        accumulations: page.rows.iter().map(accumulation).collect(),
        next_page_token: page.next.unwrap_or_default(),
    }
}

fn accumulation(view: &AccumulationView) -> proto::AccumulationRow {
    let row = &view.row;
    let count = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    proto::AccumulationRow {
        kind: row.shared.kind.as_str().to_owned(),
        name: row.shared.name.clone(),
        n_tenants: count(row.n_tenants),
        n_certificates: count(row.n_certificates),
        yearly_limits: row.yearly_limits.map(words::money),
        aggregate_left: view.aggregate_left.map(words::money),
    }
}

pub(crate) fn tables(tables: OedTables) -> proto::ExportExposureResponse {
    let csv = |name: &str, text: String| {
        documents::file(name.to_owned(), "text/csv; charset=utf-8", text.into_bytes())
    };
    proto::ExportExposureResponse {
        documents: vec![csv("account.csv", tables.accounts), csv("location.csv", tables.locations)],
    }
}
