//! Messages about packs into commands, and back.

use rust_decimal::{Decimal, RoundingStrategy};
use tasuki_app::governing::{
    CaseReport, ConditionSeen, Diagnostic, PackSource, PackView, Replicas, RuleView,
    VersionStanding, VersionView, WhichPack,
};
use tasuki_core::policy::VersionState;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::types::v1 as words_proto;

use super::schema;
use crate::{explain, words};

pub(super) fn sources(files: Vec<words_proto::SourceFile>) -> Vec<PackSource> {
    files.into_iter().map(|file| PackSource::new(file.path, file.text)).collect()
}

/// The pack that is meant, now.
pub(super) fn which(kind: words_proto::PackKind, name: &str, version: &str) -> WhichPack {
    WhichPack {
        kind: explain::kind_from(kind),
        name: name.to_owned(),
        version: (!version.is_empty()).then(|| version.to_owned()),
        as_of: None,
    }
}

pub(super) fn pack(pack: &PackView) -> proto::Pack {
    proto::Pack {
        name: pack.name.clone(),
        kind: explain::kind(pack.kind).into(),
        owner: pack.owner.clone(),
        title: pack.title.as_ref().map(words::text),
        active_version: pack.active_version.clone().unwrap_or_default(),
        versions: pack.versions.iter().map(summary).collect(),
        etag: pack.record_version.to_string(),
    }
}

/// Which parts of a version are wanted beside its rules.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    pub(super) files: bool,
    pub(super) facts: bool,
}

pub(super) fn version(view: &VersionView, parts: Parts) -> proto::PackVersion {
    let VersionView { pack, standing, compiled } = view;
    let tested = standing.version.tested;
    proto::PackVersion {
        pack: pack.name.clone(),
        kind: explain::kind(pack.kind).into(),
        summary: Some(summary(standing)),
        environment_version: compiled.identity().environment.clone(),
        rules: compiled.rule_views().map(rule).collect(),
        files: if parts.files { files(standing) } else { Vec::new() },
        facts: if parts.facts { schema::facts_of(compiled) } else { Vec::new() },
        coverage: share(tested.n_sides_seen, tested.n_sides),
        n_cases: count(tested.n_cases),
    }
}

fn rule(rule: RuleView<'_>) -> proto::PolicyRule {
    proto::PolicyRule {
        code: rule.code.to_owned(),
        clause: rule.clause.unwrap_or_default().to_owned(),
        expression: rule.expression.to_owned(),
        message: Some(words::text(rule.message)),
        next_step: rule.next_step.map(words::text),
        curable: rule.is_curable,
    }
}

fn files(standing: &VersionStanding) -> Vec<words_proto::SourceFile> {
    let files = standing.version.files.iter();
    files
        .map(|file| words_proto::SourceFile { path: file.path.clone(), text: file.text.clone() })
        .collect()
}

fn summary(standing: &VersionStanding) -> proto::VersionSummary {
    let VersionStanding { version, period, is_superseded } = standing;
    proto::VersionSummary {
        version: version.version.clone(),
        hash: version.hash.clone(),
        state: match version.state {
            VersionState::Draft => proto::VersionState::Draft,
            VersionState::Activated if *is_superseded => proto::VersionState::Superseded,
            VersionState::Activated => proto::VersionState::Active,
            VersionState::Withdrawn => proto::VersionState::Withdrawn,
        }
        .into(),
        effective: period.as_ref().map(|period| words_proto::Period {
            start: Some(words::timestamp(period.from)),
            end: period.until.map(words::timestamp),
        }),
        published_at: period.as_ref().map(|period| words::timestamp(period.published_at)),
        author: Some(words::actor(&version.author)),
        activated_by: version.activated_by.as_ref().map(words::actor),
        note: version.note.clone(),
    }
}

/// A share as exact decimal text from 0 to 1, rounded down to four digits; empty of nothing.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return String::new();
    }
    let share = Decimal::from(part) / Decimal::from(whole);
    share.round_dp_with_strategy(4, RoundingStrategy::ToZero).normalize().to_string()
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

pub(super) fn diagnostics(all: &[Diagnostic]) -> Vec<words_proto::Diagnostic> {
    all.iter()
        .map(|it| words_proto::Diagnostic {
            level: words_proto::DiagnosticLevel::Error.into(),
            code: it.code.clone(),
            file: it.file.clone(),
            line: count(it.line),
            column: count(it.column),
            length: count(it.length),
            message: it.message.clone(),
            suggestion: it.suggestion.clone().unwrap_or_default(),
            snippet: it.snippet.clone().unwrap_or_default(),
        })
        .collect()
}

/// What cases gave: of one by its name, or of all.
pub(super) fn tested(report: &CaseReport, case_name: &str) -> proto::TestPackResponse {
    let wanted = |name: &str| case_name.is_empty() || name == case_name;
    proto::TestPackResponse {
        ok: report.is_ok(),
        cases: report
            .results
            .iter()
            .filter(|case| wanted(&case.name))
            .map(|case| proto::CaseResult {
                file: case.file.clone(),
                name: case.name.clone(),
                passed: case.passed(),
                differences: case
                    .problems
                    .iter()
                    .map(|problem| proto::CaseDifference {
                        path: problem.clone(),
                        ..proto::CaseDifference::default()
                    })
                    .collect(),
                ..proto::CaseResult::default()
            })
            .collect(),
        conditions: report.coverage.iter().map(condition).collect(),
        coverage: share(report.n_sides_seen(), report.n_sides()),
        diagnostics: diagnostics(&report.diagnostics),
    }
}

fn condition(seen: &ConditionSeen) -> proto::ConditionCoverage {
    proto::ConditionCoverage {
        rule: seen.rule.clone(),
        expression: seen.expression.clone(),
        file: seen.file.clone(),
        line: count(seen.line),
        column: count(seen.column),
        seen_true: seen.seen_true,
        seen_false: seen.seen_false,
    }
}

pub(super) fn replicas(all: &Replicas) -> proto::ListReplicasResponse {
    let replicas = all.replicas.iter().map(|replica| proto::ReplicaStatus {
        replica: replica.name.clone(),
        set_hash: replica.set_hash.clone(),
        loaded_at: Some(words::timestamp(replica.loaded_at)),
        failure: replica.failure.clone().unwrap_or_default(),
        packs: replica
            .packs
            .iter()
            .map(|(kind, pack, version, hash)| proto::LoadedPack {
                kind: explain::kind(*kind).into(),
                pack: pack.clone(),
                version: version.clone(),
                hash: hash.clone(),
            })
            .collect(),
    });
    proto::ListReplicasResponse {
        replicas: replicas.collect(),
        expected_set_hash: all.expected_set_hash.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_all() {
        assert_eq!(share(0, 0), "");
        assert_eq!(share(2, 2), "1");
        assert_eq!(share(99_999, 100_000), "0.9999");
        assert_eq!(share(1, 3), "0.3333");
    }
}
