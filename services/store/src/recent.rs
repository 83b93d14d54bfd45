//! What was read a moment ago, for questions that come by the thousand and bind nobody.
//!
//! A picture is given again as long as this process has committed nothing since it was taken, and for a second at most:
//! whoever changes something through this process sees the change at once, what other processes change after a second.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tasuki_core::benefit::{Draw, LimitSubject, TakenByCode, Takers};
use tasuki_core::id::{MasterContractId, PartnerId, TenantId};
use tasuki_core::master_contract::MasterContract;
use tasuki_core::time::Timestamp;
use uuid::Uuid;

use crate::connect::Store;
use crate::error::StoreError;
use crate::{limits, master_contracts};

/// How old a picture may be.
const OLDEST: Duration = Duration::from_secs(1);

/// Pictures that are kept: a scheme has a handful of contracts.
const MOST: usize = 100;

/// A contract, and what was taken from the limits that are the contract's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// The contract.
    pub contract: MasterContract,
    /// Its own limits.
    pub draws: Vec<Draw>,
    /// What was taken from them.
    pub taken: TakenByCode,
}

/// What a picture shows.
#[derive(Debug)]
struct Picture<V> {
    taken_at: Instant,
    commits: u64,
    shows: Arc<V>,
}

/// Pictures of one kind, by what they are of.
#[derive(Debug)]
struct Pictures<K, V> {
    kept: Mutex<HashMap<K, Picture<V>>>,
    /// One takes a new picture, and all that wait for it use it.
    reading: tokio::sync::Mutex<()>,
}

impl<K, V> Default for Pictures<K, V> {
    fn default() -> Self {
        Self { kept: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash, V> Pictures<K, V> {
    fn kept(&self, of: K, commits: u64) -> Option<Arc<V>> {
        let pictures = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let picture = pictures.get(&of)?;
        let fits = picture.commits == commits && picture.taken_at.elapsed() < OLDEST;
        fits.then(|| Arc::clone(&picture.shows))
    }

    fn keep(&self, of: K, picture: Picture<V>) {
        let mut pictures = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if pictures.len() >= MOST {
            pictures.clear();
        }
        pictures.insert(of, picture);
    }

    /// The picture that is kept, or a new one; nothing when there is nothing to show.
    async fn get(
        &self,
        of: K,
        commits: &AtomicU64,
        take: impl Future<Output = Result<Option<V>, StoreError>>,
    ) -> Result<Option<Arc<V>>, StoreError> {
        let commits = || commits.load(Ordering::Acquire);
        if let Some(kept) = self.kept(of, commits()) {
            return Ok(Some(kept));
        }
        let _reading = self.reading.lock().await;
        // Before anything is read: what is committed meanwhile makes the picture old.
        let (taken_at, commits) = (Instant::now(), commits());
        if let Some(kept) = self.kept(of, commits) {
            return Ok(Some(kept));
        }
        let Some(shows) = take.await?.map(Arc::new) else { return Ok(None) };
        self.keep(of, Picture { taken_at, commits, shows: Arc::clone(&shows) });
        Ok(Some(shows))
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Recent {
    programmes: Arc<Pictures<MasterContractId, Programme>>,
    held: Arc<Pictures<(PartnerId, Timestamp), Vec<MasterContract>>>,
}

impl Store {
    /// A contract with what was taken from its own limits, as it was at most a second ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recent_programme(
        &self,
        id: MasterContractId,
    ) -> Result<Option<Arc<Programme>>, StoreError> {
        self.recent().programmes.get(id, self.commits(), read(self, id)).await
    }

    /// The contracts of an operator that are in force at a time, the latest period first, as they were at most a second
    /// ago.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recent_contracts(
        &self,
        holder: PartnerId,
        in_force_at: Timestamp,
    ) -> Result<Arc<Vec<MasterContract>>, StoreError> {
        let of = (holder, in_force_at);
        let read = async {
            let tx = self.begin_read().await?;
            master_contracts::held(&tx, holder, in_force_at).await.map(Some)
        };
        Ok(self.recent().held.get(of, self.commits(), read).await?.unwrap_or_default())
    }
}

async fn read(store: &Store, id: MasterContractId) -> Result<Option<Programme>, StoreError> {
    let tx = store.begin_read().await?;
    let Some(stored) = master_contracts::get(&tx, id).await? else { return Ok(None) };
    let contract = stored.contract;
    let nobody = TenantId::from(Uuid::nil());
    let takers =
        Takers { contract: id, tenant: nobody, certificate: None, site: None, occurrence: None };
    // A question about an earlier time is about the terms of then.
    let versions = contract.versions.iter().map(|version| &version.terms);
    let mut draws: Vec<Draw> = Vec::new();
    for terms in versions.chain([&contract.terms]) {
        for draw in Draw::possible(terms, &takers) {
            let is_new = draws.iter().all(|known| known.code != draw.code);
            if is_new && draw.subject == LimitSubject::Contract(id) {
                draws.push(draw);
            }
        }
    }
    let taken = limits::taken(&tx, id, &draws).await?;
    Ok(Some(Programme { contract, draws, taken }))
}
