//! A quote on one page that a company owner can read.

mod payers;
mod rows;

use askama::Template;
use serde::Serialize;
use tasuki_core::quote::{Quote, Sums};
use tasuki_core::text::Language;

use crate::DocumentError;
use crate::engine::{Job, print};
use crate::parties::Parties;
use crate::sheet::{Pair, bounded, day, minute, name, said, word, yen};
use rows::{CoverBox, Criterion, Possible, Service};

/// Sizes of text that are tried until the quote is one page, in tenths of a point.
const SIZES: [u16; 5] = [88, 80, 72, 65, 60];

/// How the id of something that was not stored ends.
const NOBODY: &str = "0000-0000-0000-000000000000";

/// Everything that the page of a quote shows, as text in one language.
#[derive(Debug, Template, Serialize)]
#[template(path = "quote.html")]
struct Sheet {
    lang: &'static str,
    title: &'static str,
    customer: String,
    suffix: &'static str,
    seller: String,
    facts: Vec<Pair>,
    headline: Vec<Headline>,
    budget: Option<Verdict>,
    offered: Section<Service>,
    totals: Totals,
    payers: payers::Payers,
    possible: Section<Possible>,
    included: Section<String>,
    not_included: Section<String>,
    covers: Vec<CoverBox>,
    criteria: Section<Criterion>,
    subsidies: Section<Pair>,
    others: Section<Pair>,
    attention: Section<String>,
    to_read: Section<String>,
    closing: String,
    proof: Vec<Pair>,
}

/// A heading with what stands under it.
#[derive(Debug, Serialize)]
struct Section<T> {
    title: &'static str,
    lead: String,
    rows: Vec<T>,
}

impl<T> Section<T> {
    fn new(title: &'static str, rows: Vec<T>) -> Self {
        Self { title, lead: String::new(), rows }
    }
}

/// One of the sums that an owner looks at first.
#[derive(Debug, Serialize)]
struct Headline {
    name: &'static str,
    amount: String,
    below: String,
}

/// Whether it fits the budget.
#[derive(Debug, Serialize)]
struct Verdict {
    fits: bool,
    text: String,
}

/// The sums as a table.
#[derive(Debug, Serialize)]
struct Totals {
    title: &'static str,
    head: [&'static str; 6],
    rows: Vec<[String; 6]>,
}

/// The quote as one HTML page that needs nothing else.
///
/// # Errors
/// [`DocumentError`].
pub fn quote_html(
    quote: &Quote,
    parties: &Parties,
    language: Language,
) -> Result<String, DocumentError> {
    let sheet = sheet(quote, parties, language)?;
    sheet.render().map_err(|error| DocumentError::Template(error.to_string()))
}

/// The quote as a PDF of one A4 page; only a bundle far beyond the price lists takes more.
///
/// # Errors
/// [`DocumentError`].
pub fn quote_pdf(
    quote: &Quote,
    parties: &Parties,
    language: Language,
) -> Result<Vec<u8>, DocumentError> {
    let sheet = sheet(quote, parties, language)?;
    print(&Job {
        template: include_str!("../templates/quote.typ"),
        data: &sheet,
        sizes: &SIZES,
        identity: format!("{} {} {}", quote.id, quote.hash, sheet.lang),
        made_at: quote.issued_at.as_jiff(),
    })
}

fn sheet(quote: &Quote, parties: &Parties, language: Language) -> Result<Sheet, DocumentError> {
    let offer = &quote.offer;
    let priced = &offer.priced;
    bounded(priced.lines.len() + priced.not_included.len() + offer.compliance.len())?;
    let say = |ja, en| word(language, ja, en);
    let covers = offer.cover.iter().chain(&offer.chosen_covers);
    let covers = covers.map(|cover| rows::cover(cover, language)).collect();
    let texts = |texts: &[tasuki_core::text::Text]| {
        texts.iter().map(|text| said(text, language)).collect::<Vec<_>>()
    };
    Ok(Sheet {
        lang: say("ja", "en"),
        title: say("御見積書", "Quotation"),
        customer: name(&parties.customer),
        suffix: say("　御中", ""),
        seller: name(&parties.seller),
        facts: facts(quote, parties, language),
        headline: headline(quote, language),
        budget: priced.budget.as_ref().map(|check| Verdict {
            fits: check.verdict == tasuki_core::quote::BudgetVerdict::Within,
            text: said(&check.message, language),
        }),
        offered: Section::new(
            say("ご提案の内容と料金", "What we offer, and what it costs"),
            rows::services(quote, language),
        ),
        totals: totals(quote, language),
        payers: payers::payers(priced, language),
        possible: Section {
            title: say(
                "このほかに料金がかかるのは、次の場合だけです",
                "Nothing else is charged, except",
            ),
            lead: String::new(),
            rows: rows::possible(priced, language),
        },
        included: Section::new(
            say("料金に含まれるもの", "Included in the price"),
            rows::included(priced, language),
        ),
        not_included: Section::new(
            say("含まれないもの", "Not included"),
            texts(&priced.not_included),
        ),
        covers,
        criteria: Section::new(
            say("国の「お助け隊」基準など", "Public schemes"),
            rows::criteria(&offer.compliance, language),
        ),
        subsidies: rows::subsidies(offer, language),
        others: Section::new(say("ほかの選び方", "Other choices"), rows::others(offer, language)),
        attention: Section::new(say("ご注意", "Please note"), rows::attention(offer, language)),
        to_read: Section::new(
            say("お申し込みの前にお読みください", "Please read before you accept"),
            priced.acknowledgements.iter().map(|of| said(&of.text, language)).collect(),
        ),
        closing: closing(quote, parties, language),
        proof: proof(quote, language),
    })
}

fn facts(quote: &Quote, parties: &Parties, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let priced = &quote.offer.priced;
    let issued = quote.issued_at.day_in(&parties.zone);
    let mut facts = vec![
        Pair::new(say("発行日", "Issued"), day(issued, language)),
        Pair::new(
            say("有効期限", "Valid until"),
            minute(quote.valid_until, &parties.zone, language),
        ),
        Pair::new(say("ご利用開始", "Starts"), day(priced.start_on, language)),
    ];
    if let Some(until) = priced.trial_until {
        facts.push(Pair::new(say("無料期間", "Free until"), day(until, language)));
    }
    facts
}

fn headline(quote: &Quote, language: Language) -> Vec<Headline> {
    let say = |ja, en| word(language, ja, en);
    let priced = &quote.offer.priced;
    // The owner looks for what the owner pays; what others pay stands below.
    let (first_year, steady_year) = priced.own_years();
    let is_shared = !priced.payers.is_empty();
    let of = |name: &'static str, sums: &Sums| Headline {
        name,
        amount: yen(sums.monthly_equivalent_gross),
        below: format!(
            "{} {}{}{}",
            say("1年の合計", "year total"),
            sums.gross,
            say("、うち消費税 ", ", of which tax "),
            sums.tax
        ),
    };
    vec![
        of(
            if is_shared {
                say("お客様分　初年度　月あたり（税込）", "Your part, first year, a month with tax")
            } else {
                say("初年度　月あたり（税込）", "First year, a month with tax")
            },
            first_year,
        ),
        of(
            if is_shared {
                say(
                    "お客様分　2年目から　月あたり（税込）",
                    "Your part, later years, a month with tax",
                )
            } else {
                say("2年目から　月あたり（税込）", "Later years, a month with tax")
            },
            steady_year,
        ),
    ]
}

