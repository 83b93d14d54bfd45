//! CEL's rules, and inputs that want to stall, abort or bloat the server.

use super::evaluate_alone;
use crate::expression::{FactTable, Names, check, parse};

/// Runs something as packs are read: on a thread with a large stack.
pub(super) fn on_a_large_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(32 * 1024 * 1024).spawn(run).unwrap().join().unwrap()
}

fn gives(source: &str) -> String {
    let source = source.to_owned();
    on_a_large_stack(move || evaluate_alone(&source))
}

#[test]
fn an_error_on_one_side_does_not_matter_when_the_other_side_decides() {
    assert_eq!(gives("false && 1 / 0 == 1"), "false");
    assert_eq!(gives("1 / 0 == 1 && false"), "false");
    assert_eq!(gives("true || 1 / 0 == 1"), "true");
    assert_eq!(gives("1 / 0 == 1 || true"), "true");
    assert_eq!(gives("true && 1 / 0 == 1"), "division by zero");
    assert_eq!(gives("1 / 0 == 1 || false"), "division by zero");
    assert_eq!(gives("true && true && 1 / 0 == 1 && false"), "false");
}

#[test]
fn only_the_chosen_branch_is_evaluated() {
    assert_eq!(gives("true ? 1 : 1 / 0"), "1");
    assert_eq!(gives("false ? 1 / 0 : 2"), "2");
    assert_eq!(gives("1 / 0 == 1 ? 1 : 2"), "division by zero");
}

#[test]
fn all_and_exists_follow_the_rules_of_and_and_or() {
    assert_eq!(gives("[1, 2, 3].all(x, x > 0)"), "true");
    assert_eq!(gives("[].all(x, x > 0)"), "true");
    assert_eq!(gives("[0, 1].all(x, 1 / x > 1)"), "false");
    assert_eq!(gives("[0, 1].all(x, 1 / x == 1)"), "division by zero");
    assert_eq!(gives("[0, 1].exists(x, 1 / x == 1)"), "true");
    assert_eq!(gives("[0, 2].exists(x, 1 / x == 1)"), "division by zero");
    assert_eq!(gives("[].exists(x, x > 0)"), "false");
    assert_eq!(gives("[1, 2, 3].exists_one(x, x > 2)"), "true");
    assert_eq!(gives("[1, 2, 3].exists_one(x, x > 1)"), "false");
    assert_eq!(gives("[0, 1].exists_one(x, 1 / x == 1)"), "division by zero");
    assert_eq!(gives("[1, 2, 3].filter(x, x != 2)"), "[1,3]");
    assert_eq!(gives("[1, 2, 3].map(x, x * x)"), "[1,4,9]");
    assert_eq!(gives("[1, 2, 3].map(x, x > 1, x * x)"), "[4,9]");
    assert_eq!(gives("[[1, 2], [3]].map(x, x.map(y, y + size(x)))"), "[[3,4],[4]]");
}

#[test]
fn lists_maps_and_texts_work_as_in_cel() {
    assert_eq!(gives("[1, 2][1]"), "2");
    assert_eq!(gives("[1, 2][2]"), "the list has no element 2");
    assert_eq!(gives("{'a': 1, 'b': 'x'}.b"), "x");
    assert_eq!(gives("{'a': 1}['b']"), "the map has nothing called `b`");
    assert_eq!(gives("has({'a': 1}.a) && !has({'a': 1}.b)"), "true");
    assert_eq!(gives("2 in [1, 2] && !('c' in ['a'])"), "true");
    assert_eq!(gives("[1] + [2] == [1, 2]"), "true");
    assert_eq!(gives("'沖' + '縄' == '沖縄'"), "true");
    assert_eq!(gives("'utm-01'.matches('^[a-z]+-[0-9]{2}$')"), "true");
    assert_eq!(gives("1 == decimal('1.0') && 1 < decimal('1.5')"), "true");
    assert_eq!(gives("duration('24h') - duration('1h') > duration('22h59m')"), "true");
    assert_eq!(gives("!!true"), "true");
    assert_eq!(gives("-(-3)"), "3");
    assert_eq!(gives("9223372036854775807 + 1"), "the result is too large");
    assert_eq!(gives("-9223372036854775808"), "-9223372036854775808");
}

#[test]
fn types_that_never_meet_are_refused_before_anything_runs() {
    assert_eq!(gives("1 + 'a'"), "`int` + `string` has no meaning");
    assert_eq!(gives("1 == 'a'"), "`int` == `string` has no meaning");
    assert_eq!(gives("1 && true"), "this is a int, not a bool");
    assert_eq!(gives("1.5 > 1"), "floating point numbers are not exact");
    assert_eq!(gives("1u + 2u"), "unsigned numbers are not used; unsigned numbers are not used");
    assert_eq!(gives("null == 1"), "nothing is ever `null`");
    assert_eq!(gives("nosuch(1)"), "there is no function `nosuch`");
    assert_eq!(gives("size(1)"), "`size`: it takes a string, a list or a map");
    assert_eq!(gives("min(1)"), "`min` takes 2 to 8 arguments, not 1");
    assert_eq!(gives("[1, 'a']"), "a string among elements of int");
    assert_eq!(gives("'x'.matches('(')"), "error: unclosed group");
    assert_eq!(
        gives("duration('1 day')"),
        "`1 day` is not a span of time such as `24h` or `1h30m`"
    );
    assert_eq!(gives("[1].all(size, size > 0)"), "true", "elements may be called like functions");
    assert_eq!(gives("yen(decimal('1.5'), 'half_down')"), "`yen` does not know `half_down`");
}

