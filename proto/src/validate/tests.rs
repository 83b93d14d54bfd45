//! What is seen from the encoding never contradicts what is seen field by field.

use prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::{Found, encoded, plan_of};
use crate::DESCRIPTOR_POOL;

const TEXTS: [&str; 12] = [
    "",
    "x",
    "12.5",
    "okinawa",
    "okinawa@2021-01",
    "2021-04",
    "edr.endpoints_installed",
    "ten_01890a5d-ac96-774b-bcce-b302099a8057",
    "sub_01890a5d-ac96-774b-bcce-b302099a8057",
    "全角の文字",
    "two words",
    "\u{0}",
];

const NUMBERS: [i32; 9] = [-1, 0, 1, 2, 3, 28, 365, 1_000, i32::MAX];

fn value(rng: &mut fastrand::Rng, kind: &Kind, depth: usize) -> Value {
    let number = NUMBERS[rng.usize(..NUMBERS.len())];
    match kind {
        Kind::Double => Value::F64(1.5),
        Kind::Float => Value::F32(1.5),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number.into()),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number.unsigned_abs()),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number.unsigned_abs().into()),
        Kind::Bool => Value::Bool(rng.bool()),
        Kind::String if rng.u8(..) < 8 => Value::String("あ".repeat(rng.usize(..3_000))),
        Kind::String => Value::String(TEXTS[rng.usize(..TEXTS.len())].to_owned()),
        Kind::Bytes => Value::Bytes(vec![0; rng.usize(..4)].into()),
        Kind::Message(inner) => Value::Message(message(rng, inner, depth + 1)),
        Kind::Enum(_) => Value::EnumNumber(rng.i32(-1..12)),
    }
}

fn field(rng: &mut fastrand::Rng, field: &FieldDescriptor, depth: usize) -> Value {
    if field.is_map() {
        let entry = field.kind();
        let of = entry.as_message().unwrap().map_entry_value_field().kind();
        return Value::Map([(MapKey::String("key".to_owned()), value(rng, &of, depth))].into());
    }
    if field.is_list() {
        let elements = if rng.u8(..) == 0 { rng.usize(..1_100) } else { rng.usize(..4) };
        let elements = if depth > 0 { elements.min(3) } else { elements };
        return Value::List((0..elements).map(|_| value(rng, &field.kind(), depth)).collect());
    }
    value(rng, &field.kind(), depth)
}

fn message(rng: &mut fastrand::Rng, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
    let mut made = DynamicMessage::new(of.clone());
    // Mostly sparse, so that there are right ones among them.
    let one_in = if rng.bool() { 2 } else { 6 };
    for of in of.fields() {
        if depth < 6 && rng.u8(..one_in) == 0 {
            made.set_field(&of, field(rng, &of, depth));
        }
    }
    made
}

#[test]
fn the_encoding_tells_the_same_as_the_fields() {
    let mut rng = fastrand::Rng::with_seed(1);
    let (mut n_right, mut n_seen, mut n_wrong) = (0_u32, 0_u32, 0_u32);
    let asked = DESCRIPTOR_POOL.all_messages().filter(|it| it.full_name().starts_with("tasuki."));
    for of in asked {
        let plan = plan_of(&of);
        for _ in 0..60 {
            let made = message(&mut rng, &of, 0);
            let mut found = Found { violations: Vec::new() };
            found.message(&made, &plan, "", 0);
            let seen = encoded::certainly_right(&made.encode_to_vec(), &plan, 0);
            let violations = found.violations;
            assert!(!seen || violations.is_empty(), "{made}: {violations:?}");
            n_right += u32::from(violations.is_empty());
            n_wrong += u32::from(!violations.is_empty());
            n_seen += u32::from(seen);
        }
    }
    // Both kinds have to be among them, and what is right is nearly always seen at once.
    assert!(n_wrong > 4_000 && n_right > 4_000, "{n_right} right, {n_wrong} wrong");
    assert!(n_seen * 100 > n_right * 95, "{n_seen} of {n_right}");
}
