//! Any JSON as facts of a question to every shipped pack: it is no facts, or every pack answers, and
//! the facts that a record keeps give the same answer again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tasuki_policies::{FactSet, PackSet};

static PACKS: LazyLock<PackSet> = LazyLock::new(|| {
    PackSet::load(tasuki_policies_fuzz::shipped()).expect("the shipped packs load")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    let Ok(facts) = FactSet::from_json(&json) else { return };
    let kept = facts.to_json().expect("JSON");
    let again = FactSet::from_json(&kept).expect("facts of a record");
    for pack in PACKS.packs() {
        let one = serde_json::to_string(&pack.evaluate(&facts)).expect("JSON");
        let two = serde_json::to_string(&pack.evaluate(&again)).expect("JSON");
        assert_eq!(one, two);
    }
});
