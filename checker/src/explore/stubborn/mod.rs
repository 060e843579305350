//! The search that visits each state once and leaves out steps that others can wait for. It uses
//! strong stubborn sets (Valmari, "Stubborn sets for reduced state space generation", 1991) over
//! automata that are learned on the way.
//!
//! # An example
//!
//! Two goroutines with steps a1 a2 and b1 b2 share no object. The [stateful](super::stateful)
//! search visits nine states. Here only the first goroutine moves until it has ended. Five states
//! are left, and the only end is among them. Two are stored (`walks`), the first and the last:
//!
//! ```text
//! start ─a1─▶ 10 ─a2─▶ 20 ─b1─▶ 21 ─b2─▶ 22
//! ```
//!
//! # The set of a state
//!
//! A **stubborn set** is a set of goroutines. In each state only the steps are taken in which one
//! of them moves. It begins with one goroutine that can move. Then each goroutine is added that may
//! still do something on which the next step of one in the set depends ([`World::depends_on`]).
//! This goes on until there is none. So whatever the others do, it neither makes a difference to
//! the steps that are taken, nor lets a blocked one go on. Of all such sets the one with the fewest
//! steps is chosen.
//!
//! *May still do* is the future of a local state (`futures`), which the search learns. A
//! goroutine's automaton is known as far as it has come, and that is enough. Take a state `s` of
//! this search and a run of the program from there. Each of its steps commutes with any step `t`
//! that is taken in `s`. This holds up to the first that is taken in `s` itself or that depends on
//! such a one. So the run up to there is possible after `t`, too. By induction the search learns
//! there where its goroutines come to, also the operation that depends. So this operation stands in
//! the future of its goroutine, and the set of `s` was too small.
//!
//! So when nothing is left to visit, each state is looked at again whose goroutines' futures have
//! changed since its set was chosen. Its set grows, and the steps that are new are taken. This ends
//! when nothing new is learned.
//!
//! # Cycles
//!
//! The induction is over the steps that are left, and fails where a cycle puts a goroutine off for
//! ever. Main waits for a number here, while the other one goes round, and would wait for ever:
//!
//! ```text
//! main: choose 2              other: loop { rlock; runlock }
//! ```
//!
//! A component of the visited graph from which no step leads out is where an infinite run stays. A
//! step may be enabled there in which nobody moves who moves in the component. Then one of the
//! component's states is visited with all its steps. So no step is ignored for ever (Valmari, 1991,
//! the ignoring problem).
//!
//! A goroutine that is stuck while others run on may show here only as another bad end of the
//! program. So if there are cycles and something bad, all steps of all states are taken, and all
//! states are stored.
//!
//! # Memory
//!
//! Goroutines may share memory beside the objects, as those of Go do. Then two steps with no object
//! in common need not commute. But if they do not, they use the same memory in conflict, and behind
//! them is a state in which both goroutines stand behind their accesses: a
//! [race](crate::model::MemoryAccess). So as long as no race is met, the argument holds.
//!
//! A race must not be missed, then. It is lost when a goroutine that stands behind its access moves
//! on, as if "both stand here" were a step of the two. So this access belongs to its next step:
//! each goroutine is added to the set that may still come to a conflicting one.
//!
//! ```text
//! one: lock a; x = 1; unlock a         other: lock b; x = 1; unlock b
//! ```
//!
//! Without the rule, one of them ends before the other begins: their locks are not the same. Once a
//! race is met, all steps of all states are taken.
//!
//! What a goroutine of Go makes has the first number that is free, and what is free can depend on
//! the order of independent steps. So they commute up to the numbers of what is made behind them.
//! What is there in `s` keeps its numbers, and the next step of a goroutine depends on nothing
//! else.
//!
//! # Quiet time
//!
//! Where time passes only when nobody else can move ([`Program::is_quiet`]), all steps of time are
//! taken together. No such step comes before one of the set: as long as that one is enabled,
//! somebody can move. And it stays enabled, since what is in conflict with it is in the set.
//!
//! # Invariant
//!
//! The states before `next` have had each step taken in which a goroutine of their set moves. The
//! states are some of those of the stateful search. They are stored, but for those from which one
//! way leads on (`walks`).
//!
//! # A pass
//!
//! Every end of the program is met, with all values. So is every panic, and so is every goroutine
//! that can get stuck while others run on. If nothing is bad, one end is met of those that differ
//! in which of several identical goroutines (`exchange`) did what. The ways to them are not the
//! shortest, and a count of states is not that of the program ([`Findings::reduced`]). If the sets
//! leave out too little, or cannot tell the goroutines apart, all steps of all states are taken.

