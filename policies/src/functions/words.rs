//! Versions and addresses.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::{Function, Style, fitting, unexpected};
use crate::expression::Type;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "versionAtLeast",
        style: Style::Plain,
        doc: "Whether a version with dots is another one or later, number by number; numbers that \
              are not written are zero.",
        examples: &[
            ("versionAtLeast('1.10.0', '1.9')", "true"),
            ("versionAtLeast('1.9', '1.9.0')", "true"),
            ("versionAtLeast('1.9', '1.10')", "false"),
        ],
        n_arguments: (2, 2),
        check: |given| fitting(given, &[Type::TEXT, Type::TEXT], Type::Bool),
        call: |values| match values {
            [Value::Text(one), Value::Text(two)] => {
                Ok(Value::Bool(compare(&numbers(one)?, &numbers(two)?).is_ge()))
            }
            _ => Err(unexpected("versionAtLeast")),
        },
    },
    Function {
        name: "ipInCidr",
        style: Style::Plain,
        doc: "Whether an address lies in a network.",
        examples: &[
            ("ipInCidr('192.168.1.20', '192.168.0.0/16')", "true"),
            ("ipInCidr('10.0.0.1', '192.168.0.0/16')", "false"),
            ("ipInCidr('2001:db8::1', '2001:db8::/32')", "true"),
        ],
        n_arguments: (2, 2),
        check: |given| fitting(given, &[Type::TEXT, Type::TEXT], Type::Bool),
        call: |values| match values {
            [Value::Text(address), Value::Text(network)] => lies_in(address, network),
            _ => Err(unexpected("ipInCidr")),
        },
    },
];

/// The most numbers of a version.
const MAX_NUMBERS: usize = 8;

fn numbers(version: &str) -> Result<Vec<u64>, String> {
    let refused = || format!("`{version}` is not a version such as `1.10.0`");
    let found: Result<Vec<u64>, _> = version.split('.').map(str::parse).collect();
    let plain = version.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    found.ok().filter(|it| plain && it.len() <= MAX_NUMBERS).ok_or_else(refused)
}

fn compare(one: &[u64], two: &[u64]) -> Ordering {
    let at = |numbers: &[u64], place: usize| numbers.get(place).copied().unwrap_or_default();
    (0..MAX_NUMBERS)
        .map(|place| at(one, place).cmp(&at(two, place)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn lies_in(address: &str, network: &str) -> Result<Value, String> {
    let refused = || format!("`{network}` is not a network such as `192.168.0.0/16`");
    let parsed: IpAddr = address
        .parse()
        .map_err(|_| format!("`{address}` is not an address such as `192.168.0.1`"))?;
    let (start, length) = network.split_once('/').ok_or_else(refused)?;
    let start: IpAddr = start.parse().map_err(|_| refused())?;
    let length: u32 = length.parse().map_err(|_| refused())?;
    let (one, two, bits) = match (parsed, start) {
        (IpAddr::V4(one), IpAddr::V4(two)) => {
            (u128::from(one.to_bits()), u128::from(two.to_bits()), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(two)) => (one.to_bits(), two.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            return Ok(Value::Bool(false));
        }
    };
    if length > bits {
        return Err(refused());
    }
    // All bits are shifted out of a network of length 0, which is every address.
    let prefix = |number: u128| number.checked_shr(bits - length).unwrap_or_default();
    if prefix(two).checked_shl(bits - length).unwrap_or_default() != two {
        return Err(format!("`{network}` has bits behind its first {length}"));
    }
    Ok(Value::Bool(prefix(one) == prefix(two)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_version_or_network_is_an_error() {
        for version in
            ["", "1.", "v1", "1.2-rc1", "+1", "1.2.3.4.5.6.7.8.9", "99999999999999999999"]
        {
            assert!(numbers(version).is_err(), "{version}");
        }
        for network in ["192.168.0.0", "192.168.0.0/33", "192.168.0.1/16", "x/1", "::/129"] {
            assert!(lies_in("192.168.0.1", network).is_err() || network == "::/129", "{network}");
        }
        assert!(lies_in("::1", "::/129").is_err());
        assert!(lies_in("1.2.3", "0.0.0.0/0").is_err());
        assert_eq!(lies_in("1.2.3.4", "0.0.0.0/0").unwrap().to_string(), "true");
        assert_eq!(lies_in("1.2.3.4", "::/0").unwrap().to_string(), "false");
    }
}
