//! Programs as plain data.
//!
//! A [`Script`] is a list of goroutines, each a list of [`Statement`]s over named objects. It can
//! be run in two ways that have nothing in common but the rules: [`Interpreter`] is a
//! [`Program`](crate::model::Program) that walks the statements itself, with no closure and no
//! coroutine; [`Script::closure`] is a kernel that does the same through the handles of
//! [`sync`](crate::sync). Each checks the other. [`Script::to_rust`] prints it as the source of
//! such a kernel.
//!
//! ```
//! use gordian_checker::script::{Script, Statement::{Recv, Send}, Operand::Constant};
//!
//! let mut script = Script::new();
//! let numbers = script.chan("numbers", 0);
//! script.goroutine("main", [Recv(numbers)]);
//! script.goroutine("sender", [Send(numbers, Constant(7))]);
//! let report = gordian_checker::Checker::new().check_subject(&script);
//! report.assert_proved();
//! ```

mod closure;
mod code;
mod frame;
mod go;
mod ids;
mod interpreter;
mod source;
mod vars;

pub mod families;
pub mod features;
pub mod random;
pub mod smaller;

pub use crate::model::AtomicOp;
pub use closure::AsClosure;
pub use interpreter::{Interpreter, Memory, Start};
pub use vars::{Grip, Var, Way};

/// The statements about locks that every way of running or printing a script has one function for.
macro_rules! of_locks {
    () => {
        Statement::Lock(_)
            | Statement::TryLock(..)
            | Statement::Unlock(_)
            | Statement::Increment(..)
            | Statement::RLock(_)
            | Statement::TryRLock(..)
            | Statement::RUnlock(_)
            | Statement::WLock(_)
            | Statement::TryWLock(..)
            | Statement::WUnlock(_)
    };
}
pub(crate) use of_locks;

/// The same of the variables for guards and deferred calls.
macro_rules! of_variables {
    () => {
        Statement::Hold(..)
            | Statement::Release(..)
            | Statement::AddHeld(..)
            | Statement::WaitHeld(..)
            | Statement::Defer(..)
    };
}
pub(crate) use of_variables;

/// The same of what steers, but for the bodies that an operation of an object has.
macro_rules! of_control {
    () => {
        Statement::Choose(_)
            | Statement::Repeat(..)
            | Statement::Forever(_)
            | Statement::Break
            | Statement::Return
    };
}
pub(crate) use of_control;

/// The text of any handle that is a value.
const A_HANDLE: &str = "a handle";

/// A program as data. The first goroutine is `main`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Script {
    /// The objects. All exist from the start; a [`Statement::New`] makes more of the same
    /// declaration.
    pub objects: Vec<Declaration>,
    /// The goroutines. Those that no [`Statement::Go`] starts exist from the start, as [`Start`]
    /// says.
    pub goroutines: Vec<Goroutine>,
}

/// An object by its place in [`Script::objects`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Object(pub usize);

/// A named object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Declaration {
    /// Its name, which no other object has.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A `sync.Mutex` over the integer 0.
    Mutex,
    /// A `sync.RWMutex` over the integer 0.
    RwLock,
    /// A channel of integers.
    Chan {
        /// How many it can hold.
        capacity: u32,
    },
    /// A nil channel of integers.
    NilChan,
    /// A channel of handles. What is sent to it is the handle for which the object `of` stands in
    /// the sender; who receives takes it for that object from there on, and is told the integer 0.
    Handles {
        /// How many it can hold.
        capacity: u32,
        /// The object, which is no nil channel.
        of: Object,
    },
    /// A `sync.WaitGroup`.
    WaitGroup {
        /// Its counter at the start.
        count: u32,
    },
    /// A `sync.Once`.
    Once,
    /// A `sync.Cond`.
    Cond,
    /// A `time.Timer`. Where a channel is asked for it stands for its `C`.
    Timer,
    /// A `time.Ticker`. Where a channel is asked for it stands for its `C`.
    Ticker {
        /// How often it ticks; [`FOR_EVER`](crate::sync::FOR_EVER) is no limit.
        ticks_max: u32,
    },
    /// A context that can be cancelled. Where a channel is asked for it stands for its done
    /// channel.
    Context {
        /// The context it is derived from, declared before it; `None` is the background.
        parent: Option<Object>,
        /// Whether it has a deadline.
        deadline: bool,
    },
    /// An integer of `sync/atomic`.
    Atomic {
        /// Its value at the start.
        value: i64,
    },
    /// A plain variable.
    Cell {
        /// Its value at the start.
        value: i64,
    },
    /// A weighted semaphore.
    Semaphore {
        /// How many permits it has.
        permits: u32,
    },
}

impl Kind {
    /// Of which object it has the handles, if it is a channel of handles.
    #[must_use]
    pub fn handles_of(self) -> Option<Object> {
        match self {
            Self::Handles { of, .. } => Some(of),
            _ => None,
        }
    }
}

