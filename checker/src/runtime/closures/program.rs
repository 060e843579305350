//! The automata as a [`Program`]: what they are asked for, and what they learn by it.

use super::{Closures, NODES_CROWDED, Origin, RECHECKED_MAX};
use crate::model::{
    Arrival, Fault, GoroutineId, GoroutineInfo, Known, Local, Next, ObjectId, ObjectInfo, Op,
    Outcome, Program, ValueId, World,
};
use crate::runtime::backend::Body;
use crate::runtime::coroutine::Resume;
use crate::runtime::edges::Edges;

impl Program for Closures {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
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

    fn arrival(&self, local: Local) -> &Arrival {
        &self.nodes[local.index()].arrival
    }

    fn resume(&mut self, local: Local, outcome: Outcome, _: &mut World) -> Result<Local, Fault> {
        let node = self.node(local);
        if let Some(next) = node.edges.get(outcome) {
            return Ok(next);
        }
        let (goroutine, site) = (node.goroutine, node.arrival.site);
        let origin = Origin::After(local, outcome);
        let next = match outcome {
            Outcome::Panics(panic) => {
                // Nothing recovers here, and the goroutine never goes on: it is not asked.
                let arrival = Arrival {
                    created: Vec::new(),
                    next: Next::Unrecovered(panic),
                    site,
                };
                self.add(goroutine, origin, arrival)?
            }
            _ => {
                let running = self.stand(local)?;
                self.run(goroutine, origin, running, Resume::Told(outcome))?
            }
        };
        self.nodes[local.index()].edges.insert(outcome, next);
        Ok(next)
    }

    fn child(&mut self, local: Local, _: &mut World) -> Result<Local, Fault> {
        let node = self.node(local);
        if let Some(child) = node.child {
            return Ok(child);
        }
        let Next::Op(Op::Go(id)) = node.arrival.next else {
            panic!("{local:?} is no go statement");
        };
        let running = self.begin(id, Some(local))?;
        let child = self.run(id, Origin::Start(Some(local)), running, Resume::GoOn)?;
        self.nodes[local.index()].child = Some(child);
        Ok(child)
    }

    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        let registry = self.shared.goroutines.borrow();
        let thing = registry.get(id.0);
        GoroutineInfo {
            name: registry.name(id.0, None),
            parent: thing.maker().map(GoroutineId),
            site: thing.site,
            timer: thing.kind() == "timer goroutine",
        }
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        let objects = self.shared.objects.borrow();
        let name = objects.name(id.0, Some(&self.shared.goroutines.borrow()));
        ObjectInfo {
            name,
            site: objects.get(id.0).site,
        }
    }

    fn value(&self, id: ValueId) -> String {
        self.shared.values.borrow().text(id).to_owned()
    }

    fn recheck(&mut self) -> Result<(), Fault> {
        let last: Vec<Local> = self
            .used_nodes()
            .filter(|(_, node)| node.edges.is_empty())
            .map(|(local, _)| local)
            .collect();
        let every = last.len().div_ceil(RECHECKED_MAX).max(1);
        for local in last.into_iter().step_by(every) {
            // A goroutine is not asked about the panic of an operation: that was its last.
            let asked = match self.node(local).origin {
                Origin::After(before, Outcome::Panics(_)) => before,
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

    fn known(&self) -> Known {
        Known {
            goroutines: self.shared.goroutines.borrow().known(),
            objects: self.shared.objects.borrow().known(),
            may_cycle: self.came_back,
        }
    }

    fn expect(&mut self, known: &Known) {
        assert!(self.nodes.is_empty(), "a program that has started");
        self.shared
            .goroutines
            .borrow_mut()
            .expect(&known.goroutines);
        self.shared.objects.borrow_mut().expect(&known.objects);
        self.came_back = known.may_cycle;
    }

    fn may_cycle(&self) -> bool {
        self.came_back
    }

    fn crowded(&self) -> bool {
        self.nodes.len() - self.free.len() > self.crowded_at
    }

    fn forget(&mut self, live: &mut dyn Iterator<Item = Local>) {
        let mut keep = vec![false; self.nodes.len()];
        let mut to_mark: Vec<Local> = live.chain(self.root).collect();
        while let Some(local) = to_mark.pop() {
            if std::mem::replace(&mut keep[local.index()], true) {
                continue;
            }
            match self.node(local).origin {
                Origin::After(before, _) | Origin::Start(Some(before)) => to_mark.push(before),
                Origin::Start(None) => {}
            }
        }
        let forgotten = |local: &Local, _: &mut Body| !keep[local.index()];
        let forgotten: Vec<(Local, Body)> = self.bodies.extract_if(forgotten).collect();
        for (statement, body) in forgotten {
            self.dispose_body(statement, body);
        }
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if keep[index] {
                node.edges.retain(|next| keep[next.index()]);
                node.child = node.child.filter(|child| keep[child.index()]);
            } else if std::mem::replace(&mut node.used, false) {
                node.edges = Edges::default();
                node.arrival.created = Vec::new();
                node.arrival.next = Next::Return;
                self.free.push(Local::from_index(index));
            }
        }
        self.parked.retain(|local, _| keep[local.index()]);
        self.parked_order.retain(|local| keep[local.index()]);
        self.heads.retain(|_, local| keep[local.index()]);
        self.turned.retain(|local, _| keep[local.index()]);
        self.loops.retain(|(origin, _), _| match origin {
            Origin::After(local, _) | Origin::Start(Some(local)) => keep[local.index()],
            Origin::Start(None) => true,
        });
        self.crowded_at = NODES_CROWDED.max(2 * (self.nodes.len() - self.free.len()));
    }
}
