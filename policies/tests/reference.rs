//! Random packs over random facts, some of them missing: a slow and obvious evaluator has to give
//! the same, and what no pack may ever break holds.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use tasuki_core::benefit::{self, LossItem, Standing, Tariff};
use tasuki_core::master_contract::CoveragePart;
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;
use tasuki_core::service::Service;
use tasuki_policies::facts::{CompanyFacts, WafState};
use tasuki_policies::{FactSet, Outcome, PackSet, PackSource, Shape};

#[path = "reference/evaluator.rs"]
mod evaluator;

use evaluator::{Answer, Sketch, SketchRule, Value, answer};

fn numbers() -> BoxedStrategy<String> {
    let fact = select(vec![
        "company.employees",
        "company.capital_yen",
        "company.endpoints_windows",
        "company.endpoints_mac",
    ])
    .prop_map(str::to_owned);
    let leaf = prop_oneof![
        3 => fact,
        1 => (-2_i64..7).prop_map(|it| format!("({it})")),
        1 => Just("most".to_owned()),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let sign = select(vec!["+", "-", "*", "/", "%"]);
        prop_oneof![
            (inner.clone(), sign, inner.clone()).prop_map(|(a, it, b)| format!("({a} {it} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("min({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("(company.has_utm ? {a} : {b})")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("size([{a}, {b}].filter(e, e > company.employees))")),
            inner.prop_map(|a| format!("size([{a}, 1].map(e, e + 1))")),
        ]
    })
    .boxed()
}

fn conditions() -> BoxedStrategy<String> {
    let flag = select(vec!["company.has_utm", "company.has_website", "company.has_antivirus"]);
    let sign = || select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let leaf = prop_oneof![
        flag.prop_map(str::to_owned),
        select(vec![
            "company.waf == 'none'",
            "company.waf in ['none', 'off']",
            "has(company.employees)",
            "has(company.waf)",
            "known(company.employees + company.capital_yen)",
            "'edr' in company.wanted",
            "hasAny(company.wanted, ['edr', 'utm'])",
            "hasAll(company.wanted, ['edr'])",
            "company.industry.startsWith('E')",
            "company.monthly_traffic_gb > rate",
            "company.monthly_traffic_gb * 2 - rate <= company.employees",
            "company.monthly_traffic_gb + decimal('0.05') == decimal('0.15')",
            "now < timestamp('2021-01-01T00:00:00Z')",
        ])
        .prop_map(str::to_owned),
        (numbers(), sign(), numbers())
            .prop_map(|(a, it, b)| format!("company.employees + {a} {it} {b}")),
        (numbers(), numbers()).prop_map(|(a, b)| format!("{a} in [{b}, company.employees]")),
    ];
    let each = select(vec!["all", "exists", "exists_one"]);
    let simple = leaf.clone();
    let looped = (each, numbers(), simple)
        .prop_map(|(it, a, b)| format!("[0, {a}].{it}(z, z == company.employees || {b})"));
    prop_oneof![3 => leaf, 1 => looped]
        .prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                inner.clone().prop_map(|a| format!("!({a})")),
                inner.clone().prop_map(|a| format!("known({a})")),
                (inner.clone(), inner.clone(), inner)
                    .prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
            ]
        })
        .boxed()
}

fn rules(shape: Shape) -> BoxedStrategy<Vec<SketchRule>> {
    let guard = prop::option::of(conditions());
    let rule = (guard, conditions(), numbers()).prop_map(move |(guard, condition, got)| {
        let guard = guard.filter(|_| shape == Shape::AllMustHold);
        let outputs = BTreeMap::from([("got".to_owned(), got)]);
        SketchRule { code: String::new(), guard, condition, outputs }
    });
    prop::collection::vec(rule, 1..4)
        .prop_map(|mut rules| {
            for (at, rule) in rules.iter_mut().enumerate() {
                rule.code = format!("RULE_{at}");
            }
            rules
        })
        .boxed()
}

