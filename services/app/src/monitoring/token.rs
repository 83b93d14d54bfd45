//! Page tokens: the place of a row, as text with the last part free.

use std::str::FromStr;

use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;

/// Between the parts of a token. The last part may hold it.
const BETWEEN: char = '~';

/// A token of parts.
pub(crate) fn token(parts: &[&dyn std::fmt::Display]) -> String {
    let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
    parts.join(&BETWEEN.to_string())
}

/// The parts of a token, taken from the front.
pub(crate) struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Parts<'a> {
    /// The parts of a token.
    pub(crate) const fn of(token: &'a str) -> Self {
        Self { rest: token }
    }

    /// The next part.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`.
    pub(crate) fn next<T: FromStr>(&mut self) -> Result<T, Problem> {
        let (part, rest) = self.rest.split_once(BETWEEN).ok_or_else(invalid)?;
        self.rest = rest;
        part.parse().map_err(|_| invalid())
    }

    /// Everything that is left.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`.
    pub(crate) fn last<T: FromStr>(self) -> Result<T, Problem> {
        self.rest.parse().map_err(|_| invalid())
    }
}

fn invalid() -> Problem {
    Problem::new(Reason::PageTokenInvalid, "the page token is not one of this list")
}
