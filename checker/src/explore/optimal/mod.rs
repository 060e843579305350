//! The search that explores exactly one execution of each class of equivalent executions. It
//! abandons none halfway.
//!
//! # Steps and independence
//!
//! A step is one visible operation that was enabled when it was taken. A rendezvous is one step of
//! two goroutines. Two steps are independent unless they share a goroutine or touch an object in
//! ways that conflict: see [`step`](crate::model::step) and [`footprint`](crate::model::footprint).
//! Executions that differ only in the order of adjacent independent steps are equivalent
//! (Mazurkiewicz). They have the same end, so one of them is enough.
//!
//! # An example
//!
//! Goroutine a does `a1: lock m`, `a2: unlock m`, `a3: send x`. Goroutine b does `b1: lock m`, `b2:
//! unlock m`, `b3: send y`. Both channels are buffered. There are eight interleavings, in two
//! classes: a has the lock first, or b has it first. The search executes the two that are not
//! struck out:
//!
//! ```text
//! a1 a2 a3 b1 b2 b3     ~a1 a2 b1 a3 b2 b3~     ~a1 a2 b1 b2 a3 b3~     ~a1 a2 b1 b2 b3 a3~
//! b1 b2 a1 a2 a3 b3     ~b1 b2 a1 a2 b3 a3~     ~b1 b2 a1 b3 a2 a3~     ~b1 b2 b3 a1 a2 a3~
//! ```
//!
//! After the first execution it looks at each step in turn. `a1` has a rival, `b1`: it conflicts
//! with `a1` and could have been taken in its place. So the sequence `b1` goes into the tree of
//! what is still to be explored from the start. `a2` has no rival, since m is locked before it. Nor
//! has any other step. Back at the start `a1` goes to sleep, and `b1` is taken. After the second
//! execution `b1` has the rival `a1`. But `a1` is asleep: whatever begins with it is explored
//! already.
//!
//! # A blocked lock
//!
//! Now there are two mutexes. a does `a1: lock p`, `a2: lock q`, `a3: unlock q`, `a4: unlock p`. b
//! takes them in the other order: `b1: lock q`, `b2: lock p`, `b3: unlock p`, `b4: unlock q`. There
//! are three classes, and one of them is a deadlock.
//!
//! The first execution is `a1 a2 a3 a4 b1 b2 b3 b4`. `a2` has the rival `b1`. `a1` has none: `b2`
//! locks p too, but b arrives at it after `b1`, and `b1` comes after `a1` by way of q. So the
//! second execution begins with `a1 b1`, and ends there: a waits for q, and b for p. Its two events
//! are independent, so a search that reverses races of executed events stops here. But b is left
//! with `b2`, which conflicts with `a1`, and b arrives at it without `a1`. So `b2` is a rival of
//! `a1`, and the sequence `b1 b2` is inserted at the start. It leads to the third execution, `b1 b2
//! b3 a1 b4 a2 a3 a4`.
//!
//! # A wakeup tree
//!
//! Three goroutines want one mutex, and two of them send first. a does `a1: lock m`, `a2: unlock
//! m`. b does `b1: send x`, `b2: lock m`, `b3: unlock m`. c does `c1: send y`, `c2: lock m`, `c3:
//! unlock m`. Both channels are buffered, so the sends are independent of everything. The first
//! execution is `a1 a2 b1 b2 b3 c1 c2 c3`. `a1` has two rivals, `b2` and `c2`. For `b2` the
//! sequence is `b1 c1 b2`: all that is independent of `a1`, and then `b2`. It goes into the empty
//! tree at the start. For `c2` the sequence is `b1 c1 c2`. The tree has its beginning already, so
//! only `c2` is new:
//!
//! ```text
//! before:  b1 ─ c1 ─ b2
//! after:   b1 ─ c1 ┬ b2
//!                  └ c2
//! ```
//!
//! The second execution reverses the race of `b2` and `c2` and begins with `a1`, too. Then `a1`
//! goes to sleep and `b1` is taken. The tree below `b1` moves to the state after it, and so on down
//! to the third execution, `b1 c1 b2 b3 a1 a2 c2 c3`. There are six classes, one for each order of
//! the three locks, and six executions.
//!
//! The tree keeps whole sequences, not only their first steps. A first step may lead to a state in
//! which all enabled steps are asleep, and then the execution must be abandoned. But each step that
//! is asleep at the start conflicts with a step of the sequence. So at its end all are awake.
//!
//! # The algorithm
//!
//! The search is depth first, over the nodes of the current path. A node has a state, a set of
//! events that are asleep, and a wakeup tree (`tree.rs`) of sequences that must still be explored.
//!
//! 1. Go down. From each node take the first branch of its tree. Without one take the first enabled
//!    step that is not asleep. An event that is asleep stays asleep below as long as it is
//!    independent of the steps taken. The execution E ends where no step is enabled.
//! 2. Reverse the races (`races.rs`). For each event e of E find its rivals: the steps f that
//!    conflict with e and could be taken before it. They are built from operations that do not
//!    arrive after e. These were executed in E, *or goroutines are left with them at its end*.
//! 3. For each rival f form the sequence v. It has all events of E after e that are independent of
//!    e and do not conflict with f, and then f. Events that f needs are in v even where they
//!    conflict with f.
//! 4. If an event that is asleep at the node of e is a weak initial of v, drop v: it is explored
//!    elsewhere. Otherwise insert v into the wakeup tree of that node, unless the tree covers it.
//! 5. Go back up. The event that leads back to a node goes to sleep there. Stop at the last node
//!    whose tree is not empty, and go down again.
//!
//! An event is a **weak initial** of v if it begins some sequence that is equivalent to v, or to v
//! and more. So either it is in v and depends on nothing before it there, or it is independent of
//! all of v (`tree::is_weak_initial`).
//!
//! **Invariant: a step that is asleep at a node is never taken from it.** It is asserted in
//! `step_down`. Each v can be taken whole. Together these make every execution that is begun one of
//! a class that was not explored before. [`Findings::discarded`] counts the executions that would
//! have to be abandoned because all enabled steps are asleep. It stays 0.
//!
//! # Its caches
//!
//! They avoid repeated work.
//!
//! - Consecutive executions share most of their path. Each node keeps the rivals for which nothing
//!   more is to be done, each with the last event on which that rests (`Settled`). They hold as
//!   long as executions share that event.
//! - The same holds of a node all of whose rivals are settled. It is looked at again when a
//!   goroutine arrives, in an event that is not shared, at an operation on what the node's event
//!   touches. But if it arrives there after the node's event, its operation is no rival
//!   (`Ops::are_new_after`).
//! - A node is done while every goroutine has taken a step after the node's event in happens-before
//!   among the events that are shared. Whatever comes later is after the event too. So there are no
//!   rivals but those found, with the same sequences (`Order::common`).
//! - A choice among thousands of numbers has thousands of rivals that differ only in the number.
//!   Those that are asleep are one entry, and so are those that are still to be chosen (`ways.rs`).
//!
//! The search keeps the path, what each step has changed, and the trees along it. So memory grows
//! with the length of an execution and not with the number of executions. (A program that learns,
//! such as a kernel of closures, is asked to [forget](crate::model::Learner::forget) now and then.)
//! The search can be divided into [parts](Part).
//!
//! # What a pass means
//!
//! An execution of every class was taken to its end, and none was bad. This rests on the dependence
//! of steps being right and on no class being missed. Neither is argued here in full. Both are
//! tested against brute force, on the standard families and on random programs: see
//! `tests/agreement.rs` and `tests/oracle`. A pass does not mean that the program ends: an
//! execution that reaches the limit of steps makes the verdict `bounded`.
//!
//! # Where it comes from
//!
//! Dynamic partial-order reduction is due to Flanagan and Godefroid (POPL 2005), sleep sets to
//! Godefroid (1996). Wakeup trees, weak initials and optimality are due to Abdulla, Aronis, Jonsson
//! and Sagonas. Their papers are "Optimal Dynamic Partial Order Reduction" (POPL 2014) and "Source
//! Sets: A Foundation for Optimal Dynamic Partial Order Reduction" (JACM 2017). The words of the
//! papers, and where they are here:
//!
//! | in the papers | here |
//! |---|---|
//! | execution sequence E, event e, happens-before | the path, [`Event`], `Order` |
//! | race of e and e' | event e and its rival f: `Execution::reversals` |
//! | v = notdep(e, E) followed by e' | `Execution::instead` |
//! | WI(v), the weak initials | `tree::is_weak_initial` |
//! | sleep | `PathNode::asleep` |
//! | wakeup tree, and insertion into it | `PathNode::tree`, `Tree::insert` |
//! | subtree below the event that is taken | `Tree::take_first` |
//! | the procedure Explore | `descend`, `reverse_races`, `ascend` |
//!
//! These things differ:
//!
//! - *Races.* In the papers a race is two executed events, next to each other in happens-before.
//!   In 2014 they assume that no process disables another. In 2017 they extend the search to those
//!   that do, as with locks. Here blocking is the usual case. In `lock, unlock, lock` the rivals
//!   are the two locks, and an unlock stands between them. In a deadlock the second lock is never
//!   executed. So a rival need not be executed and need not be next to e. It is built from
//!   operations that goroutines arrive at.
//! - *Steps of two goroutines.* A rendezvous is one event, and has rivals on both sides.
//! - *Several steps of one goroutine.* A `select` or a choice has more than one next step. They
//!   conflict, so each is a rival of the one that was taken.
//! - *Independence that depends on the state.* Decrements of a counter commute only while it is
//!   large enough. So a decrement that is asleep gets its footprint anew after each step. To find
//!   out if a decrement is a weak initial, `tree.rs` executes v.
//!
//! Must (Enea and others, OOPSLA 2024) treats messages, and TruSt (POPL 2022) reads and writes, in
//! another way to the same end.

