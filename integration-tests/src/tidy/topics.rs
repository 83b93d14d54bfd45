//! The list of topics names every topic that the code tells, and only those.

use std::collections::BTreeSet;

use tasuki_core::event::TOPICS;

use super::{Finding, about, lines};
use crate::repository::Source;

/// The list.
const LIST: &str = "core/src/event/topics.rs";

/// Where events are told.
const TOLD_IN: [&str; 2] = ["core/src/", "services/app/src/"];

/// A noun that names other things with a dot as well: only what is told outright counts.
const AMBIGUOUS: [&str; 1] = ["limit"];

/// Topics that are told and not listed, or listed and never told.
pub fn unlisted_topics(sources: &[Source]) -> Vec<Finding> {
    let listed: BTreeSet<&str> =
        TOPICS.iter().flat_map(|(_, topics)| *topics).map(|topic| topic.name).collect();
    let nouns: BTreeSet<&str> = listed.iter().filter_map(|name| name.split('.').next()).collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| tells(source)) {
        let code = Source::new(&source.path, without_tests(&source.text));
        found.extend(lines(&code, |line| {
            let outright = line.contains("News::new(");
            let wrong = literals(line).find(|literal| {
                let noun = literal.split('.').next().unwrap_or_default();
                let counts = outright || nouns.contains(noun) && !AMBIGUOUS.contains(&noun);
                counts && !listed.contains(literal)
            });
            wrong.map(|literal| format!("`{literal}` is told and not listed in `{LIST}`"))
        }));
        told.extend(literals(&code.text).filter_map(|literal| listed.get(literal).copied()));
    }
    if let Some(list) = sources.iter().find(|source| source.path == LIST) {
        let silent = listed.iter().filter(|name| !told.contains(*name));
        found.extend(silent.map(|name| about(list, format!("`{name}` is listed and never told"))));
    }
    found
}

fn tells(source: &Source) -> bool {
    let is_list = source.path == LIST;
    let is_test = source.path.contains("/tests");
    !is_list
        && !is_test
        && source.extension() == "rs"
        && TOLD_IN.iter().any(|folder| source.path.starts_with(folder))
}

/// The part of a file before its tests.
fn without_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]").map_or(text, |(code, _)| code)
}

/// The texts in a text that look like a topic: two words of lower case with a dot between them.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').filter(|part| {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
        };
        part.split_once('.').is_some_and(|(noun, past)| is_word(noun) && is_word(past))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let code = Source::new("services/app/src/ordering.rs", text);
        unlisted_topics(&[code]).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_topic_that_is_not_listed_is_found() {
        assert_eq!(found("News::new(\"order.vanished\", id, payload)").len(), 1);
        assert_eq!(found("News::new(\"nothing.known\", id, payload)").len(), 1);
        assert_eq!(found("Self::Vanished => \"order.vanished\",").len(), 1);
    }

    #[test]
    fn listed_topics_other_words_and_tests_are_left_alone() {
        assert!(found("News::new(\"order.changed\", id, payload)").is_empty());
        assert!(found("\"card.yaml\" \"limit.programme\" \"waf.traffic_gb\"").is_empty());
        assert!(found("#[cfg(test)]\nmod tests { \"order.vanished\" }").is_empty());
    }

    #[test]
    fn a_topic_that_nobody_tells_is_found() {
        let silent = unlisted_topics(&[Source::new(LIST, "")]);
        assert_eq!(silent.len(), TOPICS.iter().map(|(_, topics)| topics.len()).sum::<usize>());
    }
}
