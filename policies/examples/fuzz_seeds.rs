//! Writes what the targets start from: the shipped packs, their expressions, and the facts of their
//! cases. Run by `.ci/fuzz`.
#![expect(clippy::expect_used, reason = "a tool for developers")]

use std::fs;
use std::path::Path;

use tasuki_policies::{PackCase, PackSource, function_reference};

fn main() {
    let into = std::env::args().nth(1).expect("the folder to write to");
    let write = |target: &str, n: usize, content: &str| {
        let folder = Path::new(&into).join(target);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("seed-{n:04}")), content).expect("a file");
    };
    let files = shipped();
    let mut n_expressions = 0;
    let mut expression = |text: &str| {
        n_expressions += 1;
        write("cel_source", n_expressions, text);
    };
    for (n, file) in files.iter().filter(|it| it.path.ends_with("pack.yaml")).enumerate() {
        write("pack_yaml", n, &file.text);
        for line in file.text.lines() {
            let line = line.trim();
            let found = ["when: ", "holds: "].iter().find_map(|key| line.strip_prefix(key));
            if let Some(text) = found {
                expression(text.trim_matches(['"', '\'']));
            }
        }
    }
    for (example, _) in function_reference().iter().flat_map(|it| it.examples) {
        expression(example);
    }
    for text in [
        "a > 1 && b.startsWith('沖') || !(c.exists(x, x == 2u))",
        "{'a': [1, 2.5, 3u, b'x', null]}.a.map(x, type(x))",
        "cel.bind(x, [1, 2], x.transformMap(i, v, v * v))",
        "'%s %d %.2f'.format([b, a, 1.5])",
        "timestamp('2021-04-01T00:00:00Z').getHours('+09:00') + duration('1h30m').getMinutes()",
        "math.greatest(1, 2.0, 3u) == 3 ? 'a'.matches('^[a-z]+$') : dyn(1) < 2.0",
    ] {
        expression(text);
    }
    let cases = PackCase::read(&files).expect("the cases of the shipped packs");
    for (n, case) in cases.iter().enumerate() {
        let facts = case.facts().to_json().expect("JSON");
        write("facts_json", n, &facts.to_string());
    }
}

/// Every file of the shipped packs.
fn shipped() -> Vec<PackSource> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
    let mut open = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(&folder).expect("the folder of packs");
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
                files.push(PackSource::new(below, fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    files.sort_by(|one, two| one.path.cmp(&two.path));
    files
}
