//! The reasons why a program cannot be run on.

use std::time::Duration;

use super::program::Place;

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
        /// The place.
        site: Place,
    },
    /// The checking thread is panicking and runs a destructor on the way. Guards could not tell the
    /// kernel's panics from that one.
    Unwinding,
    /// The program does something that is not modelled.
    Unsupported {
        /// The thing that it does, as the end of a sentence: `calls os/exec.Command`.
        what: String,
        /// The place.
        site: Place,
    },
    /// A limit on what one program may make was hit.
    TooMany {
        /// The things that were made, in the plural: `goroutines`.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// A goroutine chooses among no numbers, or among more than
    /// [`CHOICES_MAX`](super::Op::CHOICES_MAX).
    Choice {
        /// The goroutine.
        goroutine: String,
        /// The number of choices.
        below: u32,
        /// The place.
        site: Place,
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
        site: Place,
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
    /// The operation that it had done last; no place if it had done none.
    pub from: Place,
    /// The time that it had run when it was given up.
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