mod backtrack_sink;
mod checkpoint;
mod clocks;
mod executions;
mod meetings;
mod node;
mod numbers;
mod ops;
mod order;
mod parts;
mod plain;
mod raced;
mod races;
mod rendezvous;
mod reversal;
mod stack;
mod timers;
mod trail;
mod tree;
mod ways;

pub use self::checkpoint::{SavedNode, Snapshot};
pub(crate) use self::executions::Executions;
use self::meetings::{Used, used};
use self::node::PathNode;
use self::ops::Ops;
use self::order::Order;
use self::parts::Own;
pub use self::parts::{ExploredPart, Frontier, Part};
use self::stack::Stack;
use self::trail::Trail;
use self::tree::Tree;
pub use self::ways::{Numbers, Ways};
use super::checkpoint::of_another_kind;
use super::estimate::share_done;
use super::{Findings, Interrupted, Meter, Progress, Search, SearchSnapshot};
use crate::memory::reserve;
use crate::model::{Event, Fault, Program, Step, World};

/// The optimal search.
#[derive(Debug, Default)]
pub struct Optimal {
    /// The states on the path.
    trail: Trail,
    /// The state at the end of the execution, once it is there.
    end: World,
    nodes: Stack<PathNode>,
    events: Vec<Event>,
    /// The goroutines that used memory on their way to where they are after each event. Of a
    /// program that shares none there are no lists.
    used: Vec<Used>,
    path: Vec<Step>,
    order: Order,
    ops: Ops,
    enabled: Vec<Step>,
    /// Number of events at the start that are shared with the previous execution.
    known: usize,
    /// For each goroutine, true if it takes no step after these events unless it is started.
    over: Vec<bool>,
    /// The leading nodes that are done, up to the first that is not. For each, the cost of this one
    /// and all before it.
    done: Vec<u64>,
    stage: Stage,
    findings: Findings,
    /// The part that is explored, if it is not the whole.
    own: Own,
    /// True if local states that this search does not need are kept, since another one needs them.
    forgets_nothing: bool,
}

