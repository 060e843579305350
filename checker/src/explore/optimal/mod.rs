//! The optimal search.
mod order;
mod races;
mod tree;

use std::cell::Cell;

use self::order::Order;
use self::races::{Execution, Ops, Witness};
use self::tree::{Tree, is_weak_initial};
use super::{Findings, Limit, Meter, Progress, Search};
use crate::model::{Access, End, Event, Fault, Program, Step, World};

/// The search.
#[derive(Debug, Default)]
pub struct Optimal {
    /// The states on the path, each before the event of the same index.
    worlds: Vec<World>,
    nodes: Vec<Node>,
    events: Vec<Event>,
    path: Vec<Step>,
    order: Order,
    ops: Ops,
    /// How many of the first events are those of the execution before.
    known: usize,
    started: bool,
    findings: Findings,
}

/// What is to be done, and what is done elsewhere, from a state on the path.
#[derive(Debug, Default)]
struct Node {
    /// Events whose executions from here are explored already, or elsewhere.
    asleep: Vec<Event>,
    /// What must still be explored from here. The branch on which the path goes on is not among it.
    tree: Tree,
    /// Steps that are enabled here and with which something that is, or was, in the tree comes to an end.
    inserted: Vec<Step>,
}

impl Witness for Node {
    fn knows(&self, rival: &Event) -> bool {
        self.inserted.contains(&rival.step)
            || self.asleep.iter().any(|event| event.step == rival.step)
    }

    fn found(&mut self, sequence: Vec<&Event>, at_once: bool) {
        if self
            .asleep
            .iter()
            .any(|event| is_weak_initial(event, &sequence))
        {
            return;
        }
        if at_once {
            self.inserted
                .extend(sequence.last().map(|rival| rival.step));
        }
        self.tree.insert(sequence);
    }
}

impl Optimal {
    /// A search that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes down from the state at the end of the path, along the first branch of each tree, to the end of an execution. False if the
    /// execution had to be given up, since all that is enabled is explored elsewhere: in theory this never happens.
    fn descend(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<End, Fault> {
        let mut enabled = Vec::new();
        loop {
            let world = self.worlds.last().expect("the first state is there");
            world.enabled(program, &mut enabled);
            if enabled.is_empty() {
                return Ok(self.findings.ended(program, world, &self.path));
            }
            if let Some(limit) = limit_of_one(world, self.path.len(), meter) {
                self.findings.cut(program, world, &self.path, limit);
                return Ok(End::Cut);
            }
            let node = self.nodes.last_mut().expect("a node a state");
            let (step, below) = if node.tree.branches.is_empty() {
                let awake = |step: &&Step| !node.asleep.iter().any(|event| event.step == **step);
                match enabled.iter().find(awake) {
                    Some(step) => (*step, Tree::default()),
                    None => {
                        self.findings.discarded += 1;
                        return Ok(End::Cut);
                    }
                }
            } else {
                let branch = node.tree.branches.remove(0);
                (branch.event.step, branch.below)
            };
            self.step_down(program, step, below)?;
            meter.spend();
        }
    }

    fn step_down(
        &mut self,
        program: &mut dyn Program,
        step: Step,
        below: Tree,
    ) -> Result<(), Fault> {
        let mut world = self
            .worlds
            .last()
            .expect("the first state is there")
            .clone();
        let event = world.take(program, step)?;
        let node = self.nodes.last().expect("a node a state");
        let mut asleep: Vec<Event> = node
            .asleep
            .iter()
            .filter(|other| !other.depends_on(&event))
            .cloned()
            .collect();
        for event in &mut asleep {
            // How a counter is lowered depends on where it stands.
            if event
                .touches
                .iter()
                .any(|(_, how)| matches!(how, Access::Lowers { .. }))
            {
                event.touches = world.touches(program, event.step);
            }
        }
        self.findings.steps += 1;
        self.path.push(step);
        self.events.push(event);
        self.worlds.push(world);
        self.nodes.push(Node {
            asleep,
            tree: below,
            inserted: Vec::new(),
        });
        Ok(())
    }

    /// Puts into the trees of the path's nodes what the execution at its end bears witness to.
    fn reverse_races(
        &mut self,
        program: &mut dyn Program,
        meter: &mut Meter,
    ) -> Result<(), Fault> {
        let work = Cell::new(self.events.len() as u64 / 16);
        let (worlds, end) = self.worlds.split_at(self.events.len());
        let end = &end[0];
        let (goroutines, objects) = (end.goroutines().len(), end.objects().len());
        let known = self
            .order
            .update(&self.events, self.known, goroutines, objects);
        self.ops
            .update(program, &self.events, worlds, end, &self.order, known);
        let execution = Execution {
            events: &self.events,
            worlds,
            end,
            order: &self.order,
            ops: &self.ops,
            work: &work,
        };
        for i in 0..self.events.len() {
            execution.reversals(program, i, &mut self.nodes[i])?;
        }
        meter.spend_many(work.get());
        Ok(())
    }

    /// Goes back to the last node with something left to explore; false if there is none.
    fn ascend(&mut self) -> bool {
        while let Some(event) = self.events.pop() {
            self.path.pop();
            self.worlds.pop();
            self.nodes.pop();
            let node = self.nodes.last_mut().expect("a node a state");
            node.asleep.push(event);
            if !node.tree.branches.is_empty() {
                self.known = self.events.len();
                return true;
            }
        }
        false
    }
}

fn limit_of_one(world: &World, steps: usize, meter: &Meter) -> Option<Limit> {
    if steps >= meter.limits.steps_max {
        Some(Limit::Steps(meter.limits.steps_max))
    } else if world.count_goroutines() > meter.limits.goroutines_max {
        Some(Limit::Goroutines(meter.limits.goroutines_max))
    } else {
        None
    }
}

impl Search for Optimal {
    fn advance(&mut self, program: &mut dyn Program, meter: &mut Meter) -> Result<Progress, Fault> {
        if !self.started {
            self.started = true;
            self.worlds.push(World::start(program)?);
            self.nodes.push(Node::default());
        }
        loop {
            self.descend(program, meter)?;
            let depth = self.path.len();
            self.reverse_races(program, meter)?;
            let more = self.ascend();
            let limit = meter
                .executions(self.findings.executions, depth)
                .or_else(|| meter.out_of_time());
            match limit {
                Some(limit) if more => self.findings.hit(limit),
                _ if more => {
                    if program.crowded() {
                        program.forget(&mut self.worlds.iter().flat_map(World::locals));
                    }
                    if meter.slice_is_over() {
                        return Ok(Progress::Paused);
                    }
                    continue;
                }
                _ => {}
            }
            self.findings.complete = self.findings.limits.is_empty();
            return Ok(Progress::Done);
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}
