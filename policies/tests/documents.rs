//! The page for authors names everything there is.

use std::fs;
use std::path::Path;

use tasuki_policies::{facts, function_reference};

#[test]
fn every_function_and_every_struct_of_facts_is_on_the_page_for_authors() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy-packs.md");
    let page = fs::read_to_string(file).unwrap();
    for function in function_reference() {
        let written = format!("`{}", function.name);
        assert!(page.contains(&written), "`{}` is not in docs/policy-packs.md", function.name);
        assert!(function.doc.ends_with('.'), "`{}`: {}", function.name, function.doc);
    }
    for schema in facts::schemas() {
        assert!(page.contains(&format!("`{}`", schema.name)), "`{}` is not there", schema.name);
        for fact in schema.fields {
            assert!(!fact.label.is_empty() && !fact.doc.trim().is_empty(), "`{}`", fact.name);
        }
    }
}
