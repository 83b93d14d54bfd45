//! What a claims handler reads, in both languages.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tasuki_core::text::Language;
use tasuki_policies::{Pack, PackSet, PackSource, Workbench, explain_text, read_facts};

fn shipped(folder: &str) -> Arc<Pack> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs").join(folder).join("pack.yaml");
    let text = fs::read_to_string(path).unwrap();
    let packs = PackSet::load([PackSource::new(format!("{folder}/pack.yaml"), text)]).unwrap();
    Arc::clone(packs.packs().next().unwrap())
}

fn explained(folder: &str, facts: &str, language: Language) -> String {
    let pack = shipped(folder);
    let facts = read_facts(&PackSource::new("facts.yaml", facts), None).unwrap();
    let mut identity = pack.identity().clone();
    // What is shown does not depend on the text of the pack.
    identity.hash = format!("sha256:{}", "0123456789abcdef".repeat(4));
    explain_text(&pack.evaluate(&facts).explanation(), &identity, language)
}

const LATE: &str = "
now: 2021-06-02T00:00:00Z
as_of: { claim.hours_since_heartbeat: 2021-06-01T03:00:00Z }
claim:
  certificate_in_force: true
  loss_at: 2021-06-01T03:00:00Z
  terms_acknowledged_at: 2021-06-01T04:00:00Z
  hours_since_heartbeat: 30
";

#[test]
fn a_claim_that_fails_reads_in_japanese() {
    insta::assert_snapshot!(explained("cover/v1", LATE, Language::Ja));
}

#[test]
fn a_claim_that_fails_reads_in_english() {
    insta::assert_snapshot!(explained("cover/v1", LATE, Language::En));
}

#[test]
fn an_amount_and_the_rules_that_applied_are_shown_in_yen() {
    let facts = "
now: 2021-06-02T00:00:00Z
claim: { amount_yen: 80000, part_limit_left_yen: 50000, limit_left_yen: 20000, programme_left_yen: 5000000 }
";
    let both = [Language::Ja, Language::En].map(|it| explained("payable/v1", facts, it));
    insta::assert_snapshot!(both.join("\n"));
}

#[test]
fn every_line_of_a_table_is_as_wide_as_the_others() {
    use unicode_width::UnicodeWidthStr;
    for language in [Language::Ja, Language::En] {
        let text = explained("cover/v1", LATE, language);
        let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
        assert!(widths.windows(2).all(|two| two.first() == two.last()), "{text}\n{widths:?}");
    }
}

#[test]
fn facts_that_do_not_fit_are_told_with_their_place() {
    let told = |text: &str| {
        let wrong = read_facts(&PackSource::new("facts.yaml", text), None).unwrap_err();
        wrong.iter().map(|it| format!("{it}\n")).collect::<Vec<_>>().concat()
    };
    let page = ["claim: { amount: 5 }\nnow: 2021-06-02T00:00:00Z\n", "claim: {}\n", "claim: [\n"];
    insta::assert_snapshot!(page.map(told).join("\n"));
    let now = "2021-06-02T00:00:00Z".parse().unwrap();
    assert_eq!(read_facts(&PackSource::new("f", "{\"claim\": {}}"), Some(now)).unwrap().now, now);
}

#[test]
fn single_expressions_give_a_type_and_a_value_or_say_what_is_wrong() {
    let facts = read_facts(&PackSource::new("facts.yaml", LATE), None).unwrap();
    let bench = Workbench::new(Some(shipped("cover/v1")), facts);
    let told = |source: &str| match bench.evaluate(source) {
        Ok(given) => format!("{source}\n{}: {:?}\n", given.kind, given.value),
        Err(wrong) => wrong.iter().map(|it| format!("{it}\n")).collect::<Vec<_>>().concat(),
    };
    let page = [
        "heartbeat_hours_most + 1",
        "claim.war",
        "claim.amount_yen > 'a' && nope",
        "[1, 2].map(x, x * 2)",
        "1 +",
    ];
    insta::assert_snapshot!(page.map(told).join("\n"));
}
