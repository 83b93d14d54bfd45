//! What was read a moment ago, for questions that come by the thousand and bind nobody.
//!
//! A picture is given again as long as this process has committed nothing since it was taken, and for a second at most:
//! whoever changes something through this process sees the change at once, what other processes change after a second.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tasuki_core::benefit::{Draw, LimitSubject, TakenByCode, Takers};
use tasuki_core::id::{MasterContractId, TenantId};
use tasuki_core::master_contract::MasterContract;
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

#[derive(Debug)]
struct Picture {
    taken_at: Instant,
    commits: u64,
    programme: Arc<Programme>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Recent {
    programmes: Arc<Mutex<HashMap<MasterContractId, Picture>>>,
    /// One takes a new picture, and all that wait for it use it.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl Recent {
    fn programme(&self, id: MasterContractId, commits: u64) -> Option<Arc<Programme>> {
        let pictures = self.programmes.lock().unwrap_or_else(PoisonError::into_inner);
        let picture = pictures.get(&id)?;
        let fits = picture.commits == commits && picture.taken_at.elapsed() < OLDEST;
        fits.then(|| Arc::clone(&picture.programme))
    }

    fn keep(&self, id: MasterContractId, picture: Picture) {
        let mut pictures = self.programmes.lock().unwrap_or_else(PoisonError::into_inner);
        if pictures.len() >= MOST {
            pictures.clear();
        }
        pictures.insert(id, picture);
    }
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
        let recent = self.recent();
        let commits = || self.commits().load(Ordering::Acquire);
        if let Some(programme) = recent.programme(id, commits()) {
            return Ok(Some(programme));
        }
        let _reading = recent.reading.lock().await;
        // Before anything is read: what is committed meanwhile makes the picture old.
        let (taken_at, commits) = (Instant::now(), commits());
        if let Some(programme) = recent.programme(id, commits) {
            return Ok(Some(programme));
        }
        let Some(programme) = read(self, id).await? else { return Ok(None) };
        let programme = Arc::new(programme);
        recent.keep(id, Picture { taken_at, commits, programme: Arc::clone(&programme) });
        Ok(Some(programme))
    }
}

async fn read(store: &Store, id: MasterContractId) -> Result<Option<Programme>, StoreError> {
    let tx = store.begin_read().await?;
    let Some(stored) = master_contracts::get(&tx, id).await? else { return Ok(None) };
    let contract = stored.contract;
    let nobody = TenantId::from(Uuid::nil());
    let takers = Takers { contract: id, tenant: nobody, certificate: None, occurrence: None };
    let mut draws = Draw::possible(&contract.terms, &takers);
    draws.retain(|draw| draw.subject == LimitSubject::Contract(id));
    let taken = limits::taken(&tx, id, &draws).await?;
    Ok(Some(Programme { contract, draws, taken }))
}