mod cycles;
mod exchange;
mod futures;
mod names;
mod places;
mod saved;
mod sets;
mod walks;

pub use saved::{SavedFuture, Snapshot};

use exchange::Exchange;
pub(super) use futures::Futures;
use futures::Version;
use places::Places;
pub(super) use sets::{Dependences, Goroutines};
use walks::Walks;

use super::checkpoint::of_another_kind;
use super::store::Store;
use super::{Findings, Limit, Meter, Progress, Search, SearchSnapshot};
use crate::model::{Event, Fault, Fork, Program, Step, World};

/// Number of states after which the search decides if leaving out steps pays.
const TRIAL: usize = 4096;

/// Most entries of all futures; beyond that, nothing is left out.
const ENTRIES_MAX: usize = 1 << 24;

/// The part of a state that the search keeps beside it.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Its stubborn set.
    set: Goroutines,
    /// The version of the futures from which the set was made.
    version: Version,
    /// The number of steps on the way to it.
    depth: u32,
    /// True if the walks from it pass over states.
    passes: bool,
}

/// The search with stubborn sets.
#[derive(Debug, Default)]
pub struct Stubborn {
    store: Store,
    nodes: Vec<Node>,
    futures: Futures,
    places: Places,
    exchange: Exchange,
    walks: Walks,
    /// The first state whose steps have not been taken.
    next: usize,
    /// Number of its steps that have been taken.
    at: usize,
    /// The first state that has not been looked at again, and the version when that began.
    again: usize,
    again_since: Version,
    /// True if all steps of all states are to be taken.
    off: bool,
    /// Steps that were enabled in the states before `next`, and those of them that were taken.
    enabled_count: u64,
    taken_count: u64,
    /// True if a step may have closed a cycle.
    may_cycle: bool,
    /// True if the exchange was given up.
    without_exchange: bool,
    /// True if the program has something to tell of goroutines whose ids were exchanged.
    withheld: bool,
    findings: Findings,
    /// A state and a list that are no longer needed, kept for their allocations.
    current: Fork,
    enabled: Vec<Step>,
}

impl Stubborn {
    /// Returns a search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a way to each end in [`Findings::kept`].
    #[must_use]
    pub fn keeping_executions(mut self) -> Self {
        self.findings.kept = Some(Vec::new());
        self
    }

    fn begin(&mut self, program: &mut dyn Program) -> Result<(), Fault> {
        self.note_race(program);
        let mut start = self.start(program)?;
        let nobody = World::default();
        self.findings
            .note_new_panics(program, &nobody, &start, &mut Vec::new);
        self.futures.meet_all(program, &start);
        self.exchange.of_start = self.exchange.sort(program, &mut start);
        self.places.note(&start, 0, &[]);
        self.store.start_with(&start)?;
        self.add_node(0)
    }

    /// Returns the state in which the program starts. Local states are shared whether goroutines
    /// are exchanged or not, so that a search that is resumed has the same ones.
    fn start(&mut self, program: &mut dyn Program) -> Result<World, Fault> {
        self.exchange.on = program.share_locals() && !self.without_exchange;
        World::start(program)
    }

    /// Goes on without exchange: begins again if a state was put in order.
    fn give_exchange_up(&mut self, program: &mut dyn Program) -> Result<(), Fault> {
        self.without_exchange = true;
        match std::mem::take(&mut self.exchange).used {
            true => self.begin_again(program),
            false => Ok(()),
        }
    }

    /// Begins again. What is bad stays known.
    fn begin_again(&mut self, program: &mut dyn Program) -> Result<(), Fault> {
        let mut found = std::mem::take(&mut self.findings);
        let stores_all = self.walks.off;
        *self = Self {
            without_exchange: self.without_exchange,
            ..Self::default()
        };
        self.walks.off = stores_all;
        found.bad.values_mut().for_each(|bad| bad.count = 0);
        self.findings.bad = found.bad;
        self.findings.kept = found.kept.map(|_| Vec::new());
        self.begin(program)
    }

