//! Any text as `pack.yaml`: it loads or it is told what is wrong; what loads can be evaluated, and
//! loads again to the same hash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tasuki_policies::facts::{CompanyFacts, FactSet};
use tasuki_policies::{PackSet, PackSource};

/// The value of a key at the start of a line.
fn value<'t>(text: &'t str, key: &str) -> &'t str {
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.unwrap_or_default().trim().trim_matches(['"', '\''])
}

fuzz_target!(|text: &str| {
    let path = format!("{}/{}/pack.yaml", value(text, "kind:"), value(text, "name:"));
    match PackSet::load([PackSource::new(path.clone(), text)]) {
        Ok(packs) => {
            let now = "2021-04-01T00:00:00Z".parse().expect("an instant");
            let nothing = FactSet::at(now);
            let company = CompanyFacts { employees: Some(5), ..CompanyFacts::default() };
            let something = FactSet::at(now).with_company(company);
            let again = PackSet::load([PackSource::new(path, text)]).expect("it loaded before");
            for (pack, same) in packs.packs().zip(again.packs()) {
                assert_eq!(pack.hash(), same.hash());
                for facts in [&nothing, &something] {
                    let given = pack.evaluate(facts);
                    assert_eq!(given, same.evaluate(facts));
                    serde_json::to_string(&given.explanation()).expect("JSON");
                }
            }
        }
        Err(wrong) => {
            assert!(!wrong.is_empty());
            for one in wrong {
                assert!(!one.to_string().is_empty());
            }
        }
    }
});
