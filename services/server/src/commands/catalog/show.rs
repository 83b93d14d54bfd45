//! `tasuki catalog show`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasuki_app::catalog::{Plan, Price, RateCard};
use tasuki_core::time::CivilDate;
use tasuki_pricing::compare::{amount, cadence, tax};

use super::Lang;
use crate::commands::demo::table::Table;

/// Which rate card.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A rate card, `code`, `code@version` or a file; a list of all if left out.
    name: Option<String>,
    /// The day on which `code` is looked up; today if left out.
    #[arg(long, value_name = "DAY")]
    on: Option<CivilDate>,
    /// Folder of rate cards; those that come with the program if left out.
    #[arg(long, value_name = "DIR")]
    cards: Option<PathBuf>,
    /// Language of the text.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let cards = super::load(options.cards.as_deref())?;
    let day = options.on.map_or_else(super::today, Ok)?;
    let text = match &options.name {
        Some(name) => {
            let card = super::find(name, &cards, day)?;
            if options.json { pretty(&card_json(&card))? } else { card_text(&card, options.lang) }
        }
        None if options.json => {
            let all: Vec<_> = cards.all().iter().map(|card| head_json(card)).collect();
            pretty(&serde_json::Value::Array(all))?
        }
        None => list(cards.all().iter().map(AsRef::as_ref), options.lang),
    };
    super::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn pretty(json: &serde_json::Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(json)?))
}

fn list<'a>(cards: impl Iterator<Item = &'a RateCard>, lang: Lang) -> String {
    let mut table = Table::new([
        lang.say("料金表", "rate card"),
        lang.say("適用", "in force"),
        lang.say("販売者", "operator"),
        lang.say("名称", "name"),
    ]);
    for card in cards {
        table.row([
            card.reference.to_string(),
            days(card),
            card.operator.clone(),
            lang.text(&card.name).to_owned(),
        ]);
    }
    table.render()
}

fn days(card: &RateCard) -> String {
    let end = card.effective_to.map(|day| day.to_string()).unwrap_or_default();
    format!("{}..{end}", card.effective_from)
}

fn card_text(card: &RateCard, lang: Lang) -> String {
    let mut text = format!("{}  {}\n", card.reference, lang.text(&card.name));
    text.push_str(&format!("{}  {}\n\n", days(card), card.reference.hash));
    let mut plans = Table::new([
        lang.say("プラン", "plan"),
        lang.say("名称", "name"),
        lang.say("提供元", "provider"),
        lang.say(">最低利用月数", ">least months"),
        lang.say(">解約予告日数", ">notice days"),
        lang.say(">無料日数", ">trial days"),
    ]);
    for plan in &card.plans {
        plans.row(plan_row(plan, lang));
    }
    text.push_str(&plans.render());
    text.push('\n');
    let mut prices = Table::new([
        lang.say("料金", "price"),
        lang.say("名称", "name"),
        lang.say("課金", "charged"),
        lang.say("金額", "amount"),
        lang.say("税", "tax"),
        lang.say("条件", "only if"),
    ]);
    for price in &card.prices {
        prices.row(price_row(card, price, lang));
    }
    text.push_str(&prices.render());
    text
}

fn plan_row(plan: &Plan, lang: Lang) -> [String; 6] {
    [
        plan.plan.clone(),
        lang.text(&plan.name).to_owned(),
        plan.provider.clone(),
        plan.minimum_term_months.to_string(),
        plan.cancellation_notice_days.to_string(),
        plan.trial_days.to_string(),
    ]
}

fn price_row(card: &RateCard, price: &Price, lang: Lang) -> [String; 6] {
    [
        price.price.clone(),
        lang.text(&price.label).to_owned(),
        lang.text(&cadence(price.cadence)).to_owned(),
        lang.text(&amount(price)).to_owned(),
        lang.text(&tax(card, price)).to_owned(),
        price.trigger.as_ref().map(|text| lang.text(text).to_owned()).unwrap_or_default(),
    ]
}

fn head_json(card: &RateCard) -> serde_json::Value {
    serde_json::json!({
        "code": card.reference.code,
        "version": card.reference.version,
        "hash": card.reference.hash,
        "operator": card.operator,
        "name": card.name,
        "effective_from": card.effective_from,
        "effective_to": card.effective_to,
    })
}

fn card_json(card: &RateCard) -> serde_json::Value {
    let plans = card.plans.iter().map(|plan| {
        serde_json::json!({
            "plan": plan.plan,
            "service": plan.service,
            "name": plan.name,
            "provider": plan.provider,
            "minimum_term_months": plan.minimum_term_months,
            "cancellation_notice_days": plan.cancellation_notice_days,
            "trial_days": plan.trial_days,
        })
    });
    let prices = card.prices.iter().map(|price| {
        serde_json::json!({
            "price": price.price,
            "plans": price.plans,
            "option": price.option,
            "label": price.label,
            "cadence": price.cadence,
            "proration": price.proration,
            "amount": amount(price),
            "tax": tax(card, price),
            "trigger": price.trigger,
        })
    });
    let mut json = head_json(card);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("plans".to_owned(), plans.collect());
        fields.insert("prices".to_owned(), prices.collect());
    }
    json
}