    /// Learns from the last step of a way from the start, which leads from one of these states to
    /// the other. The search must have begun.
    pub fn learn(
        &mut self,
        program: &dyn Program,
        [before, after]: [&World; 2],
        event: &Event,
        way: &[Step],
    ) {
        if !self.off {
            self.futures.learn(program, before, after, event);
            // The way begins in the first state as it was before it was put in order.
            if self.exchange.of_start == 0 {
                self.places.note_drawn(after, way);
            }
        }
    }

    /// Returns true if states are to be looked at again: for steps that were left out, or for
    /// states that were passed over and are to be stored.
    fn is_to_look_again(&self) -> bool {
        self.leaves_out() || self.walks.pass && self.walks.off
    }

    /// Returns true if a step was left out of a state.
    fn leaves_out(&self) -> bool {
        self.taken_count < self.enabled_count || self.walks.leave_out
    }

    /// Takes all steps of all states once a race was met, and stores all states. The program may
    /// have met it in another search.
    fn note_race(&mut self, program: &dyn Program) {
        if program.has_raced() && !(self.off && self.walks.off) {
            self.walks.off = true;
            self.take_all();
        }
    }

    /// Takes all steps of all states from now on. What goroutines may still do is of no use then.
    /// States that were looked at again have steps that were left out, too.
    fn take_all(&mut self) {
        (self.off, self.again) = (true, 0);
        self.futures.forget();
        if !self.exchange.on {
            self.places = Places::default();
        }
    }

    /// Returns true if all steps of a state are to be taken.
    fn takes_all(&self, program: &dyn Program, world: &World, enabled: &[Step]) -> bool {
        let is_of_time = |step: &Step| world.is_of_time(program, step.actor);
        self.off
            || enabled.len() < 2
            || world.goroutines().len() > Goroutines::MAX
            || program.is_quiet() && enabled.iter().all(is_of_time)
    }

    /// Chooses the set of a state that is visited for the first time.
    fn choose(&self, program: &dyn Program, world: &World, enabled: &[Step]) -> Goroutines {
        if self.takes_all(program, world, enabled) {
            return Goroutines::ALL;
        }
        Dependences::new(program, world, enabled, &self.futures).smallest()
    }

