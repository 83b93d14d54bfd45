//! Amounts of money: parts, sums and what an insurer pays.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::numbers::{MODES, rounded};
use super::{Function, Style, fitting, unexpected};
use crate::expression::{Operator, Type, apply};
use crate::value::{Key, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "pct",
        style: Style::Plain,
        doc: "So many percent of a number, exact: round it with `yen`.",
        examples: &[("pct(12000, 10)", "1200"), ("yen(pct(999, decimal('12.5')), 'down')", "124")],
        n_arguments: (2, 2),
        check: |given| fitting(given, &[Type::Decimal, Type::Decimal], Type::Decimal),
        call: |values| match values {
            [number, percent] => {
                let hundredth = Value::Decimal(Decimal::new(1, 2));
                apply(Operator::Multiply, &apply(Operator::Multiply, number, percent)?, &hundredth)
            }
            _ => Err(unexpected("pct")),
        },
    },
    Function {
        name: "payable",
        style: Style::Plain,
        doc: "What is paid for a loss in yen: loss times coinsurance (縮小支払割合, from 0 to 1), \
              rounded down, less the deductible, at most the limit, never below zero.",
        examples: &[
            ("payable(40000, 5000, 50000, decimal('0.9'))", "31000"),
            ("payable(900000, 5000, 50000, 1)", "50000"),
            ("payable(3000, 5000, 50000, 1)", "0"),
        ],
        n_arguments: (4, 4),
        check: |given| {
            let yen = Type::Int;
            fitting(given, &[yen.clone(), yen.clone(), yen, Type::Decimal], Type::Int)
        },
        call: payable,
    },
    Function {
        name: "prorata",
        style: Style::Plain,
        doc: "The share of an amount for a part of a whole, such as days of a month, in yen and \
              rounded by a named rule.",
        examples: &[
            ("prorata(10000, 10, 31, 'down')", "3225"),
            ("prorata(10000, 1, 2, 'up')", "5000"),
        ],
        n_arguments: (4, 4),
        check: |given| {
            let number = Type::Decimal;
            let wanted = [number.clone(), number.clone(), number, Type::Text(Some(MODES))];
            fitting(given, &wanted, Type::Int)
        },
        call: prorata,
    },
    Function {
        name: "sumBy",
        style: Style::Plain,
        doc: "The sum of a list of numbers, or of one value of each map in a list.",
        examples: &[
            ("sumBy([1, 2, 3])", "6"),
            ("sumBy([{'yen': 100}, {'yen': 250}], 'yen')", "350"),
            ("sumBy([decimal('0.1'), decimal('0.2')])", "0.3"),
        ],
        n_arguments: (1, 2),
        check: |given| match given {
            [Type::Any] => Ok(Type::Any),
            [Type::List(element)] if element.is_number() => Ok(element.as_ref().clone()),
            [Type::List(element), Type::Text(_) | Type::Any]
                if matches!(**element, Type::Map | Type::Any) =>
            {
                Ok(Type::Any)
            }
            _ => Err("it takes a list of numbers, or a list of maps and a name".to_owned()),
        },
        call: sum_by,
    },
];

fn payable(values: &[Value]) -> Result<Value, String> {
    let [Value::Int(loss), Value::Int(deductible), Value::Int(limit), coinsurance] = values else {
        return Err(unexpected("payable"));
    };
    let share = coinsurance.as_decimal().ok_or_else(|| unexpected("payable"))?;
    if *loss < 0 || *deductible < 0 || *limit < 0 {
        return Err("loss, deductible and limit are not negative".to_owned());
    }
    if share < Decimal::ZERO || share > Decimal::ONE {
        return Err(format!("the coinsurance `{share}` does not lie between 0 and 1"));
    }
    let Value::Decimal(covered) =
        apply(Operator::Multiply, &Value::Decimal(Decimal::from(*loss)), &Value::Decimal(share))?
    else {
        return Err(unexpected("payable"));
    };
    let covered = covered.trunc().to_i64().ok_or("the loss is too large")?;
    Ok(Value::Int(covered.saturating_sub(*deductible).clamp(0, *limit)))
}

fn prorata(values: &[Value]) -> Result<Value, String> {
    let [amount, part, whole, Value::Text(mode)] = values else {
        return Err(unexpected("prorata"));
    };
    let number = |value: &Value| value.as_decimal().ok_or_else(|| unexpected("prorata"));
    let (part, whole) = (number(part)?, number(whole)?);
    if whole <= Decimal::ZERO || part < Decimal::ZERO || part > whole {
        return Err(format!("`{part}` is no part of `{whole}`"));
    }
    let Value::Decimal(product) =
        apply(Operator::Multiply, &Value::Decimal(number(amount)?), &Value::Decimal(part))?
    else {
        return Err(unexpected("prorata"));
    };
    // A quotient that is cut after 28 digits could be rounded the wrong way; the rest is exact.
    let rest = product.checked_rem(whole).ok_or("the amount is too large")?;
    let yen = product.checked_sub(rest).and_then(|it| it.checked_div(whole));
    let yen = yen.ok_or("the amount is too large")?;
    let exact_half =
        rest.checked_mul(Decimal::TWO).ok_or("the amount is too large")?.abs().cmp(&whole);
    let sign = if product.is_sign_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let fraction = match (rest.is_zero(), exact_half) {
        (true, _) => Decimal::ZERO,
        (false, std::cmp::Ordering::Less) => Decimal::new(25, 2),
        (false, std::cmp::Ordering::Equal) => Decimal::new(5, 1),
        (false, std::cmp::Ordering::Greater) => Decimal::new(75, 2),
    };
    let stand_in = yen.checked_add(fraction * sign).ok_or("the amount is too large")?;
    let whole = rounded(stand_in, 0, mode)?;
    whole.to_i64().map(Value::Int).ok_or_else(|| format!("`{whole}` yen are too many"))
}

fn sum_by(values: &[Value]) -> Result<Value, String> {
    let (list, name) = match values {
        [Value::List(list)] => (list, None),
        [Value::List(list), Value::Text(name)] => (list, Some(Key::Text(name.clone()))),
        _ => return Err(unexpected("sumBy")),
    };
    let mut sum = Value::Int(0);
    for item in &list.items {
        let number = match (item, &name) {
            (Value::Map(map), Some(name)) => map
                .entries
                .get(name)
                .ok_or_else(|| format!("a map of the list has nothing called `{name}`"))?,
            (_, Some(_)) => return Err(unexpected("sumBy")),
            (number, None) => number,
        };
        if number.as_decimal().is_none() {
            return Err(format!("a {} cannot be added up", number.type_name()));
        }
        sum = apply(Operator::Add, &sum, number)?;
    }
    Ok(sum)
}
