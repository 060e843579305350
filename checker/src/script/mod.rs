//! Programs as plain data.
//!
//! A [`Script`] is a list of goroutines, each a list of [`Statement`]s over named objects. It can
//! be run in two ways that share nothing but the rules. [`Interpreter`] is a
//! [`Program`](crate::model::Program) that executes the statements directly, without closures and
//! coroutines. [`Script::closure`] is a kernel that does the same through the handles of
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
use crate::model::ThingKind;
pub use closure::AsClosure;
pub use interpreter::{Interpreter, Memory, Start};
pub use vars::{Grip, GuardEnd, Var};

/// The statements about locks, for which each way of running or printing a script has one function.
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

/// The same for the variables of guards and deferred calls.
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

/// The same for control flow, without operations of objects that have bodies.
macro_rules! of_control {
    () => {
        Statement::Choose(_)
            | Statement::Repeat(..)
            | Statement::Forever(_)
            | Statement::Break
            | Statement::Return
            | Statement::Recover(_)
            | Statement::Goexit
    };
}
pub(crate) use of_control;

/// The text of every handle that is a value.
const A_HANDLE: &str = "a handle";

/// A program as data. The first goroutine is `main`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Script {
    /// The objects. All exist from the start; a [`Statement::New`] makes another of the same
    /// declaration.
    pub objects: Vec<Declaration>,
    /// The goroutines. Those that no [`Statement::Go`] starts exist from the start, or main starts
    /// them, depending on [`Start`].
    pub goroutines: Vec<Goroutine>,
}

/// An object by its position in [`Script::objects`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Object(pub usize);

/// A named object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Declaration {
    /// Its name, which no other object has.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
}

/// The kind of an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A `sync.Mutex` over the integer 0.
    Mutex,
    /// A `sync.RWMutex` over the integer 0.
    RwLock,
    /// A channel of integers.
    Chan {
        /// Its capacity.
        capacity: u32,
    },
    /// A nil channel of integers.
    NilChan,
    /// A channel of handles. A send sends the handle to which the object `of` is bound in the
    /// sender. The receiver binds `of` to that handle from then on, and gets the integer 0.
    Handles {
        /// Its capacity.
        capacity: u32,
        /// The object, which must not be a nil channel.
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
    /// A `time.Timer`. As a channel it stands for its `C`.
    Timer,
    /// A `time.Ticker`. As a channel it stands for its `C`.
    Ticker {
        /// Its maximal number of ticks; [`FOR_EVER`](crate::sync::FOR_EVER) is no limit.
        ticks_max: u32,
    },
    /// A context that can be cancelled. As a channel it stands for its done channel.
    Context {
        /// The context that it is derived from, declared before it; `None` for the background.
        parent: Option<Object>,
        /// True if it has a deadline.
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
        /// Its number of permits.
        permits: u32,
    },
}

impl Kind {
    /// Returns the object whose handles this channel carries, if it is a channel of handles.
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
    /// The variables that it takes along from its starter, where all of these are in scope. At its
    /// end it drops those that are left, the last first.
    pub takes: Vec<Var>,
    /// True if it may outlive main. Main never is.
    pub daemon: bool,
    /// The statements that it runs.
    pub body: Vec<Statement>,
}

impl Goroutine {
    pub(crate) fn kind(&self) -> ThingKind {
        if self.daemon {
            ThingKind::Daemon
        } else {
            ThingKind::Goroutine
        }
    }
}

/// An operand of a send or a write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// This integer.
    Constant(i64),
    /// The last integer that the goroutine got, plus this. It gets integers that it receives,
    /// reads, chooses or finds under a lock, and 0 for "closed" and for a try-lock that failed. The
    /// last integer is also 0 at the start, at the head of each iteration of a
    /// [`Statement::Forever`], and at its end.
    Last(i64),
}