/// Progress of the search with the current execution.
#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    /// The search has not begun.
    #[default]
    Start,
    /// The path is to be extended.
    Descend,
    /// The execution is at its end. Its events must be ordered; then the rivals of the events from
    /// this one on are looked for.
    Order(usize),
    /// The execution is at its end. The rivals of the events from this one on must still be looked
    /// for.
    Reverse(usize),
}

impl Optimal {
    /// Returns a search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the share of the executions that seem done: see [`estimate`](super::estimate).
    pub(super) fn share_done(&self) -> f64 {
        let nodes = self.nodes.iter().rev();
        let nodes = nodes.map(|node| (node.explored, node.tree.width()));
        match self.stage {
            Stage::Start => 0.0,
            Stage::Descend => share_done(0.0, nodes),
            // The execution is at its end, where nothing branches.
            Stage::Order(_) | Stage::Reverse(_) => share_done(1.0, nodes.skip(1)),
        }
    }

    /// Returns the number of steps of the path.
    pub(super) fn path_len(&self) -> usize {
        self.path.len()
    }

    /// Keeps all executions in [`Findings::kept`].
    #[must_use]
    pub fn keeping_executions(mut self) -> Self {
        self.findings.kept = Some(Vec::new());
        self
    }

    /// Lets the program forget nothing from here on, or again what this search does not need.
    pub(super) fn forget_nothing(&mut self, nothing: bool) {
        self.forgets_nothing = nothing;
    }

