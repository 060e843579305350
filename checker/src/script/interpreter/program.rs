//! The interpreter as a [`Program`]: what it is asked for.

use super::values::Value;
use super::{Interpreter, Start, Told};
use crate::model::{
    Arrival, Fault, GoroutineId, GoroutineInfo, Known, Local, Next, ObjectId, ObjectInfo, Op,
    Outcome, Program, Site, ValueId, World,
};
use crate::script::code::Act;
use crate::script::code::Instruction;
use crate::script::frame::Frame;

impl Program for Interpreter {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
        let started = self.script.started_by_statement();
        let mut goroutines = Vec::new();
        for (place, by_statement) in started.into_iter().enumerate() {
            let from_start = place == 0 || (self.start == Start::Together && !by_statement);
            if from_start {
                let name = &self.script.goroutines[place].name;
                let id = self.ids.goroutine(None, name, 0);
                let local = self.begin(place, Frame::new(id))?;
                goroutines.push((id, local));
            }
        }
        Ok(goroutines)
    }

    fn arrival(&self, local: Local) -> &Arrival {
        &self.nodes[local.index()].arrival
    }

    fn resume(&mut self, local: Local, outcome: Outcome, _: &mut World) -> Result<Local, Fault> {
        let node = &self.nodes[local.index()];
        if let Some(next) = node.edges.get(outcome) {
            return Ok(next);
        }
        let mut key = node.key;
        let mut frame = self.frames[key.frame as usize].clone();
        if let Outcome::Panics(panic) = outcome {
            key.panic = Some(panic);
            let next = self.node(key, frame);
            self.nodes[local.index()].edges.insert(outcome, next);
            return Ok(next);
        }
        let Instruction::Do(act, then) = &self.code.instructions[key.place] else {
            panic!("{local:?} has nothing to do")
        };
        key.place = then.after(outcome);
        key.begins = false;
        frame.fresh.clear();
        key.last = match outcome {
            _ if act.is_quiet() => key.last,
            Outcome::Value(value) | Outcome::Received(_, Some(value)) => self.values.integer(value),
            Outcome::Nothing | Outcome::Received(_, None) => 0,
            Outcome::Number(number) if act.tells_number() => number,
            _ => key.last,
        };
        self.note(act, outcome, &mut frame);
        if outcome != Outcome::Done {
            key.history = self.add_history(key.history, Told::Outcome(outcome));
        }
        let next = self.go_on(key, frame)?;
        self.nodes[local.index()].edges.insert(outcome, next);
        Ok(next)
    }

    fn child(&mut self, local: Local, _: &mut World) -> Result<Local, Fault> {
        let node = &self.nodes[local.index()];
        let (Next::Op(Op::Go(id)), Instruction::Do(Act::Go(place), _)) =
            (&node.arrival.next, &self.code.instructions[node.key.place])
        else {
            panic!("{local:?} is no go statement")
        };
        let (id, place) = (*id, *place);
        let takes = &self.script.goroutines[place].takes;
        let frame = self.frames[node.key.frame as usize].child(id, takes);
        self.begin(place, frame)
    }

    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        let thing = self.ids.goroutines.get(id.0);
        GoroutineInfo {
            name: self.ids.goroutines.name(id.0, None),
            parent: thing.maker().map(GoroutineId),
            site: Site::NONE,
            timer: thing.kind() == "timer goroutine",
        }
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        ObjectInfo {
            name: self.ids.objects.name(id.0, Some(&self.ids.goroutines)),
            site: Site::NONE,
        }
    }

    fn known(&self) -> Known {
        self.ids.known()
    }

    fn expect(&mut self, known: &Known) {
        self.ids.expect(known);
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
}