/// A named goroutine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Goroutine {
    /// Its name, which no other goroutine has.
    pub name: String,
    /// The variables it takes along from the goroutine that starts it, where all of these are in
    /// scope. At its end it drops those that are left, the last first.
    pub takes: Vec<Var>,
    /// What it does.
    pub body: Vec<Statement>,
}

/// What is sent or written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// This integer.
    Constant(i64),
    /// The last integer that the goroutine was told (received, read, chosen or found under a lock;
    /// 0 for "closed", for a try-lock that failed, and at the start, at the head of each turn of a
    /// [`Statement::Forever`] and at its end), plus this.
    Last(i64),
}

/// One statement of a goroutine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Statement {
    /// Locks a mutex.
    Lock(Object),
    /// Tries to lock a mutex, and does the rest if it could.
    TryLock(Object, Vec<Statement>),
    /// Unlocks a mutex.
    Unlock(Object),
    /// Takes a mutex or the write lock of an rwlock, adds to the integer under it, and unlocks.
    Increment(Object, i64),
    /// Read-locks an rwlock.
    RLock(Object),
    /// Tries to read-lock, and does the rest if it could.
    TryRLock(Object, Vec<Statement>),
    /// Read-unlocks.
    RUnlock(Object),
    /// Write-locks an rwlock.
    WLock(Object),
    /// Tries to write-lock, and does the rest if it could.
    TryWLock(Object, Vec<Statement>),
    /// Write-unlocks.
    WUnlock(Object),
    /// Sends to a channel of integers.
    Send(Object, Operand),
    /// Receives from anything that stands for a channel.
    Recv(Object),
    /// `for range`: receives until the channel is closed and empty, and does the rest each time.
    Range(Object, Vec<Statement>),
    /// Closes a channel of integers.
    Close(Object),
    /// `len` of anything that stands for a channel, and not for a nil one.
    Len(Object),
    /// Does one of several communications and what goes with it.
    Select {
        /// The communications, each with what follows it.
        arms: Vec<(Case, Vec<Statement>)>,
        /// What to do if none is ready, if there is a `default` case.
        default: Option<Vec<Statement>>,
    },
    /// Adds to a wait group's counter.
    WgAdd(Object, i64),
    /// Waits for a wait group.
    WgWait(Object),
    /// `Do` of a once. What it does may not leave a loop around it, nor return from the goroutine.
    Once(Object, Vec<Statement>),
    /// Waits for a condition (the first) with a locked mutex (the second).
    CondWait(Object, Object),
    /// Wakes one who waits.
    CondSignal(Object),
    /// Wakes all who wait.
    CondBroadcast(Object),
    /// Stops a timer or ticker.
    TimerStop(Object),
    /// Resets a timer or ticker.
    TimerReset(Object),
    /// Cancels a context.
    CtxCancel(Object),
    /// Asks a context for its error.
    CtxErr(Object),
    /// An operation of `sync/atomic`.
    Atomic(Object, AtomicOp),
    /// Reads a cell.
    Get(Object),
    /// Writes a cell.
    Set(Object, Operand),
    /// Does one of these, any of them.
    Choose(Vec<Vec<Statement>>),
    /// `time.Sleep`.
    Sleep,
    /// `runtime.Gosched`.
    Yield,
    /// Acquires so many permits of a semaphore.
    SemAcquire(Object, u32),
    /// Tries to acquire so many, tells 1 or 0, and does the rest if it could.
    SemTryAcquire(Object, u32, Vec<Statement>),
    /// Gives so many permits back.
    SemRelease(Object, u32),
    /// Starts the goroutine of this place in [`Script::goroutines`]. It begins with the objects for
    /// which the variables of its starter stand, and with what it takes. No goroutine starts
    /// itself, by whatever way.
    Go(usize),
    /// Makes an object as the declaration says. From here on this goroutine, and each that it
    /// starts, takes it for the declared one. Not within a [`Statement::Forever`].
    New(Object),
    /// Takes a lock, tells the integer under it, keeps the guard in this variable, and does the
    /// rest. At the end of that, or where it is left, the guard is dropped.
    Hold(Var, Grip, Object, Vec<Statement>),
    /// Gives the guard away, or makes the deferred call now, if it is still there. Not within a
    /// [`Statement::Forever`] around which the variable is in scope.
    Release(Var, Way),
    /// Adds to the integer under a mutex or a write lock, by the guard, if it is still there.
    AddHeld(Var, i64),
    /// Waits for a condition with the guard of a mutex, if it is still there.
    WaitHeld(Object, Var),
    /// Does the second statements. At their end, or where they are left, does the first, if nobody
    /// has taken that call along or made it. Those have nothing within them, do not steer, neither
    /// use nor tell the last integer, pass no handles, and mean the objects that their variables
    /// stood for when they were deferred.
    Defer(Var, Vec<Statement>, Vec<Statement>),
    /// Does the same so many times.
    Repeat(u32, Vec<Statement>),
    /// Does the same for ever, but for [`Statement::Break`], carrying nothing from turn to turn.
    Forever(Vec<Statement>),
    /// Leaves the innermost [`Statement::Repeat`], [`Statement::Range`] or [`Statement::Forever`].
    Break,
    /// Returns from the goroutine.
    Return,
    /// Panics with this message.
    Panic(String),
}

