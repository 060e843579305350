//! The plain depth-first search over every interleaving: the oracle.
//!
//! It takes every enabled step in every state that it comes to. It skips nothing and remembers
//! nothing, so little in it could be wrong. Two goroutines of two steps each have these six
//! interleavings, and it explores all six:
//!
//! ```text
//! a1 a2 b1 b2    a1 b1 a2 b2    a1 b1 b2 a2    b1 a1 a2 b2    b1 a1 b2 a2    b1 b2 a1 a2
//! ```
//!
//! Invariant: each stack entry is a state on the current path and those of its enabled steps that
//! must still be taken. So every maximal execution is met once. A pass means that every
//! interleaving was executed, up to the limits that the findings name.

use serde::{Deserialize, Serialize};

use super::checkpoint::{mismatch, of_another_kind, take_again};
use super::estimate::share_done;
use super::{Findings, Limit, Meter, Progress, Search, SearchSnapshot, forget_past};
use crate::memory::reserve;
use crate::model::{Fault, Program, Step, World};

/// The exhaustive search.
#[derive(Debug, Default)]
pub struct Exhaustive {
    stack: Vec<Frame>,
    path: Vec<Step>,
    started: bool,
    findings: Findings,
}

#[derive(Debug)]
struct Frame {
    world: World,
    /// The steps that must still be taken, the last first.
    todo: Vec<Step>,
    /// Number of enabled steps.
    enabled: usize,
}

/// The state of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The steps of the path.
    pub path: Vec<Step>,
    /// The steps that must still be taken in each state on the path.
    pub todo: Vec<Vec<Step>>,
    /// The findings so far.
    pub findings: Findings,
}

impl Exhaustive {
    /// Returns a search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps all executions in [`Findings::kept`].
    #[must_use]
    pub fn keeping_executions(mut self) -> Self {
        self.findings.kept = Some(Vec::new());
        self
    }

    /// Visits the state that the path has come to. Returns the limit that ends the whole search, if
    /// one does.
    fn arrive(&mut self, program: &mut dyn Program, world: World, meter: &Meter) -> Option<Limit> {
        let mut enabled = world.steps(program);
        if enabled.is_empty() {
            self.findings.ended(program, &world, &self.path);
        } else if let Some(limit) = meter.limits.cut(&world, self.path.len()) {
            self.findings.cut(program, &world, &self.path, limit);
        } else {
            enabled.reverse();
            self.stack.push(Frame {
                world,
                enabled: enabled.len(),
                todo: enabled,
            });
            return None;
        }
        self.path.pop();
        if meter.wants_estimate(self.findings.executions) {
            let nodes = self.stack.iter().rev();
            let nodes = nodes.map(|it| (it.enabled - it.todo.len() - 1, it.todo.len()));
            meter.done(share_done(1.0, nodes));
        }
        meter.executions(self.findings.executions, self.path.len())
    }
}

impl Search for Exhaustive {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if !self.started {
            self.started = true;
            let world = World::start(program)?;
            if let Some(limit) = self.arrive(program, world, meter) {
                self.findings.record_limit(limit);
            }
        }
        while let Some(frame) = self.stack.last_mut() {
            let Some(step) = frame.todo.pop() else {
                self.stack.pop();
                self.path.pop();
                continue;
            };
            let mut world = frame.world.clone();
            world.take(program, step)?;
            reserve(&mut self.stack, 1)?;
            reserve(&mut self.path, 1)?;
            self.findings.steps += 1;
            self.path.push(step);
            let limit = self.arrive(program, world, meter);
            if let Some(limit) = limit.or_else(|| meter.out_of_time()) {
                if !self.stack.iter().all(|frame| frame.todo.is_empty()) {
                    self.findings.record_limit(limit);
                }
                self.stack.clear();
                break;
            }
            let live = self.stack.iter().flat_map(|frame| frame.world.locals());
            forget_past(program, live);
            if !meter.spend() {
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
        Some(SearchSnapshot::Exhaustive(Snapshot {
            path: self.path.clone(),
            todo: self.stack.iter().map(|frame| frame.todo.clone()).collect(),
            findings: self.findings.clone(),
        }))
    }

    fn restore(&mut self, program: &mut dyn Program, stopped: SearchSnapshot) -> Result<(), Fault> {
        let SearchSnapshot::Exhaustive(stopped) = stopped else {
            return Err(of_another_kind());
        };
        let Snapshot {
            path,
            todo,
            findings,
        } = stopped;
        let mut world = World::start(program)?;
        for (index, todo) in todo.into_iter().enumerate() {
            if index > 0 {
                let step = path.get(index - 1).copied();
                let step = step.ok_or_else(|| mismatch("its path is too short"))?;
                take_again(program, &mut world, step)?;
            }
            let enabled = world.steps(program);
            if !todo.iter().all(|step| enabled.contains(step)) {
                return Err(mismatch("a step of it is not enabled"));
            }
            self.stack.push(Frame {
                world: world.clone(),
                enabled: enabled.len(),
                todo,
            });
        }
        (self.path, self.findings, self.started) = (path, findings, true);
        Ok(())
    }
}
