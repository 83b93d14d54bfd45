//! The policy packs in use, exchanged as a whole set and never one by one.

use std::sync::{Arc, PoisonError, RwLock};

use tasuki_core::time::Timestamp;
use tasuki_policies::PackSet;

/// The set in use.
#[derive(Debug, Default)]
pub struct Shelf {
    served: RwLock<Arc<Served>>,
}

/// A set of packs and where it came from.
#[derive(Debug, Clone, Default)]
pub struct Served {
    /// The packs.
    pub packs: Arc<PackSet>,
    /// The revision of the stored set that it is; 0 for packs that come with the program or a folder
    /// and were not compared with what is stored.
    pub revision: i64,
    /// When it was taken into use; none for the set that the program started with.
    pub loaded_at: Option<Timestamp>,
    /// Why a newer set could not be taken into use.
    pub failure: Option<String>,
}

impl From<PackSet> for Shelf {
    fn from(packs: PackSet) -> Self {
        let served = Served { packs: Arc::new(packs), ..Served::default() };
        Self { served: RwLock::new(Arc::new(served)) }
    }
}

impl Shelf {
    /// What is in use now. Who holds it keeps it, whatever is put in its place.
    pub fn served(&self) -> Arc<Served> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The packs in use now.
    pub fn packs(&self) -> Arc<PackSet> {
        Arc::clone(&self.served().packs)
    }

    /// Puts another set in its place.
    pub(crate) fn serve(&self, served: Served) {
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(served);
    }
}
