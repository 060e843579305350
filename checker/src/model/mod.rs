//! The rules: what a state is, which steps are enabled in it, what a step does, and which steps
//! commute.
//!
//! Sources of the rules are the Go specification, the Go memory model, and the documentation of
//! packages. These are sync, sync/atomic, context and time of Go, and golang.org/x/sync. Each
//! primitive's file names the part. Everything here is a pure value: no closure, no engine, no IO,
//! no clock, no order of a hash map.
//!
//! Read [`world`] first, then [`enabled`] and [`take`], then the primitive of interest.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod id;
pub mod object;
pub mod op;
pub mod primitive;
pub mod program;

pub mod decode;
pub mod dependence;
pub mod enabled;
pub mod encode;
pub mod exchange;
pub mod footprint;
pub mod step;
pub mod take;
pub mod tidy;
pub mod verb;
pub mod waits;
pub mod world;

mod change;
mod compound;
mod end;
mod fault;
mod fork;
mod known;
mod learned;
mod memory;
mod tracked;

pub mod atomic;
pub mod cell;
pub mod chan;
pub mod cond;
pub mod context;
pub mod mutex;
pub mod once;
pub mod rwlock;
pub mod semaphore;
pub mod timer;
pub mod waitgroup;

pub use atomic::{Atomic, AtomicOp, AtomicType};
pub use cell::{Cell, CellOp};
pub use chan::{Chan, ChanOp};
pub(crate) use change::Change;
pub use compound::{Case, NilCase, NilCases};
pub use cond::{Cond, CondOp};
pub use context::{Context, ContextOp, Reason};
pub use dependence::{Classes, Concerns};
pub use end::End;
pub use exchange::Permutation;
pub use fault::{Fault, Stall, StallCause};
pub(crate) use fork::Fork;
pub use id::{CellId, FileId, GoroutineId, LocalState, ObjectId, RegionId, ValueId};
pub use known::{Known, KnownThing};
pub use learned::Learned;
pub(crate) use learned::Reader;
pub use memory::MemoryAccess;
pub use mutex::{Mutex, MutexOp};
pub use object::{Object, ObjectKind, ThingKind};
pub use once::{Once, OnceOp};
pub use op::{Op, Outcome, Pause};
pub use primitive::{Facts, Scope, Tells};
pub use program::{
    Arrival, Creation, GoroutineInfo, Learner, Names, Next, ObjectInfo, Place, Program, Site,
};
pub use rwlock::{RwLock, RwLockOp, Writer};
pub use semaphore::{Semaphore, SemaphoreOp};
pub use step::{Access, Choice, Event, Footprint, Step};
pub use tidy::Kept;
pub use timer::{Action, Stage, Timer, TimerOp, TimerRules};
pub use verb::Verb;
pub use waitgroup::{WaitGroup, WaitGroupOp};
pub use waits::{Behind, WaitsFor, Way, Ways};
pub use world::{Goroutine, Panic, Pending, Phase, World};
