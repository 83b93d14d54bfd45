//! `tasuki cover compare`: what recorded losses would have paid under other terms or another pack.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::Args;
use serde_json::json;
use tasuki_app::billing::recorded_losses;
use tasuki_app::call::Call;
use tasuki_app::library::pack_sources;
use tasuki_core::benefit::StepKind;
use tasuki_core::master_contract::{CoverTerms, LimitScope};
use tasuki_economics::book::{Comparison, RecordedLoss, Row, compare};
use tasuki_policies::{Pack, PackSet};

use super::changes::Changes;
use super::{Lang, portfolio, print, read, signed};
use crate::commands::demo::table::Table;
use crate::settings::Settings;
use crate::wiring;

/// Which losses, under which terms.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Losses of a file, one JSON object a line; those of the database if left out.
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Code of the master contract in the database whose losses and terms count.
    #[arg(long, value_name = "CODE", conflicts_with = "book", required_unless_present = "book")]
    contract: Option<String>,
    /// A portfolio file whose terms count for the losses of a file; the pilot's if left out.
    #[arg(long, value_name = "FILE", requires = "book")]
    terms: Option<PathBuf>,
    /// A portfolio file with the other terms; the first ones if left out.
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Folder of another version of a pack, such as a trigger, tried on the recorded facts.
    #[arg(long, value_name = "DIR", requires = "contract")]
    pack: Option<PathBuf>,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    options: &Options,
    settings: impl FnOnce() -> anyhow::Result<Settings>,
) -> anyhow::Result<ExitCode> {
    if options.with.is_none() && options.changes.is_empty() && options.pack.is_none() {
        bail!(
            "nothing is changed: use --with, --limit, --deductible, --coinsurance, --without or --pack"
        );
    }
    let (losses, before) = match (&options.book, &options.contract) {
        (Some(book), _) => (lines(book)?, portfolio(options.terms.as_deref())?.cover_terms()?),
        (None, Some(code)) => stored(code, options.pack.as_deref(), &settings()?).await?,
        (None, None) => bail!("say which losses: --book FILE, or --contract CODE"),
    };
    let other = match &options.with {
        Some(file) => portfolio(Some(file))?.cover_terms()?,
        None => before.clone(),
    };
    let other = options.changes.apply(&other)?;
    let found = compare(losses, &before, &other)?;
    if options.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&value(&found))?));
    } else {
        print(&page(&found, options.lang));
    }
    Ok(ExitCode::SUCCESS)
}

/// The losses of a file.
fn lines(book: &Path) -> anyhow::Result<Vec<RecordedLoss>> {
    let text = read(book)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            RecordedLoss::read(line)
                .map_err(|wrong| anyhow!("{}:{}: {wrong}", book.display(), at + 1))
        })
        .collect()
}

/// The losses of the database, and the terms of their contract.
async fn stored(
    code: &str,
    pack: Option<&Path>,
    settings: &Settings,
) -> anyhow::Result<(Vec<RecordedLoss>, CoverTerms)> {
    let pack = pack.map(one_pack).transpose()?;
    let ctx = wiring::context(settings).await?;
    let book = recorded_losses(&ctx, &Call::system(), code, pack.as_ref())
        .await
        .map_err(|problem| anyhow!("{problem}"))?;
    Ok((book.losses, book.contract.terms))
}

fn one_pack(folder: &Path) -> anyhow::Result<Arc<Pack>> {
    let sources = tasuki_policies::placed(pack_sources(Some(folder))?);
    let packs = PackSet::load_each(sources).map_err(|wrong| {
        let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        anyhow!("the pack does not check:\n{}", lines.join("\n"))
    })?;
    match packs.as_slice() {
        [pack] => Ok(Arc::clone(pack)),
        several => bail!("the folder holds {} packs; name the folder of one", several.len()),
    }
}

fn page(found: &Comparison, lang: Lang) -> String {
    let mut table = Table::new([
        lang.say("請求", "claim"),
        lang.say("事故日時", "loss at"),
        lang.say(">損害額", ">loss"),
        lang.say(">承認額", ">approved"),
        lang.say(">変更前", ">before"),
        lang.say(">変更後", ">after"),
        lang.say(">差", ">difference"),
        lang.say("変更後に減らした条件", "what cut it"),
    ]);
    for row in &found.rows {
        table.row([
            row.reference.clone(),
            row.loss_at.to_string(),
            row.loss.to_string(),
            row.recorded.map(|it| it.to_string()).unwrap_or_default(),
            row.before.to_string(),
            row.after.to_string(),
            signed(row.difference),
            row.cut_by.iter().map(|step| step_name(*step, lang)).collect::<Vec<_>>().join(", "),
        ]);
    }
    table.row([
        lang.say("合計", "total").to_owned(),
        String::new(),
        found.loss.to_string(),
        String::new(),
        found.before.to_string(),
        found.after.to_string(),
        signed(found.difference),
        String::new(),
    ]);
    let (n, changed) = (found.rows.len(), found.n_changed);
    let summary = match lang {
        Lang::Ja => format!("{n} 件のうち {changed} 件の支払額が変わります\n"),
        Lang::En => format!("{changed} of {n} losses would be paid otherwise\n"),
    };
    format!("{}\n{summary}", table.render())
}

const fn step_name(step: StepKind, lang: Lang) -> &'static str {
    let (ja, en) = match step {
        StepKind::Loss | StepKind::Allocation => ("", ""),
        StepKind::NotCovered => ("補償対象外", "not covered"),
        StepKind::Waiting => ("待機期間", "waiting period"),
        StepKind::AlreadyPaid => ("支払済みの額", "paid before"),
        StepKind::Coinsurance => ("縮小支払割合", "coinsurance"),
        StepKind::Deductible => ("免責金額", "deductible"),
        StepKind::Policy => ("支払方針", "policy"),
        StepKind::Number { .. } => ("期間中の回数", "number in the period"),
        StepKind::Limit(LimitScope::Item) => ("補償項目の限度額", "limit of the part"),
        StepKind::Limit(LimitScope::AllCosts) => ("費用全体の限度額", "limit of all costs"),
        StepKind::Limit(LimitScope::Occurrence) => ("1事故の限度額", "limit of the loss"),
        StepKind::Limit(LimitScope::Section) => ("区分の限度額", "limit of the section"),
        StepKind::Limit(LimitScope::Certificate) => ("年間の限度額", "limit of the year"),
        StepKind::Limit(LimitScope::Programme) => ("総支払限度額", "aggregate of the programme"),
    };
    lang.say(ja, en)
}

fn value(found: &Comparison) -> serde_json::Value {
    let row = |row: &Row| {
        json!({
            "claim": row.reference,
            "loss_at": row.loss_at,
            "loss_yen": row.loss.amount(),
            "approved_yen": row.recorded.map(tasuki_core::money::Money::amount),
            "before_yen": row.before.amount(),
            "after_yen": row.after.amount(),
            "difference_yen": row.difference.amount(),
            "cut_by": row.cut_by.iter().map(|step| step.as_str()).collect::<Vec<_>>(),
        })
    };
    json!({
        "losses": found.rows.iter().map(row).collect::<Vec<_>>(),
        "loss_yen": found.loss.amount(),
        "before_yen": found.before.amount(),
        "after_yen": found.after.amount(),
        "difference_yen": found.difference.amount(),
        "n_changed": found.n_changed,
    })
}
