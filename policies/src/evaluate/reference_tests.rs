//! The interpreter of the `cel` crate as a second opinion, and soups of words that must never
//! panic.

use cel::{Context, Program, Value};
use proptest::prelude::*;

use super::evaluate_alone;
use super::tests::on_a_large_stack;

/// What the `cel` crate gives, in our words. All errors count as one: their texts differ.
fn second_opinion(source: &str) -> String {
    let program = Program::compile(source).unwrap();
    match program.execute(&Context::default()) {
        Ok(Value::Bool(yes)) => yes.to_string(),
        Ok(Value::Int(number)) => number.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(_) => "error".to_owned(),
    }
}

fn ours(source: &str) -> String {
    let given = evaluate_alone(source);
    let has_value = given == "true" || given == "false" || given.parse::<i64>().is_ok();
    if has_value { given } else { "error".to_owned() }
}

fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (-3_i64..4).prop_map(|it| format!("({it})")),
        Just("9223372036854775807".to_owned()),
        Just("x".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let sign = prop_oneof![Just("+"), Just("-"), Just("*"), Just("/"), Just("%")];
        prop_oneof![
            (inner.clone(), sign, inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} < {b} ? {b} : {c})")),
            inner.clone().prop_map(|a| format!("(-{a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}][0]")),
            prop::collection::vec(inner, 0..3)
                .prop_map(|all| format!("size([0].filter(y, y == 1) + [{}])", all.join(", "))),
        ]
    })
}

fn condition() -> impl Strategy<Value = String> {
    let sign = prop_oneof![Just("<"), Just("<="), Just("=="), Just("!="), Just(">"), Just(">=")];
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("false".to_owned()),
        (number(), sign, number()).prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
        (number(), number(), number()).prop_map(|(a, b, c)| format!("({a} in [{b}, {c}])")),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let sign = prop_oneof![Just("&&"), Just("||"), Just("=="), Just("!=")];
        let each = prop_oneof![Just("all"), Just("exists"), Just("exists_one")];
        prop_oneof![
            (inner.clone(), sign, inner.clone())
                .prop_map(|(a, sign, b)| format!("({a} {sign} {b})")),
            inner.clone().prop_map(|a| format!("(!{a})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (each, inner).prop_map(|(each, a)| format!("[0, 1, 2].{each}(z, z == 1 || {a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_cel_crate_gives_the_same(source in condition()) {
        // `x` is an element, so that expressions reach names as well.
        let source = format!("[1, 2].exists(x, {source})");
        let nested = source.matches(".all(").count() + source.matches(".exists").count();
        prop_assume!(source.len() < 4_000 && nested < 3);
        let expression = source.clone();
        let (given, told, second) = on_a_large_stack(move || {
            (ours(&expression), evaluate_alone(&expression), second_opinion(&expression))
        });
        prop_assume!(!told.contains("already means") && !told.contains("deep"));
        prop_assert_eq!(given, second, "{}", source);
    }

    #[test]
    fn a_soup_of_words_never_panics(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "a", "1", "'x'", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "&&", "||", "!",
                "-", "+", "==", "in", "has", "size", "all", "matches", "true", "null", "1.5", "1u",
                "b'y'", "known", "yen", "'", "\"", "//", "\n", "沖", "found", "now", "`", "\\",
            ]),
            0..24,
        ),
    ) {
        on_a_large_stack(move || {
            let _ = evaluate_alone(&words.join(" "));
            let _ = evaluate_alone(&words.concat());
        });
    }
}
