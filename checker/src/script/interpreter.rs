//! A script as a [`Program`](crate::model::Program) that executes its statements directly.

mod fill;
mod history;
mod identical;
mod program;
mod values;

use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::code::{Code, CodeIndex, Instruction};
use super::frame::{Frame, Held, Unwinding};
use super::ids::Ids;
use super::{Object, Script};
use crate::execution::automaton::Automaton;
use crate::memory::no_memory;
use crate::model::{
    Arrival, Creation, Fault, GoroutineId, LocalState, Names, Next, ObjectId, Op, Panic, TimerRules,
};
use fill::Filling;
use history::HistoryEntry;
use identical::Identical;
use program::site;
use values::{Value, Values};

/// The part of its history that a goroutine keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// Only the part that can matter for its behaviour, so that there are as few states as
    /// possible.
    Forgetful,
    /// Everything, like a closure: a state shows what every goroutine has observed.
    Full,
}

/// The way in which the goroutines start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// All exist from the start; wait groups have their counters, contexts are derived.
    Together,
    /// Main's first operations set the counters, derive contexts, and start the other goroutines,
    /// as in [`Script::closure`].
    ByMain,
}

/// An interpreter of a script: see [`Script::interpreter`].
pub struct Interpreter {
    script: Script,
    code: Code,
    ids: Ids,
    memory: Memory,
    start: Start,
    /// The objects that exist from the start.
    first: Vec<Creation>,
    automaton: Automaton<Key>,
    /// The local states, by the hash of their keys.
    by_key: HashTable<LocalState>,
    histories: Vec<(u32, HistoryEntry)>,
    by_told: FxHashMap<(u32, HistoryEntry), u32>,
    frames: Vec<Frame>,
    by_frame: FxHashMap<Frame, u32>,
    values: Values,
    identical: Identical,
}

/// The whole state of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    place: CodeIndex,
    /// True for main at its start, when the first objects have just been made.
    begins: bool,
    /// The index of its history, from 1, if it keeps one; 0 if it is empty.
    history: u32,
    /// The last integer that it got, if it matters; otherwise 0.
    last: i64,
    /// The index of its frame.
    frame: u32,
    /// The panic of its last operation.
    panic: Option<Panic>,
}

impl Script {
    /// Returns this script as a program that needs no closure.
    ///
    /// # Panics
    /// If the script has no goroutine, or uses an object in a way that its kind does not allow.
    #[must_use]
    pub fn interpreter(&self, start: Start, memory: Memory) -> Interpreter {
        self.interpreter_with(start, memory, TimerRules::default())
    }

    /// Returns the same with these rules for timers.
    ///
    /// # Panics
    /// As for [`Script::interpreter`].
    #[must_use]
    pub fn interpreter_with(
        &self,
        start: Start,
        memory: Memory,
        timers: TimerRules,
    ) -> Interpreter {
        let mut values = Values::default();
        let mut of_integer = |integer| values.of_integer(integer);
        let (ids, first) = Ids::new(self, (start, timers), &mut of_integer);
        Interpreter {
            script: self.clone(),
            code: Code::new(self, start),
            ids,
            memory,
            start,
            first,
            automaton: Automaton::default(),
            by_key: HashTable::new(),
            histories: Vec::new(),
            by_told: FxHashMap::default(),
            frames: Vec::new(),
            by_frame: FxHashMap::default(),
            values,
            identical: Identical::default(),
        }
    }
}

impl Interpreter {
    /// Returns the number of the statement whose first operation the goroutine at `local` is about
    /// to do. Statements are counted from 0 through all goroutines, a statement before those within
    /// it.
    #[must_use]
    pub fn statement(&self, local: LocalState) -> Option<usize> {
        let place = self.automaton.node(local).data.place;
        let heads = &self.code.heads;
        // Statements without an operation of their own begin where the next one does: take the last
        // of them.
        let after = heads.partition_point(|(head, _)| *head <= place);
        let (head, number) = *heads.get(after.checked_sub(1)?)?;
        (head == place).then_some(number)
    }

    /// Returns the last integer that the goroutine at `local` got, as in
    /// [`Operand::Last`](super::Operand::Last). With [`Memory::Forgetful`] it is 0 where it cannot
    /// matter.
    #[must_use]
    pub fn last(&self, local: LocalState) -> i64 {
        self.automaton.node(local).data.last
    }

    /// Returns the way in which the goroutines start.
    #[must_use]
    pub fn start_mode(&self) -> Start {
        self.start
    }

