//! The rate cards in use, exchanged as a whole set and never one by one.

use std::sync::{Arc, PoisonError, RwLock};

use tasuki_pricing::cards::Cards;

/// The set in use.
#[derive(Debug, Default)]
pub struct CardShelf {
    served: RwLock<Arc<ServedCards>>,
}

/// A set of rate cards and where it came from.
#[derive(Debug, Clone, Default)]
pub struct ServedCards {
    /// The cards.
    pub cards: Arc<Cards>,
    /// The revision of the stored set that it is; 0 for cards that come with the program or a folder
    /// and were not compared with what is stored.
    pub revision: i64,
    /// Why a newer set could not be taken into use.
    pub failure: Option<String>,
}

impl From<Cards> for CardShelf {
    fn from(cards: Cards) -> Self {
        let served = ServedCards { cards: Arc::new(cards), ..ServedCards::default() };
        Self { served: RwLock::new(Arc::new(served)) }
    }
}

impl CardShelf {
    /// What is in use now. Who holds it keeps it, whatever is put in its place.
    pub fn served(&self) -> Arc<ServedCards> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The cards in use now.
    pub fn cards(&self) -> Arc<Cards> {
        Arc::clone(&self.served().cards)
    }

    /// Puts another set in its place.
    pub(crate) fn serve(&self, served: ServedCards) {
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(served);
    }
}
