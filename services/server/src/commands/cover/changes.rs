//! Other terms, as options of a command.

use anyhow::{anyhow, bail};
use clap::Args;
use tasuki_core::master_contract::{CoverTerms, CoveragePart, PartTerms};
use tasuki_core::money::Money;
use tasuki_core::rate::Rate;

/// The word for no limit.
const NONE: &str = "none";

/// What to change in the terms.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Changes {
    /// Another amount of a limit, such as `limit.programme=3000000`; `none` takes it out. May be repeated.
    #[arg(long, value_name = "CODE=YEN")]
    limit: Vec<String>,
    /// Another deductible of a part, such as `on_site_response=10000`. May be repeated.
    #[arg(long, value_name = "PART=YEN")]
    deductible: Vec<String>,
    /// Another share that is paid, such as `on_site_response=0.9`. May be repeated.
    #[arg(long, value_name = "PART=RATE")]
    coinsurance: Vec<String>,
    /// A part that is no longer covered. May be repeated.
    #[arg(long, value_name = "PART")]
    without: Vec<CoveragePart>,
}

impl Changes {
    /// Whether anything is changed.
    pub(super) const fn is_empty(&self) -> bool {
        self.limit.is_empty()
            && self.deductible.is_empty()
            && self.coinsurance.is_empty()
            && self.without.is_empty()
    }

    /// The terms with the changes.
    pub(super) fn apply(&self, terms: &CoverTerms) -> anyhow::Result<CoverTerms> {
        let mut next = terms.clone();
        for text in &self.limit {
            let (code, amount) = pair("limit", text)?;
            let known = next.limits.iter().map(|limit| limit.code.clone()).collect::<Vec<_>>();
            let Some(limit) = next.limits.iter_mut().find(|limit| limit.code == code) else {
                bail!("--limit {text}: there is no limit `{code}`; there are {}", known.join(", "));
            };
            if amount == NONE {
                next.limits.retain(|limit| limit.code != code);
            } else {
                limit.amount = yen("limit", text, amount)?;
            }
        }
        for text in &self.deductible {
            let (part, amount) = pair("deductible", text)?;
            part_of(&mut next, "deductible", part)?.deductible = yen("deductible", text, amount)?;
        }
        for text in &self.coinsurance {
            let (part, rate) = pair("coinsurance", text)?;
            let rate: Rate =
                rate.parse().map_err(|wrong| anyhow!("--coinsurance {text}: {wrong}"))?;
            if rate <= Rate::ZERO || rate > Rate::ONE {
                bail!("--coinsurance {text}: must be above 0 and at most 1");
            }
            part_of(&mut next, "coinsurance", part)?.coinsurance = rate;
        }
        for part in &self.without {
            part_of(&mut next, "without", part.as_str())?;
            next.parts.retain(|terms| terms.part != *part);
        }
        Ok(next)
    }
}

fn part_of<'t>(
    terms: &'t mut CoverTerms,
    option: &str,
    part: &str,
) -> anyhow::Result<&'t mut PartTerms> {
    let known = terms.parts.iter().map(|terms| terms.part.as_str()).collect::<Vec<_>>().join(", ");
    let found = terms.parts.iter_mut().find(|terms| terms.part.as_str() == part);
    found.ok_or_else(|| anyhow!("--{option}: `{part}` is not covered; there are {known}"))
}

fn pair<'t>(option: &str, text: &'t str) -> anyhow::Result<(&'t str, &'t str)> {
    text.split_once('=').ok_or_else(|| anyhow!("--{option} {text}: must be `NAME=VALUE`"))
}

fn yen(option: &str, text: &str, amount: &str) -> anyhow::Result<Money> {
    let plain = amount.replace([',', '_'], "");
    let yen: i64 = plain.parse().map_err(|_| {
        anyhow!("--{option} {text}: `{amount}` is not an amount of whole yen such as 50000")
    })?;
    if yen < 0 {
        bail!("--{option} {text}: must not be negative");
    }
    Ok(Money::jpy(yen))
}

#[cfg(test)]
mod tests {
    use tasuki_economics::{Portfolio, example};

    use super::*;

    fn terms() -> CoverTerms {
        Portfolio::read(example()).unwrap().cover_terms().unwrap()
    }

    #[test]
    fn limits_and_deductibles_change_by_name() {
        let changes = Changes {
            limit: vec!["limit.programme=1,000,000".to_owned(), "limit.occurrence=none".to_owned()],
            deductible: vec!["virus_removal=5000".to_owned()],
            coinsurance: vec!["virus_removal=0.9".to_owned()],
            without: vec![CoveragePart::OnSiteResponse],
        };
        let next = changes.apply(&terms()).unwrap();
        assert_eq!(next.limit("limit.programme").unwrap().amount, Money::jpy(1_000_000));
        assert!(next.limit("limit.occurrence").is_none());
        let part = next.part(CoveragePart::VirusRemoval).unwrap();
        assert_eq!((part.deductible, part.coinsurance), (Money::jpy(5_000), Rate::percent(90)));
        assert!(next.part(CoveragePart::OnSiteResponse).is_none());
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        let wrong = |limit: &str| {
            let changes = Changes { limit: vec![limit.to_owned()], ..Changes::default() };
            changes.apply(&terms()).unwrap_err().to_string()
        };
        assert!(wrong("limit.nothing=1").contains("limit.programme"));
        assert!(wrong("limit.programme=much").contains("whole yen"));
        assert!(wrong("limit.programme").contains("NAME=VALUE"));
    }
}
