//! Files are short enough to hold one idea.

use super::{Finding, about};
use crate::repository::Source;

/// Past this, a file holds a second idea that wants a file of its own.
const MOST_LINES: usize = 500;

/// Rust files that are too long, not counting their tests.
pub fn too_long(sources: &[Source]) -> Vec<Finding> {
    sources
        .iter()
        .filter(|source| source.extension() == "rs" && !is_test(source))
        .filter_map(|source| {
            let n_lines = lines_without_tests(&source.text);
            (n_lines > MOST_LINES).then(|| {
                let message = format!(
                    "{n_lines} lines without tests; at most {MOST_LINES}: look for the second idea"
                );
                about(source, message)
            })
        })
        .collect()
}

fn is_test(source: &Source) -> bool {
    source.name() == "tests.rs" || source.path.split('/').any(|part| part == "tests")
}

/// Tests stand at the end of a file.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .windows(2)
        .position(|pair| {
            matches!(pair, [first, second]
                if first.trim() == "#[cfg(test)]" && second.trim_end().ends_with("mod tests {"))
        })
        .unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_count() {
        let code = "fn a() {}\n".repeat(500);
        let tests =
            format!("#[cfg(test)]\npub(crate) mod tests {{\n{}}}\n", "fn b() {}\n".repeat(300));
        let fits = Source::new("core/src/a.rs", &format!("{code}{tests}"));
        let long = Source::new("core/src/b.rs", &format!("{code}fn c() {{}}\n{tests}"));
        let suite = Source::new("core/tests/a.rs", &code.repeat(2));
        let found = too_long(&[fits, long.clone(), suite]);
        assert_eq!(found.iter().map(|one| &one.path).collect::<Vec<_>>(), [&long.path]);
    }
}
