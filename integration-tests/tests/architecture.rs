//! Who may depend on whom: the map of docs/architecture.md as tables, compared with every edge there is.

use std::fs;

use tasuki_integration_tests::crates::{Crate, Use, crates};
use toml::{Table, Value};

/// What a crate of ours may use of ours.
struct May {
    name: &'static str,
    /// In the crate itself and in its build script.
    uses: &'static [&'static str],
    /// In its tests, beside that.
    tests_use: &'static [&'static str],
}

/// Every crate of ours. An arrow that is not here is refused; so is a crate.
const MAP: &[May] = &[
    May { name: "tasuki-proto", uses: &[], tests_use: &[] },
    May { name: "tasuki-core", uses: &[], tests_use: &[] },
    May { name: "tasuki-pricing", uses: &["tasuki-core"], tests_use: &[] },
    May { name: "tasuki-policies", uses: &["tasuki-core"], tests_use: &[] },
    May { name: "tasuki-store", uses: &["tasuki-core"], tests_use: &["tasuki-store"] },
    // Probabilities are floating-point numbers and live here alone; pure, too.
    May { name: "tasuki-economics", uses: &["tasuki-core", "tasuki-pricing"], tests_use: &[] },
    May {
        name: "tasuki-app",
        uses: &[
            "tasuki-core",
            "tasuki-pricing",
            "tasuki-policies",
            "tasuki-economics",
            "tasuki-store",
        ],
        tests_use: &["tasuki-store"],
    },
    // Documents are pure, too: no store, no clock. Its tests print what the use cases make.
    May { name: "tasuki-documents", uses: &["tasuki-core"], tests_use: &["tasuki-app"] },
    // The contract of providers is gRPC: partners speaks it, and tests against the reference provider.
    May {
        name: "tasuki-partners",
        uses: &["tasuki-core", "tasuki-proto"],
        tests_use: &["tasuki-provider"],
    },
    May {
        name: "tasuki-grpc",
        uses: &[
            "tasuki-proto",
            "tasuki-core",
            "tasuki-economics",
            "tasuki-app",
            "tasuki-documents",
        ],
        tests_use: &["tasuki-store"],
    },
    May {
        name: "tasuki-worker",
        uses: &["tasuki-core", "tasuki-app", "tasuki-store", "tasuki-partners"],
        tests_use: &["tasuki-store", "tasuki-provider"],
    },
    // A starting point for those who write a provider: nothing of the inside.
    May { name: "tasuki-provider", uses: &["tasuki-proto"], tests_use: &[] },
    May {
        name: "tasuki-server",
        uses: &[
            "tasuki-proto",
            "tasuki-core",
            "tasuki-pricing",
            "tasuki-policies",
            "tasuki-economics",
            "tasuki-store",
            "tasuki-app",
            "tasuki-documents",
            "tasuki-partners",
            "tasuki-grpc",
            "tasuki-worker",
            "tasuki-provider",
        ],
        tests_use: &[],
    },
    // Sees the program from outside; the list of reasons and the contracts are public.
    May {
        name: "tasuki-integration-tests",
        uses: &["tasuki-core", "tasuki-proto"],
        tests_use: &["tasuki-pricing", "tasuki-policies"],
    },
];

/// All that the crates without input and output use from outside: nothing asynchronous, no clock, no log.
const PURE: &[(&str, &[&str])] = &[
    (
        "tasuki-core",
        &["hex", "jiff", "rust_decimal", "serde", "serde_json", "sha2", "thiserror", "url", "uuid"],
    ),
    (
        "tasuki-pricing",
        &[
            "hex",
            "include_dir",
            "jiff",
            "rust_decimal",
            "serde",
            "serde-saphyr",
            "serde_json",
            "sha2",
            "thiserror",
        ],
    ),
    (
        "tasuki-policies",
        &[
            "cel",
            "hex",
            "include_dir",
            "jiff",
            "regex",
            "rust_decimal",
            "serde",
            "serde-saphyr",
            "serde_json",
            "sha2",
            "thiserror",
            "unicode-width",
        ],
    ),
    (
        "tasuki-economics",
        &[
            "chacha20",
            "jiff",
            "rust_decimal",
            "serde",
            "serde-saphyr",
            "special",
            "thiserror",
            "uuid",
        ],
    ),
];

