//! The interface of the code under test to the rules and the searches: a [`Program`].
//!
//! A goroutine is an automaton. At a [`LocalState`] it is about to do one [`Op`], or it has
//! returned or panicked. Given the [`Outcome`] of the operation, it moves on to the next local
//! state. Nothing here is a closure or a coroutine. An interpreter of another language can be a
//! program just as well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::{GoroutineId, LocalState, ObjectId, ValueId};
use super::object::Object;
use super::op::{Op, Outcome};
use super::world::Panic;

/// A place in source code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Site {
    /// No place, for what no source line made.
    pub const NONE: Self = Self {
        file: "",
        line: 0,
        column: 0,
    };
}

impl From<&'static std::panic::Location<'static>> for Site {
    fn from(location: &'static std::panic::Location<'static>) -> Self {
        Self {
            file: location.file(),
            line: location.line(),
            column: location.column(),
        }
    }
}

/// The arrival of a goroutine at a local state, and what it does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The objects that it made on its way here. Making an object is not a step: nobody else can
    /// know of it yet.
    pub created: Vec<Creation>,
    /// The next thing that it does.
    pub next: Next,
    /// The place of that in the source.
    pub site: Site,
}

/// The next thing that a goroutine does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is about to do this operation.
    Op(Op),
    /// It has returned.
    Return,
    /// It has panicked, with this message.
    Panic(String),
    /// One of its operations has panicked, and it did not recover.
    Unrecovered(Panic),
}

/// An object that a goroutine has made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Creation {
    /// Its id.
    pub id: ObjectId,
    /// Its first state.
    pub object: Object,
    /// The hidden goroutine that fires it, if it is a timer.
    pub timer: Option<GoroutineId>,
}

/// Information about a goroutine that is not part of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GoroutineInfo {
    /// The name that the program gave it, unique among all.
    pub name: String,
    /// The goroutine that started it; `None` for those that exist from the start.
    pub parent: Option<GoroutineId>,
    /// The place of the `go` statement, or the place where the timer was made.
    pub site: Site,
    /// True if it is the hidden goroutine of a timer.
    pub timer: bool,
}

/// Information about an object that is not part of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ObjectInfo {
    /// The name that the program gave it, unique among all.
    pub name: String,
    /// The place where it was made.
    pub site: Site,
}

/// The reason why a program cannot go on: a defect of the program under test that is not a
/// behaviour of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A goroutine that was run again with the same outcomes did something other than the first
    /// time.
    Nondeterminism {
        /// The goroutine.
        goroutine: String,
        /// The number of its operation that differed, from 1.
        operation: usize,
        /// The operation that it did the first time, and its place.
        first: String,
        /// The operation that it did now, and its place.
        now: String,
    },
    /// A loop did something other than in the turn that stands for all turns.
    HiddenState {
        /// The goroutine.
        goroutine: String,
        /// The loop.
        site: Site,
        /// The turn in which it differs, from 1.
        turn: usize,
        /// The operation in the turn that stands for all, and its place.
        first: String,
        /// The operation in this turn, and its place.
        now: String,
    },
    /// An operation was asked for within `Eq`, `Hash`, `Clone` or `Debug` of a value.
    OperationOfValue {
        /// The goroutine.
        goroutine: String,
        /// The type of the value.
        type_name: &'static str,
        /// The place of the operation.
        site: Site,
    },
    /// An object was used before it was made in this execution: it comes from an earlier one, or
    /// from another run.
    StaleObject {
        /// The goroutine that used it.
        goroutine: String,
        /// The object.
        object: String,
        /// The place of the use.
        site: Site,
    },
    /// The checking thread is panicking and runs a destructor on the way. Guards could not tell the
    /// kernel's panics from that one.
    Unwinding,
    /// A limit on what one program may make was hit.
    TooMany {
        /// The things that were made, in the plural: `goroutines`.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// A goroutine chooses among no numbers, or among more than [`Op::CHOICES_MAX`].
    Choice {
        /// The goroutine.
        goroutine: String,
        /// The number of choices.
        below: u32,
        /// The place of the choice.
        site: Site,
    },
    /// The system refused this many bytes of memory for what is known of the program. A search
    /// turns it into a limit.
    NoMemory {
        /// The number of bytes.
        bytes: u64,
    },
    /// The system refused the stack of another goroutine. A search turns it into a limit.
    NoStack {
        /// The size of that stack.
        bytes: u64,
    },
    /// A goroutine went round a loop without a visible operation.
    EmptyLoop {
        /// The goroutine.
        goroutine: String,
        /// The place of the loop.
        site: Site,
    },
    /// A goroutine has run for a long time without reaching its next visible operation, and may
    /// never reach it: see [`supervise`](mod@crate::supervise).
    Stalled(Stall),
    /// A saved search does not fit. It belongs to another program, or was to be resumed with other
    /// settings.
    CheckpointMismatch {
        /// The difference.
        why: String,
    },
    /// An execution under loom is not one by the rules, or it ends elsewhere: a defect of the
    /// checker.
    Disagreement {
        /// The steps, as they were taken under loom.
        schedule: String,
        /// The end under loom.
        loom: String,
        /// The end by the rules.
        rules: String,
    },
}

