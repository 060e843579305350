//! Channels. The rules are in [`model::chan`].

use std::fmt;
use std::hash::{Hash, Hasher};

use super::handle::{
    Handle, here, intern, perform, perform_at, perform_done, perform_number, value,
};
use super::select::Select;
use crate::model::{self, ChanOp, Object, ObjectId, Op, Outcome};
use crate::runtime::interner::Value;
use crate::runtime::site::StaticSite;

/// A channel of values of type `T`, or a nil channel.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{chan, go};
///
/// let report = gordian::check(|| {
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
pub struct Chan<T> {
    pub(super) handle: Option<Handle<T>>,
    capacity: u32,
}

/// `make(chan T, capacity)`.
#[track_caller]
pub fn chan<T: Value>(name: &str, capacity: u32) -> Chan<T> {
    Chan::of(
        Handle::create(Object::Chan(model::Chan::new(capacity)), name),
        capacity,
    )
}

impl<T: Value> Chan<T> {
    /// Returns a nil channel: a send or a receive blocks for ever, a close panics.
    #[must_use]
    pub fn nil() -> Self {
        Self {
            handle: None,
            capacity: 0,
        }
    }

    /// Returns the channel of this handle.
    pub(super) fn of(handle: Handle<T>, capacity: u32) -> Self {
        Self {
            handle: Some(handle),
            capacity,
        }
    }

    /// Returns true if this is a nil channel.
    #[must_use]
    pub fn is_nil(self) -> bool {
        self.handle.is_none()
    }

    #[track_caller]
    pub(super) fn id(self) -> Option<ObjectId> {
        self.handle.map(Handle::id)
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
        received(perform(Op::Chan(self.id(), ChanOp::Recv)))
    }

    /// `close(ch)`. The kernel panics if the channel is closed already, or nil.
    #[track_caller]
    pub fn close(self) {
        perform_done(Op::Chan(self.id(), ChanOp::Close));
    }

    /// `len(ch)`: the number of values in its buffer; 0 for a nil channel.
    #[track_caller]
    pub fn len(self) -> usize {
        match self.id() {
            Some(id) => {
                let len = perform_number(Op::Chan(Some(id), ChanOp::Len));
                usize::try_from(len).unwrap_or(0)
            }
            None => 0,
        }
    }

    /// `cap(ch)`: the capacity of its buffer; 0 for a nil channel. It never changes, so reading it
    /// is no step.
    #[must_use]
    pub fn cap(self) -> usize {
        self.capacity as usize
    }

    /// Returns true if [`Chan::len`] is 0.
    #[track_caller]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// `select { case ch <- v: true; default: false }`: sends if it can do so at once.
    #[track_caller]
    pub fn try_send(self, v: T) -> bool {
        let mut select = Select::new();
        let send = select.send(self, v);
        select.wait_or_default() == Some(send)
    }

    /// `select { case v, ok := <-ch: ..; default: .. }`: receives if it can do so at once.
    #[track_caller]
    pub fn try_recv(self) -> TryRecv<T> {
        let mut select = Select::new();
        let recv = select.recv(self);
        if select.wait_or_default().is_none() {
            return TryRecv::WouldBlock;
        }
        match select.received(recv) {
            Some(v) => TryRecv::Value(v),
            None => TryRecv::Closed,
        }
    }

    /// `for v := range ch`: receives until the channel is closed and empty. Every receive is
    /// recorded at the place of this call.
    #[track_caller]
    pub fn iter(self) -> Iter<T> {
        Iter {
            channel: self,
            site: here(),
        }
    }
}

/// The result of [`Chan::try_recv`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TryRecv<T> {
    /// The value that was received.
    Value(T),
    /// The channel is closed and empty.
    Closed,
    /// No value can be received now.
    WouldBlock,
}

/// `make(chan struct{})`: a channel without values, used as a signal by a close or a send.
#[track_caller]
pub fn signal(name: &str) -> Chan<()> {
    chan(name, 0)
}

/// Returns the result of a receive that has this outcome.
#[track_caller]
fn received<T: Value>(outcome: Outcome) -> Option<T> {
    match outcome {
        Outcome::Value(v) => Some(value(v)),
        Outcome::Nothing => None,
        outcome => unreachable!("a receive yields {outcome:?}"),
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
        self.handle == other.handle
    }
}
impl<T> Eq for Chan<T> {}
impl<T> Hash for Chan<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle.hash(state);
    }
}
impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.handle {
            Some(handle) => handle.fmt(f),
            None => f.write_str("nil"),
        }
    }
}

/// An iterator over the values of a channel until it is closed: see [`Chan::iter`].
#[derive(Clone, Debug)]
pub struct Iter<T> {
    channel: Chan<T>,
    site: StaticSite,
}

impl<T: Value> Iterator for Iter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        received(perform_at(
            Op::Chan(self.channel.id(), ChanOp::Recv),
            self.site,
        ))
    }
}

impl<T: Value> IntoIterator for Chan<T> {
    type Item = T;
    type IntoIter = Iter<T>;

    #[track_caller]
    fn into_iter(self) -> Iter<T> {
        self.iter()
    }
}
