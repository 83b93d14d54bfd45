//! `tasuki cover accumulation`: what firms with cover have in common.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::json;
use tasuki_app::billing::{
    AccumulationAsk, AccumulationView, export_exposure, list_accumulations, recorded_losses,
};
use tasuki_app::call::Call;
use tasuki_app::paging::{LARGEST_PAGE, PageRequest};
use tasuki_core::money::Money;
use tasuki_core::problem::Problem;
use tasuki_core::settlement::accumulation::SharedKind;
use tasuki_core::time::Timestamp;

use super::{Lang, print};
use crate::commands::demo::table::Table;
use crate::settings::Settings;
use crate::wiring;

/// Which book, and how to print it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Code of the master contract; every contract if left out.
    #[arg(long, value_name = "CODE")]
    contract: Option<String>,
    /// Only this kind: `cloud`, `vendor`, `utm_model` or `provider`.
    #[arg(long, value_name = "KIND")]
    kind: Option<SharedKind>,
    /// The time at which cover counts, such as `2021-06-01T00:00:00+09:00`; now if left out.
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Write the book in the open exposure data format into this folder.
    #[arg(long, value_name = "DIR", requires = "contract")]
    oed: Option<PathBuf>,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: &Options, settings: &Settings) -> anyhow::Result<ExitCode> {
    let told = |problem: Problem| anyhow!("{problem}");
    let ctx = wiring::context(settings).await?;
    let call = Call::system();
    let contract = match &options.contract {
        Some(code) => {
            Some(recorded_losses(&ctx, &call, code, None).await.map_err(told)?.contract.id)
        }
        None => None,
    };
    if let (Some(folder), Some(contract)) = (&options.oed, contract) {
        let tables = export_exposure(&ctx, &call, contract, options.as_of).await.map_err(told)?;
        for (name, text) in [("account.csv", tables.accounts), ("location.csv", tables.locations)] {
            let file = folder.join(name);
            std::fs::write(&file, text)
                .with_context(|| format!("cannot write `{}`", file.display()))?;
        }
    }
    let mut ask = AccumulationAsk {
        master_contract_id: contract,
        as_of: options.as_of,
        kind: options.kind,
        page: PageRequest { size: LARGEST_PAGE, after: None },
    };
    let mut rows = Vec::new();
    loop {
        let page = list_accumulations(&ctx, &call, &ask).await.map_err(told)?;
        rows.extend(page.rows);
        if page.next.is_none() {
            break;
        }
        ask.page.after = page.next;
    }
    if options.json {
        let all: Vec<_> = rows.iter().map(value).collect();
        print(&format!("{}\n", serde_json::to_string_pretty(&all)?));
    } else {
        print(&page(&rows, options.lang));
    }
    Ok(ExitCode::SUCCESS)
}

fn page(rows: &[AccumulationView], lang: Lang) -> String {
    let mut table = Table::new([
        lang.say("種類", "kind"),
        lang.say("名称", "name"),
        lang.say(">社数", ">tenants"),
        lang.say(">加入証", ">certificates"),
        lang.say(">年間限度額の合計", ">yearly limits"),
        lang.say(">総支払限度額の残り", ">aggregate left"),
    ]);
    let yen = |money: Option<Money>| {
        money.map_or_else(|| lang.say("上限なし", "no limit").to_owned(), |it| it.to_string())
    };
    for view in rows {
        let row = &view.row;
        table.row([
            kind_name(row.shared.kind, lang).to_owned(),
            row.shared.name.clone(),
            row.n_tenants.to_string(),
            row.n_certificates.to_string(),
            yen(row.yearly_limits),
            yen(view.aggregate_left),
        ]);
    }
    table.render()
}

const fn kind_name(kind: SharedKind, lang: Lang) -> &'static str {
    match kind {
        SharedKind::Cloud => lang.say("クラウド", "cloud"),
        SharedKind::Vendor => lang.say("事業者", "vendor"),
        SharedKind::UtmModel => lang.say("UTM機種", "UTM model"),
        SharedKind::Provider => lang.say("提供者", "provider"),
    }
}

fn value(view: &AccumulationView) -> serde_json::Value {
    let row = &view.row;
    json!({
        "kind": row.shared.kind.as_str(),
        "name": row.shared.name,
        "n_tenants": row.n_tenants,
        "n_certificates": row.n_certificates,
        "yearly_limits_yen": row.yearly_limits.map(Money::amount),
        "aggregate_left_yen": view.aggregate_left.map(Money::amount),
    })
}
