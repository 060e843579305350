//! Functions as the machine runs them: flat lists of small instructions over slots.

use gordian_checker::model::Site;
use rustc_hash::FxHashMap;

use crate::natives::Native;
use crate::types::Types;
use crate::value::V;

/// A slot of the frame, or, below zero, a constant: `!arg` is its number.
pub(crate) type Arg = i32;

/// A slot of the frame.
pub(crate) type Slot = u32;

/// No slot: nobody wants the result.
pub(crate) const NOWHERE: Slot = Slot::MAX;

/// The functions, constants and places of a package.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) funcs: Vec<Func>,
    pub(crate) consts: Vec<V>,
    /// Lists of moves that go with a jump.
    pub(crate) moves: Vec<Box<[(Slot, Arg)]>>,
    /// Lists of slots that are live.
    pub(crate) lists: Vec<Box<[Slot]>>,
    pub(crate) files: Vec<String>,
    /// The path of the package, if it is `main`.
    pub(crate) program: String,
    pub(crate) globals: Vec<Global>,
    /// The places where things are made, with the names that a reader gives them.
    pub(crate) places: Vec<MadeAt>,
    /// The names of things and of functions, each once.
    pub(crate) names: Vec<String>,
    /// The channels that are sent on or received from, as the source calls them, by the place.
    pub(crate) channels: FxHashMap<Site, u32>,
    /// True if durations are arguments as others are. Else they make no difference.
    pub(crate) keeps_durations: bool,
}

/// A place in the code at which something is made.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct MadeAt {
    /// The name of what is made.
    pub(crate) name_id: u32,
    pub(crate) t: u32,
    pub(crate) parts: Parts,
    pub(crate) pos: Pos,
    /// The function that it is in.
    pub(crate) func: u32,
    /// True if a goroutine is made there.
    pub(crate) starts: bool,
    /// True if that goroutine need not end.
    pub(crate) daemon: bool,
    /// Its number among the places of this name, from 0; `of` is their number.
    pub(crate) rank: u32,
    pub(crate) of: u32,
}

/// The name of a goroutine whose function is known only when it is started.
pub(crate) const ANY_NAME: u32 = u32::MAX;

/// The way in which the parts of a made thing are named.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Parts {
    /// Their names come from the type.
    Whole,
    /// They are elements of the type.
    Elements,
    /// A timer and its channel.
    Timer,
    /// A context, its channel and its deadline.
    Context,
    /// A test and what it waits with.
    Test,
    /// A condition with a mutex of its own.
    Cond,
}

impl Parts {
    /// Returns the parts of what this native makes.
    pub(crate) fn of_native(name: &str) -> Self {
        if name.starts_with("time.") {
            Self::Timer
        } else if name.starts_with("context.") {
            Self::Context
        } else if name == "sync.NewCond" {
            Self::Cond
        } else if name.contains("testing.") || name.starts_with("machine.") {
            Self::Test
        } else {
            Self::Whole
        }
    }

    /// Returns the text that follows the name of the whole.
    pub(crate) fn path(self, types: &Types, t: u32, off: u32) -> String {
        let part = match (self, off) {
            (Self::Whole, _) => return types.path(t, off),
            (Self::Elements, _) => {
                let size = types.size(t).max(1);
                return format!("[{}]{}", off / size, types.path(t, off % size));
            }
            (Self::Timer, 1) => ".C",
            (Self::Context, 1) => ".Done()",
            (Self::Context, 2) => ".deadline",
            (Self::Test, 5) => ".signal",
            (Self::Test, 6) => ".body",
            (Self::Cond, 1) => ".notify",
            (Self::Timer | Self::Context | Self::Test | Self::Cond, _) => "",
        };
        part.to_owned()
    }
}

/// A variable of a package.
#[derive(Debug)]
pub(crate) struct Global {
    pub(crate) full: String,
    pub(crate) name_id: u32,
    pub(crate) t: u32,
    pub(crate) foreign: bool,
}

/// A place in the source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Pos {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) file: u32,
}

/// A function.
#[derive(Debug, Default)]
pub(crate) struct Func {
    pub(crate) name: String,
    pub(crate) short: String,
    pub(crate) name_id: u32,
    pub(crate) pos: Pos,
    /// Why it has no body, and what stands in its place.
    pub(crate) native: Option<Native>,
    pub(crate) slots: u32,
    pub(crate) code: Vec<Ins>,
    pub(crate) places: Vec<Pos>,
    /// The slots that are needed from each instruction on.
    pub(crate) at: Vec<u32>,
    /// The slots that are needed after each instruction, without those that it sets.
    pub(crate) after: Vec<u32>,
    /// The instruction at which the function goes on when a deferred call has recovered.
    pub(crate) recover: Option<u32>,
    /// Types of the results.
    pub(crate) results: Vec<u32>,
    pub(crate) synthetic: bool,
    /// The place of what a native makes.
    pub(crate) place: u32,
}

/// A function that is called, and with what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) args: Vec<Arg>,
    /// The first slot of the results.
    pub(crate) d: Slot,
    /// The number of results.
    pub(crate) results: u32,
    pub(crate) place: u32,
    /// The stack that a deferred call goes onto, if it is another frame's.
    pub(crate) stack: Option<Arg>,
}

