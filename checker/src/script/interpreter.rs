//! A script as a [`Program`] that walks its statements itself.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::Script;
use super::code::{Act, Code, Communication, Instruction, Place};
use crate::model::{
    Arrival, Case, Creation, Fault, GoroutineId, GoroutineInfo, Local, Next, ObjectId, ObjectInfo,
    Op, Outcome, Program, Site, ValueId, World,
};

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
    code: Code,
    memory: Memory,
    start: Start,
    /// Which goroutines exist from the start.
    started: Vec<usize>,
    made_at: FxHashMap<Place, Vec<Creation>>,
    nodes: Vec<Node>,
    by_key: FxHashMap<Key, Local>,
    histories: Vec<(u32, Told)>,
    by_told: FxHashMap<(u32, Told), u32>,
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
    edges: SmallVec<[(Outcome, Local); 2]>,
}

/// The integers that are passed about; the value 0 of the model is `()`.
#[derive(Default)]
struct Values {
    integers: Vec<i64>,
    ids: FxHashMap<i64, ValueId>,
}

impl Values {
    fn id(&mut self, integer: i64) -> ValueId {
        *self.ids.entry(integer).or_insert_with(|| {
            self.integers.push(integer);
            ValueId::from_index(self.integers.len())
        })
    }

    /// The integer of a value; 0 for `()`.
    fn integer(&self, id: ValueId) -> i64 {
        match id.index().checked_sub(1) {
            Some(index) => self.integers[index],
            None => 0,
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
        let mut values = Values::default();
        let (code, made_at) = Code::new(self, start, &mut |integer| values.id(integer));
        let started = self.started_by_statement();
        let from_start = |place: &usize| match start {
            Start::Together => !started[*place],
            Start::ByMain => *place == 0,
        };
        Interpreter {
            started: (0..started.len()).filter(from_start).collect(),
            code,
            memory,
            start,
            made_at: made_at.into_iter().collect(),
            nodes: Vec::new(),
            by_key: FxHashMap::default(),
            histories: Vec::new(),
            by_told: FxHashMap::default(),
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
    fn go_on(&mut self, mut key: Key) -> Result<Local, Fault> {
        let mut turns = 0;
        loop {
            match self.code.instructions[key.place] {
                Instruction::Jump(place) => key.place = place,
                Instruction::EnterLoop => {
                    key.history = self.add_history(key.history, Told::Entered(key.place));
                    key.last = 0;
                    key.place += 1;
                }
                Instruction::Again(head) => {
                    turns += 1;
                    if turns > self.code.instructions.len() {
                        return Err(self.empty_loop(key.place));
                    }
                    key.history = self.history_at(key.history, head);
                    key.last = 0;
                    key.place = head + 1;
                }
                Instruction::LeaveLoop => {
                    key.last = 0;
                    key.place += 1;
                }
                Instruction::Do(..) | Instruction::Return | Instruction::Panic(_) => {
                    if self.memory == Memory::Forgetful && !self.code.needs_last[key.place] {
                        key.last = 0;
                    }
                    return Ok(self.node(key));
                }
            }
        }
    }

    fn node(&mut self, key: Key) -> Local {
        if let Some(&local) = self.by_key.get(&key) {
            return local;
        }
        let next = match &self.code.instructions[key.place] {
            Instruction::Do(act, _) => Next::Op(op(act, key.last, &mut self.values)),
            Instruction::Panic(message) => Next::Panic(message.clone()),
            _ => Next::Return,
        };
        let mut created = Vec::new();
        if key.begins {
            created.extend(self.code.layout.first.iter().cloned());
        }
        created.extend(self.made_at.get(&key.place).into_iter().flatten().cloned());
        let local = Local::from_index(self.nodes.len());
        self.nodes.push(Node {
            key,
            arrival: Arrival {
                created,
                next,
                site: site(key.place),
            },
            edges: SmallVec::new(),
        });
        self.by_key.insert(key, local);
        local
    }

    fn begin(&mut self, goroutine: usize) -> Result<Local, Fault> {
        self.go_on(Key {
            place: self.code.entries[goroutine],
            begins: goroutine == 0,
            history: 0,
            last: 0,
        })
    }

    fn empty_loop(&self, place: Place) -> Fault {
        let goroutine = self.code.entries.partition_point(|&entry| entry <= place) - 1;
        Fault::EmptyLoop {
            goroutine: self.goroutine(self.code.layout.goroutines[goroutine]).name,
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

/// An operation with its operands filled in.
fn op(act: &Act, last: i64, values: &mut Values) -> Op {
    let mut value = |operand: super::Operand| {
        values.id(match operand {
            super::Operand::Constant(integer) => integer,
            super::Operand::Last(delta) => last.wrapping_add(delta),
        })
    };
    match act {
        Act::Fixed(op) => op.clone(),
        Act::Send(channel, operand) => Op::Send(*channel, value(*operand)),
        Act::Set(cell, operand) => Op::Set(*cell, value(*operand)),
        Act::Unlock(lock, operand) => Op::Unlock(*lock, Some(value(*operand))),
        Act::WUnlock(lock, operand) => Op::WUnlock(*lock, Some(value(*operand))),
        Act::Select(communications, default) => Op::Select {
            cases: communications
                .iter()
                .map(|communication| match communication {
                    Communication::Send(channel, operand) => Case::Send(*channel, value(*operand)),
                    Communication::Recv(channel) => Case::Recv(*channel),
                })
                .collect(),
            default: *default,
        },
    }
}

impl Program for Interpreter {
    fn start(&mut self, _: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
        let mut goroutines = Vec::new();
        for index in 0..self.started.len() {
            let goroutine = self.started[index];
            let local = self.begin(goroutine)?;
            goroutines.push((self.code.layout.goroutines[goroutine], local));
        }
        Ok(goroutines)
    }

    fn arrival(&self, local: Local) -> &Arrival {
        &self.nodes[local.index()].arrival
    }

    fn resume(&mut self, local: Local, outcome: Outcome, _: &mut World) -> Result<Local, Fault> {
        let node = &self.nodes[local.index()];
        if let Some((_, next)) = node.edges.iter().find(|(known, _)| *known == outcome) {
            return Ok(*next);
        }
        let mut key = node.key;
        let Instruction::Do(act, then) = &self.code.instructions[key.place] else {
            panic!("{local:?} has nothing to do")
        };
        key.place = then.after(outcome);
        key.begins = false;
        key.last = match outcome {
            Outcome::Value(value) | Outcome::Received(_, Some(value)) => self.values.integer(value),
            Outcome::Nothing | Outcome::Received(_, None) => 0,
            Outcome::Number(number) if act.tells_number() => number,
            _ => key.last,
        };
        if outcome != Outcome::Done {
            key.history = self.add_history(key.history, Told::Outcome(outcome));
        }
        let next = self.go_on(key)?;
        self.nodes[local.index()].edges.push((outcome, next));
        Ok(next)
    }

    fn child(&mut self, local: Local, _: &mut World) -> Result<Local, Fault> {
        let Next::Op(Op::Go(id)) = self.arrival(local).next else {
            panic!("{local:?} is no go statement")
        };
        let place = self.code.layout.goroutines.iter().position(|it| *it == id);
        self.begin(place.expect("a go statement starts a goroutine of the script"))
    }

    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        let (name, timer) = self.code.layout.goroutine_names[id.index()].clone();
        let by_main = self.start == Start::ByMain && id != GoroutineId::MAIN;
        GoroutineInfo {
            name,
            parent: (timer || by_main).then_some(GoroutineId::MAIN),
            site: Site::NONE,
            timer,
        }
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        ObjectInfo {
            name: self.code.layout.object_names[id.index()].clone(),
            site: Site::NONE,
        }
    }

    fn value(&self, id: ValueId) -> String {
        match id {
            ValueId::UNIT => "()".to_owned(),
            id => self.values.integer(id).to_string(),
        }
    }
}
