//! `tasuki seed`: puts the pilots' partners, tenants and quotes into a running server.

use clap::Args;

use super::demo::callers::connect;
use super::demo::people::People;
use super::demo::pilot::Pilot;
use super::demo::sell::Newcomer;
use super::demo::setup;

/// Which server, and who puts it in.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The server, such as `http://127.0.0.1:50051`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50051")]
    target: String,
    /// Token of an operator; none for a server without tokens.
    #[arg(long, env = "TASUKI_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    token: Option<String>,
}

/// Puts everything in. Doing it again changes nothing, since every request has the same id again.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn seed(options: Options) -> anyhow::Result<()> {
    let pilot = Pilot::read()?;
    let channel = connect(&options.target)?;
    let operator = People::all_with(&channel, options.token.as_deref())?.operator;
    let partners = setup::partners(&operator, &pilot.scenario).await?;
    let applicants = pilot.applicants.iter().map(Newcomer::applicant);
    let utms = pilot.offline.utms.iter().map(Newcomer::kumamoto);
    let mut n_quotes = 0_usize;
    for newcomer in applicants.chain(utms) {
        let newcomer = newcomer?;
        let firm = newcomer.enter(&operator, &partners).await?;
        newcomer.quote(&operator, &firm).await?;
        n_quotes += 1;
    }
    println!("{} partners, {n_quotes} tenants and their quotes are there", partners.len());
    Ok(())
}
