//! Nothing is left open without anybody knowing.

use super::{Finding, has_word, lines};
use crate::repository::Source;

/// Words that say that something is not finished. In pieces, so that this file passes.
const OPEN_ENDS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Open ends in code that name no issue.
pub fn open_ends(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() != "md")
        .flat_map(|source| {
            lines(source, |line| {
                OPEN_ENDS
                    .iter()
                    .find(|word| has_word(line, word) && !names_issue(line))
                    .map(|word| format!("`{word}` without the number of an issue, such as `#12`"))
            })
        })
        .collect()
}

/// Tests that are switched off.
pub fn ignored_tests(sources: &[Source]) -> Vec<Finding> {
    let mark = concat!("#[", "ignore");
    sources
        .iter()
        .filter(|source| source.extension() == "rs")
        .flat_map(|source| {
            lines(source, |line| {
                line.contains(mark).then(|| {
                    "a wrong behaviour that stays is asserted, with a comment and an issue"
                        .to_owned()
                })
            })
        })
        .collect()
}

fn names_issue(line: &str) -> bool {
    line.split('#').skip(1).any(|rest| rest.starts_with(|it: char| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_end_names_its_issue() {
        let word = OPEN_ENDS[0];
        let text = format!("// {word}: later\n// {word} #12: later\nlet {word}S = 1;");
        let found = open_ends(&[Source::new("core/src/a.rs", &text)]);
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_test_that_is_switched_off_is_found() {
        let text = concat!("#[test]\n#[", "ignore]\nfn a() {}");
        assert_eq!(ignored_tests(&[Source::new("core/src/a.rs", text)]).len(), 1);
    }
}
