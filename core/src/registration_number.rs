//! The number of an issuer of qualified invoices (適格請求書発行事業者の登録番号).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `T` and thirteen digits.
///
/// A corporation's digits are its corporate number, whose first digit is a check digit; how those of
/// sole proprietors are made is not published, so any thirteen digits are taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RegistrationNumber(String);

/// The text is no registration number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a registration number: `T` and thirteen digits")]
pub struct ParseRegistrationNumberError {
    /// What was given.
    pub text: String,
}

impl RegistrationNumber {
    /// The number as invoices show it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its digits are a corporate number, by the check digit; if not, it was mistyped or
    /// belongs to a sole proprietor.
    pub fn is_corporate(&self) -> bool {
        let digits: Vec<u32> = self.0.chars().filter_map(|c| c.to_digit(10)).collect();
        let Some((check, rest)) = digits.split_first() else { return false };
        // From the right, every second digit counts twice.
        let sum: u32 = rest.iter().rev().zip([1, 2].into_iter().cycle()).map(|(d, w)| d * w).sum();
        *check == 9 - sum % 9
    }
}

impl FromStr for RegistrationNumber {
    type Err = ParseRegistrationNumberError;

    fn from_str(text: &str) -> Result<Self, ParseRegistrationNumberError> {
        let is_number = text.strip_prefix('T').is_some_and(|digits| {
            digits.len() == 13 && digits.chars().all(|digit| digit.is_ascii_digit())
        });
        if is_number {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseRegistrationNumberError { text: text.to_owned() })
        }
    }
}

impl<'de> Deserialize<'de> for RegistrationNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for RegistrationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_tells_a_corporate_number() {
        let number = |text: &str| text.parse::<RegistrationNumber>().unwrap();
        assert!(number("T8700110005901").is_corporate(), "published with its check digit 8");
        assert!(!number("T1234567890123").is_corporate(), "samples use it all the same");
    }

    #[test]
    fn only_t_and_thirteen_digits_are_a_number() {
        for text in
            ["", "T123", "8700110005901", "t8700110005901", "T87001100059012", "T870011000590x"]
        {
            assert!(text.parse::<RegistrationNumber>().is_err(), "{text}");
        }
    }
}
