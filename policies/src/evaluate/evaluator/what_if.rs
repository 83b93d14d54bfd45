//! What an evaluator can be asked beside the value of an expression: for coverage.

use super::Evaluator;
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
}
