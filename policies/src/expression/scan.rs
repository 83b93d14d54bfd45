//! A first look at an expression, in one pass and without recursion: how long it is, how deeply it
//! nests, and where its words and brackets stand.

use super::Fault;

/// The longest expression, in bytes. The longest one of the shipped packs has a few hundred.
pub(crate) const MAX_SOURCE_BYTES: usize = 16 * 1024;

/// The most words, numbers, texts and signs. Bounds the work and the stack of the parser, which
/// recurses once for each operand of a chain.
pub(crate) const MAX_TOKENS: usize = 2_000;

/// The deepest nesting of brackets.
pub(crate) const MAX_NESTING: usize = 32;

/// The pieces of an expression.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    /// For a bracket: the place of the one that belongs to it.
    partner: Option<usize>,
}

impl Tokens {
    /// The smallest part of the text that holds both parts and leaves no bracket alone.
    pub(crate) fn joined(&self, one: (usize, usize), two: (usize, usize)) -> (usize, usize) {
        let (start, end) = (one.0.min(two.0), one.1.max(two.1));
        let mut first = self.tokens.partition_point(|token| token.end <= start);
        let mut last = self.tokens.partition_point(|token| token.start < end);
        loop {
            let inside = self.tokens.get(first..last).unwrap_or_default();
            let partners = inside.iter().filter_map(|token| token.partner);
            let lowest = partners.clone().min().unwrap_or(first).min(first);
            let highest = partners.max().map_or(last, |at| at + 1).max(last);
            if (lowest, highest) == (first, last) {
                let start = inside.first().map_or(start, |token| token.start.min(start));
                let end = inside.last().map_or(end, |token| token.end.max(end));
                return (start, end);
            }
            (first, last) = (lowest, highest);
        }
    }

    /// The piece before the one that starts at an offset.
    pub(crate) fn before(&self, offset: usize) -> Option<(usize, usize)> {
        let at = self.tokens.partition_point(|token| token.start < offset);
        let token = self.tokens.get(at.checked_sub(1)?)?;
        Some((token.start, token.end))
    }

    /// The piece after the one that starts at an offset.
    pub(crate) fn after(&self, offset: usize) -> Option<(usize, usize)> {
        let at = self.tokens.partition_point(|token| token.start <= offset);
        self.tokens.get(at).map(|token| (token.start, token.end))
    }
}

/// Finds the pieces of an expression.
///
/// # Errors
/// When it is too long, has too many pieces, nests too deeply, or a bracket or quote is left open.
pub(crate) fn scan(source: &str) -> Result<Tokens, Fault> {
    if source.len() > MAX_SOURCE_BYTES {
        let message =
            format!("the expression has {} bytes; the most is {MAX_SOURCE_BYTES}", source.len());
        return Err(Fault::new("too-long", (0, 1), message)
            .suggesting("split it into variables".to_owned()));
    }
    let mut scanner = Scanner { source, at: 0, tokens: Vec::new(), open: Vec::new() };
    while let Some(next) = scanner.rest().chars().next() {
        scanner.step(next)?;
        if scanner.tokens.len() > MAX_TOKENS {
            let message = format!("the expression has more than {MAX_TOKENS} words and signs");
            return Err(Fault::new("too-long", (0, 1), message)
                .suggesting("split it into variables".to_owned()));
        }
    }
    match scanner.open.pop() {
        Some((_, at)) => {
            let start = scanner.tokens.get(at).map_or(0, |token| token.start);
            Err(Fault::new("syntax", (start, start + 1), "this bracket is not closed".to_owned()))
        }
        None => Ok(Tokens { tokens: scanner.tokens }),
    }
}

