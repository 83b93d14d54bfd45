//! Stores checked files as a new version of a pack; nothing decides with it yet.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::decision::PackKind;
use tasuki_core::party::Permission;
use tasuki_core::policy::{PolicyVersion, VersionState};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_policies::{PackSource, placed};
use tasuki_store::policies;

use super::files::{self, aside, only_pack, run_all_cases};
use super::packs::{VersionView, WhichPack, resolve, version_view};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// Files that are to be a version.
#[derive(Debug, Clone)]
pub struct NewDraft {
    /// The files of one pack: `pack.yaml` and what lies beside it.
    pub sources: Vec<PackSource>,
    /// Why it is made.
    pub note: String,
    /// Whether nothing is stored.
    pub validate_only: bool,
}

/// What a draft is remembered by, so that a repeat of the call finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drafted {
    kind: PackKind,
    name: String,
    version: String,
}

/// Stores a draft. The same content under the same version is no second draft.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `PACK_INVALID` with everything that is wrong in the files;
/// `PACK_VERSION_EXISTS` if the version has other content.
pub async fn create_draft(
    ctx: &Context,
    call: &Call,
    new: NewDraft,
) -> Result<VersionView, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let sources = placed(new.sources);
    let (pack, report, sources) = aside(move || {
        let pack = only_pack(sources.clone())?;
        let report = run_all_cases(sources.clone())
            .map_err(|wrong| tasuki_policies::diagnostic::problem(&wrong))?;
        Ok::<_, Problem>((pack, report, sources))
    })
    .await??;

    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    let (kind, name, version) = (pack.kind(), pack.name(), pack.version());
    if let Some(first) = call.first_answer::<Drafted>(&tx, now).await? {
        return version_view(ctx, &tx, ((first.kind, &first.name), &first.version), now).await;
    }
    policies::lock(&tx, (kind, name)).await?;
    let known = policies::version(&tx, (kind, name), version).await?;
    if let Some(known) = known {
        if known.hash != pack.hash() {
            let text = format!(
                "`{}` is stored with other content: give the changed pack another `version`",
                files::named(kind, name, version)
            );
            return Err(Problem::new(Reason::PackVersionExists, text).with("hash", known.hash));
        }
    } else {
        let draft = PolicyVersion {
            kind,
            name: name.to_owned(),
            version: version.to_owned(),
            hash: pack.hash().to_owned(),
            owner: pack.owner().to_owned(),
            title: pack.description().cloned(),
            state: VersionState::Draft,
            files: files::stored(&pack, &sources),
            note: new.note,
            author: Actor::from(&call.principal),
            created_at: now,
            activated_by: None,
            activated_at: None,
            tested: files::tested(&report),
        };
        policies::insert_version(&tx, &draft).await?;
        policies::touch(&tx, (kind, name)).await?;
        tell(ctx, &tx, &draft, "policy.drafted").await?;
    }
    let drafted = Drafted { kind, name: name.to_owned(), version: version.to_owned() };
    call.remember(&tx, &drafted).await?;
    let view = version_view(ctx, &tx, ((kind, name), version), now).await?;
    if !new.validate_only {
        tx.commit().await?;
    }
    Ok(view)
}

/// Marks a draft as never to come into force.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`, `ETAG_MISMATCH`; `PACK_VERSION_STATE` for a version that is no
/// draft.
pub async fn withdraw_draft(
    ctx: &Context,
    call: &Call,
    which: &WhichPack,
    etag: &str,
) -> Result<VersionView, Problem> {
    call.require(ctx, Permission::WritePolicies)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer::<Drafted>(&tx, now).await? {
        return version_view(ctx, &tx, ((first.kind, &first.name), &first.version), now).await;
    }
    let (kind, name) = resolve(&tx, which).await?;
    etag::check(etag, policies::lock(&tx, (kind, &name)).await?)?;
    let wanted = which.version.clone().unwrap_or_default();
    let draft = policies::version(&tx, (kind, &name), &wanted).await?;
    let draft = draft.ok_or_else(|| {
        Problem::not_found(Reason::PackNotFound, files::named(kind, &name, &wanted))
    })?;
    let withdrawn = draft.withdrawn()?;
    policies::update_version(&tx, &withdrawn).await?;
    policies::touch(&tx, (kind, &name)).await?;
    tell(ctx, &tx, &withdrawn, "policy.withdrawn").await?;
    let drafted = Drafted { kind, name: name.clone(), version: wanted.clone() };
    call.remember(&tx, &drafted).await?;
    let view = version_view(ctx, &tx, ((kind, &name), &wanted), now).await?;
    tx.commit().await?;
    Ok(view)
}

async fn tell(
    ctx: &Context,
    tx: &tasuki_store::Tx,
    version: &PolicyVersion,
    topic: &'static str,
) -> Result<(), Problem> {
    let subject = files::named(version.kind, &version.name, &version.version);
    let payload = json!({ "hash": version.hash, "author": version.author.subject });
    Ok(ctx.tell_scheme(tx, ctx.clock.now(), News::new(topic, subject, payload)).await?)
}
