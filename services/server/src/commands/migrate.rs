//! `tasuki migrate`: brings the database's schema up to this program's.

use crate::settings::Settings;
use crate::wiring;

/// Applies the missing steps and tells how many there were.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let n_steps = wiring::open_store(settings).await?.migrate().await?;
    match n_steps {
        0 => println!("the schema is up to date"),
        1 => println!("applied 1 step"),
        n => println!("applied {n} steps"),
    }
    Ok(())
}
