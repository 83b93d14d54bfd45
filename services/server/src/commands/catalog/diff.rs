//! `tasuki catalog diff`: what another rate card would change, and for whom.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasuki_app::catalog::{self, Comparison, MovedSubscription, Moves, RateCard, compare};
use tasuki_core::money::Money;
use tasuki_core::time::CivilDate;

use super::Lang;
use crate::commands::demo::table::Table;
use crate::settings::Settings;
use crate::wiring;

/// Which rate cards.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The rate card to start from: `code`, `code@version` or a file.
    base: String,
    /// The rate card to compare with it.
    other: String,
    /// The day on which `code` is looked up; today if left out.
    #[arg(long, value_name = "DAY")]
    on: Option<CivilDate>,
    /// Folder of rate cards; those of the database, or those that come with the program, if left out.
    #[arg(long, value_name = "DIR")]
    cards: Option<PathBuf>,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: &Options, settings: Option<Settings>) -> anyhow::Result<ExitCode> {
    let ctx = match &settings {
        Some(settings) => Some(wiring::context(settings).await?),
        None => None,
    };
    let cards = match (&options.cards, &ctx) {
        (None, Some(ctx)) => ctx.cards(),
        (folder, _) => super::load(folder.as_deref())?,
    };
    let day = options.on.map_or_else(super::today, Ok)?;
    let base = super::find(&options.base, &cards, day)?;
    let other = super::find(&options.other, &cards, day)?;
    let moves = match &ctx {
        Some(ctx) => Some(catalog::moves_between(ctx, &base, &other).await?),
        None => None,
    };
    let found = compare(&base, &other);
    let text = if options.json {
        format!("{}\n", serde_json::to_string_pretty(&json(&found, moves.as_ref()))?)
    } else {
        page((&base, &other), &found, moves.as_ref(), options.lang)
    };
    super::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn page(
    (base, other): (&RateCard, &RateCard),
    found: &Comparison<'_>,
    moves: Option<&Moves>,
    lang: Lang,
) -> String {
    let mut text = format!("{} → {}\n\n", base.reference, other.reference);
    if found.prices.is_empty() && found.plans.is_empty() {
        text.push_str(lang.say("違いはありません\n", "Nothing differs\n"));
    } else {
        let mut table =
            Table::new([lang.say("料金・プラン", "price or plan"), lang.say("違い", "difference")]);
        for change in &found.prices {
            table.row([change.code, lang.text(&change.summary)]);
        }
        for change in &found.plans {
            table.row([change.code, lang.text(&change.summary)]);
        }
        text.push_str(&table.render());
    }
    if let Some(moves) = moves {
        text.push('\n');
        text.push_str(&whom(moves, lang));
    }
    text
}

/// For how many subscriptions, and for which most.
fn whom(moves: &Moves, lang: Lang) -> String {
    let (n, changed, not_sold) = (moves.n_subscriptions, moves.n_changed, moves.n_not_sold);
    let difference = signed(moves.yearly_difference);
    let mut text = match lang {
        Lang::Ja => format!(
            "対象の契約 {n}件、料金が変わる契約 {changed}件、販売できない契約 {not_sold}件\n\
             年額の差（税抜・割引前）の合計 {difference}\n"
        ),
        Lang::En => format!(
            "{n} subscription(s) on the first card, {changed} with other fees, {not_sold} not sold\n\
             Together per year, without tax and before discounts: {difference}\n"
        ),
    };
    if moves.named.is_empty() {
        return text;
    }
    let mut table = Table::new([
        lang.say("契約", "subscription"),
        lang.say("契約者", "tenant"),
        lang.say(">現在", ">now"),
        lang.say(">変更後", ">then"),
        lang.say(">差", ">difference"),
    ]);
    for of in &moves.named {
        let (after, difference) = match &of.after {
            Ok(after) => {
                (after.to_string(), after.minus(of.before).map(signed).unwrap_or_default())
            }
            Err(why) => (lang.say("販売なし", "not sold").to_owned(), why.clone()),
        };
        let (id, tenant) = (of.subscription_id.to_string(), of.tenant_id.to_string());
        table.row([id, tenant, of.before.to_string(), after, difference]);
    }
    text.push('\n');
    text.push_str(&table.render());
    text
}

fn signed(amount: Money) -> String {
    if amount.is_negative() || amount.is_zero() { amount.to_string() } else { format!("+{amount}") }
}

fn json(found: &Comparison<'_>, moves: Option<&Moves>) -> serde_json::Value {
    let prices = found.prices.iter().map(|change| {
        let kind = match (change.before, change.after) {
            (None, _) => "new",
            (Some(_), None) => "gone",
            (Some(_), Some(_)) => "changed",
        };
        serde_json::json!({ "price": change.code, "kind": kind, "summary": change.summary })
    });
    let plans = found
        .plans
        .iter()
        .map(|change| serde_json::json!({ "plan": change.code, "summary": change.summary }));
    let moved = |of: &MovedSubscription| {
        serde_json::json!({
            "subscription_id": of.subscription_id.to_string(),
            "tenant_id": of.tenant_id.to_string(),
            "yearly_yen_before": of.before.amount(),
            "yearly_yen_after": of.after.as_ref().ok().map(|after| after.amount()),
            "refusal": of.after.as_ref().err(),
        })
    };
    serde_json::json!({
        "prices": prices.collect::<Vec<_>>(),
        "plans": plans.collect::<Vec<_>>(),
        "subscriptions": moves.map(|moves| serde_json::json!({
            "on_base": moves.n_subscriptions,
            "changed": moves.n_changed,
            "not_sold": moves.n_not_sold,
            "yearly_yen_difference": moves.yearly_difference.amount(),
            "named": moves.named.iter().map(moved).collect::<Vec<_>>(),
        })),
    })
}
