//! What a kernel is written against: Go's goroutines, channels and locks, as handles.
//!
//! A handle is `Copy` and compared by identity. Every object and goroutine has the name that the
//! code it comes from gives it; the place of every operation is recorded. The rules of each
//! primitive, with their source, are in the file of the same name in
//! [`model`](crate::model).

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
pub use crate::runtime::values::Value;
pub use crate::select;
pub use atomic::{Atomic, atomic};
pub use chan::{Chan, Iter, TryRecv, chan, signal};
pub use cond::{Cond, cond};
pub use context::{Context, background};
pub use goroutine::{choose, defer, forever, go, go_many, repeat};
pub use mutex::{Mutex, MutexGuard, mutex};
pub use once::{Once, once};
pub use rwlock::{ReadGuard, RwLock, WriteGuard, rwlock};
pub use select::{RecvCase, Select};
pub use semaphore::{Semaphore, semaphore};
pub use shared::{Opaque, Shared, shared};
pub use std::ops::ControlFlow;
pub use time::{FOR_EVER, Timer, after, gosched, sleep, tick, ticker, timer};
pub use waitgroup::{WaitGroup, waitgroup};
