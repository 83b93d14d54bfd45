//! `tasuki policy check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasuki_policies::PackSet;

/// Which packs.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder of packs, laid out as `<kind>/<name>/pack.yaml`; those built in if left out.
    folder: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    match super::load(options.folder.as_deref())? {
        Ok(packs) => {
            super::print(&listed(&packs));
            super::print_warnings(packs.packs().flat_map(|pack| pack.warnings()));
            Ok(ExitCode::SUCCESS)
        }
        Err(wrong) => Ok(super::print_diagnostics(&wrong)),
    }
}

fn listed(packs: &PackSet) -> String {
    let line = |pack: &std::sync::Arc<tasuki_app::governing::Pack>| {
        format!("ok  {}/{}@{}  {}\n", pack.kind(), pack.name(), pack.version(), pack.hash())
    };
    packs.packs().map(line).collect::<Vec<_>>().concat()
}
