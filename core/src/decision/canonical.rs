//! The one text of a value as JSON: no spaces, the members of every object in byte order of their names.
//!
//! Hashes and replays stand on it, so that it depends neither on the order in which fields are declared nor on the map
//! that holds them. Values are written straight into the text: a record goes on file with each answer.

use std::cmp::Ordering;
use std::ops::Range;

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::{Error, Value};

/// The one text of a JSON value.
pub fn canonical(value: &Value) -> String {
    // Invariant: every JSON value can be written.
    canonical_text(value).unwrap_or_default()
}

/// The one text of what can be written as JSON.
///
/// # Errors
/// When a value has no JSON, such as a map whose keys are neither texts nor numbers.
pub fn canonical_text<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut page = Page { text: Vec::with_capacity(2_048), ..Page::default() };
    value.serialize(Canonical(&mut page))?;
    String::from_utf8(page.text).map_err(ser::Error::custom)
}

/// What is written so far, and room that all its objects share.
#[derive(Default)]
struct Page {
    text: Vec<u8>,
    /// The members of the objects that are open, outermost first.
    members: Vec<Member>,
    /// Where members are put in order.
    sorted: Vec<u8>,
}

/// Writes one value at the end of a text.
struct Canonical<'a>(&'a mut Page);

/// What has one text only is written by the JSON writer itself.
macro_rules! plain {
    ($($name:ident: $given:ty),* $(,)?) => {
        $(fn $name(self, value: $given) -> Result<(), Error> {
            serde_json::Serializer::new(&mut self.0.text).$name(value)
        })*
    };
}

