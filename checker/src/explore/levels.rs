//! Steps that are taken ahead of a search by levels, on several threads at once.
//!
//! The [stateful](super::stateful) search numbers states in the order in which it meets them. That
//! order decides which way to a state is kept, and where a limit or a pause stops the search. So it
//! must not depend on which thread is faster. The search goes on in turns of two phases:
//!
//! 1. *Ahead*: some thousand states of a level at most are a **chunk**. It is divided into
//!    **slices**. Threads take one slice after the other, and take all steps of its states. They
//!    only read the states that were met, and what the program has [learned](Learned). For each
//!    step they write down where it leads: the number of the state, if it was met, or its bytes.
//! 2. *Entering*: the search goes through the states in their order, on its own thread. What was
//!    written down of a state takes the place of its own steps.
//!
//! ```text
//!            ┌────── chunk ───────┐
//! 0 1 2 3 4 │ 5 6 7 │ 8 9 10 │ 11 12 │      states, by number; 5 is the next
//!            slice,  slice,   slice,
//!            thread  thread   thread         ahead: in any order
//!              1       2        1
//!            5 ─▶ 6 ─▶ 7 ─▶ 8 ─▶ ...         entering: in their order
//! ```
//!
//! Invariant: what is written down of a state is what the search itself would find there. The steps
//! of a state and their effects are a function of the state, as long as they stay within what was
//! learned. A number that was found stays right, since states are only added. A state that was not
//! met then may have been met since, so it is looked up again when it is entered.
//!
//! A state is left **open** if that is not all: nothing is enabled, a goroutine panics, a step
//! leads to what was not learned, or there are very many steps. The search itself then takes its
//! steps. So the program only learns there, in the order in which it does on one thread. Most
//! programs learn nearly everything in the first states, or in the first states of each level. A
//! chunk of which most is open was too early. It is dropped, and the search goes on alone for a
//! while.
//!
//! What was taken ahead is kept when the search pauses, and is no part of what is saved.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::ops::Range;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::Meter;
use super::store::{Store, hash};
use crate::model::{Fork, Learned, Program, Reader, Step};

/// Number of states of a slice.
const SLICE: usize = 64;

/// Most slices of a chunk.
const SLICES_MAX: usize = 128;

/// Least slices of a chunk, for which other threads are worth their start.
const SLICES_MIN: usize = 4;

/// Most states that the search goes through alone after a chunk that was of no use.
const WAIT_MAX: usize = 1 << 12;

/// Bytes of states after which a slice ends early.
const BYTES_MAX: usize = 1 << 18;

/// Most steps of a state that are taken ahead.
const STEPS_MAX: usize = 1 << 10;

/// The threads that searches may use beside their own. Several searches can share them.
#[derive(Debug, Default)]
pub struct Helpers(AtomicUsize);

impl Helpers {
    /// Returns this many.
    #[must_use]
    pub fn new(count: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(count)))
    }

    /// Lets searches use so many more from now on.
    pub fn add(&self, count: usize) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes all that no search uses at present.
    fn take(&self) -> usize {
        // Who asks for each state does not write each time.
        match self.0.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.0.swap(0, Ordering::Relaxed),
        }
    }
}

/// The steps that were taken ahead, in the order of the states.
#[derive(Debug, Default)]
pub(super) struct Levels {
    helpers: Option<Arc<Helpers>>,
    /// Number of states of a slice, if it is not the usual one.
    slice: Option<usize>,
    ahead: VecDeque<Slice>,
    /// The end of the present level.
    level: usize,
    /// Number of slices of the next chunk.
    slices: usize,
    /// Number of states that the search goes through alone after a chunk that was of no use.
    wait: usize,
    /// The state from which on the next chunk is worth its while.
    again_at: usize,
    /// Number of states that were taken ahead and are not open.
    pub(super) taken: u64,
    /// Slices that are no longer needed, kept for their allocations.
    spare: Vec<Slice>,
}

/// The steps of some states, one state after the other.
#[derive(Debug, Default)]
struct Slice {
    /// The first state.
    first: usize,
    states: Vec<Ahead>,
    /// For each step the state to which it leads, if it was met.
    steps: Vec<Option<Met>>,
    /// The steps to states that were not met.
    new: Vec<New>,
    /// These states, one after the other.
    bytes: Vec<u8>,
    /// Number of states that are open.
    open: usize,
}

/// A state whose steps were taken, or that is left open.
#[derive(Debug)]
struct Ahead {
    /// `None` if it is open.
    goroutines: Option<usize>,
    end: End,
}

/// The end of what was written down of a state, in each list of its slice.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    steps: usize,
    new: usize,
    bytes: usize,
}