/// Outside crates (with `*`: all that begin so) that only some of ours may use. deny.toml says so of those that other
/// outside crates could bring in.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("sea-orm*", &["tasuki-store"]),
    ("sqlx*", &[]),
    ("chrono*", &["tasuki-store"]),
    ("cel", &["tasuki-policies"]),
    // Secrets are sealed where they are stored.
    ("ring", &["tasuki-store"]),
    ("tonic*", GRPC),
    ("prost*", GRPC),
    ("protox", &["tasuki-proto"]),
    ("special", &["tasuki-economics"]),
    ("chacha20", &["tasuki-economics"]),
    // As expensive to build as everything else together.
    ("typst*", &["tasuki-documents"]),
    ("askama", &["tasuki-documents"]),
    ("axum", &["tasuki-server"]),
    ("tower-http", &["tasuki-server"]),
    // Webhooks are sent over connections that were checked address by address, which no client does by itself.
    ("hyper*", &["tasuki-server", "tasuki-partners"]),
    ("hickory*", &["tasuki-partners", "tasuki-worker"]),
    // The worker's tests read a stream as others do.
    ("async-nats", &["tasuki-partners", "tasuki-worker"]),
    ("opentelemetry*", &["tasuki-server"]),
    ("clap", &["tasuki-server", "tasuki-provider"]),
    ("config", &["tasuki-server"]),
    ("anyhow", &["tasuki-server", "tasuki-provider"]),
];

const GRPC: &[&str] = &[
    "tasuki-proto",
    "tasuki-grpc",
    "tasuki-partners",
    "tasuki-provider",
    "tasuki-server",
    "tasuki-integration-tests",
];

/// Generated code is outside our lints.
const WITHOUT_LINTS: &[&str] = &["tasuki-proto"];

#[test]
fn every_edge_between_our_crates_is_on_the_map() {
    let found = edges_off_the_map(&crates().unwrap());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_crate_on_the_map_exists() {
    let crates = crates().unwrap();
    for may in MAP {
        assert!(crates.iter().any(|one| one.name == may.name), "{} is gone: strike it", may.name);
    }
}

#[test]
fn core_pricing_and_policies_use_nothing_that_touches_the_world() {
    let crates = crates().unwrap();
    let mut found = Vec::new();
    for (name, allowed) in PURE {
        let one = crates.iter().find(|one| one.name == *name).unwrap();
        for used in one.uses.iter().filter(|used| !used.for_tests() && !used.ours()) {
            if !allowed.contains(&used.name.as_str()) {
                found.push(format!("{name} may not use {}", used.name));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn outside_crates_stay_where_they_belong() {
    let mut found = Vec::new();
    for one in crates().unwrap() {
        for used in &one.uses {
            for (pattern, users) in KEPT_TO {
                if matches(pattern, &used.name) && !users.contains(&one.name.as_str()) {
                    found.push(format!("{} may not use {}", one.name, used.name));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn versions_and_lints_stand_in_one_place() {
    let mut found = Vec::new();
    for one in crates().unwrap() {
        let manifest: Table = fs::read_to_string(&one.manifest_path).unwrap().parse().unwrap();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let uses = manifest.get(section).and_then(Value::as_table);
            for (name, value) in uses.into_iter().flatten() {
                if value.get("workspace").is_none() && value.get("path").is_none() {
                    found
                        .push(format!("{}: the version of {name} belongs in Cargo.toml", one.name));
                }
            }
        }
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.is_none() && !WITHOUT_LINTS.contains(&one.name.as_str()) {
            found.push(format!("{} does not take the lints of the workspace", one.name));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_edge_or_a_crate_that_is_not_on_the_map_is_found() {
    let made_up = |name: &str, used: &str| -> Crate {
        let text = serde_json::json!({
            "name": name,
            "manifest_path": "Cargo.toml",
            "dependencies": [{ "name": used, "kind": null, "path": "somewhere" }],
        });
        serde_json::from_value(text).unwrap()
    };
    assert!(edges_off_the_map(&[made_up("tasuki-app", "tasuki-core")]).is_empty());
    assert_eq!(
        edges_off_the_map(&[made_up("tasuki-app", "tasuki-partners")]),
        ["tasuki-app may not use tasuki-partners"]
    );
    assert_eq!(
        edges_off_the_map(&[made_up("tasuki-new", "tasuki-core")]),
        ["tasuki-new is not on the map: decide what it may use"]
    );
}

fn edges_off_the_map(crates: &[Crate]) -> Vec<String> {
    let mut found = Vec::new();
    for one in crates {
        let Some(may) = MAP.iter().find(|may| may.name == one.name) else {
            found.push(format!("{} is not on the map: decide what it may use", one.name));
            continue;
        };
        let allowed = |used: &Use| {
            let name = used.name.as_str();
            may.uses.contains(&name) || (used.for_tests() && may.tests_use.contains(&name))
        };
        for used in one.uses.iter().filter(|used| used.ours() && !allowed(used)) {
            found.push(format!("{} may not use {}", one.name, used.name));
        }
    }
    found
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}