/// A communication of a select.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Case {
    /// A send to a channel of integers.
    Send(Object, Operand),
    /// A receive from anything that stands for a channel.
    Recv(Object),
}

impl Script {
    /// A script without objects or goroutines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares an object.
    pub fn declare(&mut self, name: impl Into<String>, kind: Kind) -> Object {
        self.objects.push(Declaration {
            name: name.into(),
            kind,
        });
        Object(self.objects.len() - 1)
    }

    /// Declares a mutex.
    pub fn mutex(&mut self, name: impl Into<String>) -> Object {
        self.declare(name, Kind::Mutex)
    }

    /// Declares an rwlock.
    pub fn rwlock(&mut self, name: impl Into<String>) -> Object {
        self.declare(name, Kind::RwLock)
    }

    /// Declares a channel.
    pub fn chan(&mut self, name: impl Into<String>, capacity: u32) -> Object {
        self.declare(name, Kind::Chan { capacity })
    }

    /// Declares a wait group with this counter.
    pub fn waitgroup(&mut self, name: impl Into<String>, count: u32) -> Object {
        self.declare(name, Kind::WaitGroup { count })
    }

    /// Declares a semaphore with so many permits.
    pub fn semaphore(&mut self, name: impl Into<String>, permits: u32) -> Object {
        self.declare(name, Kind::Semaphore { permits })
    }

    /// Declares a cell.
    pub fn cell(&mut self, name: impl Into<String>, value: i64) -> Object {
        self.declare(name, Kind::Cell { value })
    }

    /// Adds a goroutine and yields its place.
    pub fn goroutine(
        &mut self,
        name: impl Into<String>,
        body: impl IntoIterator<Item = Statement>,
    ) -> usize {
        self.goroutines.push(Goroutine {
            name: name.into(),
            takes: Vec::new(),
            body: body.into_iter().collect(),
        });
        self.goroutines.len() - 1
    }

    /// How many statements it has, those within others included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.goroutines.iter().map(|it| size(&it.body)).sum()
    }

    pub(crate) fn kind(&self, object: Object) -> Kind {
        self.objects[object.0].kind
    }

    pub(crate) fn name(&self, object: Object) -> &str {
        &self.objects[object.0].name
    }

    /// The goroutines that some `go` statement starts.
    pub(crate) fn started_by_statement(&self) -> Vec<bool> {
        let mut started = vec![false; self.goroutines.len()];
        for goroutine in &self.goroutines {
            visit(&goroutine.body, &mut |statement| {
                if let Statement::Go(child) = statement {
                    started[*child] = true;
                }
            });
        }
        started
    }
}

impl Statement {
    /// The lists of statements within this one.
    #[must_use]
    pub fn bodies(&self) -> Vec<&Vec<Statement>> {
        match self {
            Self::TryLock(_, body)
            | Self::TryRLock(_, body)
            | Self::TryWLock(_, body)
            | Self::SemTryAcquire(_, _, body)
            | Self::Range(_, body)
            | Self::Once(_, body)
            | Self::Repeat(_, body)
            | Self::Forever(body)
            | Self::Hold(_, _, _, body) => vec![body],
            Self::Defer(_, deferred, body) => vec![deferred, body],
            Self::Select { arms, default } => {
                arms.iter().map(|(_, body)| body).chain(default).collect()
            }
            Self::Choose(bodies) => bodies.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// As [`Statement::bodies`], to be changed.
    #[must_use]
    pub fn bodies_mut(&mut self) -> Vec<&mut Vec<Self>> {
        match self {
            Self::TryLock(_, body)
            | Self::TryRLock(_, body)
            | Self::TryWLock(_, body)
            | Self::SemTryAcquire(_, _, body)
            | Self::Range(_, body)
            | Self::Once(_, body)
            | Self::Repeat(_, body)
            | Self::Forever(body)
            | Self::Hold(_, _, _, body) => vec![body],
            Self::Defer(_, deferred, body) => vec![deferred, body],
            Self::Select { arms, default } => arms
                .iter_mut()
                .map(|(_, body)| body)
                .chain(default)
                .collect(),
            Self::Choose(bodies) => bodies.iter_mut().collect(),
            _ => Vec::new(),
        }
    }
}

/// Calls `f` with each statement, outer ones first.
pub(crate) fn visit(body: &[Statement], f: &mut impl FnMut(&Statement)) {
    for statement in body {
        f(statement);
        for inner in statement.bodies() {
            visit(inner, f);
        }
    }
}

fn size(body: &[Statement]) -> usize {
    let mut count = 0;
    visit(body, &mut |_| count += 1);
    count
}