/// One statement of a goroutine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Statement {
    /// Locks a mutex.
    Lock(Object),
    /// Tries to lock a mutex, and runs the body on success.
    TryLock(Object, Vec<Statement>),
    /// Unlocks a mutex.
    Unlock(Object),
    /// Takes a mutex or the write lock of an rwlock, adds to the integer under it, and unlocks.
    Increment(Object, i64),
    /// Read-locks an rwlock.
    RLock(Object),
    /// Tries to read-lock, and runs the body on success.
    TryRLock(Object, Vec<Statement>),
    /// Read-unlocks.
    RUnlock(Object),
    /// Write-locks an rwlock.
    WLock(Object),
    /// Tries to write-lock, and runs the body on success.
    TryWLock(Object, Vec<Statement>),
    /// Write-unlocks.
    WUnlock(Object),
    /// Sends to a channel of integers.
    Send(Object, Operand),
    /// Receives from a channel, timer or context.
    Recv(Object),
    /// `for range`: receives until the channel is closed and empty, and runs the body each time.
    Range(Object, Vec<Statement>),
    /// Closes a channel of integers.
    Close(Object),
    /// `len` of a channel, timer or context, but not of a nil channel.
    Len(Object),
    /// Does one of several communications, and runs its body.
    Select {
        /// The communications with their bodies.
        arms: Vec<(Case, Vec<Statement>)>,
        /// The body of the `default` case, if there is one.
        default: Option<Vec<Statement>>,
    },
    /// Adds to a wait group's counter.
    WgAdd(Object, i64),
    /// Waits for a wait group.
    WgWait(Object),
    /// `Do` of a once. The body may neither leave an enclosing loop nor return from the goroutine.
    Once(Object, Vec<Statement>),
    /// Waits for a condition (the first) with a locked mutex (the second).
    CondWait(Object, Object),
    /// Wakes one waiting goroutine.
    CondSignal(Object),
    /// Wakes all waiting goroutines.
    CondBroadcast(Object),
    /// Stops a timer or ticker.
    TimerStop(Object),
    /// Resets a timer or ticker.
    TimerReset(Object),
    /// Cancels a context.
    CtxCancel(Object),
    /// Reads the error of a context.
    CtxErr(Object),
    /// An operation of `sync/atomic`.
    Atomic(Object, AtomicOp),
    /// Reads a cell.
    Get(Object),
    /// Writes a cell.
    Set(Object, Operand),
    /// Runs any one of these bodies.
    Choose(Vec<Vec<Statement>>),
    /// `time.Sleep`.
    Sleep,
    /// `runtime.Gosched`.
    Yield,
    /// Acquires this many permits of a semaphore.
    SemAcquire(Object, u32),
    /// Tries to acquire this many permits, yields 1 or 0, and runs the body on success.
    SemTryAcquire(Object, u32, Vec<Statement>),
    /// Releases this many permits.
    SemRelease(Object, u32),
    /// Starts the goroutine at this position in [`Script::goroutines`]. It inherits the bindings of
    /// its starter, and takes variables along. No goroutine starts itself, directly or indirectly.
    Go(usize),
    /// Makes another object of a declaration. From then on this goroutine and those that it starts
    /// bind the declaration to it. Not allowed within a [`Statement::Forever`].
    New(Object),
    /// Takes a lock, yields the integer under it, stores the guard in this variable, and runs the
    /// body. When the body ends or is left, the guard is dropped.
    Hold(Var, Grip, Object, Vec<Statement>),
    /// Gives the guard away, or makes the deferred call now, if the variable still holds it. Not
    /// allowed within a [`Statement::Forever`] in the scope of the variable.
    Release(Var, GuardEnd),
    /// Adds to the integer under a mutex or a write lock through the guard, if it is still held.
    AddHeld(Var, i64),
    /// Waits for a condition with the guard of a mutex, if it is still held.
    WaitHeld(Object, Var),
    /// Runs the second body. When it ends or is left, runs the first body, unless that call was
    /// taken along or already made. The first body has no nested statements or control flow. It
    /// neither uses nor changes the last integer, and passes no handles. It uses the bindings of
    /// the time when it was deferred.
    Defer(Var, Vec<Statement>, Vec<Statement>),
    /// Runs the body this many times.
    Repeat(u32, Vec<Statement>),
    /// Runs the body for ever, until a [`Statement::Break`]. Iterations pass nothing to one
    /// another.
    Forever(Vec<Statement>),
    /// Leaves the innermost [`Statement::Repeat`], [`Statement::Range`] or [`Statement::Forever`].
    Break,
    /// Returns from the goroutine.
    Return,
    /// Panics with this message.
    Panic(String),
    /// Runs the body in a function of its own that recovers a panic. The guards and deferred calls
    /// of the body take effect first, and the last integer stays. The body may neither leave an
    /// enclosing loop nor return from the goroutine, and has no [`Statement::Forever`].
    Recover(Vec<Statement>),
    /// `runtime.Goexit`.
    Goexit,
}

/// A communication of a select.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Case {
    /// A send to a channel of integers.
    Send(Object, Operand),
    /// A receive from a channel, timer or context.
    Recv(Object),
}

impl Script {
    /// Makes a script without objects or goroutines.
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

    /// Declares a semaphore with this many permits.
    pub fn semaphore(&mut self, name: impl Into<String>, permits: u32) -> Object {
        self.declare(name, Kind::Semaphore { permits })
    }

    /// Declares a cell.
    pub fn cell(&mut self, name: impl Into<String>, value: i64) -> Object {
        self.declare(name, Kind::Cell { value })
    }

    /// Adds a goroutine and returns its position.
    pub fn goroutine(
        &mut self,
        name: impl Into<String>,
        body: impl IntoIterator<Item = Statement>,
    ) -> usize {
        self.goroutines.push(Goroutine {
            name: name.into(),
            takes: Vec::new(),
            daemon: false,
            body: body.into_iter().collect(),
        });
        self.goroutines.len() - 1
    }

    /// Returns the number of statements, including nested ones.
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

    /// Returns true for each goroutine that a `go` statement starts.
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
    /// Returns the lists of statements within this one.
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
            | Self::Recover(body)
            | Self::Hold(_, _, _, body) => vec![body],
            Self::Defer(_, deferred, body) => vec![deferred, body],
            Self::Select { arms, default } => {
                arms.iter().map(|(_, body)| body).chain(default).collect()
            }
            Self::Choose(bodies) => bodies.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the same as [`Statement::bodies`], but mutable.
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
            | Self::Recover(body)
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
