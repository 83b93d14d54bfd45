//! The chain of a tenant's decisions: the hash of each record covers the hash of the one before.
//!
//! Whoever changes, adds or takes away a record in the middle changes every hash after it. A record
//! taken off the end is noticed by the head, which is kept apart.

use serde_json::Value;

use super::{Decision, canonical, sha256};

/// Where a record stands in its tenant's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place, from 1.
    pub sequence: i64,
    /// The hash of the record before; empty for the first.
    pub previous_hash: String,
    /// Its own hash: `sha256:` and 64 hexadecimal digits.
    pub hash: String,
}

/// A recorded decision and its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The record.
    pub decision: Decision,
    /// Its place.
    pub link: Link,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainHead {
    /// How many records there are.
    pub sequence: i64,
    /// The hash of the last one; empty when there is none.
    pub hash: String,
}

impl ChainHead {
    /// The link of the next record, given by its canonical text, and the head after it.
    pub fn link(&self, record: &str) -> (Link, Self) {
        let sequence = self.sequence + 1;
        let hash = hash_of(record, sequence, &self.hash);
        let link = Link { sequence, previous_hash: self.hash.clone(), hash: hash.clone() };
        (link, Self { sequence, hash })
    }
}

impl Link {
    /// What is wrong with the link of a stored record that follows this head.
    ///
    /// # Errors
    /// In words: a record is missing or doubled before it, or it was changed.
    pub fn check(&self, document: &Value, before: &ChainHead) -> Result<(), String> {
        if self.sequence != before.sequence + 1 {
            return Err(format!(
                "it is number {} of the chain and follows number {}",
                self.sequence, before.sequence
            ));
        }
        if self.previous_hash != before.hash {
            return Err("it does not follow the record that stands before it".to_owned());
        }
        if self.hash != hash_of(&canonical(document), self.sequence, &self.previous_hash) {
            return Err("the record was changed: it does not have the recorded hash".to_owned());
        }
        Ok(())
    }

    /// The chain up to and with this record.
    pub fn head(&self) -> ChainHead {
        ChainHead { sequence: self.sequence, hash: self.hash.clone() }
    }
}

/// The hash of a line with the place and the hash before, and the canonical text of the record.
fn hash_of(record: &str, sequence: i64, previous_hash: &str) -> String {
    sha256(&[&sequence.to_string(), " ", previous_hash, "\n", record])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain(documents: &[Value]) -> Vec<Link> {
        let mut head = ChainHead::default();
        let mut links = Vec::new();
        for document in documents {
            let (link, next) = head.link(&canonical(document));
            head = next;
            links.push(link);
        }
        links
    }

    fn faults(documents: &[Value], links: &[Link]) -> Vec<String> {
        let mut head = ChainHead::default();
        let mut faults = Vec::new();
        for (document, link) in documents.iter().zip(links) {
            faults.extend(link.check(document, &head).err());
            head = link.head();
        }
        faults
    }

    #[test]
    fn a_chain_holds_until_a_record_is_changed_moved_or_taken_out() {
        let documents = [json!({"yen": 1}), json!({"yen": 2}), json!({"yen": 3})];
        let links = chain(&documents);
        assert_eq!(faults(&documents, &links), Vec::<String>::new());

        let changed = [json!({"yen": 1}), json!({"yen": 20}), json!({"yen": 3})];
        assert_eq!(faults(&changed, &links).len(), 1);

        let without: Vec<Link> = [&links[0], &links[2]].into_iter().cloned().collect();
        let left = [documents[0].clone(), documents[2].clone()];
        assert!(faults(&left, &without)[0].contains("number 3"));

        // Whoever also rewrites the hash of the changed record breaks the one after it.
        let mut rewritten = links.clone();
        rewritten[1] = links[0].head().link(&canonical(&changed[1])).0;
        assert!(faults(&changed, &rewritten)[0].contains("does not follow"));
    }
}
