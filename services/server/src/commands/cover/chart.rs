//! Years by their losses, as bars: in the terminal and as a drawing.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use tasuki_economics::Bar;

use super::{Lang, percent};
use crate::commands::demo::table::Table;

/// Columns of the longest bar in the terminal.
const WIDTH: u32 = 40;

/// A drawing's measures, in its own units.
const ROW: usize = 24;
const BAR_FROM: usize = 220;
const BAR_WIDTH: u32 = 420;
const DRAWING_WIDTH: usize = 760;

/// Bars of characters.
pub(super) fn text(bars: &[Bar], lang: Lang) -> String {
    let mut table =
        Table::new([lang.say("保険金", "losses"), lang.say(">年の割合", ">share of years"), ""]);
    for bar in bars {
        let length = usize::try_from(length(bar, bars, WIDTH)).unwrap_or_default();
        table.row([label(bar, lang), percent(bar.share), "█".repeat(length)]);
    }
    table.render()
}

/// The same as a drawing for a page.
pub(super) fn svg(bars: &[Bar], lang: Lang) -> String {
    let height = bars.len() * ROW + 8;
    let title = lang.say("年ごとの保険金", "Years by losses");
    let mut drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {DRAWING_WIDTH} {height}\" \
         role=\"img\" aria-label=\"{title}\">\n"
    );
    for (at, bar) in bars.iter().enumerate() {
        let (top, text) = (at * ROW + 4, at * ROW + 20);
        let width = length(bar, bars, BAR_WIDTH);
        let end = BAR_FROM + usize::try_from(width).unwrap_or_default() + 8;
        let (label, share) = (label(bar, lang), percent(bar.share));
        drawing.push_str(&format!(
            "<text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{label}</text>\
             <rect x=\"{BAR_FROM}\" y=\"{top}\" width=\"{width}\" height=\"18\"/>\
             <text x=\"{end}\" y=\"{text}\">{share}</text>\n",
            BAR_FROM - 8
        ));
    }
    drawing.push_str("</svg>\n");
    drawing
}

/// The length of a bar where the longest has this one; what is there at all is seen.
fn length(bar: &Bar, bars: &[Bar], longest: u32) -> u32 {
    let most = bars.iter().map(|bar| bar.share.value()).max().unwrap_or_default();
    let whole = Decimal::from(longest);
    let exact = bar.share.value().checked_mul(whole).and_then(|it| it.checked_div(most));
    exact.and_then(|exact| exact.ceil().to_u32()).unwrap_or_default()
}

fn label(bar: &Bar, lang: Lang) -> String {
    match (bar.from.amount(), bar.below) {
        (0, _) => lang.say("なし", "none").to_owned(),
        (1, Some(below)) => format!("{} {below}", lang.say("未満", "below")),
        (_, Some(below)) => format!("{} – {below}", bar.from),
        (_, None) => format!("{} {}", bar.from, lang.say("以上", "and more")),
    }
}
