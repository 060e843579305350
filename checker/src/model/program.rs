//! What the rules and the searches know of the code that is checked: a [`Program`].
//!
//! A goroutine is an automaton. It stands at a [`LocalState`]; there it is about to do one [`Op`],
//! or has returned, or has panicked; told the [`Outcome`] of the operation it moves on to the next
//! local state. Nothing here is a closure or a coroutine: an interpreter of another language can be
//! a program just as well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::{FileId, GoroutineId, LocalState, ObjectId, ValueId};
use super::object::{Object, ThingKind};
use super::op::{Op, Outcome};
use super::world::Panic;

/// A place in the source code of a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Site {
    /// The file: see [`Names::file`].
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Site {
    /// No place: of what no source line made.
    pub const NONE: Self = Self {
        file: FileId::NONE,
        line: 0,
        column: 0,
    };
}

/// A place in source code with the name of its file, for those who do not have the program.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the compiler names it; empty if no source line made it.
    pub file: String,
    /// The line, from 1; 0 if there is none.
    pub line: u32,
    /// The column, from 1; 0 if the place is that of the lock whose guard is dropped: where a drop
    /// happens is not known.
    pub column: u32,
}

/// How a goroutine came to a local, and what it does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The objects it made on its way here. Making an object is no step: nobody else can know of it
    /// yet.
    pub created: Vec<Creation>,
    /// What it does next.
    pub next: Next,
    /// Where in the source that is.
    pub site: Site,
}

/// What a goroutine does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is about to do this.
    Op(Op),
    /// It has returned.
    Return,
    /// It has panicked, with this message.
    Panic(String),
    /// An operation of it has panicked, and it did not recover.
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

/// What is known of a goroutine but is no part of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GoroutineInfo {
    /// The name that the program gave it, unique among all.
    pub name: String,
    /// Who started it; `None` for those that a program starts with.
    pub parent: Option<GoroutineId>,
    /// Where the `go` statement is, or where the timer was made.
    pub site: Site,
    /// Whether it is the hidden goroutine of a timer.
    pub timer: bool,
}

/// What is known of an object but is no part of a state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ObjectInfo {
    /// The name that the program gave it, unique among all.
    pub name: String,
    /// Where it was made.
    pub site: Site,
}

/// Why a program cannot go on: a defect of the program under test that is no behaviour of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Run again with the same outcomes, a goroutine did something else than the first time.
    Nondeterminism {
        /// The goroutine.
        goroutine: String,
        /// Which of its operations differed, from 1.
        operation: usize,
        /// What it did the first time, and where.
        first: String,
        /// What it did now, and where.
        now: String,
    },
    /// A loop that is gone round again does something else than in the turn that stands for all.
    HiddenState {
        /// The goroutine.
        goroutine: String,
        /// The loop.
        site: Place,
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
        site: Place,
    },
    /// An object was used before it was made in this execution: it comes from an earlier one, or
    /// from another run.
    StaleObject {
        /// The goroutine that used it.
        goroutine: String,
        /// The object.
        object: String,
        /// Where.
        site: Place,
    },
    /// The thread that checks is panicking: it runs a destructor on the way. Guards could not tell
    /// the kernel's panics from that one.
    Unwinding,
    /// A limit on what one program may make was hit: what, and how many.
    TooMany {
        /// Of what, in the plural: `goroutines`.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// A goroutine chooses among no numbers, or among more than [`Op::CHOICES_MAX`].
    Choice {
        /// The goroutine.
        goroutine: String,
        /// Among how many.
        below: u32,
        /// Where.
        site: Place,
    },
    /// The system would not give so many bytes of memory for what is known of the program. A search
    /// makes a limit of it.
    NoMemory {
        /// How many.
        bytes: u64,
    },
    /// The system would not give the stack of another goroutine. A search makes a limit of it.
    NoStack {
        /// How large it was to be.
        bytes: u64,
    },
    /// A goroutine went round a loop without a visible operation.
    EmptyLoop {
        /// The goroutine.
        goroutine: String,
        /// Where the loop is.
        site: Place,
    },
    /// A goroutine has run for long without coming to its next visible operation, and may never
    /// come: see [`supervise`](mod@crate::supervise).
    Stalled(Stall),
    /// A saved search does not fit: it is one of another program, or was asked to go on with other
    /// settings.
    CheckpointMismatch {
        /// In what.
        why: String,
    },
    /// An execution under loom is none by the rules, or ends elsewhere: a defect of the checker.
    Disagreement {
        /// The steps, as they were taken under loom.
        schedule: String,
        /// Where they led.
        loom: String,
        /// What the rules say.
        rules: String,
    },
}

