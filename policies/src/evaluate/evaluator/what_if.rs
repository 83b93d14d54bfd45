//! What an evaluator can be asked beside the value of an expression: for coverage and remedies.

use super::{Cached, Evaluator, MAX_STEPS};
use crate::value::Value;

impl Evaluator<'_> {
    /// Makes an element known to what is evaluated next, as the body of a macro sees it.
    pub(crate) fn enter(&mut self, element: Value) {
        self.locals.push(element);
    }

    /// Forgets the innermost element.
    pub(crate) fn leave(&mut self) {
        self.locals.pop();
    }

    /// Forgets all elements, since a variable sees none; they can be put back.
    pub(crate) fn take_elements(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.locals)
    }

    /// Makes the elements known again.
    pub(crate) fn put_elements(&mut self, elements: Vec<Value>) {
        self.locals = elements;
    }

    /// Supposes that a fact has a value, or, with none, what is really known of it.
    pub(crate) fn suppose(&mut self, place: usize, value: Option<Value>) {
        if let Some(slot) = self.cache.get_mut(place) {
            *slot = value.map_or(Cached::Unread, Cached::Known);
        }
        self.memo.fill(None);
    }

    /// Lets it take no more than so many steps from now on.
    pub(crate) fn limit_steps(&mut self, steps: usize) {
        self.steps_left = steps.min(MAX_STEPS);
    }

    /// How many steps it may still take.
    pub(crate) const fn steps_left(&self) -> usize {
        self.steps_left
    }
}
