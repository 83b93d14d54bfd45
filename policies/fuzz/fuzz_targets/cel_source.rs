//! Any text as an expression, in both profiles: it gives the same value twice, or an error.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tasuki_policies::cel::{Bindings, CelValue, Profile, evaluate_as};

static BINDINGS: LazyLock<Bindings> = LazyLock::new(|| {
    let text = |it: &str| CelValue::String(it.to_owned());
    let mut bindings = Bindings::new();
    bindings.insert("a", CelValue::Int(5));
    bindings.insert("b", text("沖縄"));
    bindings.insert("c", CelValue::List(vec![CelValue::Int(1), CelValue::Int(2)]));
    bindings.insert("d", CelValue::Map(vec![(text("x"), CelValue::Bool(true))]));
    bindings
});

fuzz_target!(|text: &str| {
    for profile in [Profile::Pack, Profile::Cel] {
        let one = evaluate_as(profile, text, &BINDINGS);
        let two = evaluate_as(profile, text, &BINDINGS);
        // As text: a value that is no number is not even equal to itself.
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        if let Err(error) = one {
            assert!(!error.to_string().is_empty());
        }
    }
});
