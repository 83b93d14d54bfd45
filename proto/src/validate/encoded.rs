//! Tells from the encoding of a message whether it certainly keeps the rules of its contract.
//!
//! What prost encodes has each field once, elements of a list side by side, and no field that lacks in the contract;
//! where something else is met, the answer is that it is not certain.

use prost::bytes::Buf;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_reflect::{Cardinality, FieldDescriptor, Kind};

use super::DEEPEST;
use super::plan::{FieldPlan, Ignore, MessagePlan};
use super::rules::{Rule, Seen};

/// Fields that a message type may have for this; none of ours has as many.
const MOST_FIELDS: usize = 128;

/// Whether the encoded message keeps every rule. `false` does not mean that it breaks one.
pub(super) fn certainly_right(encoded: &[u8], plan: &MessagePlan, depth: usize) -> bool {
    keeps_all(encoded, plan, depth).unwrap_or(false)
}

fn keeps_all(mut encoded: &[u8], plan: &MessagePlan, depth: usize) -> Option<bool> {
    if depth > DEEPEST || !plan.unsupported.is_empty() || plan.fields.len() > MOST_FIELDS {
        return None;
    }
    let mut there = There(0);
    // The list being read: the place of its field, and its elements so far.
    let mut list: Option<(&FieldPlan, u64)> = None;
    while encoded.has_remaining() {
        let (number, wire) = decode_key(&mut encoded).ok()?;
        let piece = Piece::read(&mut encoded, wire)?;
        let (place, field) = plan.field_of(number)?;
        there.note(place);
        if field.ignore == Ignore::Always {
            continue;
        }
        if field.descriptor.cardinality() != Cardinality::Repeated {
            if !field_is_right(piece, field, &field.rules, depth)? {
                return Some(false);
            }
            continue;
        }
        if field.descriptor.is_map() {
            return None;
        }
        let before = match list {
            Some((open, count)) if std::ptr::eq(open, field) => count,
            Some((open, count)) if !has_right_length(open, count) => return Some(false),
            Some(_) | None => 0,
        };
        let elements = elements_are_right(piece, field, depth)?;
        list = Some((field, before.checked_add(elements)?));
    }
    let lists = list.is_none_or(|(field, count)| has_right_length(field, count));
    Some(lists && nothing_lacks(plan, there))
}

/// The fields that were met, by their places.
#[derive(Debug, Clone, Copy)]
struct There(u128);

impl There {
    fn note(&mut self, place: usize) {
        self.0 |= Self::bit(place);
    }

    fn has(self, place: usize) -> bool {
        self.0 & Self::bit(place) != 0
    }

    fn bit(place: usize) -> u128 {
        u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)).unwrap_or(0)
    }
}

fn nothing_lacks(plan: &MessagePlan, there: There) -> bool {
    let fields = plan.fields.iter().enumerate();
    let lacks = |field: FieldDescriptor| {
        plan.field_of(field.number()).is_none_or(|(place, _)| !there.has(place))
    };
    fields.into_iter().all(|(place, field)| field.may_lack || there.has(place))
        && plan.required_oneofs.iter().all(|oneof| !oneof.fields().all(lacks))
}

fn has_right_length(field: &FieldPlan, count: u64) -> bool {
    all_hold(&field.rules, Seen::Many(count), &field.descriptor)
}

/// How many elements there are in a piece of a list, if all of them are certainly right.
fn elements_are_right(piece: Piece<'_>, field: &FieldPlan, depth: usize) -> Option<u64> {
    let right = |piece| field_is_right(piece, field, &field.items, depth) == Some(true);
    match piece {
        Piece::Bytes(mut packed)
            if wire_of(&field.descriptor.kind()) != WireType::LengthDelimited =>
        {
            let mut count = 0_u64;
            while packed.has_remaining() {
                let element = Piece::read(&mut packed, wire_of(&field.descriptor.kind()))?;
                if !right(element) {
                    return None;
                }
                count = count.checked_add(1)?;
            }
            Some(count)
        }
        single => right(single).then_some(1),
    }
}

fn field_is_right(
    piece: Piece<'_>,
    field: &FieldPlan,
    rules: &[Rule],
    depth: usize,
) -> Option<bool> {
    if let Kind::Message(_) = field.descriptor.kind() {
        let Piece::Bytes(encoded) = piece else { return None };
        // Rules about a message as a value of a field: none are known but presence, which it has.
        let inside = field.inside();
        return Some(
            rules.is_empty() && inside.is_none_or(|it| certainly_right(encoded, it, depth + 1)),
        );
    }
    if rules.is_empty() {
        return Some(true);
    }
    Some(all_hold(rules, piece.seen(&field.descriptor.kind())?, &field.descriptor))
}

fn all_hold(rules: &[Rule], seen: Seen<'_>, descriptor: &FieldDescriptor) -> bool {
    rules.iter().all(|rule| rule.holds(seen, descriptor))
}

/// What stands behind a key.
#[derive(Debug, Clone, Copy)]
enum Piece<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Piece<'a> {
    fn read(encoded: &mut &'a [u8], wire: WireType) -> Option<Self> {
        Some(match wire {
            WireType::Varint => Self::Number(decode_varint(encoded).ok()?),
            WireType::SixtyFourBit => Self::Number(encoded.try_get_u64_le().ok()?),
            WireType::ThirtyTwoBit => Self::Number(u64::from(encoded.try_get_u32_le().ok()?)),
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(encoded).ok()?).ok()?;
                let (bytes, rest) = encoded.split_at_checked(length)?;
                *encoded = rest;
                Self::Bytes(bytes)
            }
            WireType::StartGroup | WireType::EndGroup => return None,
        })
    }

    /// The value, for a field of that kind.
    fn seen(self, kind: &Kind) -> Option<Seen<'a>> {
        Some(match (kind, self) {
            (Kind::String, Self::Bytes(bytes)) => Seen::Text(std::str::from_utf8(bytes).ok()?),
            (Kind::Bytes, Self::Bytes(bytes)) => Seen::Bytes(bytes),
            (Kind::Bool, Self::Number(number)) => Seen::Flag(number != 0),
            (Kind::Int32 | Kind::Int64 | Kind::Sfixed64 | Kind::Enum(_), Self::Number(number)) => {
                Seen::Number(i128::from(number.cast_signed()))
            }
            (Kind::Uint32 | Kind::Uint64 | Kind::Fixed32 | Kind::Fixed64, Self::Number(number)) => {
                Seen::Number(i128::from(number))
            }
            // Not in our contracts.
            _ => return None,
        })
    }
}

/// How elements of a packed list stand in the encoding.
fn wire_of(kind: &Kind) -> WireType {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::SixtyFourBit,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::ThirtyTwoBit,
        Kind::Int32
        | Kind::Int64
        | Kind::Uint32
        | Kind::Uint64
        | Kind::Sint32
        | Kind::Sint64
        | Kind::Bool
        | Kind::Enum(_) => WireType::Varint,
        Kind::String | Kind::Bytes | Kind::Message(_) => WireType::LengthDelimited,
    }
}
