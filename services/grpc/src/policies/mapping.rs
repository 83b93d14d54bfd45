//! Messages about policies into commands, and back.

use tasuki_app::governing::{CaseReport, Diagnostic, Pack, PackSource, Replay, WhichPack};
use tasuki_core::decision::Decision;
use tasuki_core::problem::Problem;
use tasuki_proto::policy::v1 as proto;
use tasuki_proto::types::v1 as words_proto;

use crate::explain::Reader;
use crate::{explain, fields, words};

pub(crate) fn sources(files: Vec<words_proto::SourceFile>) -> Vec<PackSource> {
    files.into_iter().map(|file| PackSource::new(file.path, file.text)).collect()
}

pub(crate) fn which(
    kind: words_proto::PackKind,
    name: String,
    version: String,
    as_of: Option<prost_types::Timestamp>,
) -> Result<WhichPack, Problem> {
    Ok(WhichPack {
        kind: explain::kind_from(kind),
        name,
        version: (!version.is_empty()).then_some(version),
        as_of: fields::optional_timestamp("as_of", as_of)?,
    })
}

/// One resource per name and kind; its versions in the order of time.
pub(crate) fn packs(all: &[std::sync::Arc<Pack>]) -> Vec<proto::Pack> {
    let mut packs: Vec<proto::Pack> = Vec::new();
    for version in all {
        let kind = i32::from(explain::kind(version.kind()));
        let known = packs.iter_mut().find(|it| it.name == version.name() && it.kind == kind);
        match known {
            Some(pack) => pack.versions.push(version_summary(version)),
            None => packs.push(proto::Pack {
                name: version.name().to_owned(),
                kind,
                owner: version.owner().to_owned(),
                versions: vec![version_summary(version)],
                ..proto::Pack::default()
            }),
        }
    }
    packs
}

pub(crate) fn version(pack: &Pack) -> proto::PackVersion {
    proto::PackVersion {
        pack: pack.name().to_owned(),
        kind: explain::kind(pack.kind()).into(),
        summary: Some(version_summary(pack)),
        environment_version: pack.identity().environment.clone(),
        rules: pack
            .rules()
            .map(|(code, _)| proto::PolicyRule {
                code: code.to_owned(),
                ..proto::PolicyRule::default()
            })
            .collect(),
        facts: pack
            .fact_paths()
            .map(|path| proto::FactField { path: path.to_owned(), ..proto::FactField::default() })
            .collect(),
        ..proto::PackVersion::default()
    }
}

fn version_summary(pack: &Pack) -> proto::VersionSummary {
    let effective = pack.effective();
    proto::VersionSummary {
        version: pack.version().to_owned(),
        hash: pack.hash().to_owned(),
        state: proto::VersionState::Active.into(),
        effective: Some(words_proto::Period {
            start: Some(words::timestamp(effective.from)),
            end: effective.to.map(words::timestamp),
        }),
        published_at: Some(words::timestamp(pack.published_at())),
        ..proto::VersionSummary::default()
    }
}

pub(crate) fn diagnostics(all: &[Diagnostic]) -> Vec<words_proto::Diagnostic> {
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    all.iter()
        .map(|it| words_proto::Diagnostic {
            level: words_proto::DiagnosticLevel::Error.into(),
            code: it.code.clone(),
            file: it.file.clone(),
            line: number(it.line),
            column: number(it.column),
            length: number(it.length),
            message: it.message.clone(),
            suggestion: it.suggestion.clone().unwrap_or_default(),
            snippet: it.snippet.clone().unwrap_or_default(),
        })
        .collect()
}

pub(crate) fn tested(report: &CaseReport) -> proto::TestPackResponse {
    proto::TestPackResponse {
        ok: report.is_ok(),
        cases: report
            .results
            .iter()
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
        diagnostics: diagnostics(&report.diagnostics),
        ..proto::TestPackResponse::default()
    }
}

pub(crate) fn decision(reader: Reader, decision: &Decision) -> proto::Decision {
    proto::Decision {
        explanation: Some(explain::decision(reader, decision)),
        tenant_id: decision.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
        facts_json: decision.facts.to_string(),
        environment_version: decision.pack.environment.clone(),
        hash: decision.facts_hash.clone(),
        recorded_at: Some(words::timestamp(decision.decided_at)),
        ..proto::Decision::default()
    }
}

pub(crate) fn replay(reader: Reader, replay: &Replay) -> proto::ReplayDecisionResponse {
    proto::ReplayDecisionResponse {
        identical: replay.problem.is_none(),
        recorded: Some(explain::decision(reader, &replay.recorded)),
        replayed: replay
            .replayed
            .as_ref()
            .map(|again| explain::explanation(reader, again, Some(&replay.recorded.pack))),
        problem: replay.problem.clone().unwrap_or_default(),
    }
}