fn sketches(shapes: &'static [Shape]) -> impl Strategy<Value = Sketch> {
    select(shapes).prop_flat_map(|shape| {
        let variables = (conditions(), numbers());
        (rules(shape), variables, -3_i64..9).prop_map(move |(mut rules, (big, sum), most)| {
            if shape == Shape::DecisionTable {
                for (at, rule) in rules.iter_mut().enumerate() {
                    // A row's condition is made from its cells.
                    let condition = ["big", "!big", "big && sum > 2", "sum != 3"][at % 4];
                    rule.condition = String::from(condition);
                }
            }
            let text = |it: &str| it.to_owned();
            Sketch {
                shape,
                constants: BTreeMap::from([
                    (text("most"), Value::Int(most)),
                    (text("rate"), Value::Decimal(25, 2)),
                ]),
                variables: BTreeMap::from([(text("big"), big), (text("sum"), sum)]),
                rules,
                outputs: BTreeMap::from([
                    (text("codes"), text("found.code")),
                    (text("n_got"), text("size(found.got) + most")),
                    (text("share"), text("rate * company.employees")),
                    (text("used"), text("big ? sum : 0")),
                ]),
            }
        })
    })
}

const SHAPES: &[Shape] = &[
    Shape::AllMustHold,
    Shape::NoneMayHold,
    Shape::FirstMatch,
    Shape::CollectAll,
    Shape::DecisionTable,
];

