//! Messages with values filled in: `{company.endpoints_mac}`, `{limit:yen}`, `{claim.loss_at:day}`.

use tasuki_core::text::{Language, Text};

use super::build::{Builder, is_identifier};
use crate::evaluate::Evaluator;
use crate::expression::{Compiled, Type};
use crate::source::Placed;

/// A message in both languages.
#[derive(Debug)]
pub(crate) struct Message {
    ja: Vec<Piece>,
    en: Vec<Piece>,
    /// As it is written, with places for values.
    pub(crate) written: Text,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Value(Compiled, Format),
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Plain,
    Yen,
    Day,
}

impl Message {
    /// Reads a message; what is wrong is noted with the builder.
    pub(super) fn read(builder: &mut Builder, ja: &Placed, en: &Placed) -> Self {
        let written = Text::new(ja.text.clone(), en.text.clone());
        Self { ja: pieces(builder, ja), en: pieces(builder, en), written }
    }

    /// The message with its values. One that is unknown is called so.
    pub(crate) fn filled(&self, evaluator: &mut Evaluator<'_>) -> Text {
        Text::new(
            filled(&self.ja, evaluator, Language::Ja),
            filled(&self.en, evaluator, Language::En),
        )
    }
}

fn filled(pieces: &[Piece], evaluator: &mut Evaluator<'_>, language: Language) -> String {
    let unknown = match language {
        Language::Ja => "不明",
        Language::En => "unknown",
    };
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Value(expression, format) => {
                let value = evaluator.evaluate(&expression.node).ok();
                let shown = value.and_then(|value| match format {
                    Format::Plain => Some(value.shown(language)),
                    Format::Yen => value.shown_as_yen(),
                    Format::Day => value.shown_as_day(language),
                });
                text.push_str(shown.as_deref().unwrap_or(unknown));
            }
        }
    }
    text
}

/// A value in a message with how it is shown.
fn piece(builder: &mut Builder, message: &Placed, (start, value): (usize, &str)) -> Option<Piece> {
    let (expression, format) = match value.rsplit_once(':') {
        Some((expression, "yen")) => (expression, Format::Yen),
        Some((expression, "day")) => (expression, Format::Day),
        // `?:` stands in expressions too.
        Some((expression, name)) if !expression.contains('?') && is_identifier(name.trim()) => {
            let at = start + expression.len() + 1;
            let wrong = format!("values are not shown as `{name}`");
            let fault = message.fault("unknown-format", (at, at + name.len()), wrong);
            let hint = "`:yen` shows an amount, `:day` a day; leave it out for anything else";
            builder.fault(fault.suggesting(hint));
            return None;
        }
        Some(_) | None => (value, Format::Plain),
    };
    let compiled = builder.part(message, (start, expression))?;
    let wanted = match format {
        Format::Plain => Type::Any,
        Format::Yen => Type::Int,
        Format::Day => Type::Timestamp,
    };
    if !compiled.node.result.fits(&wanted) {
        let wrong = format!("a {} cannot be shown like this", compiled.node.result);
        let part = (start, start + value.len());
        builder.fault(message.fault("wrong-type", part, wrong));
        return None;
    }
    Some(Piece::Value(compiled, format))
}

fn pieces(builder: &mut Builder, message: &Placed) -> Vec<Piece> {
    if message.text.trim().is_empty() {
        builder.fault(message.fault("no-message", (0, 0), "the message is empty".to_owned()));
    }
    let mut pieces = Vec::new();
    let mut rest = message.text.as_str();
    let mut offset = 0;
    while let Some((plain, inside)) = rest.split_once('{') {
        pieces.push(Piece::Text(plain.to_owned()));
        let start = offset + plain.len() + 1;
        let Some((value, after)) = inside.split_once('}') else {
            let fault = "this `{` has no `}`".to_owned();
            builder.fault(message.fault("syntax", (start - 1, start), fault));
            return pieces;
        };
        pieces.extend(piece(builder, message, (start, value)));
        offset = start + value.len() + 1;
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}
