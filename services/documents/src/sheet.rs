//! Values as they are read: text that cannot disturb a page, days, amounts.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use tasuki_core::catalog::{Cadence, TaxMode, Unit};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::text::{Language, Text};
use tasuki_core::time::{Timestamp, Zone};

use crate::DocumentError;

/// A longer text from outside is cut: nobody reads more in a box of a page, and laying out has an end.
const LONGEST: usize = 400;
/// A longer name is cut.
const LONGEST_NAME: usize = 120;
/// A longer run without a space may be broken anywhere, so that it stays on the page.
const LONGEST_RUN: usize = 24;
/// Ten times what the largest bundle of the price lists has.
pub(crate) const ROWS_AT_MOST: usize = 400;

/// Refuses a document that is longer than a document can be.
pub(crate) const fn bounded(rows: usize) -> Result<(), DocumentError> {
    if rows > ROWS_AT_MOST {
        return Err(DocumentError::TooLong { rows, most: ROWS_AT_MOST });
    }
    Ok(())
}

/// A name as a page shows it.
pub(crate) fn name(text: &str) -> String {
    tame(text, LONGEST_NAME)
}

/// A text in one language as a page shows it.
pub(crate) fn said(text: &Text, language: Language) -> String {
    tame(text.in_language(language), LONGEST)
}

/// A text as a page shows it: on one line, without characters that cannot be seen or that turn the
/// direction of what follows (an amount read backwards is another amount), and not longer than a bound.
pub(crate) fn tame(text: &str, longest: usize) -> String {
    let mut tame = String::with_capacity(text.len().min(longest * 4));
    let (mut length, mut run) = (0, 0);
    for character in text.chars().filter(|character| !hidden(*character)) {
        let character = if character.is_whitespace() || character.is_control() {
            if tame.ends_with(' ') || tame.is_empty() {
                continue;
            }
            ' '
        } else {
            character
        };
        if length == longest {
            tame.push('…');
            break;
        }
        run = if character == ' ' || !character.is_ascii() { 0 } else { run + 1 };
        if run > LONGEST_RUN {
            // Shows nothing and may be broken.
            tame.push('\u{200b}');
            run = 1;
        }
        tame.push(character);
        length += 1;
    }
    tame.trim_end().to_owned()
}

/// Whether a character shows nothing, or changes how others are shown.
const fn hidden(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A word of the page itself.
pub(crate) const fn word(language: Language, ja: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}

/// A day as it is read.
pub(crate) fn day(day: Date, language: Language) -> String {
    match language {
        Language::Ja => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Language::En => day.strftime("%-d %B %Y").to_string(),
    }
}

/// An instant as it is read where the customer is.
pub(crate) fn minute(at: Timestamp, zone: &Zone, language: Language) -> String {
    let there = at.as_jiff().to_zoned(zone.time_zone());
    let clock = there.strftime("%-H:%M");
    format!("{} {clock}", day(there.date(), language))
}

/// Yen with a fraction.
pub(crate) fn yen(decimal: Decimal) -> String {
    let sign = if decimal.is_sign_negative() && !decimal.is_zero() { "-" } else { "" };
    let text = decimal.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let mut grouped = format!("{sign}¥");
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// A share as a percentage.
pub(crate) fn percent(rate: Rate) -> String {
    let hundredfold = rate.value().checked_mul(Decimal::ONE_HUNDRED).unwrap_or(rate.value());
    format!("{}%", hundredfold.normalize())
}

/// An amount, or that somebody has to ask.
pub(crate) fn amount(amount: Option<Money>, language: Language) -> String {
    let ask = || word(language, "個別にお見積り", "quoted first").to_owned();
    amount.map_or_else(ask, |amount| amount.to_string())
}

/// What is counted, as it stands after a number.
pub(crate) fn counted(unit: Unit, language: Language) -> String {
    let label = said(&unit.label(), language);
    match language {
        Language::Ja => label,
        Language::En => format!(" {label}"),
    }
}

/// How often.
pub(crate) const fn when(cadence: Cadence, language: Language) -> &'static str {
    let (ja, en) = match cadence {
        Cadence::Initial => ("最初だけ", "at the start"),
        Cadence::OneOff => ("1回", "once"),
        Cadence::Monthly => ("毎月", "each month"),
        Cadence::Yearly => ("毎年", "each year"),
        Cadence::Usage => ("使った分", "for use"),
    };
    word(language, ja, en)
}

/// How an amount relates to tax.
pub(crate) fn tax(mode: TaxMode, rate: Rate, language: Language) -> String {
    let (ja, en) = match mode {
        TaxMode::Inclusive => ("税込", "incl."),
        TaxMode::Exclusive => ("税抜", "excl."),
        TaxMode::Exempt => ("非課税", "exempt"),
        TaxMode::OutOfScope => ("不課税", "out of scope"),
    };
    let said = word(language, ja, en);
    if mode.is_taxed() { format!("{said} {}", percent(rate)) } else { said.to_owned() }
}

/// A pair of cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pair {
    /// What it is.
    pub(crate) name: String,
    /// What it says.
    pub(crate) value: String,
}

impl Pair {
    /// Both cells.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_left_out_and_the_rest_stays() {
        assert_eq!(tame("株式\u{202e}会社\n\t #strong[x] 🏝", 100), "株式会社 #strong[x] 🏝");
        assert_eq!(tame(&"あ".repeat(10_000), 5), "あああああ…");
        assert_eq!(tame("שלום", 10), "שלום");
        let long = tame(&"x".repeat(60), 100);
        assert_eq!(long.replace('\u{200b}', ""), "x".repeat(60));
        assert!(long.contains('\u{200b}'), "a long word can be broken");
    }

    #[test]
    fn amounts_and_shares_read_as_customers_write_them() {
        assert_eq!(yen("1234567.5".parse().unwrap()), "¥1,234,567.5");
        assert_eq!(yen("-83.33".parse().unwrap()), "-¥83.33");
        assert_eq!(percent("0.1".parse::<Decimal>().map(Rate::new).unwrap()), "10%");
        assert_eq!(percent("0.125".parse::<Decimal>().map(Rate::new).unwrap()), "12.5%");
    }
}