fn facts() -> impl Strategy<Value = FactSet> {
    let maybe = |range: std::ops::Range<i64>| prop::option::weighted(0.7, range);
    let flag = || prop::option::weighted(0.7, any::<bool>());
    let waf = select(vec![WafState::None, WafState::Active, WafState::Off]);
    let wanted = prop::collection::vec(select(Service::ALL.to_vec()), 0..3);
    let traffic = select(vec!["0.1", "0.25", "12", "3.50"]);
    (
        (maybe(-2..9), maybe(0..4), maybe(0..9), maybe(0..3)),
        (flag(), flag(), flag()),
        (prop::option::of(waf), prop::option::of(wanted), prop::option::of(traffic)),
        prop::option::of(select(vec!["E", "F"])),
    )
        .prop_map(|(numbers, flags, (waf, wanted, traffic), industry)| {
            FactSet::at("2020-10-01T00:00:00Z".parse().unwrap()).with_company(CompanyFacts {
                employees: numbers.0,
                capital_yen: numbers.1,
                endpoints_windows: numbers.2,
                endpoints_mac: numbers.3,
                has_utm: flags.0,
                has_website: flags.1,
                has_antivirus: flags.2,
                waf,
                wanted,
                monthly_traffic_gb: traffic.map(|it| it.parse::<Decimal>().unwrap()),
                industry: industry.map(str::to_owned),
                ..CompanyFacts::default()
            })
        })
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The files of a sketch.
fn source(sketch: &Sketch, name: &str) -> PackSource {
    let shape = serde_json::to_value(sketch.shape).unwrap();
    let mut yaml = format!(
        "kind: exclusion\nname: {name}\nowner: us\nversion: '1'\nenvironment: 1\n\
         effective: {{ from: 2020-09-01 }}\npublished_at: 2020-08-01\nsource: terms\n\
         facts: [company]\nshape: {}\nconstants:\n",
        shape.as_str().unwrap()
    );
    for (name, value) in &sketch.constants {
        let kind = if matches!(value, Value::Int(_)) { "int" } else { "decimal" };
        let value = evaluator::json(value);
        writeln!(yaml, "  {name}: {{ {kind}: {value}, source: terms }}").unwrap();
    }
    let table = sketch.shape == Shape::DecisionTable;
    yaml += if table { "table:\n  inputs:\n" } else { "variables:\n" };
    let indent = if table { "    " } else { "  " };
    for (name, text) in &sketch.variables {
        writeln!(yaml, "{indent}{name}: {}", quoted(text)).unwrap();
    }
    yaml += if table { "  rows:\n" } else { "rules:\n" };
    for rule in &sketch.rules {
        writeln!(yaml, "{indent}- code: {}", rule.code).unwrap();
        if table {
            let cells = match rule.condition.as_str() {
                "big" => "big: 'true'",
                "!big" => "big: 'false'",
                "sum != 3" => "sum: '!= 3'",
                _ => "big: 'true', sum: '> 2'",
            };
            writeln!(yaml, "{indent}  when: {{ {cells} }}").unwrap();
        } else {
            let condition = if sketch.shape == Shape::AllMustHold { "holds" } else { "when" };
            if let Some(text) = &rule.guard {
                writeln!(yaml, "{indent}  when: {}", quoted(text)).unwrap();
            }
            writeln!(yaml, "{indent}  {condition}: {}", quoted(&rule.condition)).unwrap();
        }
        writeln!(yaml, "{indent}  message: {{ ja: 規則, en: rule }}\n{indent}  outputs:").unwrap();
        for (name, text) in &rule.outputs {
            writeln!(yaml, "{indent}    {name}: {}", quoted(text)).unwrap();
        }
    }
    yaml += "outputs:\n";
    for (name, text) in &sketch.outputs {
        writeln!(yaml, "  {name}: {}", quoted(text)).unwrap();
    }
    PackSource::new(format!("exclusion/{name}/pack.yaml"), yaml)
}

/// The packs, unless the checker found a condition that is always or never true: random ones are,
/// sometimes.
fn loaded(source: &PackSource) -> Option<PackSet> {
    match PackSet::load([source.clone()]) {
        Ok(packs) => Some(packs),
        Err(wrong) => {
            let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            let expected = ["never-true", "always-true", "wrong-value"];
            let surprising = wrong.iter().any(|it| !expected.contains(&it.code.as_str()));
            assert!(!surprising, "{}\n{}", told.join("\n"), source.text);
            None
        }
    }
}

/// What the pack gives, in the words of the reference.
fn given(packs: &PackSet, facts: &FactSet) -> Answer {
    let pack = packs.packs().next().unwrap();
    let given = pack.evaluate(facts);
    let missing = |text: &str| -> BTreeSet<String> {
        let told = text.strip_prefix("cannot be determined, not known: ");
        told.into_iter()
            .flat_map(|it| {
                it.split("(`").skip(1).map(|it| it.split('`').next().unwrap().to_owned())
            })
            .collect()
    };
    Answer {
        outcome: given.outcome,
        findings: given
            .findings
            .iter()
            .map(|it| (it.code.clone(), it.outcome, missing(&it.message.en)))
            .collect(),
        matched: given.matched.iter().map(|it| it.code.clone()).collect(),
        outputs: given.outputs.clone(),
    }
}

/// What an insurer pays for a loss of ¥50,000 that an exclusion decides about.
fn paid(outcome: Outcome) -> Money {
    let part = CoveragePart::OnSiteResponse;
    let tariff = Tariff::new(part, Rate::percent(90), Money::jpy(5_000));
    let mut item = LossItem::new(1, part, Money::jpy(50_000));
    if outcome != Outcome::Satisfied {
        item.standing = Standing::NotCovered;
    }
    let rules = benefit::Rules::new(vec![tariff], vec![]);
    benefit::payable(&[item], &rules, &BTreeMap::new()).unwrap().total
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_slow_and_obvious_evaluator_gives_the_same(
        sketch in sketches(SHAPES),
        several in prop::collection::vec(facts(), 4),
    ) {
        if let Some(packs) = loaded(&source(&sketch, "one")) {
            for facts in several {
                let wanted = answer(&sketch, &facts);
                prop_assert_eq!(given(&packs, &facts), wanted, "{}", source(&sketch, "one").text);
            }
        }
    }

    #[test]
    fn another_exclusion_never_raises_what_is_payable(
        sketch in sketches(&[Shape::NoneMayHold]),
        condition in conditions(),
        several in prop::collection::vec(facts(), 4),
    ) {
        let mut more = sketch.clone();
        let mut rule = sketch.rules[0].clone();
        (rule.code, rule.condition) = ("ANOTHER".to_owned(), condition);
        more.rules.push(rule);
        let packs = (loaded(&source(&sketch, "one")), loaded(&source(&more, "one")));
        if let (Some(fewer), Some(more)) = packs {
            for facts in several {
                let before = given(&fewer, &facts).outcome;
                let after = given(&more, &facts).outcome;
                prop_assert!(paid(after) <= paid(before), "{before:?} became {after:?}");
                prop_assert!(after != Outcome::Satisfied || before == Outcome::Satisfied);
            }
        }
    }
}

#[test]
fn the_order_of_the_files_never_matters() {
    let identities = |packs: &PackSet| -> Vec<String> {
        packs.packs().map(|it| format!("{}/{} {}", it.kind(), it.name(), it.hash())).collect()
    };
    let facts = FactSet::at("2021-06-01T00:00:00Z".parse().unwrap());
    let one = PackSet::load(shipped()).unwrap();
    let mut shuffled = shipped();
    let mut state = 1_u64;
    for _ in 0..5 {
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
        }
        let two = PackSet::load(shuffled.clone()).unwrap();
        assert_eq!(identities(&one), identities(&two));
        for (one, two) in one.packs().zip(two.packs()) {
            assert_eq!(one.evaluate(&facts), two.evaluate(&facts));
        }
    }
}

/// The files of the shipped packs.
fn shipped() -> Vec<PackSource> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
    let mut open = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push(PackSource::new(below, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}
