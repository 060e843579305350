//! The machine: runs one goroutine from one operation to the next.
//!
//! A goroutine is a stack of frames. It is unpacked from its
//! [`LocalState`], run until it comes to an operation, and
//! packed again. Memory that it reads and writes is opened on the way and put back at the end. All
//! values are in a [`Pool`], each once, so that states are equal exactly if their bits are.

mod access;
mod arith;
mod builtins;
mod calls;
mod convert;
mod data;
mod frames;
mod maps;
mod memory;
mod outcome;
mod panics;
mod step;
mod text;
mod things;

pub(crate) use self::access::accesses_parts;
pub(crate) use self::arith::{equal, wrap};
pub(crate) use self::calls::{Act, Done, Input, NFrame, Ret, Values, act_done};
pub(crate) use self::frames::{Frame, NO_FRAME, Packed, Unwind};
pub(crate) use self::memory::{Access, How, Memory};
pub(crate) use self::text::Text;
pub(crate) use self::things::{GoroutineKey, Things};

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use gordian_checker::model::{
    Creation, Fault, GoroutineId, LocalState, Object, ObjectId, Op, Outcome, Place, Site,
    TimerRules, World,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::code::{Arg, Code, Func};
use crate::filter::Filter;
use crate::places::is_own;
use crate::rounds::Rounds;
use crate::types::Types;
use crate::value::{Interner, Pool, V};

/// Instructions that a goroutine may run without coming to an operation.
const INSTRUCTIONS_MAX: u64 = 20_000_000;

/// Frames of one stack.
pub(crate) const DEPTH_MAX: u32 = 400_000;

/// Bytes of values that are kept, about.
const KEPT_MAX: usize = 2 << 30;

/// The parts that all goroutines have in common. They grow with the things that are met.
pub(crate) struct Machine {
    pub(crate) code: Rc<Code>,
    pub(crate) types: Rc<Types>,
    pub(crate) pool: Pool,
    pub(crate) things: Things,
    pub(crate) frames: Interner<Packed>,
    /// Instructions whose accesses to memory are operations, since they raced.
    pub(crate) visible: FxHashSet<(u32, u32)>,
    /// True if one of these accesses several parts of a cell at once. Then all accesses to a cell
    /// depend on each other.
    pub(crate) wide: bool,
    /// True if things are numbered by count; else they get numbers that are free.
    pub(crate) by_count: bool,
    /// True if they ever were.
    pub(crate) has_counted: bool,
    /// True if a goroutine comes to the `Wait` of a group by an operation of its own.
    pub(crate) waits_apart: bool,
    /// True if time passes only when nobody else can move.
    pub(crate) quiet: bool,
    /// True if a test that fails is no finding.
    pub(crate) excuses_failures: bool,
    /// The variable with the time that has passed, in quiet time that passes as durations say.
    pub(crate) clock: Option<u32>,
    /// True if the program can come to a bubble of `testing/synctest`.
    pub(crate) has_bubbles: bool,
    /// The goroutines with which bubbles began.
    pub(crate) bubbles: FxHashSet<GoroutineId>,
    /// The goroutines of subtests.
    pub(crate) subtests: FxHashSet<GoroutineId>,
    /// The first goroutine that has used what has no operation of a test, by its cell.
    pub(crate) test_users: FxHashMap<u32, GoroutineId>,
    /// True if another one has used that, too.
    pub(crate) shares_test: bool,
    /// The positions at which a goroutine waits until others are at rest.
    pub(crate) settles: FxHashSet<LocalState>,
    /// The bubble that has just come to rest or to its end, and the goroutine that waited for it.
    pub(crate) settled: Option<(GoroutineId, GoroutineId)>,
    /// The rules of timers.
    pub(crate) timers: TimerRules,
    /// The assumptions and cuts, in words.
    pub(crate) assumptions: BTreeSet<String>,
    /// Wait groups that were used again too early, in words.
    pub(crate) reuses: BTreeSet<String>,
    /// True if main has returned in some execution.
    pub(crate) returns: bool,
    /// The wait groups, and who has used them.
    pub(crate) rounds: Rounds,
    /// The filter of the subtests that are run.
    pub(crate) filter: Arc<Filter>,
    /// The output of the program, if somebody wants it.
    pub(crate) output: Option<String>,
    /// The factor by which a stretch may be longer, and make more, than in a search.
    pub(crate) patience: u64,
}

/// The place that a goroutine has reached.
#[derive(Debug)]
pub(crate) enum Stop {
    Op(Op),
    Return,
    Panic(String),
}

/// The continuation after an instruction.
#[derive(Debug)]
pub(crate) enum Flow {
    /// The next one, of whichever frame is on top.
    Go,
    Stop(Stop),
}

pub(crate) type Ran = Result<Flow, Fault>;

/// A goroutine that runs.
pub(crate) struct Run<'a> {
    pub(crate) m: &'a mut Machine,
    world: &'a mut World,
    /// True if it has looked at more of the state than memory.
    has_looked: Cell<bool>,
    pub(crate) code: Rc<Code>,
    pub(crate) types: Rc<Types>,
    pub(crate) me: GoroutineId,
    pub(crate) frames: Vec<Frame>,
    /// The frames below, packed.
    pub(crate) below: u32,
    pub(crate) memory: Memory,
    /// The number of things that it has made, by place and kind.
    pub(crate) made: Vec<(u64, u32)>,
    pub(crate) created: Vec<Creation>,
    pub(crate) touched: Vec<Access>,
    /// The instruction that is next may access memory without being an operation first.
    pub(crate) scheduled: bool,
    /// The cell of an instruction whose access to memory is an operation, while it is done.
    ordered: Option<u32>,
    budget: u64,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        m: &'a mut Machine,
        world: &'a mut World,
        me: GoroutineId,
        top: u32,
        made: Vec<(u64, u32)>,
    ) -> Self {
        m.pool.forget_loose();
        let (code, types) = (m.code.clone(), m.types.clone());
        let budget = INSTRUCTIONS_MAX * m.patience;
        Self {
            m,
            world,
            has_looked: Cell::new(false),
            code,
            types,
            me,
            frames: Vec::new(),
            below: top,
            memory: Memory::default(),
            made,
            created: Vec::new(),
            touched: Vec::new(),
            scheduled: false,
            ordered: None,
            budget,
        }
    }

    /// Goes on after an operation with this outcome.
    pub(crate) fn resume(&mut self, outcome: Outcome) -> Result<Stop, Fault> {
        self.unpack();
        let flow = self.complete(outcome)?;
        self.go_on(flow)
    }

    /// Begins with a call.
    pub(crate) fn begin(&mut self, f: V, args: &[V]) -> Result<Stop, Fault> {
        let flow = self.call(f, args.iter().copied().collect(), Ret::Discard)?;
        self.go_on(flow)
    }

    fn go_on(&mut self, mut flow: Flow) -> Result<Stop, Fault> {
        let code = self.code.clone();
        loop {
            if let Flow::Stop(stop) = flow {
                return Ok(stop);
            }
            if self.frames.is_empty() && !self.unpack() {
                return Ok(Stop::Return);
            }
            self.budget -= 1;
            if self.budget.is_multiple_of(1024) {
                self.charge(0)?;
            }
            flow = self.step(&code)?;
        }
    }

    fn endless(&self) -> Fault {
        let millions = INSTRUCTIONS_MAX * self.m.patience / 1_000_000;
        self.unsupported(format!(
            "runs {millions} million instructions without an operation, in a loop that is long or \
             has no end"
        ))
    }

    /// Charges so many more instructions.
    pub(crate) fn charge(&mut self, instructions: u64) -> Result<(), Fault> {
        if self.budget <= instructions {
            return Err(self.endless());
        }
        self.budget -= instructions;
        if self.m.pool.size() > KEPT_MAX {
            return Err(Fault::TooMany {
                what: "bytes of values",
                max: KEPT_MAX,
            });
        }
        Ok(())
    }

    /// Returns the state. What is seen there is no part of what a stretch is known by, so it will
    /// be run again.
    pub(crate) fn look(&self) -> &World {
        self.has_looked.set(true);
        self.world
    }

    pub(crate) fn top(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("a goroutine that runs has a frame")
    }

    pub(crate) fn func(&self) -> &Func {
        let frame = self
            .frames
            .last()
            .expect("a goroutine that runs has a frame");
        &self.code.funcs[frame.func as usize]
    }

    pub(crate) fn arg(&self, arg: Arg) -> V {
        if arg >= 0 {
            self.frames[self.frames.len() - 1].regs[arg as usize]
        } else {
            self.code.consts[!arg as usize]
        }
    }

    pub(crate) fn int(&self, arg: Arg) -> i64 {
        as_int(self.arg(arg))
    }

    pub(crate) fn set(&mut self, slot: u32, v: V) {
        if let Some(place) = self.top().regs.get_mut(slot as usize) {
            *place = v;
        }
    }

    /// Returns the place of the goroutine in the source: the innermost line of the package itself,
    /// if there is one.
    pub(crate) fn site(&self) -> Site {
        let mut first = None;
        let mut of = |func: u32, pc: u32, native: bool| {
            let func = &self.code.funcs[func as usize];
            if native || func.synthetic {
                return None;
            }
            let pos = func.places.get(pc as usize).copied().unwrap_or(func.pos);
            let site = pos.site();
            if site.line == 0 {
                return None;
            }
            first.get_or_insert(site);
            is_own(self.code.file(pos.file)).then_some(site)
        };
        for frame in self.frames.iter().rev() {
            if let Some(site) = of(frame.func, frame.pc, frame.native) {
                return site;
            }
        }
        let mut below = self.below;
        while below != NO_FRAME {
            let frame = self.m.frames.get(below);
            if let Some(site) = of(frame.func, frame.pc, frame.native) {
                return site;
            }
            below = frame.below;
        }
        first.unwrap_or(Site::NONE)
    }

    /// Returns the place where the goroutine is, with the name of its file.
    fn place_in_source(&self) -> Place {
        self.code.place_of(self.site())
    }

    pub(crate) fn unsupported(&self, what: impl Into<String>) -> Fault {
        Fault::Unsupported {
            what: what.into(),
            site: self.place_in_source(),
        }
    }

    pub(crate) fn assume(&mut self, what: impl Into<String>) {
        self.m.assumptions.insert(what.into());
    }

    /// Returns the object at an address.
    pub(crate) fn object_at(&mut self, cell: u32, off: u32) -> ObjectId {
        self.m.things.object(cell, off)
    }

    pub(crate) fn create(&mut self, id: ObjectId, object: Object, timer: Option<GoroutineId>) {
        match self.created.iter_mut().find(|creation| creation.id == id) {
            Some(creation) => creation.object = object,
            None => self.created.push(Creation { id, object, timer }),
        }
    }

    /// Counts one more thing of a place, and returns how many there were.
    pub(crate) fn count(&mut self, key: u64) -> u32 {
        match self.made.binary_search_by_key(&key, |&(key, _)| key) {
            Ok(at) => {
                self.made[at].1 += 1;
                self.made[at].1 - 1
            }
            Err(at) => {
                self.made.insert(at, (key, 1));
                0
            }
        }
    }
}

pub(crate) fn as_int(v: V) -> i64 {
    match v {
        V::Int(number) => number,
        V::Bool(is) => i64::from(is),
        _ => 0,
    }
}