    /// Runs to the next operation, and returns its local state.
    fn go_on(&mut self, mut key: Key, mut frame: Frame) -> Result<LocalState, Fault> {
        let mut turns = 0;
        loop {
            match &self.code.instructions[key.place] {
                Instruction::Jump(place) => {
                    key.place = *place;
                    continue;
                }
                Instruction::EnterLoop => {
                    key.history = self.add_history(key.history, HistoryEntry::Entered(key.place));
                    key.last = 0;
                }
                Instruction::Again(head) => {
                    turns += 1;
                    // So many turns without an operation have been through every instruction.
                    if turns > self.code.instructions.len() {
                        return Err(self.empty_loop(key.place));
                    }
                    key.history = self.history_at(key.history, *head);
                    key.last = 0;
                    key.place = *head;
                }
                Instruction::LeaveLoop => key.last = 0,
                Instruction::IfHeld(var, place) => {
                    if frame.held(*var).is_none() {
                        key.place = *place;
                        continue;
                    }
                }
                Instruction::New(object) => {
                    let object = *object;
                    self.make(&mut frame, object);
                }
                Instruction::AddHeld(var, delta) => {
                    if let Some(Held::Guard { grip, content, .. }) = frame.held_mut(*var)
                        && !grip.reads()
                    {
                        *content = content.wrapping_add(*delta);
                    }
                }
                Instruction::Leave(var) => drop(frame.release(*var)),
                Instruction::Defer(var) => {
                    let captured = Held::Deferred(frame.bindings.clone());
                    frame.hold(*var, captured);
                }
                Instruction::BeginCall(var) => {
                    if let Some(Held::Deferred(captured)) = frame.release(*var) {
                        frame.captured = Some(captured);
                    }
                }
                Instruction::EndCall => frame.captured = None,
                Instruction::Goexit => frame.unwinding = Some(Unwinding::Goexit(key.place)),
                Instruction::Recovered if frame.unwinding == Some(Unwinding::Panic) => {
                    frame.unwinding = None;
                }
                Instruction::Unwind if frame.unwinding.is_some() => {
                    if self.leave_scope(&mut key, &mut frame) {
                        continue;
                    }
                    return self.arrive(key, frame);
                }
                Instruction::Recovered | Instruction::Unwind => {}
                Instruction::Panic(_) if self.throw(&mut key, &mut frame) => continue,
                Instruction::Do(..) | Instruction::Return | Instruction::Panic(_) => {
                    return self.arrive(key, frame);
                }
            }
            key.place += 1;
        }
    }

    /// Lets a panic at this position leave the innermost scope. Returns false if nobody recovers
    /// it.
    fn throw(&self, key: &mut Key, frame: &mut Frame) -> bool {
        if !self.code.exits[key.place].recovers {
            return false;
        }
        // A panic of a deferred call does not end a Goexit.
        frame.unwinding.get_or_insert(Unwinding::Panic);
        frame.captured = None;
        self.leave_scope(key, frame)
    }

    /// Goes on at the end of the innermost scope. Returns false if that is the goroutine's own,
    /// which a Goexit ends at its place.
    fn leave_scope(&self, key: &mut Key, frame: &mut Frame) -> bool {
        let end = self.code.exits[key.place].to;
        if let Some(end) = end {
            key.place = end;
        } else if let Some(Unwinding::Goexit(from)) = frame.unwinding.take() {
            key.place = from;
        }
        end.is_some()
    }

    /// Returns the local state at this position, where the goroutine does its next operation or
    /// ends.
    fn arrive(&mut self, mut key: Key, frame: Frame) -> Result<LocalState, Fault> {
        // A value that nothing reads any more would make two states of one.
        if self.memory == Memory::Forgetful && !self.code.needs_last[key.place] {
            key.last = 0;
        }
        self.node(key, frame)
    }

    /// Makes an object, and binds its declaration to it.
    fn make(&mut self, frame: &mut Frame, object: Object) {
        let nth = frame.makes(object);
        let (id, _) = self.created(frame.goroutine, object, nth);
        if let Some(id) = id {
            frame.bind(object, id, self.ids.first(object));
        }
    }

    fn created(
        &mut self,
        maker: GoroutineId,
        object: Object,
        nth: u32,
    ) -> (Option<ObjectId>, Vec<Creation>) {
        let values = &mut self.values;
        let mut values = |integer| values.of_integer(integer);
        self.ids.make(&self.script, object, maker, nth, &mut values)
    }

