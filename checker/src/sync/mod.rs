//! The interface that kernels are written against: Go's goroutines, channels and locks, as handles.
//!
//! A handle is `Copy` and is compared by identity. Every object and goroutine has the name that the
//! original code gives it, and the place of every operation is recorded. The rules of each
//! primitive, with their source, are in the file of the same name in [`model`](crate::model).

pub(crate) mod handle;

mod atomic;
mod chan;
mod cond;
mod context;
mod goroutine;
mod mutex;
mod once;
mod rwlock;
mod select;
mod semaphore;
mod shared;
mod time;
mod waitgroup;

pub use crate::model::Reason;
pub use crate::runtime::interner::Value;
pub use crate::select;
pub use atomic::{Atomic, AtomicBool, AtomicU64, atomic, atomic_bool, atomic_u64};
pub use chan::{Chan, Iter, TryRecv, chan, signal};
pub use cond::{Cond, cond};
pub use context::{AfterFunc, Context, background};
pub(crate) use goroutine::start;
pub use goroutine::{
    choose, choose_named, daemon, defer, forever, go, go_many, goexit, recover, repeat,
};
pub use mutex::{Mutex, MutexGuard, mutex};
pub use once::{Once, once};
pub use rwlock::{ReadGuard, RwLock, WriteGuard, rwlock};
pub use select::{CaseChan, RecvCase, Select};
pub use semaphore::{Semaphore, semaphore};
pub use shared::{Opaque, Shared, shared};
pub use std::ops::ControlFlow;
pub use time::{FOR_EVER, Timer, after, after_func, gosched, sleep, tick, ticker, timer};
pub use waitgroup::{WaitGroup, waitgroup};
