//! Many packs and many decisions: how long a server takes to take a thousand packs into use, and how
//! quickly a version is compared on a million recorded decisions, in how much memory.
#![expect(clippy::unwrap_used, reason = "benchmark")]
#![expect(clippy::print_stdout, clippy::float_arithmetic, reason = "the result of a benchmark")]

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::decision::{Decision, Occasion};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_policies::compare::{BookEntry, Comparison};
use tasuki_policies::facts::{ClaimFacts, FactSet};
use tasuki_policies::{Pack, PackSet, PackSource};
use uuid::Uuid;

const N_PACKS: usize = 1_000;

/// Decisions in the file, and how often it is read: a million together.
const N_WRITTEN: u128 = 100_000;
const N_TIMES: usize = 10;

fn source(name: &str, limit_days: i64) -> PackSource {
    let text = format!(
        "kind: exclusion
name: {name}
owner: an insurer
version: \"{limit_days}\"
environment: 1
effective: {{ from: 2020-09-01 }}
published_at: 2020-08-01
source: the wording
facts: [claim]
constants:
  most_days: {{ int: {limit_days}, source: the wording }}
shape: none_may_hold
rules:
  - code: BYPASSED
    when: claim.bypass_active && !claim.bypass_approved
    message: {{ ja: バイパスが有効でした, en: a bypass was on }}
  - code: LATE
    when: claim.days_to_notice > most_days
    message: {{ ja: \"通知まで{{claim.days_to_notice}}日\", en: \"{{claim.days_to_notice}} days\" }}
  - code: OPEN_FINDING
    when: claim.critical_findings_open_days > 30 && claim.finding_caused_loss
    message: {{ ja: 未対応の指摘がありました, en: a finding was open }}
  - code: ON_PURPOSE
    when: claim.intentional || claim.war
    message: {{ ja: 故意または戦争等, en: on purpose or war }}
"
    );
    PackSource::new(format!("exclusion/{name}/pack.yaml"), text)
}

fn pack(limit_days: i64) -> Arc<Pack> {
    let packs = PackSet::load([source("bench", limit_days)]).unwrap();
    Arc::clone(packs.packs().next().unwrap())
}

fn activate() {
    let sources: Vec<PackSource> = (0..N_PACKS).map(|n| source(&format!("pack-{n}"), 30)).collect();
    let started = Instant::now();
    let packs = PackSet::load(sources).unwrap();
    let took = started.elapsed();
    println!("{} packs read, checked and in use: {} ms", packs.packs().count(), took.as_millis());
}

fn line(pack: &Pack, n: u128) -> String {
    let days = i64::try_from(n % 40).unwrap();
    let facts: ClaimFacts = serde_json::from_value(json!({
        "part": "virus_removal", "amount_yen": 30_000, "bypass_active": n.is_multiple_of(7),
        "bypass_approved": n.is_multiple_of(14), "days_to_notice": days, "has_incident": true,
        "critical_findings_open_days": 0, "finding_caused_loss": false, "intentional": false,
        "war": false, "soc_confirmed": true, "work_by_operator": true,
    }))
    .unwrap();
    let now = "2021-06-01T00:00:00Z".parse().unwrap();
    let facts = FactSet::at(now).with_claim(facts);
    let occasion = Occasion {
        id: DecisionId::from(Uuid::from_u128(n)),
        tenant_id: Some(TenantId::from(Uuid::from_u128(n % 500))),
        subject: format!("clm_{n}"),
        as_of: now,
        decided_at: now,
        decided_by: Actor::from(&Principal::of("bench", Role::Insurer)),
    };
    let explanation = pack.evaluate(&facts).explanation();
    let frozen = facts.to_json().unwrap();
    let decision = Decision::record(occasion, pack.identity().clone(), frozen, explanation);
    serde_json::to_string(&decision).unwrap()
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: 0 kB");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

fn compare() {
    let pack_before = pack(30);
    let file: File = tempfile();
    let mut writer = BufWriter::new(&file);
    for n in 0..N_WRITTEN {
        writeln!(writer, "{}", line(&pack_before, n)).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    let megabytes = file.metadata().unwrap().len() / 1_000_000;
    let before = resident_kib();
    let mut comparison = Comparison::new(None, pack(20));
    let started = Instant::now();
    for _ in 0..N_TIMES {
        (&file).rewind().unwrap();
        let mut reader = BufReader::new(&file);
        let mut text = String::new();
        while reader.read_line(&mut text).unwrap() > 0 {
            comparison.add(&BookEntry::read(&text).unwrap()).unwrap();
            text.clear();
        }
    }
    let took = started.elapsed().as_secs_f64();
    let tally = comparison.tally();
    let n = tally.n_compared;
    let rate = (f64::from(u32::try_from(n).unwrap()) / took).round();
    println!(
        "{n} recorded decisions ({megabytes} MB, read {N_TIMES} times) compared in {took:.1} s on \
         one core: {rate} a second; {} change; memory {before} KiB before, {} KiB after",
        tally.n_changed,
        resident_kib()
    );
}

/// A file without a name in the folder for temporary files.
fn tempfile() -> File {
    let path = std::env::temp_dir().join(format!("tasuki-book-{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    file
}

fn main() {
    activate();
    compare();
}