impl<'a> ser::Serializer for Canonical<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    plain! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.text.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        open_variant(self.0, variant)?;
        value.serialize(Canonical(&mut *self.0))?;
        self.0.text.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Error> {
        Ok(List::open(self.0, b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Error> {
        Ok(List::open(self.0, b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Error> {
        Ok(List::open(self.0, b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Error> {
        open_variant(self.0, variant)?;
        Ok(List::open(self.0, b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.0, b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(Members::open(self.0, b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        open_variant(self.0, variant)?;
        Ok(Members::open(self.0, b"}}"))
    }
}

/// An object with one member, named after the variant.
fn open_variant(page: &mut Page, variant: &'static str) -> Result<(), Error> {
    page.text.push(b'{');
    variant.serialize(Canonical(&mut *page))?;
    page.text.push(b':');
    Ok(())
}

/// An array whose items are written one after the other.
struct List<'a> {
    page: &'a mut Page,
    is_empty: bool,
    close: &'static [u8],
}

impl<'a> List<'a> {
    fn open(page: &'a mut Page, close: &'static [u8]) -> Self {
        page.text.push(b'[');
        Self { page, is_empty: true, close }
    }

    fn add<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.is_empty) {
            self.page.text.push(b',');
        }
        item.serialize(Canonical(&mut *self.page))
    }

    fn close(self) {
        self.page.text.extend_from_slice(self.close);
    }
}

/// An object whose members are written as they come, and put in order at its end if they are not.
struct Members<'a> {
    page: &'a mut Page,
    /// Where its first member stands in the text.
    start: usize,
    /// Which of the open members is its first.
    first: usize,
    is_sorted: bool,
    close: &'static [u8],
}

/// Where a member stands in the text: its name without the quotes, and the whole without a comma.
struct Member {
    name: Range<usize>,
    whole: Range<usize>,
}

impl<'a> Members<'a> {
    fn open(page: &'a mut Page, close: &'static [u8]) -> Self {
        page.text.push(b'{');
        let (start, first) = (page.text.len(), page.members.len());
        Self { page, start, first, is_sorted: true, close }
    }

    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        if self.page.members.len() > self.first {
            self.page.text.push(b',');
        }
        let start = self.page.text.len();
        name.serialize(Canonical(&mut *self.page))?;
        let Page { text, members, .. } = &mut *self.page;
        match text.get(start) {
            Some(b'"') => {}
            // Numbers become texts, as everywhere in JSON.
            Some(b'0'..=b'9' | b'-' | b't' | b'f') => {
                text.insert(start, b'"');
                text.push(b'"');
            }
            Some(_) | None => return Err(ser::Error::custom("a name must be a text")),
        }
        let name = start + 1..text.len() - 1;
        if let Some(last) = members.get(self.first..).and_then(<[Member]>::last) {
            let order = by_name(text.get(last.name.clone()), text.get(name.clone()));
            self.is_sorted &= order != Ordering::Greater;
        }
        members.push(Member { name, whole: start..start });
        text.push(b':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Canonical(&mut *self.page))?;
        // What was open within it is closed: the last one is its own.
        if let Some(member) = self.page.members.last_mut() {
            member.whole.end = self.page.text.len();
        }
        Ok(())
    }

    fn close(self) {
        let Page { text, members, sorted } = self.page;
        if !self.is_sorted {
            let own = members.get_mut(self.first..).unwrap_or_default();
            own.sort_by(|a, b| by_name(text.get(a.name.clone()), text.get(b.name.clone())));
            sorted.clear();
            for whole in own.iter().filter_map(|member| text.get(member.whole.clone())) {
                if !sorted.is_empty() {
                    sorted.push(b',');
                }
                sorted.extend_from_slice(whole);
            }
            text.truncate(self.start);
            text.extend_from_slice(sorted);
        }
        members.truncate(self.first);
        text.extend_from_slice(self.close);
    }
}

/// The order of two names as they stand in the text.
fn by_name(a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    // Up to the first byte in which they differ the texts are the names themselves, unless something is escaped there.
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let escaped = |name: &[u8]| name.get(..=same).unwrap_or(name).contains(&b'\\');
    if escaped(a) || escaped(b) {
        return unescaped(a).cmp(&unescaped(b));
    }
    a.cmp(b)
}

fn unescaped(name: &[u8]) -> String {
    let quoted = [b"\"", name, b"\""].concat();
    // Invariant: it was written as JSON a moment ago.
    serde_json::from_slice(&quoted).unwrap_or_default()
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for List<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTupleVariant for List<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.name(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.name(name)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.name(name)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::json;

    use super::*;

    /// Everything that a Rust value can be, declared in no order.
    #[derive(Serialize)]
    struct Kinds {
        text: &'static str,
        some: Option<u8>,
        none: Option<u8>,
        list: Vec<Variant>,
        by_number: BTreeMap<i64, &'static str>,
        by_text: BTreeMap<String, f64>,
        any: Value,
        alone: Newtype,
        pair: (i8, char),
        nothing: (),
    }

    #[derive(Serialize)]
    struct Newtype(u64);

    #[derive(Serialize)]
    enum Variant {
        Unit,
        One(i32),
        Two(bool, f64),
        Named { z: u8, a: Vec<u8> },
    }

    fn kinds() -> Kinds {
        let named = Variant::Named { z: 1, a: vec![] };
        let odd = ["b\n", "b", "b c", "", "\u{1}", "\"", "é", "\\", "a\"b"];
        Kinds {
            text: "改行\n\"引用\" \u{7}",
            some: Some(0),
            none: None,
            list: vec![Variant::Unit, Variant::One(-1), Variant::Two(true, 1.0), named],
            by_number: [(10, "ten"), (-2, "less"), (9, "nine")].into(),
            by_text: odd
                .into_iter()
                .zip([0.1, 1e300, -0.0, 5.0, 2.5, 3.0, 4.0, 7.0, 8.0])
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            any: json!({ "b": [1, { "d": "é", "c": null }], "a": true, "": {}, "x": [] }),
            alone: Newtype(u64::MAX),
            pair: (i8::MIN, '"'),
            nothing: (),
        }
    }

    /// What a map that is sorted by nature gives.
    fn sorted(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(sorted).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(members) => {
                let members: BTreeMap<&String, String> =
                    members.iter().map(|(name, value)| (name, sorted(value))).collect();
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| format!("{}:{value}", json!(name)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        }
    }

    #[test]
    fn every_kind_of_value_has_the_text_of_its_sorted_json() {
        let expected = sorted(&serde_json::to_value(kinds()).unwrap());
        assert_eq!(canonical_text(&kinds()).unwrap(), expected);
        assert_eq!(canonical(&serde_json::to_value(kinds()).unwrap()), expected);
    }

    #[test]
    fn a_name_that_is_no_text_is_refused() {
        let map: BTreeMap<Vec<u8>, u8> = [(vec![1], 1)].into();
        assert!(canonical_text(&map).is_err());
    }
}
