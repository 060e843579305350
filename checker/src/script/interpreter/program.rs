//! The interpreter as a [`Program`].

use super::identical::Identical;
use super::values::Value;
use super::{HistoryEntry, Interpreter, Start};
use crate::model::{
    Arrival, Fault, FileId, GoroutineId, GoroutineInfo, Known, Learned, Learner, LocalState, Names,
    Next, ObjectId, ObjectInfo, Op, Outcome, Program, Site, ValueId, World,
};
use crate::script::code::{CodeIndex, Instruction, Operation};
use crate::script::frame::Frame;

/// The one file that a script is.
const FILE: FileId = FileId(1);

pub(super) fn site(place: CodeIndex) -> Site {
    Site {
        file: FILE,
        line: u32::try_from(place + 1).unwrap_or(u32::MAX),
        column: 1,
    }
}

impl Names for Interpreter {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.ids.registry.goroutine(id)
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.ids.registry.object(id)
    }

    fn value(&self, id: ValueId) -> String {
        match id {
            ValueId::UNIT => "()".to_owned(),
            id => match self.values.get(id) {
                Value::Integer(integer) => integer.to_string(),
                Value::Handle(_) => crate::script::A_HANDLE.to_owned(),
            },
        }
    }

    fn file(&self, id: FileId) -> &str {
        if id == FILE { "script" } else { "" }
    }
}

impl Program for Interpreter {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        let started = self.script.started_by_statement();
        let mut goroutines = Vec::new();
        for (place, by_statement) in started.into_iter().enumerate() {
            let from_start = place == 0 || (self.start == Start::Together && !by_statement);
            if from_start {
                let id = self.ids.goroutine(None, &self.script.goroutines[place], 0);
                let local = self.begin(place, Frame::new(id))?;
                goroutines.push((id, local));
            }
        }
        Ok(goroutines)
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        &self.automaton.node(local).arrival
    }

    fn resume(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        match self.automaton.node(local).edges.get(outcome) {
            Some(next) => Ok(next),
            None => self.resume_unknown(local, outcome),
        }
    }

    fn child(
        &mut self,
        _: GoroutineId,
        local: LocalState,
        _: &mut World,
    ) -> Result<LocalState, Fault> {
        let node = self.automaton.node(local);
        if let Some(child) = node.child {
            return Ok(child);
        }
        let (Next::Op(Op::Go(id)), Instruction::Do(Operation::Go(place), _)) =
            (&node.arrival.next, &self.code.instructions[node.data.place])
        else {
            panic!("{local:?} is no go statement")
        };
        let (id, place) = (*id, *place);
        let takes = &self.script.goroutines[place].takes;
        let frame = self.frames[node.data.frame as usize].child(id, takes);
        let child = self.begin(place, frame)?;
        self.automaton.set_child(local, child);
        Ok(child)
    }

    fn share_locals(&mut self) -> bool {
        // Those that were started before stay known.
        if !self.identical.is_made() {
            self.identical = Identical::of(&self.script);
        }
        self.identical.are_there
    }

    fn exchange_groups(&self, world: &World, groups: &mut Vec<(u32, GoroutineId)>) {
        let started = world.ids().filter(|id| world.goroutine(*id).is_some());
        groups.extend(started.filter_map(|id| {
            let (_, first) = self.identical.places(id)?;
            Some((u32::try_from(first).ok()?, id))
        }));
    }

    fn site(&self, id: GoroutineId, local: LocalState) -> Site {
        let key = self.automaton.node(local).data;
        let from_entry = |(own, first): (usize, usize)| {
            let entries = &self.code.entries;
            key.place + entries[own] - entries[first]
        };
        site(self.identical.places(id).map_or(key.place, from_entry))
    }

    fn learner(&mut self) -> Option<&mut dyn Learner> {
        Some(self)
    }

    fn learned(&self) -> Option<&dyn Learned> {
        Some(&self.automaton)
    }
}

impl Interpreter {
    /// Lets a goroutine go on from where it has not gone on with this outcome before.
    // It is rare, and stays out of the way of what is known.
    #[inline(never)]
    fn resume_unknown(&mut self, local: LocalState, outcome: Outcome) -> Result<LocalState, Fault> {
        let node = self.automaton.node(local);
        let mut key = node.data;
        let mut frame = self.frames[key.frame as usize].clone();
        key.begins = false;
        frame.fresh.clear();
        key.history = match outcome {
            Outcome::Done => key.history,
            Outcome::Panics(panic) => {
                self.add_history(key.history, HistoryEntry::Panics(panic, key.place))
            }
            _ => self.add_history(key.history, HistoryEntry::Outcome(outcome)),
        };
        if let Outcome::Panics(panic) = outcome {
            let next = if self.throw(&mut key, &mut frame) {
                self.go_on(key, frame)?
            } else {
                key.panic = Some(panic);
                self.node(key, frame)?
            };
            self.automaton.link(local, outcome, next);
            return Ok(next);
        }
        let Instruction::Do(act, then) = &self.code.instructions[key.place] else {
            panic!("{local:?} has nothing to do")
        };
        key.place = then.after(outcome);
        key.last = match outcome {
            _ if act.is_quiet() => key.last,
            Outcome::Value(value) | Outcome::Received(_, Some(value)) => self.values.integer(value),
            Outcome::Nothing | Outcome::Received(_, None) => 0,
            Outcome::Number(number) if act.tells_number() => number,
            _ => key.last,
        };
        self.note(act, outcome, &mut frame);
        let next = self.go_on(key, frame)?;
        self.automaton.link(local, outcome, next);
        Ok(next)
    }
}

impl Learner for Interpreter {
    fn ids(&self) -> Known {
        self.ids
            .registry
            .known(self.code.goes_back(), |site| self.place(site))
    }

    fn adopt_ids(&mut self, known: &Known) {
        self.ids.registry.adopt(known, |_| Site::NONE);
    }

    fn may_cycle(&self) -> bool {
        self.code.goes_back()
    }
}
