//! The automata as a [`Program`]. They are learned on demand.

use super::{Closures, NODES_CROWDED, Origin, RECHECKED_MAX};
use crate::model::{
    Arrival, Fault, FileId, GoroutineId, GoroutineInfo, Known, Learned, Learner, LocalState, Names,
    Next, ObjectId, ObjectInfo, Op, Outcome, Phase, Place, Program, ValueId, World,
};
use crate::runtime::backend::Body;
use crate::runtime::coroutine::Resume;

impl Names for Closures {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.shared.registry.borrow().goroutine(id)
    }

    fn is_daemon(&self, id: GoroutineId) -> bool {
        self.shared.registry.borrow().is_daemon(id)
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.shared.registry.borrow().object(id)
    }

    fn value(&self, id: ValueId) -> String {
        self.shared.values.borrow().text(id).to_owned()
    }

    fn file(&self, id: FileId) -> &str {
        self.shared.files.borrow().name(id)
    }
}

impl Program for Closures {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        if let Some(fault) = self.shared.spoiled() {
            return Err(fault);
        }
        if std::thread::panicking() {
            return Err(Fault::Unwinding);
        }
        let root = match self.root {
            Some(root) => root,
            None => {
                let running = self.begin(GoroutineId::MAIN, None)?;
                self.run(
                    GoroutineId::MAIN,
                    Origin::Start(None),
                    running,
                    Resume::GoOn,
                )?
            }
        };
        self.root = Some(root);
        Ok(vec![(GoroutineId::MAIN, root)])
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        &self.automaton.node(local).arrival
    }

    fn resume(
        &mut self,
        goroutine: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        if let Some(next) = self.next(goroutine, local, outcome) {
            return Ok(next);
        }
        let node = self.automaton.node(local);
        let (group, site) = (node.data.group, node.arrival.site);
        let origin = Origin::After(local, outcome);
        let next = match outcome {
            Outcome::Panics(panic) if !node.data.recovers => {
                // No code recovers the panic, and the goroutine never goes on, so it is not
                // resumed.
                let arrival = Arrival {
                    created: Vec::new(),
                    next: Next::Unrecovered(panic),
                    site,
                };
                self.add((goroutine, group, None), origin, arrival, false)?
            }
            _ => {
                let running = self.stand(goroutine, local)?;
                self.run(goroutine, origin, running, Resume::Told(outcome))?
            }
        };
        self.lead(goroutine, (local, outcome), next);
        Ok(next)
    }

    fn child(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        if let Some(child) = self.automaton.node(local).child {
            return Ok(child);
        }
        if let Some(child) = self.start_of_twin(local) {
            self.automaton.set_child(local, child);
            return Ok(child);
        }
        let node = self.automaton.node(local);
        let Next::Op(Op::Go(id)) = node.arrival.next else {
            panic!("{local:?} is no go statement");
        };
        let running = self.begin(id, Some(local))?;
        let child = self.run(id, Origin::Start(Some(local)), running, Resume::GoOn)?;
        self.automaton.set_child(local, child);
        Ok(child)
    }

    fn share_locals(&mut self) -> bool {
        self.twins.share = true;
        true
    }

    fn exchange_groups(&self, world: &World, groups: &mut Vec<(u32, GoroutineId)>) {
        if !self.twins.are_there {
            return;
        }
        let started = world.ids().filter_map(|id| {
            let goroutine = world.goroutine(id)?;
            let is_timer = matches!(goroutine.phase, Phase::Timer(_));
            let group = self.node(goroutine.local).group.filter(|_| !is_timer)?;
            Some((group.0, id))
        });
        groups.extend(started);
    }

    fn learner(&mut self) -> Option<&mut dyn Learner> {
        Some(self)
    }

    fn learned(&self) -> Option<&dyn Learned> {
        Some(&self.automaton)
    }
}

impl Learner for Closures {
    fn recheck(&mut self) -> Result<(), Fault> {
        let last: Vec<LocalState> = self
            .automaton
            .iter()
            .filter(|(_, node)| node.edges.is_empty())
            .map(|(local, _)| local)
            .collect();
        let every = last.len().div_ceil(RECHECKED_MAX).max(1);
        for local in last.into_iter().step_by(every) {
            // A panic that nobody recovers was the goroutine's end, so it is not resumed.
            let asked = match self.node(local).origin {
                Origin::After(before, Outcome::Panics(_)) if !self.node(before).recovers => before,
                Origin::After(..) | Origin::Start(_) => local,
            };
            let running = self.run_again(asked)?;
            self.keep_to_the_end(running);
        }
        self.go_round()
    }

    fn finish(&mut self) {
        self.rechecked.clear();
        self.parked.clear();
        for (statement, body) in std::mem::take(&mut self.bodies) {
            self.dispose_body(statement, body);
        }
    }

    fn lost_stack_bytes(&self) -> usize {
        self.shared.lost_bytes()
    }

    fn ids(&self) -> Known {
        let registry = self.shared.registry.borrow();
        registry.known(self.came_back, |site| self.place(site))
    }

    fn adopt_ids(&mut self, known: &Known) {
        assert!(self.automaton.len() == 0, "a program that has started");
        let site = |place: &Place| self.shared.files.borrow_mut().site_of(place);
        self.shared.registry.borrow_mut().adopt(known, site);
        self.came_back = known.may_cycle;
    }

    fn may_cycle(&self) -> bool {
        self.came_back
    }

    fn longest_history(&self) -> Option<(String, Vec<Place>)> {
        let nodes = self.automaton.iter();
        let (mut local, last) = nodes.max_by_key(|(_, node)| node.data.depth)?;
        let goroutine = self.goroutine(last.data.goroutine).name;
        let mut places = Vec::new();
        loop {
            places.push(self.place(self.arrival(local).site));
            match self.node(local).origin {
                Origin::After(before, _) => local = before,
                Origin::Start(_) => return Some((goroutine, places)),
            }
        }
    }

    fn wants_to_forget(&self) -> bool {
        self.automaton.len() > self.crowded_at
    }

    fn forget(&mut self, live: &mut dyn Iterator<Item = LocalState>) {
        let needed = live.chain(self.root).collect();
        let kept = self
            .automaton
            .with_those_before(needed, |node| match node.origin {
                Origin::After(before, _) | Origin::Start(Some(before)) => Some(before),
                Origin::Start(None) => None,
            });
        let forgotten = |local: &LocalState, _: &mut Body| !kept.has(*local);
        let forgotten: Vec<(LocalState, Body)> = self.bodies.extract_if(forgotten).collect();
        for (statement, body) in forgotten {
            self.dispose_body(statement, body);
        }
        self.keep(&kept);
        self.parked.retain(|local, _| kept.has(*local));
        self.parked_order.retain(|local| kept.has(*local));
        self.heads.retain(|_, local| kept.has(*local));
        self.turned.retain(|local, _| kept.has(*local));
        self.loops.retain(|(origin, _), _| match origin {
            Origin::After(local, _) | Origin::Start(Some(local)) => kept.has(*local),
            Origin::Start(None) => true,
        });
        self.crowded_at = NODES_CROWDED.max(2 * self.automaton.len());
    }
}