/// A goroutine that runs and does not come to its next operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stall {
    /// The goroutine, by the name that its `go` statement gives it.
    pub goroutine: String,
    /// The operation that it had done last; no place if it had done none.
    pub from: Place,
    /// How long it had run when it was given up.
    pub time: Duration,
    /// The reason why it does not come to its next operation.
    pub cause: StallCause,
}

/// Why a goroutine does not come to its next operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StallCause {
    /// Its own code runs on and on, or waits for something that is no operation.
    Runs,
    /// A destructor of it panics while it unwinds. Rust would end the process.
    DestructorPanics,
    /// It has overflowed its stack where it cannot be unwound.
    StackOverflow,
}

/// What a program has met so far and gives numbers to, in the order of the numbers. Steps that were
/// taken once mean the same to a program that is told this first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Known {
    /// The goroutines.
    pub goroutines: Vec<KnownThing>,
    /// The objects.
    pub objects: Vec<KnownThing>,
    /// See [`Learner::may_cycle`].
    pub may_cycle: bool,
}

/// One thing of those that are [`Known`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KnownThing {
    /// The goroutine that made it.
    pub maker: Option<u32>,
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: ThingKind,
    /// Its number among those of this name and kind by this maker, from 0.
    pub nth: u32,
    /// Where it is made.
    pub site: Place,
}

/// Names of what a program has: all that is needed to tell an execution in words.
pub trait Names {
    /// Tells about a goroutine. The name is unique among all goroutines that have been seen so far.
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo;

    /// Tells about an object. The name is unique among all objects that have been seen so far.
    fn object(&self, id: ObjectId) -> ObjectInfo;

    /// Returns a value as text, as its type's `Debug` writes it.
    fn value(&self, id: ValueId) -> String;

    /// Returns the name of a file; empty for [`FileId::NONE`].
    fn file(&self, id: FileId) -> &str;

    /// Returns a place with the name of its file.
    fn place(&self, site: Site) -> Place {
        Place {
            file: self.file(site.file).to_owned(),
            line: site.line,
            column: site.column,
        }
    }
}

/// A program whose goroutines are deterministic automata.
pub trait Program: Names {
    /// The goroutines that exist from the start and where they stand. The first is
    /// [`GoroutineId::MAIN`].
    ///
    /// # Errors
    /// If the program cannot be started.
    fn start(&mut self) -> Result<Vec<(GoroutineId, LocalState)>, Fault>;

    /// What the goroutine that stands at `local` does next, and what it made on the way here.
    fn arrival(&self, local: LocalState) -> &Arrival;

    /// Where a goroutine stands after its operation at `local` had this outcome. Of an operation
    /// that panicked this is where its deferred calls go on, or a local whose next is
    /// [`Next::Unrecovered`].
    ///
    /// # Errors
    /// If the goroutine cannot go on for a reason that is no behaviour of it.
    fn resume(&mut self, local: LocalState, outcome: Outcome) -> Result<LocalState, Fault>;

    /// Where the goroutine begins that the [`Op::Go`] at `local` starts.
    ///
    /// # Errors
    /// As for [`Program::resume`].
    fn child(&mut self, local: LocalState) -> Result<LocalState, Fault>;

    /// The learner of this program; `None` if all of it is known before it starts. A program that
    /// stands before another one returns the learner of that one.
    fn learner(&mut self) -> Option<&mut dyn Learner> {
        None
    }
}

/// The part of a [`Program`] that learns it on the fly: it gives an id to each thing when it is
/// first met, and may have to run code to find out what a goroutine does next.
pub trait Learner {
    /// Returns what has got an id so far.
    fn ids(&self) -> Known;

    /// Gives the ids that another program of the same code has given. Nothing has started yet.
    fn adopt_ids(&mut self, known: &Known);

    /// Returns false if no goroutine has come back to a local that it had left: then no state comes
    /// twice in one execution.
    fn may_cycle(&self) -> bool {
        true
    }

    /// Runs parts of the program again, and compares what they do with what they did the first
    /// time.
    ///
    /// # Errors
    /// [`Fault::Nondeterminism`] if there is a difference.
    fn recheck(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// Returns true if [`Learner::forget`] would be of use now.
    fn wants_to_forget(&self) -> bool {
        false
    }

    /// Forgets locals that only a past execution needed. `live` are those that are still in use.
    fn forget(&mut self, live: &mut dyn Iterator<Item = LocalState>) {
        let _ = live;
    }

    /// Lets go of all that still runs. No local can be come to any more.
    fn finish(&mut self) {}

    /// Returns the bytes of stacks that are lost for good, since their goroutines did not let
    /// themselves be unwound.
    fn lost_stack_bytes(&self) -> usize {
        0
    }
}
