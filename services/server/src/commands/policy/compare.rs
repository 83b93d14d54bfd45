//! `tasuki policy compare`: what another version of a pack would change, tried on a book.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use tasuki_app::call::Call;
use tasuki_app::governing::{BookEntry, CompareBase, CompareQuestion, Compared, Tally};
use tasuki_app::library::pack_sources;
use tasuki_core::money::Money;
use tasuki_core::time::Clock as _;
use tasuki_policies::compare::Comparison;
use tasuki_policies::{Pack, PackCase, PackSet, PackSource};

use super::{PackName, print};
use crate::present::SystemClock;
use crate::settings::Settings;
use crate::wiring;

/// The word for "what was recorded" in place of a version.
const RECORDED: &str = "recorded";

/// What is compared, on which book.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What it is compared with: a folder of a pack, a built-in or stored version as
    /// `kind/name@version`, or `recorded` for what each decision came to when it was made.
    base: String,
    /// What is tried: a folder of a pack, or `kind/name@version`.
    other: String,
    /// The book: a file of decisions, one JSON object a line, or of cases (`*.yaml`). The recorded
    /// decisions of the database if left out.
    #[arg(long, value_name = "FILE")]
    book: Option<PathBuf>,
    /// Print every decision that would change, and not only the sums.
    #[arg(long)]
    list: bool,
}

/// Compares and prints what would change.
pub(crate) async fn run(options: &Options, settings: &Settings) -> anyhow::Result<ExitCode> {
    let tally = match &options.book {
        Some(book) => over_file(options, book)?,
        None => Box::pin(over_database(options, settings)).await?,
    };
    print(&summary(&tally));
    Ok(ExitCode::SUCCESS)
}

fn over_file(options: &Options, book: &Path) -> anyhow::Result<Tally> {
    let base = match options.base.as_str() {
        RECORDED => None,
        base => Some(pack(base)?),
    };
    let mut comparison = Comparison::new(base, pack(&options.other)?);
    let mut add = |place: &str, entry: Result<BookEntry, String>| match entry {
        Ok(entry) => match comparison.add(&entry) {
            Ok(compared) => tell(options, &entry, &compared),
            Err(why) => warn(place, &why),
        },
        Err(why) => {
            comparison.skip();
            warn(place, &why);
        }
    };
    let shown = book.display();
    if book.extension().is_some_and(|it| it == "yaml") {
        let text =
            std::fs::read_to_string(book).with_context(|| format!("cannot read `{shown}`"))?;
        let source = PackSource::new(format!("book/book/cases/{shown}"), text);
        let cases = PackCase::read([&source]).map_err(|wrong| told(&wrong))?;
        for case in cases {
            let entry = BookEntry::of_facts(case.name().to_owned(), case.facts().clone());
            add(case.name(), Ok(entry));
        }
    } else {
        let file = File::open(book).with_context(|| format!("cannot read `{shown}`"))?;
        for (at, line) in BufReader::new(file).lines().enumerate() {
            let line = line.with_context(|| format!("cannot read `{shown}`"))?;
            if !line.trim().is_empty() {
                add(&format!("{shown}:{}", at + 1), BookEntry::read(&line));
            }
        }
    }
    Ok(comparison.tally().clone())
}

async fn over_database(options: &Options, settings: &Settings) -> anyhow::Result<Tally> {
    let ctx = wiring::context(settings).await?;
    let other = side(&options.other)?;
    let (kind, name) = if let CompareBase::Files(sources) = &other {
        let pack = only(sources.clone())?;
        (pack.kind(), pack.name().to_owned())
    } else {
        let named: PackName = options.other.parse().map_err(|wrong| {
            anyhow!("`{}` is neither a folder nor `kind/name@version`: {wrong}", options.other)
        })?;
        (named.kind, named.name)
    };
    let question = CompareQuestion {
        kind: Some(kind),
        name,
        base: side(&options.base)?,
        other,
        from: None,
        until: None,
        tenant_id: None,
    };
    let problem = |problem: tasuki_core::problem::Problem| anyhow!("{problem}");
    let run = tasuki_app::governing::compare_versions(&ctx, &Call::system(), question).await;
    let mut run = run.map_err(problem)?;
    while let Some(step) = run.step().await.map_err(problem)? {
        for (entry, compared) in &step.decisions {
            tell(options, entry, compared);
        }
        for (id, why) in &step.unreadable {
            warn(&id.to_string(), why);
        }
    }
    Ok(run.tally().clone())
}