    /// Takes the remaining steps of the next state, as far as the meter allows.
    fn expand(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<(), Fault> {
        let mut fork = std::mem::take(&mut self.current);
        let mut enabled = std::mem::take(&mut self.enabled);
        let state = self.next;
        fork.read(self.store.encoded(state));
        let world = fork.before();
        world.enabled(program, &mut enabled);
        let depth = self.nodes[state].depth as usize;
        let mut whole = true;
        if enabled.is_empty() {
            self.findings.count_goroutines(world);
            self.note_end(program, state, world)?;
        } else if let Some(limit) = meter.limits.cut(world, depth) {
            if self.walks.pass && !self.walks.off && matches!(limit, Limit::Steps(_)) {
                // There may be a shorter way.
                self.walks.off = true;
                return self.begin_again(program);
            }
            self.findings.record_limit(limit);
        } else {
            // `at` counts the steps of the set, so a state that was paused goes on with its set.
            if self.at == 0 {
                self.findings.count_goroutines(world);
                let version = self.futures.version();
                let set = self.choose(program, world, &enabled);
                self.nodes[state] = Node {
                    set,
                    version,
                    ..self.nodes[state]
                };
            }
            let set = self.nodes[state].set;
            let all = enabled.len();
            enabled.retain(|step| set.moves_in(step));
            while whole && self.at < enabled.len() {
                self.walk(program, meter, (state, &mut fork), enabled[self.at])?;
                self.at += 1;
                whole = !meter.must_stop() && !meter.slice_is_over();
            }
            whole = self.at >= enabled.len();
            if whole {
                self.enabled_count += all as u64;
                self.taken_count += enabled.len() as u64;
            }
        }
        (self.current, self.enabled) = (fork, enabled);
        if whole {
            (self.next, self.at) = (state + 1, 0);
            let taken = self.taken_count + self.walks.taken_count;
            let pays = taken < (self.enabled_count + self.walks.enabled_count) / 10 * 9;
            if self.next == TRIAL && !pays || self.futures.entries() > ENTRIES_MAX {
                self.take_all();
            }
        }
        Ok(())
    }

    /// Looks at one state again: lets its set grow with what was learned since, and takes the steps
    /// that are new. If the walks from it pass over states, it takes them all again.
    fn look_again(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<(), Fault> {
        let state = self.again;
        self.again += 1;
        let node = self.nodes[state];
        let now = self.futures.version();
        let is_whole = node.set == Goroutines::ALL && !node.passes;
        if is_whole || (!self.off && node.version == now) {
            return Ok(());
        }
        self.nodes[state].version = now;
        let mut fork = std::mem::take(&mut self.current);
        fork.read(self.store.encoded(state));
        let world = fork.before();
        if self.off || self.futures.has_changed(world, node.version) {
            let mut enabled = std::mem::take(&mut self.enabled);
            world.enabled(program, &mut enabled);
            let grown = match self.off || node.set == Goroutines::ALL {
                true => Goroutines::ALL,
                false => Dependences::new(program, world, &enabled, &self.futures).closed(node.set),
            };
            if node.passes {
                self.nodes[state].passes = false;
                for step in enabled.iter().filter(|step| node.set.moves_in(step)) {
                    self.walk(program, meter, (state, &mut fork), *step)?;
                }
            }
            self.grow(program, meter, (state, &mut fork), &enabled, grown)?;
            self.enabled = enabled;
        }
        self.current = fork;
        Ok(())
    }

    /// Makes the set of a state this one, which has the old one in it, and takes those of the
    /// enabled steps that are new.
    fn grow(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
        (state, fork): (usize, &mut Fork),
        enabled: &[Step],
        grown: Goroutines,
    ) -> Result<(), Fault> {
        let set = std::mem::replace(&mut self.nodes[state].set, grown);
        for &step in enabled {
            if grown.moves_in(&step) && !set.moves_in(&step) {
                self.walk(program, meter, (state, fork), step)?;
                self.taken_count += 1;
            }
        }
        Ok(())
    }

    /// Does one piece of work.
    fn work(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Work, Fault> {
        self.note_race(program);
        if self.is_to_be_told() {
            self.give_exchange_up(program)?;
        } else if self.next < self.store.len() {
            self.expand(program, meter)?;
        } else if !self.is_to_look_again() {
            return self.settle(program, meter);
        } else if self.again < self.store.len() {
            if self.again == 0 {
                self.again_since = self.futures.version();
            }
            self.look_again(program, meter)?;
        } else if self.again_since != self.futures.version() {
            self.again = 0;
        } else {
            self.walks.leave_out &= !self.off;
            self.walks.pass &= !self.walks.off;
            return self.settle(program, meter);
        }
        // At once, since a search that is saved here does not say so.
        if self.is_to_be_told() {
            self.give_exchange_up(program)?;
        }
        Ok(Work::Goes)
    }
}

/// The result of a piece of work.
enum Work {
    /// There may be more to do.
    Goes,
    /// Nothing is left to visit.
    Done,
    /// The meter stopped it.
    Stopped,
}

impl Search for Stubborn {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if self.store.len() == 0 {
            self.begin(program)?;
        }
        loop {
            let work = self.work(program, meter)?;
            self.findings.states = Some(self.store.len() as u64);
            self.findings.reduced = self.leaves_out() || self.exchange.used || self.walks.pass;
            meter.states_left((self.store.len() - self.next) as u64);
            let depth = self.findings.steps_max;
            let limit = meter
                .states(self.store.len() as u64, depth)
                .or_else(|| meter.out_of_time());
            // A limit after the last state leaves nothing out.
            let is_left = self.next < self.store.len() || self.leaves_out();
            let limit = limit.filter(|_| is_left);
            let stopped = match work {
                Work::Goes => false,
                Work::Stopped => true,
                Work::Done => break,
            };
            let over = || stopped.then(|| meter.over_now()).flatten();
            if let Some(limit) = limit.or_else(over) {
                self.findings.record_limit(limit);
                return Ok(Progress::Done);
            }
            if meter.slice_is_over() {
                return Ok(Progress::Paused);
            }
        }
        self.findings.complete = self.findings.limits.is_empty();
        Ok(Progress::Done)
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn save(&self) -> Option<SearchSnapshot> {
        self.snapshot().map(SearchSnapshot::Stubborn)
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        match stopped {
            SearchSnapshot::Stubborn(saved) => self.resume_from(program, saved),
            SearchSnapshot::Auto(_)
            | SearchSnapshot::Exhaustive(_)
            | SearchSnapshot::Optimal(_)
            | SearchSnapshot::Random(_)
            | SearchSnapshot::Stateful(_) => Err(of_another_kind()),
        }
    }
}
