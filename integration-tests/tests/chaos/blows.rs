//! What is done to the processes: a plan that follows from a seed, from one blow to the next.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::databases::Database;
use crate::stage::Stage;

/// Something that is done to a running scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Blow {
    /// kill -9 of a process that does jobs.
    KillWorker,
    /// kill -9 of the process that serves calls.
    KillServer,
    /// SIGSTOP of a process that does jobs, until its leases have ended.
    FreezeWorker,
    /// kill -9 of a provider.
    KillProvider,
    /// `pg_ctl -m immediate stop`, and start.
    RestartDatabase,
}

impl Blow {
    const fn all(database: &Database) -> &'static [Self] {
        match database {
            // One process does everything.
            Database::Sqlite(_) => &[Self::KillServer, Self::FreezeWorker, Self::KillProvider],
            Database::Postgres(_) => &[
                Self::KillWorker,
                Self::KillServer,
                Self::FreezeWorker,
                Self::KillProvider,
                Self::RestartDatabase,
            ],
        }
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::KillWorker => "kill -9 of a worker",
            Self::KillServer => "kill -9 of the server",
            Self::FreezeWorker => "SIGSTOP beyond the lease",
            Self::KillProvider => "kill -9 of a provider",
            Self::RestartDatabase => "immediate restart of PostgreSQL",
        }
    }
}

/// How hard and how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Temper {
    pub(crate) seed: u64,
    /// Seconds of a lease.
    pub(crate) lease_seconds: u32,
    /// Pause between two blows at most, in milliseconds.
    pub(crate) longest_pause: u64,
}

/// Strikes, blow after blow.
#[derive(Debug)]
pub(crate) struct Striker {
    temper: Temper,
    rng: fastrand::Rng,
    /// What comes next: every blow once, in any order, then again.
    round: Vec<Blow>,
    pub(crate) n_blows: BTreeMap<Blow, u32>,
}

impl Striker {
    pub(crate) fn new(temper: Temper) -> Self {
        let rng = fastrand::Rng::with_seed(temper.seed);
        Self { temper, rng, round: Vec::new(), n_blows: BTreeMap::new() }
    }

    /// Whether every blow has been struck as often.
    pub(crate) fn is_round_over(&self) -> bool {
        self.round.is_empty() && !self.n_blows.is_empty()
    }

    /// Waits a little and strikes; everything runs again when it returns.
    pub(crate) async fn strike(&mut self, stage: &mut Stage) {
        self.pause(self.temper.longest_pause).await;
        if self.round.is_empty() {
            self.round = Blow::all(&stage.database).to_vec();
            self.rng.shuffle(&mut self.round);
        }
        let blow = self.round.pop().unwrap();
        // The first server also serves calls; with others beside it, they do the jobs.
        let worker = match stage.servers.len() {
            1 => 0,
            several => self.rng.usize(1..several),
        };
        match blow {
            Blow::KillWorker | Blow::KillServer => {
                let at = if blow == Blow::KillServer { 0 } else { worker };
                stage.servers[at].kill();
                self.pause(700).await;
                stage.servers[at].start().await;
            }
            Blow::FreezeWorker => {
                stage.servers[worker].freeze();
                let beyond = Duration::from_secs(u64::from(self.temper.lease_seconds));
                tokio::time::sleep(beyond + Duration::from_millis(1_500)).await;
                stage.servers[worker].thaw();
            }
            Blow::KillProvider => {
                let at = self.rng.usize(0..stage.providers.len());
                stage.providers[at].process.kill();
                // Days of simulated time pass in a second: a provider that is away for long is given up.
                self.pause(if at == 0 { 50 } else { 1_000 }).await;
                stage.providers[at].start().await;
            }
            Blow::RestartDatabase => {
                if let Database::Postgres(cluster) = &stage.database {
                    cluster.restart();
                }
            }
        }
        *self.n_blows.entry(blow).or_default() += 1;
    }

    async fn pause(&mut self, longest: u64) {
        let pause = Duration::from_millis(self.rng.u64(longest / 4..=longest));
        tokio::time::sleep(pause).await;
    }
}