/// A side of a comparison over the database.
fn side(text: &str) -> anyhow::Result<CompareBase> {
    if text == RECORDED {
        return Ok(CompareBase::Recorded);
    }
    if Path::new(text).is_dir() {
        return Ok(CompareBase::Files(folder(text)?));
    }
    let version = text.rsplit_once('@').map(|(_, version)| version.to_owned());
    let version = version.ok_or_else(|| {
        anyhow!("`{text}` is neither a folder, nor `kind/name@version`, nor `{RECORDED}`")
    })?;
    Ok(CompareBase::Version(version))
}

/// A pack of a folder, or a built-in one.
fn pack(text: &str) -> anyhow::Result<Arc<Pack>> {
    if Path::new(text).is_dir() {
        return only(folder(text)?);
    }
    let missing =
        || anyhow!("`{text}` is neither a folder nor one of the built-in `kind/name@version`");
    let named = text.parse().ok().filter(|named: &PackName| named.version.is_some());
    let packs = PackSet::load(pack_sources(None)?).map_err(|wrong| told(&wrong))?;
    named.ok_or_else(missing)?.find(&packs, SystemClock.now()).map_err(|_| missing())
}

/// The files of one pack, with paths relative to its folder.
fn folder(text: &str) -> anyhow::Result<Vec<PackSource>> {
    Ok(tasuki_policies::placed(pack_sources(Some(Path::new(text)))?))
}

fn only(sources: Vec<PackSource>) -> anyhow::Result<Arc<Pack>> {
    let packs = PackSet::load_each(sources).map_err(|wrong| told(&wrong))?;
    match packs.as_slice() {
        [pack] => Ok(Arc::clone(pack)),
        several => bail!("the folder holds {} packs; name the folder of one", several.len()),
    }
}

fn told(wrong: &[tasuki_policies::Diagnostic]) -> anyhow::Error {
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    anyhow!("the pack does not check:\n{}", lines.join("\n"))
}

fn tell(options: &Options, entry: &BookEntry, compared: &Compared) {
    if !options.list || !compared.is_changed() {
        return;
    }
    let named = [&entry.name, &entry.id, &entry.subject];
    let name = named.into_iter().find(|name| !name.is_empty()).map_or("?", String::as_str);
    let side = |side: &tasuki_policies::compare::Side| {
        let codes = side.codes.join(", ");
        let amount = side.amount_yen.map(|yen| format!(" {}", Money::jpy(yen)));
        format!("{} [{codes}]{}", side.outcome.as_str(), amount.unwrap_or_default())
    };
    print(&format!("{name}: {} -> {}\n", side(&compared.before), side(&compared.after)));
}

fn summary(tally: &Tally) -> String {
    let yen = |yen: i64| {
        let sign = if yen > 0 { "+" } else { "" };
        format!("{sign}{}", Money::jpy(yen))
    };
    let mut lines = vec![
        format!("compared      {}", tally.n_compared),
        format!(
            "would change  {} (to satisfied {}, to not satisfied {}, to undetermined {})",
            tally.n_changed,
            tally.n_to_satisfied,
            tally.n_to_not_satisfied,
            tally.n_to_undetermined
        ),
        format!("amounts       {}", yen(tally.difference_yen)),
    ];
    if tally.n_unreadable > 0 {
        lines.push(format!("unreadable    {}", tally.n_unreadable));
    }
    let rules = tally.rules.iter().map(|(code, rule)| {
        let (newly, no_longer) = (rule.n_newly_failing, rule.n_no_longer_failing);
        [code.clone(), newly.to_string(), no_longer.to_string(), yen(rule.difference_yen)]
    });
    lines.extend(table(["by rule", "newly", "no longer", "yen"], rules.collect()));
    let tenants = tally.tenants.iter().map(|(tenant, impact)| {
        let tenant = if tenant.is_empty() { "(nobody in particular)" } else { tenant };
        [tenant.to_owned(), impact.n_changed.to_string(), yen(impact.difference_yen)]
    });
    lines.extend(table(["by tenant", "changed", "yen"], tenants.collect()));
    lines.join("\n") + "\n"
}

/// Rows below their heads, the first column to the left and the others to the right; nothing without
/// rows.
fn table<const N: usize>(heads: [&str; N], rows: Vec<[String; N]>) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let heads = heads.map(str::to_owned);
    let rows: Vec<[String; N]> = [heads].into_iter().chain(rows).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let gap = " ".repeat(width - cell.chars().count());
            line += &if at == 0 { format!("{cell}{gap}") } else { format!("  {gap}{cell}") };
        }
        line
    };
    [String::new()].into_iter().chain(rows.iter().map(line)).collect()
}

#[expect(clippy::print_stderr, reason = "what a command cannot compare")]
fn warn(place: &str, why: &str) {
    eprintln!("{place}: {why}");
}