#[test]
fn a_pack_may_ask_a_person_to_look_under_a_code() {
    assert_eq!(gives("[2].exists(x, x > 1) ? 1 : refer('NO_PRICE')"), "1");
    assert_eq!(gives("[1].exists(x, x > 1) ? 1 : refer('NO_PRICE')"), "referred: NO_PRICE");
    assert_eq!(gives("require([2].exists(x, x > 1), 'TOO_FEW')"), "true");
    assert_eq!(gives("require([1].exists(x, x > 1), 'TOO_FEW')"), "referred: TOO_FEW");
    assert_eq!(gives("require([1].exists(x, x > 1), 'TOO_FEW') || [1].all(x, x == 1)"), "true");
    assert_eq!(gives("require([1].exists(x, 1 / 0 == x), 'TOO_FEW')"), "division by zero");
    assert_eq!(gives("1 + refer('NO_PRICE')"), "referred: NO_PRICE");
    assert_eq!(
        gives("refer('no price')"),
        "`no price` is not a code: capital letters, digits and `_`"
    );
    assert_eq!(
        gives("refer(string(1) + 'X')"),
        "the code is written down, as in `refer('NO_PRICE')`"
    );
}

#[test]
fn the_parts_of_an_instant_have_types_and_names() {
    let at = "[timestamp('2021-04-01T23:30:00Z')].filter(x, jst(x)";
    assert_eq!(gives(&format!("size({at}.hour >= 8))")), "1");
    let told = "an instant in Japan has no `hours`";
    assert_eq!(gives(&format!("size({at}.hours >= 8))")), told);
    let told = "`string` >= `int` has no meaning";
    assert_eq!(gives(&format!("size({at}.date >= 8))")), told);
    assert_eq!(
        gives(&format!("size({at}.weekday == 'friyay'))")),
        "`jst(x).weekday` is never `friyay`"
    );
}

fn refused(source: String) -> &'static str {
    on_a_large_stack(move || match parse(&source) {
        Ok(parsed) => match check(&parsed, &Names::new(), &mut FactTable::default()) {
            Ok(_) => "",
            Err(faults) => faults.first().map_or("", |fault| fault.code),
        },
        Err(faults) => faults.first().map_or("", |fault| fault.code),
    })
}

#[test]
fn expressions_that_would_abort_a_parser_are_refused() {
    assert_eq!(refused(vec!["1"; 500].join("+")), "too-deep");
    assert_eq!(refused(vec!["1"; 50_000].join("+")), "too-long");
    assert_eq!(refused("(".repeat(10_000) + "1" + &")".repeat(10_000)), "too-long");
    assert_eq!(refused("(".repeat(40) + "1" + &")".repeat(40)), "too-deep");
    assert_eq!(refused("[".repeat(40) + &"]".repeat(40)), "too-deep");
    assert_eq!(refused("size(".repeat(33) + "''" + &")".repeat(33)), "too-deep");
    assert_eq!(refused("!".repeat(1_999) + "true"), "");
    assert_eq!(refused("- ".repeat(5_000) + "1"), "too-long");
    assert_eq!(refused("true?".repeat(400) + "1" + &":1".repeat(400)), "syntax");
    assert_eq!(refused("true?1:".repeat(200) + "1"), "syntax");
    assert_eq!(refused("{'a':1}".to_owned() + &".a".repeat(500)), "too-deep");
    assert_eq!(refused("[1]".to_owned() + &"[0]".repeat(300)), "too-deep");
}

#[test]
fn a_chain_of_conditions_may_be_long_since_it_is_flat() {
    assert_eq!(gives(&vec!["true"; 900].join(" && ")), "true");
    assert_eq!(gives(&vec!["false"; 900].join(" || ")), "false");
}

#[test]
fn expressions_that_would_run_for_ever_are_stopped() {
    let list = format!("[{}]", vec!["1"; 100].join(","));
    let thrice = format!("{list}.all(a, {list}.all(b, {list}.all(c, true)))");
    assert_eq!(refused(thrice), "too-deep");
    let list = format!("[{}]", vec!["1"; 450].join(","));
    let twice = format!("{list}.all(a, {list}.all(b, a == b))");
    assert_eq!(gives(&twice), "spent");
}

#[test]
fn texts_and_lists_do_not_grow_without_bound() {
    let doubled = "['x'].map(a, a + a).map(a, a + a)".to_owned() + &".map(a, a + a)".repeat(15);
    assert_eq!(gives(&doubled), "a text of more than 16384 bytes");
    let nested = "[1]".to_owned() + &".map(a, [a, a])".repeat(16);
    assert_eq!(gives(&nested), "a value of more than 20000 elements");
    let maps = "[1]".to_owned() + &".map(a, {'x': a, 'y': a})".repeat(16);
    assert_eq!(gives(&maps), "a value of more than 20000 elements");
    assert_eq!(gives("'a'.replace('a', 'aa')"), "there is no function `replace`");
    assert_eq!(refused("'x'.matches('(a{1000}){1000}')".to_owned()), "wrong-value");
}

#[test]
fn an_evaluation_needs_no_large_stack() {
    let source = "[1]".to_owned() + &".map(a, a + 1)".repeat(60);
    let compiled = on_a_large_stack(move || {
        let parsed = parse(&source).unwrap();
        check(&parsed, &Names::new(), &mut FactTable::default()).unwrap()
    });
    let small = std::thread::Builder::new().stack_size(1024 * 1024);
    let given = small.spawn(move || {
        let facts = crate::FactSet::at("2021-01-01T00:00:00Z".parse().unwrap());
        let mut evaluator = super::Evaluator::new(&facts, &[], &[]);
        evaluator.evaluate(&compiled.node).map(|value| value.to_string())
    });
    assert_eq!(given.unwrap().join().unwrap(), Ok("[61]".to_owned()));
}
