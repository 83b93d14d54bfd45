//! `tasuki policy new`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use tasuki_core::time::{Clock, Zone};
use tasuki_policies::starter;

use super::PackName;
use crate::present::SystemClock;

/// What to write, and where.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The pack as `kind/name`, such as `eligibility/okinawa`.
    pack: PackName,
    /// Folder of packs; the kind and the name become folders in it.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let PackName { kind, name, version } = &options.pack;
    if version.is_some() {
        bail!("a new pack has the version `1`: leave `@…` out");
    }
    let today = SystemClock.now().day_in(&Zone::named("Asia/Tokyo")?);
    let files = starter(*kind, name, today).map_err(|wrong| anyhow!(wrong))?;
    let own = options.folder.join(kind.as_str()).join(name);
    if own.exists() {
        bail!("`{}` is there already: nothing was written", own.display());
    }
    let mut said = String::new();
    for file in files {
        let path = options.folder.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make `{}`", folder.display()))?;
        }
        fs::write(&path, &file.text)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        said += &format!("wrote {}\n", path.display());
    }
    super::print(&said);
    Ok(ExitCode::SUCCESS)
}
