//! `tasuki provider serve`: the reference provider, as a process of its own.

use tokio_util::sync::CancellationToken;

/// Serves the provider contract until interrupted or terminated.
pub(crate) async fn serve(options: tasuki_provider::Options) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    tasuki_provider::run(options, stop).await
}