fn totals(quote: &Quote, language: Language) -> Totals {
    let say = |ja, en| word(language, ja, en);
    let totals = &quote.offer.priced.totals;
    let row = |name: &str, sums: &Sums| {
        [
            name.to_owned(),
            sums.net.to_string(),
            sums.tax.to_string(),
            sums.gross.to_string(),
            yen(sums.monthly_equivalent_net),
            yen(sums.monthly_equivalent_gross),
        ]
    };
    Totals {
        title: say("合計", "Totals"),
        head: [
            "",
            say("税抜", "Without tax"),
            say("消費税", "Tax"),
            say("税込", "With tax"),
            say("月あたり（税抜）", "A month, no tax"),
            say("月あたり（税込）", "A month, with tax"),
        ],
        rows: vec![
            row(say("初年度", "First year"), &totals.first_year),
            row(say("2年目以降（毎年）", "Each later year"), &totals.steady_year),
        ],
    }
}

fn closing(quote: &Quote, parties: &Parties, language: Language) -> String {
    let priced = &quote.offer.priced;
    let until = minute(quote.valid_until, &parties.zone, language);
    let months = priced.minimum_term_months;
    match language {
        Language::Ja => {
            let term = if months == 0 {
                "最低利用期間はありません。".to_owned()
            } else {
                format!("最低利用期間は{months}か月です。")
            };
            format!(
                "この見積りは{until}までにお申し込みいただければ、この金額でご利用いただけます。{term}"
            )
        }
        Language::En => {
            let term = if months == 0 {
                "There is no minimum term.".to_owned()
            } else {
                format!("The minimum term is {months} months.")
            };
            format!("Accept before {until} and these are the prices. {term}")
        }
    }
}

fn proof(quote: &Quote, language: Language) -> Vec<Pair> {
    let say = |ja, en| word(language, ja, en);
    let card = &quote.offer.priced.rate_card;
    let mut proof = vec![
        Pair::new(say("料金表", "Price list"), card.to_string()),
        Pair::new(say("内容のハッシュ", "Hash"), quote.hash.clone()),
    ];
    // A quote that nobody stored has no number that somebody could look it up by.
    if let Some(id) = Some(quote.id.to_string()).filter(|id| !id.ends_with(NOBODY)) {
        proof.insert(0, Pair::new(say("見積番号", "Quote"), id));
    }
    proof
}