/// A goroutine that runs and does not reach its next operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stall {
    /// The goroutine, by the name that its `go` statement gives it.
    pub goroutine: String,
    /// Its last operation; [`Site::NONE`] if it had done none.
    pub from: Site,
    /// The time that it had run when it was abandoned.
    pub time: Duration,
    /// The reason why it does not reach its next operation.
    pub cause: StallCause,
}

/// The reason why a goroutine does not reach its next operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StallCause {
    /// Its own code runs on and on, or waits for something that is not an operation.
    Runs,
    /// One of its destructors panics while it unwinds. Rust would end the process.
    DestructorPanics,
    /// It has overflowed its stack where it cannot be unwound.
    StackOverflow,
}

/// The ids that a program has assigned so far, in the order of the numbers. Steps that were taken
/// once mean the same to a program that adopts these ids first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// The goroutines.
    pub goroutines: Vec<KnownThing>,
    /// The objects.
    pub objects: Vec<KnownThing>,
    /// See [`Program::may_cycle`].
    pub may_cycle: bool,
}

/// One thing that has an id in [`Known`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KnownThing {
    /// The goroutine that made it.
    pub maker: Option<u32>,
    /// The name.
    pub name: String,
    /// The kind of the thing.
    pub kind: String,
    /// Its number among those of this name and kind by this maker, from 0.
    pub nth: u32,
    /// The file in which it is made, the line and the column.
    pub site: (String, u32, u32),
}

/// A program whose goroutines are deterministic automata.
pub trait Program {
    /// Returns the goroutines that exist from the start, each with its local state. The first is
    /// [`GoroutineId::MAIN`].
    ///
    /// # Errors
    /// If the program cannot be started.
    fn start(&mut self) -> Result<Vec<(GoroutineId, LocalState)>, Fault>;

    /// Returns what the goroutine at `local` does next, and what it made on the way there.
    fn arrival(&self, local: LocalState) -> &Arrival;

    /// Returns the local state of a goroutine after its operation at `local` had this outcome.
    /// After an operation that panicked, its deferred calls go on there, or its next is
    /// [`Next::Unrecovered`].
    ///
    /// # Errors
    /// If the goroutine cannot go on for a reason that is not a behaviour of it.
    fn resume(&mut self, local: LocalState, outcome: Outcome) -> Result<LocalState, Fault>;

    /// Returns the first local state of the goroutine that the [`Op::Go`] at `local` starts.
    ///
    /// # Errors
    /// As for [`Program::resume`].
    fn child(&mut self, local: LocalState) -> Result<LocalState, Fault>;

    /// Returns information about a goroutine. The name is unique among all goroutines seen so far.
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo;

    /// Returns information about an object. The name is unique among all objects seen so far.
    fn object(&self, id: ObjectId) -> ObjectInfo;

    /// Returns a value as text, as its type's `Debug` writes it.
    fn value(&self, id: ValueId) -> String;

    /// Returns the ids assigned so far. A program that numbers all things before it starts returns
    /// nothing.
    fn known(&self) -> Known {
        Known::default()
    }

    /// Adopts the ids that another program of the same code had assigned. This one has not started.
    fn expect(&mut self, known: &Known) {
        let _ = known;
    }

    /// Returns true if a goroutine may come back to a local state that it has left. If not, no
    /// state occurs twice in one execution.
    fn may_cycle(&self) -> bool {
        true
    }

    /// Runs parts of the program again, and compares what they do with the first time.
    ///
    /// # Errors
    /// [`Fault::Nondeterminism`] if there is a difference.
    fn recheck(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Releases everything that still runs. No local state can be reached after that.
    fn finish(&mut self) {}

    /// Returns the bytes of stacks that cannot be freed, since their goroutines could not be
    /// unwound.
    fn lost_stack_bytes(&self) -> usize {
        0
    }

    /// Forgets local states that only a past execution needed, if memory asks for it. `live` are
    /// those that are still in use.
    fn forget(&mut self, live: &mut dyn Iterator<Item = LocalState>) {
        let _ = live;
    }

    /// Returns true if [`Program::forget`] would be of use now.
    fn crowded(&self) -> bool {
        false
    }
}
