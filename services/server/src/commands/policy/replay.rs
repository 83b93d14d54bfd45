//! `tasuki policy replay`: proves the recorded decisions of the database.

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Args;
use tasuki_app::call::Call;
use tasuki_app::governing::replay_book;
use tasuki_core::id::TenantId;
use tasuki_core::problem::Problem;

use super::print;
use crate::settings::Settings;
use crate::wiring;

/// Whose decisions.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The decisions of this tenant, `ten_…`.
    #[arg(long, value_name = "TENANT", required_unless_present = "all")]
    tenant: Option<TenantId>,
    /// Those of every tenant.
    #[arg(long, conflicts_with = "tenant")]
    all: bool,
}

/// Evaluates every record again at its version and checks every link; the exit code is 1 when one
/// does not hold.
pub(crate) async fn run(options: &Options, settings: &Settings) -> anyhow::Result<ExitCode> {
    let told = |problem: Problem| anyhow!("{problem}");
    let ctx = wiring::context(settings).await?;
    let run = replay_book(&ctx, &Call::system(), options.tenant, (None, None)).await;
    let mut run = run.map_err(told)?;
    while let Some(step) = run.step().await.map_err(told)? {
        for found in &step.problems {
            let tenant = found.tenant_id.map(|id| id.to_string()).unwrap_or_default();
            let decision = found.decision_id.map(|id| id.to_string()).unwrap_or_default();
            print(&format!("{tenant} {decision}: {}\n", found.problem));
        }
    }
    let found = run.summary();
    print(&format!(
        "{} decisions replayed in {} chains: {}\n",
        found.n_replayed,
        found.n_chains,
        match found.n_problems {
            0 => "each came out again byte for byte, every link holds".to_owned(),
            n => format!("{n} problems"),
        }
    ));
    Ok(if found.n_problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