/// The function that is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callee {
    Static(u32),
    Value(Arg),
    /// A method on what an interface holds.
    Method(Arg, u32),
    Builtin(Builtin),
}

impl Default for Callee {
    fn default() -> Self {
        Self::Value(0)
    }
}

/// A builtin function that is no plain instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Builtin {
    Append { e: u32 },
    Cap,
    Clear { e: u32 },
    Close,
    Complex,
    Copy { size: u32 },
    Delete,
    Imag,
    Len,
    Max,
    Min,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    WrapNilCheck,
    DeferStack,
    UnsafeSlice { size: u32 },
    UnsafeString,
    UnsafeData,
    UnsafeAdd { size: u32 },
}

/// The layout of a value in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// One leaf.
    Scalar,
    /// An aggregate of so many leaves.
    Agg(u32),
}

impl Shape {
    pub(crate) fn size(self) -> u32 {
        match self {
            Self::Scalar => 1,
            Self::Agg(size) => size,
        }
    }
}

/// An arithmetic operation or comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    AndNot,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// The numbers that an operation is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Number {
    Int {
        bits: u32,
        signed: bool,
    },
    Float(u32),
    Complex(u32),
    Str,
    /// Only compared.
    Other,
}

/// An instruction.
#[derive(Debug)]
pub(crate) enum Ins {
    Nop,
    Alloc {
        d: Slot,
        t: u32,
        place: u32,
    },
    /// Sets slots to the zero value of a type.
    Zero {
        d: Slot,
        t: u32,
    },
    Load {
        d: Slot,
        x: Arg,
        shape: Shape,
    },
    Store {
        x: Arg,
        y: Arg,
        t: u32,
        shape: Shape,
    },
    Move {
        d: Slot,
        x: Arg,
    },
    /// Makes an aggregate of slots.
    Gather {
        d: Slot,
        from: Slot,
        n: u32,
    },
    /// Spreads an aggregate over slots.
    Scatter {
        to: Slot,
        x: Arg,
        n: u32,
    },
    FieldAddr {
        d: Slot,
        x: Arg,
        off: u32,
    },
    Field {
        d: Slot,
        x: Arg,
        off: u32,
        shape: Shape,
    },
    IndexAddr {
        d: Slot,
        x: Arg,
        y: Arg,
        size: u32,
        array: Option<u64>,
    },
    Index {
        d: Slot,
        x: Arg,
        y: Arg,
        shape: Shape,
        string: bool,
    },
    Lookup {
        d: Slot,
        x: Arg,
        y: Arg,
        t: u32,
        ok: bool,
    },
    MapUpdate {
        x: Arg,
        y: Arg,
        z: Arg,
    },
    Bin {
        op: BinOp,
        d: Slot,
        x: Arg,
        y: Arg,
        on: Number,
        by_signed: bool,
    },
    Neg {
        d: Slot,
        x: Arg,
        on: Number,
    },
    Not {
        d: Slot,
        x: Arg,
    },
    Inv {
        d: Slot,
        x: Arg,
        on: Number,
    },
    Recv {
        d: Slot,
        x: Arg,
        t: u32,
        ok: bool,
    },
    Send {
        x: Arg,
        y: Arg,
    },
    Select(Box<Select>),
    Call(Box<Call>),
    Go(Box<Call>),
    Defer(Box<Call>),
    RunDefers,
    Return(Box<[Arg]>),
    Panic {
        x: Arg,
    },
    Jump {
        to: u32,
        mv: u32,
    },
    If {
        x: Arg,
        to: [u32; 2],
        mv: [u32; 2],
    },
    Iface {
        d: Slot,
        x: Arg,
        t: u32,
    },
    Assert {
        d: Slot,
        x: Arg,
        t: u32,
        u: u32,
        ok: bool,
    },
    Convert {
        d: Slot,
        x: Arg,
        t: u32,
        u: u32,
        place: u32,
    },
    ArrayPtr {
        d: Slot,
        x: Arg,
        len: u64,
    },
    Closure {
        d: Slot,
        f: u32,
        a: Box<[Arg]>,
    },
    Chan {
        d: Slot,
        x: Arg,
        place: u32,
    },
    Map {
        d: Slot,
        place: u32,
    },
    MakeSlice {
        d: Slot,
        t: u32,
        x: Arg,
        y: Arg,
        place: u32,
    },
    Reslice(Box<Reslice>),
    Range {
        d: Slot,
        x: Arg,
    },
    Next {
        d: Slot,
        x: Arg,
    },
}

/// A `select`.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) d: Slot,
    pub(crate) cases: Vec<SelectCase>,
    pub(crate) block: bool,
}

/// A communication of a `select`.
#[derive(Debug)]
pub(crate) struct SelectCase {
    pub(crate) channel: Arg,
    pub(crate) send: Option<Arg>,
    pub(crate) t: u32,
    pub(crate) site: Site,
}

/// `x[lo:hi:max]`.
#[derive(Debug)]
pub(crate) struct Reslice {
    pub(crate) d: Slot,
    pub(crate) x: Arg,
    pub(crate) lo: Option<Arg>,
    pub(crate) hi: Option<Arg>,
    pub(crate) max: Option<Arg>,
    /// The size of an element.
    pub(crate) size: u32,
    /// The length of the array, if it is a pointer to one.
    pub(crate) array: Option<u64>,
    pub(crate) string: bool,
}