/// The number of a state that was met, counted from one.
type Met = NonZeroU32;

/// A step to a state that was not met.
#[derive(Debug)]
struct New {
    step: Step,
    hash: u64,
    /// The end of the state's bytes.
    end: usize,
}

/// The steps of a state.
pub(super) struct Taken<'a> {
    /// Number of goroutines of the state.
    pub(super) goroutines: usize,
    steps: &'a [Option<Met>],
    new: &'a [New],
    /// The beginning of the first new state in `bytes`.
    begin: usize,
    bytes: &'a [u8],
}

impl Taken<'_> {
    /// Returns the number of steps.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// Returns the state to which a step leads; `None` if it was not met.
    pub(super) fn met(&self, nth: usize) -> Option<usize> {
        self.steps[nth].map(|met| met.get() as usize - 1)
    }

    /// Returns the steps to states that were not met, with the hash and the bytes of these.
    pub(super) fn new_states(&self) -> impl Iterator<Item = (Step, (u64, &[u8]))> {
        let mut begin = self.begin;
        self.new.iter().map(move |new| {
            let state = &self.bytes[std::mem::replace(&mut begin, new.end)..new.end];
            (new.step, (new.hash, state))
        })
    }
}

impl Slice {
    /// Returns the number of the state after the last.
    fn after(&self) -> usize {
        self.first + self.states.len()
    }

    fn end(&self) -> End {
        End {
            steps: self.steps.len(),
            new: self.new.len(),
            bytes: self.bytes.len(),
        }
    }

    /// Takes back what was written after this end.
    fn truncate(&mut self, end: End) {
        self.steps.truncate(end.steps);
        self.new.truncate(end.new);
        self.bytes.truncate(end.bytes);
    }

    /// Empties it, to begin at this state.
    fn begin(&mut self, first: usize) {
        self.first = first;
        self.states.clear();
        self.open = 0;
        self.truncate(End::default());
    }

    fn of(&self, state: usize) -> Option<Taken<'_>> {
        let nth = state.checked_sub(self.first)?;
        let Ahead { goroutines, end } = self.states.get(nth)?;
        let before = nth.checked_sub(1).map(|before| self.states[before].end);
        let begin = before.unwrap_or_default();
        Some(Taken {
            goroutines: (*goroutines)?,
            steps: &self.steps[begin.steps..end.steps],
            new: &self.new[begin.new..end.new],
            begin: begin.bytes,
            bytes: &self.bytes,
        })
    }
}

impl Levels {
    /// Sets the threads that help. Without any, nothing is taken ahead.
    pub(super) fn set_helpers(&mut self, helpers: Arc<Helpers>) {
        self.helpers = Some(helpers);
    }

    /// Sets the number of states of a slice.
    pub(super) fn set_slice(&mut self, states: usize) {
        self.slice = Some(states.max(1));
    }

    /// Returns what was taken ahead of this state, the next one.
    pub(super) fn of(&self, state: usize) -> Option<Taken<'_>> {
        self.ahead.front()?.of(state)
    }

    /// Takes the steps of these states, the rest of a level, if nothing is left of the last time
    /// and it is worth its while.
    pub(super) fn go_ahead(
        &mut self,
        program: &dyn Program,
        store: &Store,
        states: Range<usize>,
        meter: &Meter,
    ) {
        let Some(helpers) = &self.helpers else {
            return;
        };
        let next = states.start;
        while self
            .ahead
            .front()
            .is_some_and(|slice| slice.after() <= next)
        {
            self.spare.extend(self.ahead.pop_front());
        }
        if self.level != states.end {
            // What a level needs may not be learned yet, and is learned in its first states.
            (self.level, self.slices) = (states.end, SLICES_MIN);
        }
        let slice = self.slice.unwrap_or(SLICE);
        let is_worth = states.len() >= SLICES_MIN * slice && next >= self.again_at;
        if !self.ahead.is_empty() || !is_worth {
            return;
        }
        let Some(learned) = program.learned() else {
            return;
        };
        let others = helpers.take();
        if others > 0 {
            let chunk = Chunk {
                learned,
                store,
                states: next..states.end.min(next + self.slices * slice),
                slice,
                begun: AtomicUsize::new(0),
                over: AtomicBool::new(false),
            };
            let slices = chunk.on_threads(others, &mut self.spare, meter);
            helpers.add(others);
            self.keep(next, slices);
        }
    }

    /// Keeps what was taken from this state on, unless most of it is open.
    fn keep(&mut self, first: usize, slices: Vec<Slice>) {
        let states: usize = slices.iter().map(|slice| slice.states.len()).sum();
        let open: usize = slices.iter().map(|slice| slice.open).sum();
        if 2 * open > states {
            self.spare.extend(slices);
            self.slices = SLICES_MIN;
            self.wait = (2 * self.wait).clamp(1, WAIT_MAX);
            self.again_at = first + self.wait;
        } else {
            self.ahead.extend(slices);
            self.taken += (states - open) as u64;
            self.slices = SLICES_MAX.min(2 * self.slices);
            self.wait = 0;
        }
    }
}

