//! The handles of a script's objects.

use std::fmt;

use crate::script::ids::is_derived;
use crate::script::{A_HANDLE, Kind, Object, Script};
use crate::sync::{self, Chan};

/// The handle of an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Handle {
    Mutex(sync::Mutex<i64>),
    RwLock(sync::RwLock<i64>),
    Chan(Chan<i64>),
    Handles(Chan<Handle>),
    WaitGroup(sync::WaitGroup),
    Once(sync::Once),
    Cond(sync::Cond),
    Timer(sync::Timer),
    Context(sync::Context),
    Atomic(sync::Atomic),
    Cell(sync::Shared<i64>),
    Semaphore(sync::Semaphore),
}

/// The same text for each, as an interpreter writes it.
impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(A_HANDLE)
    }
}

/// A channel of one type of values or another.
#[derive(Clone, Copy)]
pub(super) enum Channel {
    Integers(Chan<i64>),
    Handles(Chan<Handle>),
    Signals(Chan<()>),
}

/// A value that came from a channel.
#[derive(Clone, Copy)]
pub(super) enum Came {
    Integer(i64),
    Handle(Handle),
}

impl Channel {
    pub(super) fn recv(self) -> Option<Came> {
        match self {
            Self::Integers(channel) => channel.recv().map(Came::Integer),
            Self::Handles(channel) => channel.recv().map(Came::Handle),
            Self::Signals(channel) => channel.recv().map(|()| Came::Integer(0)),
        }
    }

    pub(super) fn len(self) -> usize {
        match self {
            Self::Integers(channel) => channel.len(),
            Self::Handles(channel) => channel.len(),
            Self::Signals(channel) => channel.len(),
        }
    }
}

/// A receive that is a case of a select.
pub(super) enum RecvCase {
    Integers(sync::RecvCase<i64>),
    Handles(sync::RecvCase<Handle>),
    Signals(sync::RecvCase<()>),
}

impl RecvCase {
    pub(super) fn add(select: &mut sync::Select, channel: Channel) -> Self {
        match channel {
            Channel::Integers(channel) => Self::Integers(select.recv(channel)),
            Channel::Handles(channel) => Self::Handles(select.recv(channel)),
            Channel::Signals(channel) => Self::Signals(select.recv(channel)),
        }
    }

    pub(super) fn received(self, select: &mut sync::Select) -> Option<Came> {
        match self {
            Self::Integers(case) => select.received(case).map(Came::Integer),
            Self::Handles(case) => select.received(case).map(Came::Handle),
            Self::Signals(case) => select.received(case).map(|()| Came::Integer(0)),
        }
    }
}

/// Makes the objects with which a script starts, sets the counters, and derives the contexts.
pub(super) fn make_all(script: &Script) -> Vec<Handle> {
    let all = || (0..script.objects.len()).map(Object);
    let (derived, plain): (Vec<Object>, Vec<Object>) =
        all().partition(|object| is_derived(script.kind(*object)));
    let mut handles: Vec<Option<Handle>> = vec![None; script.objects.len()];
    for object in plain {
        handles[object.0] = Some(make(script, object, |_| unreachable!("it has no parent")));
    }
    for object in all() {
        if let Some(handle) = handles[object.0] {
            handle.count(script.kind(object));
        }
    }
    for object in derived {
        let parent = |parent: Object| handles[parent.0].expect("declared before its child");
        handles[object.0] = Some(make(script, object, parent));
    }
    handles
        .into_iter()
        .map(|handle| handle.expect("all were made"))
        .collect()
}

/// Makes an object; `parent` yields the handle of a context's parent.
pub(super) fn make(
    script: &Script,
    object: Object,
    parent: impl FnOnce(Object) -> Handle,
) -> Handle {
    let name = script.name(object);
    match script.kind(object) {
        Kind::Mutex => Handle::Mutex(sync::mutex(name, 0)),
        Kind::RwLock => Handle::RwLock(sync::rwlock(name, 0)),
        Kind::Chan { capacity } => Handle::Chan(sync::chan(name, capacity)),
        Kind::NilChan => Handle::Chan(Chan::nil()),
        Kind::Handles { capacity, .. } => Handle::Handles(sync::chan(name, capacity)),
        Kind::WaitGroup { .. } => Handle::WaitGroup(sync::waitgroup(name)),
        Kind::Once => Handle::Once(sync::once(name)),
        Kind::Cond => Handle::Cond(sync::cond(name)),
        Kind::Timer => Handle::Timer(sync::timer(name)),
        Kind::Ticker { ticks_max } => Handle::Timer(sync::ticker(name, ticks_max)),
        Kind::Context {
            parent: above,
            deadline,
        } => {
            let parent = match above.map(parent) {
                None => sync::background(),
                Some(Handle::Context(parent)) => parent,
                Some(_) => panic!("the parent of {name} is no context"),
            };
            Handle::Context(match deadline {
                true => parent.with_timeout(name),
                false => parent.with_cancel(name),
            })
        }
        Kind::Atomic { value } => Handle::Atomic(sync::atomic(name, value)),
        Kind::Cell { value } => Handle::Cell(sync::shared(name, value)),
        Kind::Semaphore { permits } => Handle::Semaphore(sync::semaphore(name, permits)),
    }
}

impl Handle {
    /// Sets the counter of a wait group that was made just now.
    pub(super) fn count(self, kind: Kind) {
        if let (Self::WaitGroup(group), Kind::WaitGroup { count }) = (self, kind)
            && count > 0
        {
            group.add(i64::from(count));
        }
    }
}
