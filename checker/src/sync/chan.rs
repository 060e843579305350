//! Channels. The rules are in [`model::chan`](crate::model::chan).

use std::fmt;
use std::hash::{Hash, Hasher};

use super::handle::{Handle, intern, perform, perform_done, perform_number, value};
use crate::model::{self, ChanOp, Object, ObjectId, Op, Outcome};
use crate::runtime::values::Value;

/// A channel of values of type `T`, or a nil channel.
///
/// ```
/// use gordian_checker::sync::{chan, go};
///
/// let report = gordian_checker::check(|| {
///     let numbers = chan("numbers", 0);
///     go("producer", move || {
///         for number in 0..3 {
///             numbers.send(number);
///         }
///         numbers.close();
///     });
///     assert_eq!(numbers.iter().sum::<i32>(), 3);
/// });
/// report.assert_proved();
/// ```
pub struct Chan<T>(pub(super) Option<Handle<T>>);

/// `make(chan T, capacity)`.
#[track_caller]
pub fn chan<T: Value>(name: &str, capacity: u32) -> Chan<T> {
    Chan(Some(Handle::create(
        Object::Chan(model::Chan::new(capacity)),
        name,
    )))
}

impl<T: Value> Chan<T> {
    /// A nil channel: a send or a receive blocks for ever, a close panics.
    #[must_use]
    pub fn nil() -> Self {
        Self(None)
    }

    /// Whether this is a nil channel.
    #[must_use]
    pub fn is_nil(self) -> bool {
        self.0.is_none()
    }

    #[track_caller]
    pub(super) fn id(self) -> Option<ObjectId> {
        self.0.map(Handle::id)
    }

    /// `ch <- v`. The kernel panics if the channel is closed, or is closed while the caller waits.
    #[track_caller]
    pub fn send(self, v: T) {
        let v = intern(v);
        perform_done(Op::Chan(self.id(), ChanOp::Send(v)));
    }

    /// `v, ok := <-ch`: `None` once the channel is closed and empty.
    #[track_caller]
    pub fn recv(self) -> Option<T> {
        match perform(Op::Chan(self.id(), ChanOp::Recv)) {
            Outcome::Value(v) => Some(value(v)),
            Outcome::Nothing => None,
            outcome => unreachable!("a receive yields {outcome:?}"),
        }
    }

    /// `close(ch)`. The kernel panics if the channel is closed already, or nil.
    #[track_caller]
    pub fn close(self) {
        perform_done(Op::Chan(self.id(), ChanOp::Close));
    }

    /// `len(ch)`: how many values wait in it. A nil channel has none.
    #[track_caller]
    pub fn len(self) -> usize {
        self.id().map_or(0, |id| {
            usize::try_from(perform_number(Op::Chan(Some(id), ChanOp::Len))).unwrap_or(0)
        })
    }

    /// Whether [`Chan::len`] is 0.
    #[track_caller]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// `for v := range ch`: receives until the channel is closed and empty.
    pub fn iter(self) -> Iter<T> {
        Iter(self)
    }
}

impl<T> Clone for Chan<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Chan<T> {}
impl<T> PartialEq for Chan<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Chan<T> {}
impl<T> Hash for Chan<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(handle) => handle.fmt(f),
            None => f.write_str("nil"),
        }
    }
}

/// The values of a channel until it is closed: see [`Chan::iter`].
#[derive(Clone, Debug)]
pub struct Iter<T>(Chan<T>);

impl<T: Value> Iterator for Iter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.0.recv()
    }
}

impl<T: Value> IntoIterator for Chan<T> {
    type Item = T;
    type IntoIter = Iter<T>;

    fn into_iter(self) -> Iter<T> {
        self.iter()
    }
}