/// The states that threads take ahead.
struct Chunk<'a> {
    learned: &'a dyn Learned,
    store: &'a Store,
    states: Range<usize>,
    /// Number of states of a slice.
    slice: usize,
    /// Number of slices that were begun.
    begun: AtomicUsize,
    /// True if no more slices are to be begun.
    over: AtomicBool,
}

impl Chunk<'_> {
    /// Takes the steps of all states on this thread and so many others, or as many as can be
    /// started. Returns the slices in their order.
    fn on_threads(&self, others: usize, spare: &mut Vec<Slice>, meter: &Meter) -> Vec<Slice> {
        let share = spare.len() / (others + 1);
        let mut slices = thread::scope(|scope| {
            let start = |spare| {
                let thread = thread::Builder::new().name("levels".to_owned());
                thread
                    .spawn_scoped(scope, move || self.slices(spare, &|| false))
                    .ok()
            };
            let started = (0..others).map(|_| start(spare.split_off(spare.len() - share)));
            let started: Vec<_> = started.collect();
            let mut slices = self.slices(std::mem::take(spare), &|| meter.must_stop());
            for other in started.into_iter().flatten() {
                match other.join() {
                    Ok(more) => slices.extend(more),
                    Err(payload) => panic::resume_unwind(payload),
                }
            }
            slices
        });
        slices.sort_unstable_by_key(|slice| slice.first);
        slices
    }

    /// Takes one slice after the other, until none is left or `stops` says so.
    fn slices(&self, mut spare: Vec<Slice>, stops: &dyn Fn() -> bool) -> Vec<Slice> {
        let mut hand = Hand::new(self);
        let mut done = Vec::new();
        loop {
            if stops() {
                self.over.store(true, Ordering::Relaxed);
            }
            let nth = self.begun.fetch_add(1, Ordering::Relaxed);
            let first = self.states.start + nth * self.slice;
            if first >= self.states.end || self.over.load(Ordering::Relaxed) {
                return done;
            }
            let mut slice = spare.pop().unwrap_or_default();
            slice.begin(first);
            hand.fill(&mut slice, self.states.end.min(first + self.slice));
            done.push(slice);
        }
    }
}

/// The tools with which a thread takes steps.
struct Hand<'a> {
    reader: Reader<'a>,
    store: &'a Store,
    fork: Fork,
    enabled: Vec<Step>,
}

impl<'a> Hand<'a> {
    fn new(chunk: &Chunk<'a>) -> Self {
        Self {
            reader: Reader(chunk.learned),
            store: chunk.store,
            fork: Fork::default(),
            enabled: Vec::new(),
        }
    }

    /// Takes the steps of the slice's states, up to `end`.
    fn fill(&mut self, slice: &mut Slice, end: usize) {
        for state in slice.first..end {
            let begin = slice.end();
            self.fork.read(self.store.encoded(state));
            self.fork.before().enabled(&self.reader, &mut self.enabled);
            let is_open = !(1..=STEPS_MAX).contains(&self.enabled.len())
                || !(0..self.enabled.len()).all(|nth| self.take(nth, slice));
            if is_open {
                slice.truncate(begin);
                slice.open += 1;
            }
            slice.states.push(Ahead {
                goroutines: (!is_open).then(|| self.fork.before().count_goroutines()),
                end: slice.end(),
            });
            if slice.bytes.len() > BYTES_MAX {
                return;
            }
        }
    }

    /// Takes the `nth` enabled step. Returns false if the search itself must take it.
    fn take(&mut self, nth: usize, slice: &mut Slice) -> bool {
        let step = self.enabled[nth];
        if self.fork.take(&mut self.reader, step).is_err() {
            return false;
        }
        let begin = slice.bytes.len();
        self.fork.encode_after(&mut slice.bytes);
        let bytes = &slice.bytes[begin..];
        let hash = hash(bytes);
        let met = self.store.find_encoded(hash, bytes);
        if met.is_some() {
            slice.bytes.truncate(begin);
        } else if self.fork.panics() {
            return false;
        } else {
            let end = slice.bytes.len();
            slice.new.push(New { step, hash, end });
        }
        let number = |met| u32::try_from(met + 1).ok().and_then(Met::new);
        let number = |met| number(met).expect("more than 2^32 states");
        slice.steps.push(met.map(number));
        true
    }
}