struct Scanner<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<Token>,
    open: Vec<(char, usize)>,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, next: char) -> Result<(), Fault> {
        if next.is_whitespace() {
            self.at += next.len_utf8();
            return Ok(());
        }
        if self.rest().starts_with("//") {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            return Ok(());
        }
        if let Some(prefix) = quote_after_prefix(self.rest()) {
            return self.quoted(prefix);
        }
        let length = match next {
            '`' => self.rest().get(1..).and_then(|it| it.find('`')).map_or(1, |end| end + 2),
            'a'..='z' | 'A'..='Z' | '_' => length_while(self.rest(), is_word),
            '0'..='9' => number_length(self.rest()),
            '.' if self.rest().chars().nth(1).is_some_and(|it| it.is_ascii_digit()) => {
                1 + number_length(self.rest().get(1..).unwrap_or_default())
            }
            _ if ["&&", "||", "==", "!=", "<=", ">="]
                .iter()
                .any(|sign| self.rest().starts_with(sign)) =>
            {
                2
            }
            _ => next.len_utf8(),
        };
        let start = self.at;
        self.push(start + length);
        match next {
            '(' | '[' | '{' => self.opened(next, start),
            ')' | ']' | '}' => self.closed(next, start),
            _ => Ok(()),
        }
    }

    fn push(&mut self, end: usize) {
        self.tokens.push(Token { start: self.at, end, partner: None });
        self.at = end;
    }

    fn opened(&mut self, bracket: char, start: usize) -> Result<(), Fault> {
        self.open.push((bracket, self.tokens.len() - 1));
        if self.open.len() > MAX_NESTING {
            let message = format!("brackets nest more than {MAX_NESTING} deep");
            return Err(Fault::new("too-deep", (start, start + 1), message)
                .suggesting("split the expression into variables".to_owned()));
        }
        Ok(())
    }

    fn closed(&mut self, bracket: char, start: usize) -> Result<(), Fault> {
        let wanted = match bracket {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        match self.open.pop() {
            Some((found, opened)) if found == wanted => {
                let here = self.tokens.len() - 1;
                if let Some(token) = self.tokens.get_mut(opened) {
                    token.partner = Some(here);
                }
                if let Some(token) = self.tokens.get_mut(here) {
                    token.partner = Some(opened);
                }
                Ok(())
            }
            Some(_) | None => {
                let message = format!("this `{bracket}` has no `{wanted}`");
                Err(Fault::new("syntax", (start, start + 1), message))
            }
        }
    }

    /// A text in quotes, with escapes unless it is raw.
    fn quoted(&mut self, prefix: usize) -> Result<(), Fault> {
        let start = self.at;
        let rest = self.rest();
        let raw = rest.get(..prefix).is_some_and(|it| it.contains(['r', 'R']));
        let body = rest.get(prefix..).unwrap_or_default();
        let quote = if body.starts_with('"') { "\"" } else { "'" };
        let triple = quote.repeat(3);
        let delimiter = if body.starts_with(&triple) { triple.as_str() } else { quote };
        let mut inside = body.get(delimiter.len()..).unwrap_or_default();
        let mut length = prefix + delimiter.len();
        loop {
            if inside.starts_with(delimiter) {
                self.push(start + length + delimiter.len());
                return Ok(());
            }
            let mut chars = inside.chars();
            let escaped = match chars.next() {
                Some('\\') if !raw => chars.next().map(char::len_utf8),
                Some('\n') if delimiter.len() == 1 => None,
                Some(_) => Some(0),
                None => None,
            };
            let Some(escaped) = escaped else {
                let message = "this quote is not closed".to_owned();
                return Err(Fault::new("syntax", (start, start + 1), message));
            };
            let taken = inside.chars().next().map_or(0, char::len_utf8) + escaped;
            length += taken;
            inside = inside.get(taken..).unwrap_or_default();
        }
    }
}

/// How many letters stand before the quote of a text; nothing when no text starts here.
fn quote_after_prefix(rest: &str) -> Option<usize> {
    let prefix = rest.chars().take(2).take_while(|it| "rRbB".contains(*it)).count();
    rest.get(prefix..)?.starts_with(['"', '\'']).then_some(prefix)
}

fn is_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_'
}

fn length_while(rest: &str, wanted: fn(char) -> bool) -> usize {
    rest.find(|it| !wanted(it)).unwrap_or(rest.len())
}

fn number_length(rest: &str) -> usize {
    let whole = length_while(rest, is_word);
    let fraction = rest.get(whole..).unwrap_or_default();
    let digits = fraction.strip_prefix('.').map_or(0, |it| length_while(it, is_word));
    if digits > 0 { whole + 1 + digits } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_widened_until_no_bracket_is_alone() {
        let source = "(a + b) * f(c, [d])";
        let tokens = scan(source).unwrap();
        let (start, end) = tokens.joined((1, 2), (8, 9));
        assert_eq!(source.get(start..end), Some("(a + b) *"));
        let (start, end) = tokens.joined((15, 16), (12, 13));
        assert_eq!(source.get(start..end), Some("c, [d]"));
    }

    #[test]
    fn hostile_texts_are_refused_before_anything_recurses() {
        let code = |source: &str| scan(source).map(|_| ()).unwrap_err().code;
        assert_eq!(code(&"x".repeat(MAX_SOURCE_BYTES + 1)), "too-long");
        assert_eq!(code(&vec!["1"; MAX_TOKENS].join("+")), "too-long");
        assert_eq!(code(&"(".repeat(MAX_NESTING + 1)), "too-deep");
        assert_eq!(code("a[(1]"), "syntax");
        assert_eq!(code("'abc"), "syntax");
        assert_eq!(code("f(1"), "syntax");
    }

    #[test]
    fn brackets_inside_texts_and_comments_do_not_count() {
        for source in ["'('", "\"[\"", "'''{\n'''", "r'\\' + a", "a // (\n + b", "'\\'('", "b'('"] {
            assert!(scan(source).is_ok(), "{source}");
        }
    }
}
