//! A stack that keeps what is taken off it, for the allocations.

use std::ops::{Deref, DerefMut};

use crate::memory::reserve;
use crate::model::Fault;

/// The items on the stack, and behind them those that were taken off.
#[derive(Debug, Default)]
pub(super) struct Stack<T> {
    items: Vec<T>,
    /// Number of items on the stack.
    len: usize,
}

impl<T: Default> Stack<T> {
    /// Puts an item on top, one that was taken off if there is one. Returns it, and the items below
    /// it.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn push(&mut self) -> Result<(&mut T, &[T]), Fault> {
        if self.len == self.items.len() {
            reserve(&mut self.items, 1)?;
            self.items.push(T::default());
        }
        let (below, spare) = self.items.split_at_mut(self.len);
        self.len += 1;
        Ok((&mut spare[0], below))
    }

    /// Takes an item off the top.
    pub(super) fn pop(&mut self) -> Option<&mut T> {
        self.len = self.len.checked_sub(1)?;
        Some(&mut self.items[self.len])
    }
}

impl<T> Deref for Stack<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items[..self.len]
    }
}

impl<T> DerefMut for Stack<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items[..self.len]
    }
}
