//! A script as a [`Program`] that walks its statements itself.

mod fill;

use rustc_hash::FxHashMap;

use super::code::{Act, Code, Instruction, Place};
use super::frame::{Frame, Held};
use super::ids::Ids;
use super::{Object, Script};
use crate::model::{
    Arrival, Creation, Fault, GoroutineId, GoroutineInfo, Known, Local, Next, ObjectId, ObjectInfo,
    Op, Outcome, Program, Site, TimerRules, ValueId, World,
};
use crate::runtime::edges::Edges;
use fill::Filling;

/// How much a goroutine keeps of what it was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// Only what can matter for what it does: so there are as few states as can be.
    Forgetful,
    /// All, as a closure does: a state shows what every goroutine has observed.
    Remembering,
}

/// How the goroutines come to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// All exist from the start, wait groups have their counters, contexts are derived.
    Together,
    /// Main's first operations are these: it sets the counters, derives contexts, and starts the other goroutines, as [`Script::closure`] does.
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
    nodes: Vec<Node>,
    by_key: FxHashMap<Key, Local>,
    histories: Vec<(u32, Told)>,
    by_told: FxHashMap<(u32, Told), u32>,
    frames: Vec<Frame>,
    by_frame: FxHashMap<Frame, u32>,
    values: Values,
}

/// All that a goroutine is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    place: Place,
    /// Whether this is main at its start, with all objects just made.
    begins: bool,
    /// What it was told, if it remembers: an index, from 1; 0 is nothing.
    history: u32,
    /// The last integer that it was told, where that matters; else 0.
    last: i64,
    /// What it has in its variables: an index.
    frame: u32,
}

/// One entry of a history.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Told {
    Outcome(Outcome),
    /// It entered the loop whose head is at this place: what comes after is forgotten with each turn.
    Entered(Place),
}

struct Node {
    key: Key,
    arrival: Arrival,
    edges: Edges,
}

/// What is passed about; the value 0 of the model is `()`.
#[derive(Default)]
struct Values {
    values: Vec<Value>,
    ids: FxHashMap<Value, ValueId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Value {
    Integer(i64),
    /// The handle of this object.
    Handle(ObjectId),
}

impl Values {
    fn id(&mut self, value: Value) -> ValueId {
        *self.ids.entry(value).or_insert_with(|| {
            self.values.push(value);
            ValueId::from_index(self.values.len())
        })
    }

    fn of_integer(&mut self, integer: i64) -> ValueId {
        self.id(Value::Integer(integer))
    }

    /// The value of this id; `()` is the integer 0.
    fn get(&self, id: ValueId) -> Value {
        match id.index().checked_sub(1) {
            Some(index) => self.values[index],
            None => Value::Integer(0),
        }
    }

    /// The integer of a value; 0 for `()` and for a handle.
    fn integer(&self, id: ValueId) -> i64 {
        match self.get(id) {
            Value::Integer(integer) => integer,
            Value::Handle(_) => 0,
        }
    }
}

impl Script {
    /// This script as a program that needs no closure.
    ///
    /// # Panics
    /// If the script has no goroutine, or does with an object what its kind does not allow.
    #[must_use]
    pub fn interpreter(&self, start: Start, memory: Memory) -> Interpreter {
        self.interpreter_with(start, memory, TimerRules::default())
    }

    /// The same, with timers by these rules.
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
        let (ids, first) = Ids::new(self, (start, timers), &mut |integer| {
            values.of_integer(integer)
        });
        Interpreter {
            script: self.clone(),
            code: Code::new(self, start),
            ids,
            memory,
            start,
            first,
            nodes: Vec::new(),
            by_key: FxHashMap::default(),
            histories: Vec::new(),
            by_told: FxHashMap::default(),
            frames: Vec::new(),
            by_frame: FxHashMap::default(),
            values,
        }
    }
}

impl Interpreter {
    /// What the goroutine that stands at `local` was told, the oldest first; empty unless it remembers. Within a loop for ever only the
    /// turn at hand is remembered.
    #[must_use]
    pub fn history(&self, local: Local) -> Vec<Outcome> {
        let mut told = Vec::new();
        let mut history = self.nodes[local.index()].key.history;
        while history > 0 {
            let (before, entry) = self.histories[history as usize - 1];
            if let Told::Outcome(outcome) = entry {
                told.push(outcome);
            }
            history = before;
        }
        told.reverse();
        told
    }