    fn node(&mut self, mut key: Key, frame: Frame) -> Result<LocalState, Fault> {
        key.frame = match self.by_frame.get(&frame) {
            Some(&known) => known,
            None => {
                let index = u32::try_from(self.frames.len()).expect("more than 2^32 frames");
                self.frames.push(frame.clone());
                self.by_frame.insert(frame.clone(), index);
                index
            }
        };
        let hash = FxBuildHasher.hash_one(key);
        let is_it = |local: &LocalState| self.automaton.node(*local).data == key;
        if let Some(&local) = self.by_key.find(hash, is_it) {
            return Ok(local);
        }
        let mut created = Vec::new();
        if key.begins {
            created.clone_from(&self.first);
        }
        for &(object, nth) in &frame.fresh {
            created.extend(self.created(frame.goroutine, object, nth).1);
        }
        let next = match (key.panic, &self.code.instructions[key.place]) {
            (Some(panic), _) => Next::Unrecovered(panic),
            (None, Instruction::Do(act, _)) => {
                let mut filling = Filling {
                    script: &self.script,
                    ids: &mut self.ids,
                    values: &mut self.values,
                    frame: &frame,
                    last: key.last,
                };
                Next::Op(filling.op(act))
            }
            (None, Instruction::Panic(message)) => Next::Panic(message.clone()),
            (None, Instruction::Goexit) if frame.goroutine == GoroutineId::MAIN => {
                Next::Op(Op::Exited)
            }
            (None, _) => Next::Return,
        };
        let arrival = Arrival {
            created,
            next,
            site: site(key.place),
        };
        let local = self.automaton.add(key, arrival)?;
        let automaton = &self.automaton;
        let hash_of = |local: &LocalState| FxBuildHasher.hash_one(automaton.node(*local).data);
        let reserved = self.by_key.try_reserve(1, hash_of);
        reserved.map_err(|_| no_memory(2 * self.by_key.len() * size_of::<LocalState>()))?;
        self.by_key.insert_unique(hash, local, hash_of);
        Ok(local)
    }

    fn begin(&mut self, goroutine: usize, mut frame: Frame) -> Result<LocalState, Fault> {
        let begins = frame.goroutine == GoroutineId::MAIN;
        let goroutine = self.identical.meet(goroutine, &mut frame);
        if begins {
            frame.has_made_first(self.script.objects.len(), |object| {
                self.ids.first(object).is_some()
            });
        }
        let key = Key {
            place: self.code.entries[goroutine],
            begins,
            history: 0,
            last: 0,
            frame: 0,
            panic: None,
        };
        self.go_on(key, frame)
    }

    fn empty_loop(&self, place: CodeIndex) -> Fault {
        let goroutine = self.code.entries.partition_point(|&entry| entry <= place) - 1;
        Fault::EmptyLoop {
            goroutine: self.script.goroutines[goroutine].name.clone(),
            site: self.place(site(place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;
    use crate::execution::end_state::EndState;
    use crate::model::World;
    use crate::script::random::{self, Mix};
    use crate::script::{AtomicOp, Kind, Operand, Statement};

    /// Returns all ends of a script that has few states.
    fn ends(script: &Script, memory: Memory) -> Option<BTreeSet<EndState>> {
        let mut program = script.interpreter(Start::Together, memory);
        let start = World::start(&mut program).expect("it starts");
        let (mut seen, mut todo) = (HashSet::from([start.clone()]), vec![start]);
        let (mut steps, mut ends) = (Vec::new(), BTreeSet::new());
        while let Some(world) = todo.pop() {
            world.enabled(&program, &mut steps);
            if steps.is_empty() {
                ends.insert(EndState::of(&program, &world));
            }
            for &step in &steps {
                let mut next = world.clone();
                next.take(&mut program, step).expect("it goes on");
                if seen.insert(next.clone()) {
                    todo.push(next);
                }
            }
            if seen.len() > 5_000 {
                return None;
            }
        }
        Some(ends)
    }

    #[test]
    fn what_is_forgotten_makes_no_difference() {
        let mut compared = 0;
        for seed in 0..300 {
            let mix = Mix {
                recover: seed % 3 == 0,
                ..Mix::default()
            };
            let script = random::script(seed, mix);
            if let Some(all) = ends(&script, Memory::Full) {
                assert_eq!(ends(&script, Memory::Forgetful), Some(all), "seed {seed}");
                compared += 1;
            }
        }
        assert!(compared > 200, "only {compared} scripts are small enough");
    }

    /// After the close it would be replaced, but the close panics.
    #[test]
    fn what_was_told_before_a_recovered_panic_is_kept() {
        let mut script = Script::new();
        let (from, to) = (script.cell("from", 5), script.cell("to", 0));
        let nil = script.declare("nil", Kind::NilChan);
        let panics = vec![Statement::Close(nil), Statement::Get(to)];
        let body = [
            Statement::Get(from),
            Statement::Recover(panics),
            Statement::Set(to, Operand::Last(0)),
        ];
        script.goroutine("main", body);
        let ends = ends(&script, Memory::Forgetful).expect("it is small");
        let left = ends.first().map(|end| end.objects.clone());
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(left, Some(vec![text("from", "5"), text("to", "5")]));
    }

    #[test]
    fn a_store_tells_nothing_so_what_was_told_before_it_is_kept() {
        let mut script = Script::new();
        let (from, to) = (script.cell("from", 5), script.cell("to", 0));
        let atomic = script.declare("atomic", Kind::Atomic { value: 0 });
        let body = [
            Statement::Get(from),
            Statement::Atomic(atomic, AtomicOp::Store(1)),
            Statement::Set(to, Operand::Last(0)),
        ];
        script.goroutine("main", body);
        let ends = ends(&script, Memory::Forgetful).expect("it is small");
        let left = ends.first().map(|end| end.objects.clone());
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let expected = vec![text("atomic", "1"), text("from", "5"), text("to", "5")];
        assert_eq!(left, Some(expected));
    }
}
