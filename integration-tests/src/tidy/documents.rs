//! Documents point at what exists and say the same in both languages.

use super::{Finding, about};
use crate::repository::Source;

/// Links to files that are not there.
pub fn broken_links(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() == "md")
        .flat_map(|document| {
            links(&document.text).filter_map(|(line, target)| {
                let path = resolve(document.folder(), target);
                let inside = format!("{path}/");
                let exists = path.is_empty()
                    || sources
                        .iter()
                        .any(|source| source.path == path || source.path.starts_with(&inside));
                (!exists).then(|| Finding {
                    path: document.path.clone(),
                    line,
                    message: format!("`{target}` does not exist"),
                })
            })
        })
        .collect()
}

/// Commands that the README has in one language only.
pub fn readmes_that_differ(sources: &[Source]) -> Vec<Finding> {
    let find = |path: &str| sources.iter().find(|source| source.path == path);
    let (Some(english), Some(japanese)) = (find("README.md"), find("README.ja.md")) else {
        let message = "README.md and README.ja.md are both needed".to_owned();
        return vec![Finding { path: "README.md".to_owned(), line: 1, message }];
    };
    let (here, there) = (commands(&english.text), commands(&japanese.text));
    let differing = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|block| !other.contains(block)).cloned().collect()
    };
    let only_english = differing(&here, &there).into_iter().map(|block| (japanese, block));
    let only_japanese = differing(&there, &here).into_iter().map(|block| (english, block));
    only_english
        .chain(only_japanese)
        .map(|(source, block)| about(source, format!("misses these commands:\n{block}")))
        .collect()
}

/// Decisions that the list of decisions does not name, or whose number another has.
pub fn unlisted_decisions(sources: &[Source]) -> Vec<Finding> {
    let folder = "docs/decisions";
    let list = sources.iter().find(|source| source.path == format!("{folder}/README.md"));
    let listed = list.map_or("", |list| list.text.as_str());
    let pages: Vec<&Source> = sources
        .iter()
        .filter(|source| source.folder() == folder && source.name() != "README.md")
        .collect();
    let number = |page: &Source| page.name().split('-').next().unwrap_or_default().to_owned();
    pages
        .iter()
        .filter_map(|page| {
            let n_same = pages.iter().filter(|other| number(other) == number(page)).count();
            if n_same > 1 {
                return Some(about(page, "another decision has the same number"));
            }
            let link = format!("]({})", page.name());
            (!listed.contains(&link)).then(|| about(page, format!("{folder}/README.md misses it")))
        })
        .collect()
}

/// `[text](target)` with its line, of targets in this repository.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().zip(1..).flat_map(|(text, line)| {
        text.split("](").skip(1).filter_map(move |rest| {
            let target = rest.split(')').next()?.split('#').next()?;
            let outside = target.contains("://") || target.starts_with("mailto:");
            (!outside && !target.is_empty()).then_some((line, target))
        })
    })
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The blocks of commands, which begin with ```` ```sh ````.
fn commands(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line.trim_end()) {
            (None, "```sh" | "```python") => block = Some(String::new()),
            (None, _) => {}
            (Some(lines), "```") => {
                blocks.push(std::mem::take(lines));
                block = None;
            }
            (Some(lines), line) => {
                lines.push_str(line);
                lines.push('\n');
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nothing_is_found() {
        let text = "[a](../README.md#x) [b](https://example.com) [c](b.md)\n[d](decisions/)";
        let document = Source::new("docs/a.md", text);
        let sources = [
            document,
            Source::new("README.md", "[e](docs/a.md)"),
            Source::new("docs/decisions/x.md", ""),
        ];
        let found = broken_links(&sources);
        assert_eq!(
            found.iter().map(|it| it.message.as_str()).collect::<Vec<_>>(),
            ["`b.md` does not exist"]
        );
    }

    #[test]
    fn a_decision_has_its_own_number_and_is_listed() {
        let page = |name: &str| Source::new(&format!("docs/decisions/{name}.md"), "");
        let list = Source::new("docs/decisions/README.md", "[0001](0001-a.md) [0002](0002-b.md)");
        let fits = [list.clone(), page("0001-a"), page("0002-b")];
        assert!(unlisted_decisions(&fits).is_empty());
        assert_eq!(unlisted_decisions(&[list.clone(), page("0003-c")]).len(), 1);
        assert_eq!(unlisted_decisions(&[list, page("0001-a"), page("0001-d")]).len(), 2);
    }

    #[test]
    fn both_readmes_have_the_same_commands() {
        let english = Source::new("README.md", "Run\n```sh\ncargo run\n```\n");
        let same = Source::new("README.ja.md", "実行\n```sh\ncargo run\n```\n");
        let other = Source::new("README.ja.md", "実行\n```sh\ncargo test\n```\n");
        assert!(readmes_that_differ(&[english.clone(), same]).is_empty());
        assert_eq!(readmes_that_differ(&[english, other]).len(), 2);
    }
}
