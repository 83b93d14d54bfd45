//! Puts a version of a pack in force from a time on, or an older one back.

use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::decision::PackKind;
use tasuki_core::party::Permission;
use tasuki_core::policy::{Period, PolicyVersion, Timeline, VersionState};
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, decisions, policies};

use super::adopt::{self, refresh_packs};
use super::files::{self, aside, run_all_cases};
use super::packs::{VersionView, WhichPack, resolve, version_view};
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::etag;

/// Which version comes into force, and when.
#[derive(Debug, Clone)]
pub struct Activation {
    /// The pack and its version.
    pub which: WhichPack,
    /// The version of the pack's record that the caller has read.
    pub etag: String,
    /// Subjects from this time on get it.
    pub effective_from: Timestamp,
    /// The first time that no longer gets it; none until another version takes over.
    pub effective_until: Option<Timestamp>,
    /// Whether nothing is stored.
    pub validate_only: bool,
}

/// Which older version comes back, and when.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// The pack and the older version.
    pub which: WhichPack,
    /// The version of the pack's record that the caller has read.
    pub etag: String,
    /// Subjects from this time on get it; versions that were due later are called off.
    pub effective_from: Timestamp,
    /// Why.
    pub reason: String,
    /// Whether nothing is stored.
    pub validate_only: bool,
}

/// Puts a version in force. Its cases have to pass, and somebody else than its author has to do it.
///
/// A version may be dated back as long as nothing was decided about the time that it takes over; it
/// then counts as public since.
///
/// # Errors
/// `ROLE_FORBIDDEN`, `PACK_NOT_FOUND`, `ETAG_MISMATCH`, `PACK_UNTESTED`, `PACK_INVALID`,
/// `SECOND_PERSON_NEEDED`, `PACK_VERSION_STATE`, `PACK_PERIOD_OVERLAP`, `PACK_PERIOD_GAP`,
/// `PACK_PERIOD_DECIDED`.
pub async fn activate_version(
    ctx: &Context,
    call: &Call,
    activation: Activation,
) -> Result<VersionView, Problem> {
    let Activation { which, etag, effective_from, effective_until, validate_only } = activation;
    let change = Change { ctx, call, which, etag, effective_from, validate_only };
    change
        .make("policy.activated", None, |timeline, period| {
            timeline.activated(Period { until: effective_until, ..period })
        })
        .await
}

/// Puts an older version in force again.
///
/// # Errors
/// As [`activate_version`]; `PACK_VERSION_STATE` for a version that was never in force.
pub async fn roll_back(
    ctx: &Context,
    call: &Call,
    rollback: Rollback,
) -> Result<VersionView, Problem> {
    let Rollback { which, etag, effective_from, reason, validate_only } = rollback;
    let change = Change { ctx, call, which, etag, effective_from, validate_only };
    change.make("policy.rolled_back", Some(reason), Timeline::rolled_back).await
}

struct Change<'c> {
    ctx: &'c Context,
    call: &'c Call,
    which: WhichPack,
    etag: String,
    effective_from: Timestamp,
    validate_only: bool,
}

impl Change<'_> {
    async fn make(
        self,
        topic: &'static str,
        reason: Option<String>,
        onto: impl FnOnce(Timeline, Period) -> Result<Timeline, Problem> + Send,
    ) -> Result<VersionView, Problem> {
        let Self { ctx, call, .. } = self;
        call.require(ctx, Permission::ManageScheme)?;
        let now = ctx.clock.now();
        let tx = ctx.store.begin().await?;
        let wanted = self.which.version.clone().unwrap_or_default();
        let (kind, name) = resolve(&tx, &self.which).await?;
        if call.first_answer::<String>(&tx, now).await?.is_some() {
            return version_view(ctx, &tx, ((kind, &name), &wanted), now).await;
        }
        etag::check(&self.etag, policies::lock(&tx, (kind, &name)).await?)?;
        let version = policies::version(&tx, (kind, &name), &wanted).await?;
        let version = version.ok_or_else(|| {
            Problem::not_found(Reason::PackNotFound, files::named(kind, &name, &wanted))
        })?;
        if reason.is_some() && version.state != VersionState::Activated {
            let text = format!("version `{wanted}` was never in force: activate it instead");
            return Err(Problem::new(Reason::PackVersionState, text));
        }
        if reason.is_none() {
            passes_its_cases(&version).await?;
        }
        let period = Period {
            version: wanted.clone(),
            from: self.effective_from,
            until: None,
            published_at: published_at(&tx, (kind, &name), self.effective_from, now).await?,
            activated_by: Actor::from(&call.principal),
            reason: reason.clone(),
        };
        let version = match reason {
            Some(_) => version,
            None => version.activated(Actor::from(&call.principal), now)?,
        };
        let timeline = policies::timeline(&tx, (kind, &name)).await?;
        let timeline = onto(timeline, period)?;
        policies::update_version(&tx, &version).await?;
        policies::keep_timeline(&tx, (kind, &name), &timeline).await?;
        policies::touch(&tx, (kind, &name)).await?;
        adopt::try_out(ctx, &tx).await?;
        self.tell(&tx, &version, topic).await?;
        call.remember(&tx, &wanted).await?;
        let view = version_view(ctx, &tx, ((kind, &name), &wanted), now).await?;
        if !self.validate_only {
            tx.commit().await?;
            refresh_packs(ctx).await?;
        }
        Ok(view)
    }

    async fn tell(
        &self,
        tx: &Tx,
        version: &PolicyVersion,
        topic: &'static str,
    ) -> Result<(), Problem> {
        let subject = files::named(version.kind, &version.name, &version.version);
        let payload = json!({
            "hash": version.hash,
            "effective_from": self.effective_from,
            "by": self.call.principal.subject,
        });
        let news = News::new(topic, subject, payload);
        Ok(self.ctx.tell_scheme(tx, self.ctx.clock.now(), news).await?)
    }
}

/// Since when the new period is public: now, or for one that is dated back, since its start.
async fn published_at(
    tx: &Tx,
    (kind, name): (PackKind, &str),
    from: Timestamp,
    now: Timestamp,
) -> Result<Timestamp, Problem> {
    if let Some(until) = decisions::decided_since(tx, (kind, name), from).await? {
        let text = format!(
            "`{kind}/{name}` has decided about times up to {until}: a new version does not reach \
             back over them; start after that"
        );
        return Err(Problem::new(Reason::PackPeriodDecided, text).with("decided_until", until));
    }
    Ok(now.min(from))
}

async fn passes_its_cases(version: &PolicyVersion) -> Result<(), Problem> {
    let sources = files::sources(version);
    let report = aside(move || run_all_cases(sources))
        .await?
        .map_err(|wrong| tasuki_policies::diagnostic::problem(&wrong))?;
    if report.is_ok() {
        return Ok(());
    }
    let failed = report.results.iter().filter(|case| !case.passed());
    let missing = report.diagnostics.iter();
    let text = "the cases of this version do not pass, or some are missing";
    let problem = Problem::new(Reason::PackUntested, text);
    let violations: Vec<Violation> = failed
        .map(|case| Violation {
            field: format!("{}:{}", case.file, case.line),
            description: format!("{}: {}", case.name, case.problems.join("; ")),
        })
        .chain(missing.map(|wrong| Violation {
            field: wrong.file.clone(),
            description: wrong.message.clone(),
        }))
        .collect();
    Err(violations
        .into_iter()
        .fold(problem, |problem, it| problem.violating(it.field, it.description)))
}
