//! `tasuki policy explain`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tasuki_core::time::{Clock, Timestamp};
use tasuki_policies::{explain_text, read_facts};

use super::{Lang, PackName};
use crate::present::SystemClock;

/// Which pack is asked about which facts.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The pack as `kind/name`, or as `kind/name@version` for a version that is not in force.
    pack: PackName,
    /// Facts in YAML or JSON, as cases have them; `now` and `as_of` may stand beside them.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// The present of the question, a day in Japan or an instant; `now` of the facts, or the real
    /// present, if left out.
    #[arg(long, value_name = "TIME", value_parser = super::instant)]
    at: Option<Timestamp>,
    /// Language of the table.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Folder of packs; those built in if left out.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let packs = match super::load(options.folder.as_deref())? {
        Ok(packs) => packs,
        Err(wrong) => return Ok(super::print_diagnostics(&wrong)),
    };
    let file = super::read(&options.facts)?;
    let read = read_facts(&file, options.at).or_else(|wrong| {
        // Facts without a present are about today.
        let at = if options.at.is_none() { SystemClock.now() } else { return Err(wrong) };
        read_facts(&file, Some(at)).map_err(|_| wrong)
    });
    let facts = match read {
        Ok(facts) => facts,
        Err(wrong) => return Ok(super::print_diagnostics(&wrong)),
    };
    let pack = options.pack.find(&packs, facts.now)?;
    let explanation = pack.evaluate(&facts).into_explanation();
    super::print(&explain_text(&explanation, pack.identity(), options.lang.into()));
    Ok(ExitCode::SUCCESS)
}
