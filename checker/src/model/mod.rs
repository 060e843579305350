//! The rules: what a state is, which steps are enabled in it, what a step does, which steps commute.
//!
//! Source of the rules: the Go specification, the Go memory model and the documentation of Go's packages sync, sync/atomic,
//! context and time; each primitive's file says which part. Everything here is a pure value: no closure, no engine, no IO, no
//! clock, no order of a hash map.
//!
//! Read [`world`] first, then [`enabled`] and [`take`], then the primitive of interest.

pub mod id;
pub mod object;
pub mod op;
pub mod program;

pub mod enabled;
pub mod encode;
pub mod step;
pub mod take;
pub mod tidy;
pub mod touches;
pub mod world;

pub mod atomic;
pub mod cell;
pub mod chan;
pub mod cond;
pub mod context;
pub mod mutex;
pub mod once;
pub mod rwlock;
pub mod timer;
pub mod waitgroup;

pub use atomic::Atomic;
pub use cell::Cell;
pub use chan::Chan;
pub use cond::Cond;
pub use context::{Context, Reason};
pub use id::{CellId, GoroutineId, Local, ObjectId, ValueId};
pub use mutex::Mutex;
pub use object::Object;
pub use once::Once;
pub use op::{AtomicOp, Case, Op, Outcome, Pause};
pub use program::{
    Arrival, Creation, Fault, GoroutineInfo, Known, KnownThing, Next, ObjectInfo, Program, Site,
    Stall, StallCause,
};
pub use rwlock::{RwLock, Writer};
pub use step::{Access, Event, Step, Touches};
pub use tidy::Kept;
pub use timer::{Action, Stage, Timer, TimerRules};
pub use waitgroup::WaitGroup;
pub use world::{End, Goroutine, Panic, Pending, Phase, World};
