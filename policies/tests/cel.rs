//! Expressions outside of packs.
#![expect(clippy::unwrap_used, reason = "test")]

use tasuki_policies::cel::{Bindings, CelError, CelValue, Profile, evaluate, evaluate_as};

fn gives(source: &str) -> CelValue {
    evaluate(source, &Bindings::new()).unwrap()
}

fn text(it: &str) -> CelValue {
    CelValue::String(it.to_owned())
}

#[test]
fn the_functions_of_packs_are_there_as_well() {
    let at = "timestamp('2021-04-01T23:30:00.000000001Z')";
    assert_eq!(gives(&format!("jst({at}).weekday")), text("friday"));
    assert_eq!(gives(&format!("daysBetween({at}, {at} + duration('24h'))")), CelValue::Int(1));
    assert_eq!(gives("date('2021-04-01').getHours()"), CelValue::Int(15));
    assert_eq!(gives("string(decimal('0.1') + decimal('0.2'))"), text("0.3"));
    assert_eq!(gives("yen(decimal('10.5'), 'half_even')"), CelValue::Int(10));
    assert_eq!(gives("decimal('0.5') < 0.75 && 1 == decimal('1.0')"), CelValue::Bool(true));
    let referred = evaluate("1 + refer('NO_PRICE')", &Bindings::new());
    assert_eq!(referred, Err(CelError::Referred("NO_PRICE".to_owned())));
}

#[test]
fn maps_have_one_order() {
    let names = CelValue::List(vec![
        CelValue::Bool(true),
        CelValue::Int(-1),
        CelValue::Uint(3),
        CelValue::Int(12),
        text("a"),
        text("b"),
    ]);
    assert_eq!(gives("{'b': 1, 12: 2, true: 3, 'a': 4, 3u: 5, -1: 6}.map(it, it)"), names);
    assert_eq!(gives("{3u: 'x'}[3] + {3: 'y'}[3.0]"), text("xy"));
}

#[test]
fn a_name_that_means_nothing_matters_only_where_it_is_needed() {
    assert_eq!(gives("true || nothing_of_the_kind"), CelValue::Bool(true));
    assert_eq!(gives("false && f_unknown(17)"), CelValue::Bool(false));
    let mut bindings = Bindings::new();
    bindings.insert("amount", CelValue::Int(1));
    let told = |source: &str| evaluate(source, &bindings).unwrap_err().to_string();
    assert_eq!(told("amuont + 1"), "nothing is called `amuont`; did you mean `amount`?");
    let wanted = "there is no function `sizes` that is called like this; did you mean `size`?";
    assert_eq!(told("sizes('a')"), wanted);
}

#[test]
fn the_profile_of_packs_checks_before_it_evaluates() {
    let mut bindings = Bindings::new();
    bindings.insert("amounts", CelValue::List(vec![CelValue::Int(1), CelValue::Int(2)]));
    let pack = |source: &str| evaluate_as(Profile::Pack, source, &bindings);
    assert_eq!(pack("sumBy(amounts) + 1"), Ok(CelValue::Int(4)));
    let Err(CelError::Wrong { code, part, .. }) = pack("true || amounts + 1 > 2") else {
        panic!("it is wrong");
    };
    assert_eq!((code, part), ("wrong-type", (8, 19)));
}