    /// The number of the statement with whose first operation the goroutine that stands at `local` is about to go on, counted from 0 through all goroutines, a statement
    /// before those within it.
    #[must_use]
    pub fn statement(&self, local: Local) -> Option<usize> {
        let place = self.nodes[local.index()].key.place;
        let heads = &self.code.heads;
        // Statements without an operation of their own begin where the next one does: of those the last is meant.
        let after = heads.partition_point(|(head, _)| *head <= place);
        let (head, number) = *heads.get(after.checked_sub(1)?)?;
        (head == place).then_some(number)
    }

    /// The last integer that the goroutine that stands at `local` was told, as [`Operand::Last`](super::Operand::Last) has it. One that forgets what
    /// cannot matter says 0 there.
    #[must_use]
    pub fn last(&self, local: Local) -> i64 {
        self.nodes[local.index()].key.last
    }

    /// How the goroutines come to be.
    #[must_use]
    pub fn start_mode(&self) -> Start {
        self.start
    }

    fn add_history(&mut self, before: u32, told: Told) -> u32 {
        if self.memory == Memory::Forgetful {
            return 0;
        }
        let histories = &mut self.histories;
        *self.by_told.entry((before, told)).or_insert_with(|| {
            histories.push((before, told));
            u32::try_from(histories.len()).expect("more than 2^32 histories")
        })
    }

    /// What was known when the loop with its head at this place was entered.
    fn history_at(&self, mut history: u32, head: Place) -> u32 {
        while history > 0 && self.histories[history as usize - 1].1 != Told::Entered(head) {
            history = self.histories[history as usize - 1].0;
        }
        history
    }

    /// Goes on to the next operation, and yields where that is.
    fn go_on(&mut self, mut key: Key, mut frame: Frame) -> Result<Local, Fault> {
        let mut turns = 0;
        loop {
            match &self.code.instructions[key.place] {
                Instruction::Jump(place) => {
                    key.place = *place;
                    continue;
                }
                Instruction::EnterLoop => {
                    key.history = self.add_history(key.history, Told::Entered(key.place));
                    key.last = 0;
                }
                Instruction::Again(head) => {
                    turns += 1;
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
                Instruction::Do(..) | Instruction::Return | Instruction::Panic(_) => {
                    if self.memory == Memory::Forgetful && !self.code.needs_last[key.place] {
                        key.last = 0;
                    }
                    return Ok(self.node(key, frame));
                }
            }
            key.place += 1;
        }
    }

    /// Makes an object, for which the declared one stands from here on.
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

    fn node(&mut self, mut key: Key, frame: Frame) -> Local {
        key.frame = match self.by_frame.get(&frame) {
            Some(&known) => known,
            None => {
                let index = u32::try_from(self.frames.len()).expect("more than 2^32 frames");
                self.frames.push(frame.clone());
                self.by_frame.insert(frame.clone(), index);
                index
            }
        };
        if let Some(&local) = self.by_key.get(&key) {
            return local;
        }
        let mut created = Vec::new();
        if key.begins {
            created.clone_from(&self.first);
        }
        for &(object, nth) in &frame.fresh {
            created.extend(self.created(frame.goroutine, object, nth).1);
        }
        let next = match &self.code.instructions[key.place] {
            Instruction::Do(act, _) => {
                let mut filling = Filling {
                    script: &self.script,
                    ids: &mut self.ids,
                    values: &mut self.values,
                    frame: &frame,
                    last: key.last,
                };
                Next::Op(filling.op(act))
            }
            Instruction::Panic(message) => Next::Panic(message.clone()),
            _ => Next::Return,
        };
        let local = Local::from_index(self.nodes.len());
        self.nodes.push(Node {
            key,
            arrival: Arrival {
                created,
                next,
                site: site(key.place),
            },
            edges: Edges::default(),
        });
        self.by_key.insert(key, local);
        local
    }

    fn begin(&mut self, goroutine: usize, mut frame: Frame) -> Result<Local, Fault> {
        let begins = frame.goroutine == GoroutineId::MAIN;
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
        };
        self.go_on(key, frame)
    }

    fn empty_loop(&self, place: Place) -> Fault {
        let goroutine = self.code.entries.partition_point(|&entry| entry <= place) - 1;
        Fault::EmptyLoop {
            goroutine: self.script.goroutines[goroutine].name.clone(),
            site: site(place),
        }
    }
}

fn site(place: Place) -> Site {
    Site {
        file: "script",
        line: u32::try_from(place + 1).unwrap_or(u32::MAX),
        column: 1,
    }
}

impl Program for Interpreter {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
        let started = self.script.started_by_statement();
        let mut goroutines = Vec::new();
        for (place, by_statement) in started.into_iter().enumerate() {
            let from_start = match self.start {
                Start::Together => place == 0 || !by_statement,
                Start::ByMain => place == 0,
            };
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
                Value::Handle(_) => super::A_HANDLE.to_owned(),
            },
        }
    }
}
