//! Reads the literal of a JavaScript module as JSON: names without quotes, texts in either quotes,
//! commas at the end.

use serde_json::{Map, Value};

/// The value behind `export const … =`.
pub(crate) fn read(module: &str) -> Value {
    let start = module.find("= {").map(|at| at + 2).expect("a literal");
    let mut reader = Reader { rest: &module[start..] };
    reader.value()
}

struct Reader<'r> {
    rest: &'r str,
}

impl Reader<'_> {
    fn peek(&mut self) -> char {
        self.rest = self.rest.trim_start();
        self.rest.chars().next().expect("more text")
    }

    fn take(&mut self) -> char {
        let next = self.rest.chars().next().expect("more text");
        self.rest = &self.rest[next.len_utf8()..];
        next
    }

    fn word(&mut self) -> &str {
        let end = self.rest.find([',', ':', '}', ']', '\n', ' ']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn value(&mut self) -> Value {
        match self.peek() {
            '{' => {
                self.take();
                let mut entries = Map::new();
                while self.peek() != '}' {
                    let name = match self.peek() {
                        quote @ ('"' | '\'') => self.text(quote),
                        _ => self.word().to_owned(),
                    };
                    assert_eq!(self.peek(), ':');
                    self.take();
                    let value = self.value();
                    entries.insert(name, value);
                    self.comma();
                }
                self.take();
                Value::Object(entries)
            }
            '[' => {
                self.take();
                let mut items = Vec::new();
                while self.peek() != ']' {
                    items.push(self.value());
                    self.comma();
                }
                self.take();
                Value::Array(items)
            }
            quote @ ('"' | '\'') => Value::String(self.text(quote)),
            _ => {
                let word = self.word();
                match word.parse::<f64>() {
                    Ok(number) => number.into(),
                    Err(_) => serde_json::from_str(word).unwrap_or_else(|_| panic!("`{word}`")),
                }
            }
        }
    }

    fn comma(&mut self) {
        if self.peek() == ',' {
            self.take();
        }
    }

    fn text(&mut self, quote: char) -> String {
        self.take();
        let mut text: Vec<u16> = Vec::new();
        let mut pair = [0; 2];
        loop {
            let next = self.take();
            let meant = match next {
                it if it == quote => return String::from_utf16(&text).expect("a text"),
                '\\' => match self.take() {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'v' => '\u{b}',
                    '0' => '\0',
                    'u' => {
                        text.push(u16::from_str_radix(&self.rest[..4], 16).expect("four digits"));
                        self.rest = &self.rest[4..];
                        continue;
                    }
                    'x' => {
                        text.push(u16::from_str_radix(&self.rest[..2], 16).expect("two digits"));
                        self.rest = &self.rest[2..];
                        continue;
                    }
                    it => it,
                },
                it => it,
            };
            text.extend_from_slice(meant.encode_utf16(&mut pair));
        }
    }
}