    /// Goes down from the state at the end of the path, along the first branch of each tree, to the
    /// end of an execution. Returns false if the search is to stop or to pause before.
    fn descend(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<bool, Fault> {
        self.trail.go_to(self.path.len());
        loop {
            let world = self.trail.last();
            if let Some(limit) = meter.limits.cut(world, self.path.len())
                && world.can_move(program)
            {
                self.note_end(program, Some(limit))?;
                return Ok(true);
            }
            let node = self.nodes.last_mut().expect("a node a state");
            let awake = match node.tree.branches[..] {
                [] => node.first_awake(program, world, &mut self.enabled),
                _ => None,
            };
            if node.tree.branches.is_empty() && awake.is_none() {
                if !node.asleep.is_empty() && world.can_move(program) {
                    self.findings.discarded += 1;
                } else {
                    self.note_end(program, None)?;
                }
                return Ok(true);
            }
            if meter.must_stop() {
                return Ok(false);
            }
            let (step, below) = match awake {
                Some(step) => (step, Tree::default()),
                None => {
                    let first = node.tree.take_first().expect("a step of one of the two");
                    if raced::is_gone(program, world, first.0) {
                        continue;
                    }
                    first
                }
            };
            self.step_down(program, step, below)?;
            if !meter.spend() {
                return Ok(false);
            }
        }
    }

    fn step_down(
        &mut self,
        program: &mut dyn Program,
        step: Step,
        below: Tree,
    ) -> Result<(), Fault> {
        reserve(&mut self.path, 1)?;
        self.take(program, step)?;
        let event = &self.events[self.path.len()];
        let (next, before) = self.nodes.push()?;
        next.tree = below;
        let node = before.last().expect("a node a state");
        for ways in &node.asleep {
            assert!(
                !ways.has(step) || program.has_raced(),
                "a step that is asleep at a node is never taken from it: {step:?}"
            );
            if ways.event.depends_on(event) {
                continue;
            }
            let mut ways = ways.clone();
            if ways.event.decrements() {
                // How far a counter can be decremented depends on its value.
                ways.event.footprint = self.trail.last().footprint(program, ways.event.step);
            }
            next.asleep.push(ways);
        }
        self.findings.steps += 1;
        self.path.push(step);
        Ok(())
    }

    /// Takes a step from the state at the end of the path.
    fn take(&mut self, program: &mut dyn Program, step: Step) -> Result<(), Fault> {
        reserve(&mut self.events, 1)?;
        self.trail.go_to(self.events.len());
        self.events.push(self.trail.take(program, step)?);
        if let Some(event) = self.events.last()
            && program.shares_memory()
        {
            self.used.push(used(program, self.trail.last(), event));
        }
        Ok(())
    }

    /// Goes back to the last node with something left to explore. Returns false if there is none.
    fn ascend(&mut self) -> bool {
        while self.events.len() > self.own.floor()
            && let Some(event) = self.events.pop()
        {
            self.path.pop();
            self.trail.pop();
            self.used.pop();
            if let Some(node) = self.nodes.pop() {
                node.clear();
            }
            let node = self.nodes.last_mut().expect("a node a state");
            if !node.tree.branches.is_empty() {
                Ways::add(&mut node.asleep, event);
                node.explored += 1;
                self.share(self.events.len());
                return true;
            }
        }
        false
    }

    /// Searches until the slice is at its end.
    fn go_on(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        loop {
            if let Some(progress) = self.next_stage(program, meter)? {
                return Ok(progress);
            }
        }
    }

    /// Goes on to the next stage. Returns `None` if the search is to continue at once.
    fn next_stage(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<Option<Progress>, Fault> {
        match self.stage {
            Stage::Start => {
                self.trail.start(program)?;
                self.share(0);
                self.nodes.push()?;
                self.stage = Stage::Descend;
            }
            Stage::Descend => {
                if !self.descend(program, meter)? {
                    return Ok(Some(self.broken_off(meter)));
                }
                self.stage = Stage::Order(0);
            }
            Stage::Order(first) => {
                if Interrupted::unless_stopped(self.order_events(program, meter))?.is_none() {
                    return Ok(Some(self.broken_off(meter)));
                }
                self.stage = Stage::Reverse(first);
                if !self.findings.limits.is_empty() {
                    // Race reversal can be slow. The search pauses here so that the caller may stop
                    // it.
                    return Ok(Some(Progress::Paused));
                }
            }
            Stage::Reverse(first) => {
                let next = self.reverse_races(program, meter, first)?;
                self.stage = Stage::Reverse(next);
                return Ok(self.after_reversal(program, meter, next));
            }
        }
        Ok(None)
    }
}

impl Search for Optimal {
    /// Numbers things by count meanwhile, so that equivalent executions are equal.
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        program.number_by_count(true);
        let progress = self.go_on(program, meter);
        program.number_by_count(false);
        progress
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn save(&self) -> Option<SearchSnapshot> {
        Some(SearchSnapshot::Optimal(self.snapshot()))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        match stopped {
            SearchSnapshot::Optimal(snapshot) => self.restore_snapshot(program, snapshot),
            _ => Err(of_another_kind()),
        }
    }
}
