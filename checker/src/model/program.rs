//! What the rules and the searches know of the code that is checked: a [`Program`].
//!
//! A goroutine is an automaton. It stands at a [`Local`]; there it is about to do one [`Op`], or
//! has returned, or has panicked; told the [`Outcome`] of the operation it moves on to the next
//! local. Nothing here is a closure or a coroutine: an interpreter of another language can be a
//! program just as well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::{GoroutineId, Local, ObjectId, ValueId};
use super::object::Object;
use super::op::{Op, Outcome};
use super::world::{Panic, World};

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
    /// No place: of what no source line made.
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
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
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
        /// Where.
        site: Site,
    },
    /// The thread that checks is panicking: it runs a destructor on the way. Guards could not tell
    /// the kernel's panics from that one.
    Unwinding,
    /// The program does what is not modelled.
    Unsupported {
        /// What, as the end of a sentence: `calls os/exec.Command`.
        what: String,
        /// Where.
        site: Site,
    },
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
        site: Site,
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
        site: Site,
    },
    /// A goroutine has run for long without coming to its next visible operation, and may never
    /// come: see [`supervise`](mod@crate::supervise).
    Stalled(Stall),
    /// A saved search does not fit: it is one of another program, or was asked to go on with other
    /// settings.
    Misfit {
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
    /// The operation that it had done last; [`Site::NONE`] if it had done none.
    pub from: Site,
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
    /// See [`Program::may_cycle`].
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
    pub kind: String,
    /// Its number among those of this name and kind by this maker, from 0.
    pub nth: u32,
    /// The file in which it is made, and the line and column.
    pub site: (String, u32, u32),
}

/// A program whose goroutines are deterministic automata.
pub trait Program {
    /// The goroutines that exist from the start and where they stand. The first is
    /// [`GoroutineId::MAIN`]. `world` is the state that begins; only its [memory](World::cell) may
    /// be changed.
    ///
    /// # Errors
    /// If the program cannot be started.
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault>;

    /// What the goroutine that stands at `local` does next, and what it made on the way here.
    fn arrival(&self, local: Local) -> &Arrival;

    /// Where a goroutine stands after its operation at `local` had this outcome. Of an operation
    /// that panicked this is where its deferred calls go on, or a local whose next is
    /// [`Next::Unrecovered`]. It is a function of these and of the memory of `world`, which alone
    /// may be read and changed.
    ///
    /// # Errors
    /// If the goroutine cannot go on for a reason that is no behaviour of it.
    fn resume(&mut self, local: Local, outcome: Outcome, world: &mut World)
    -> Result<Local, Fault>;

    /// Where the goroutine begins that the [`Op::Go`] at `local` starts. `world` as for
    /// [`Program::resume`].
    ///
    /// # Errors
    /// As for [`Program::resume`].
    fn child(&mut self, local: Local, world: &mut World) -> Result<Local, Fault>;

    /// Tells about a goroutine. The name is unique among all goroutines that have been seen so far.
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo;

    /// Tells about an object. The name is unique among all objects that have been seen so far.
    fn object(&self, id: ObjectId) -> ObjectInfo;

    /// A value as text, as its type's `Debug` writes it.
    fn value(&self, id: ValueId) -> String;

    /// Takes out of a state what no goroutine can come to again, so that states which differ in
    /// nothing else are equal. It is called after each step.
    fn tidy(&mut self, world: &mut World) {
        let _ = world;
    }

    /// Numbers what is made from now on by its maker and as its how-manieth, so that the order of
    /// independent steps makes no difference; or else gives numbers again that are free, so that
    /// what is made in an endless loop does not have ever new ones. A program begins with the
    /// latter. Returns true if that is not the same for this program.
    fn number_by_count(&mut self, by_count: bool) -> bool {
        let _ = by_count;
        false
    }

    /// Whether time passes only when nobody else can move: then a timer fires and a sleep is over
    /// only where no other step can be taken. For searches that ask for [all
    /// steps](World::enabled) of a state.
    fn is_quiet(&self) -> bool {
        false
    }

    /// What has got a number so far. A program that numbers all things before it starts has nothing
    /// to tell.
    fn known(&self) -> Known {
        Known::default()
    }

    /// Tells a program that has not started what another one of the same code had met.
    fn expect(&mut self, known: &Known) {
        let _ = known;
    }

    /// Whether a goroutine may come back to a local that it has left. If not, no state comes twice
    /// in one execution.
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

    /// Lets go of all that still runs. No local can be come to any more.
    fn finish(&mut self) {}

    /// The bytes of stacks that are lost for good, since their goroutines did not let themselves be
    /// unwound.
    fn lost_stack_bytes(&self) -> usize {
        0
    }

    /// Forgets locals that only a past execution needed, if memory asks for it. `live` are those
    /// that are still in use.
    fn forget(&mut self, live: &mut dyn Iterator<Item = Local>) {
        let _ = live;
    }

    /// Whether [`Program::forget`] would be of use now.
    fn crowded(&self) -> bool {
        false
    }
}
