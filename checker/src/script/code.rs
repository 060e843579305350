//! A script's statements as flat code with jumps, over the ids of the model.

use super::layout::Layout;
use super::{Case, Kind, Object, Operand, Script, Start, Statement};
use crate::model::{AtomicOp, Creation, ObjectId, Op, Outcome, Pause, TimerRules, ValueId};

/// A place in the code.
pub(super) type Place = usize;

/// All goroutines' code.
pub(super) struct Code {
    pub(super) instructions: Vec<Instruction>,
    /// Where each goroutine of the script begins. Its last instruction is its only [`Instruction::Return`].
    pub(super) entries: Vec<Place>,
    /// Where each statement begins, and its number, counted from 0 in the order of [`visit`](super::visit) through all goroutines.
    pub(super) heads: Vec<(Place, usize)>,
    /// At which places the last integer that the goroutine was told can matter for what it does.
    pub(super) needs_last: Vec<bool>,
    pub(super) layout: Layout,
}

pub(super) enum Instruction {
    Do(Act, Then),
    Jump(Place),
    /// The head of a loop for ever, reached from before it; the next instruction is the first of the body.
    EnterLoop,
    /// Back to the head at this place.
    Again(Place),
    LeaveLoop,
    Return,
    Panic(String),
}

/// An operation whose operands may have to be filled in.
pub(super) enum Act {
    Fixed(Op),
    Send(Option<ObjectId>, Operand),
    Set(ObjectId, Operand),
    Unlock(ObjectId, Operand),
    WUnlock(ObjectId, Operand),
    Select(Vec<Communication>, bool),
}

pub(super) enum Communication {
    Send(Option<ObjectId>, Operand),
    Recv(Option<ObjectId>),
}

/// Where to go on.
pub(super) enum Then {
    Always(Place),
    /// At the first if a value came, else at the second.
    IfValue(Place, Place),
    /// At the first if the number is 1, else at the second.
    IfOne(Place, Place),
    /// By the case of a select, or its default.
    ByCase(Vec<Place>, Place),
    /// By a chosen number.
    ByNumber(Vec<Place>),
}

impl Then {
    pub(super) fn after(&self, outcome: Outcome) -> Place {
        match (self, outcome) {
            (Self::Always(place), _)
            | (Self::IfValue(place, _), Outcome::Value(_))
            | (Self::IfOne(place, _), Outcome::Number(1))
            | (Self::IfValue(_, place), Outcome::Nothing)
            | (Self::IfOne(_, place), _)
            | (Self::ByCase(_, place), Outcome::Default) => *place,
            (Self::ByCase(places, _), Outcome::Sent(case) | Outcome::Received(case, _)) => {
                places[case as usize]
            }
            (Self::ByNumber(places), Outcome::Number(number)) => {
                places[usize::try_from(number).expect("a choice is not negative")]
            }
            _ => unreachable!("{outcome:?} is no outcome of such an operation"),
        }
    }

    fn places(&self) -> Vec<Place> {
        match self {
            Self::Always(place) => vec![*place],
            Self::IfValue(a, b) | Self::IfOne(a, b) => vec![*a, *b],
            Self::ByCase(places, default) => places.iter().chain([default]).copied().collect(),
            Self::ByNumber(places) => places.clone(),
        }
    }
}

impl Operand {
    fn uses_last(self) -> bool {
        matches!(self, Self::Last(_))
    }
}

impl Act {
    fn uses_last(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Send(_, operand)
            | Self::Set(_, operand)
            | Self::Unlock(_, operand)
            | Self::WUnlock(_, operand) => operand.uses_last(),
            Self::Select(cases, _) => cases
                .iter()
                .any(|case| matches!(case, Communication::Send(_, operand) if operand.uses_last())),
        }
    }

    /// Whether every outcome tells the goroutine an integer.
    fn always_tells(&self) -> bool {
        matches!(
            self,
            Self::Fixed(
                Op::Lock(_)
                    | Op::TryLock(_)
                    | Op::RLock(_)
                    | Op::TryRLock(_)
                    | Op::WLock(_)
                    | Op::TryWLock(_)
                    | Op::Recv(_)
                    | Op::Len(_)
                    | Op::CondWait { .. }
                    | Op::CtxErr(_)
                    | Op::TimerStop(_)
                    | Op::TimerReset(_)
                    | Op::Atomic(..)
                    | Op::Get(_)
                    | Op::Choose(_)
            )
        )
    }

    /// Whether the goroutine can see the number that this yields: a once keeps it to itself.
    pub(super) fn tells_number(&self) -> bool {
        !matches!(
            self,
            Self::Fixed(Op::OnceBegin(_) | Op::Atomic(_, AtomicOp::Store(_)))
        )
    }
}

/// What main makes just before the operation at a place: see [`Layout::derived`].
pub(super) type MadeAt = Vec<(Place, Vec<Creation>)>;

impl Code {
    /// Compiles a script. `values` yields the id of an integer.
    pub(super) fn new(
        script: &Script,
        (start, timers): (Start, TimerRules),
        values: &mut impl FnMut(i64) -> ValueId,
    ) -> (Self, MadeAt) {
        assert!(!script.goroutines.is_empty(), "a script without a main");
        let layout = Layout::new(script, (start, timers), values);
        let mut writer = Writer {
            script,
            layout: &layout,
            instructions: Vec::new(),
            heads: Vec::new(),
            next_statement: 0,
            breaks: Vec::new(),
            returns: Vec::new(),
        };
        let mut entries = Vec::new();
        let mut made_at = MadeAt::new();
        for (place, goroutine) in script.goroutines.iter().enumerate() {
            entries.push(writer.instructions.len());
            if place == 0 && start == Start::ByMain {
                writer.preamble(&mut made_at);
            }
            writer.body(&goroutine.body);
            let end = writer.instructions.len();
            for jump in std::mem::take(&mut writer.returns) {
                writer.instructions[jump] = Instruction::Jump(end);
            }
            writer.instructions.push(Instruction::Return);
        }
        let heads = writer.heads;
        let instructions = writer.instructions;
        let needs_last = needs_last(&instructions);
        let code = Self {
            instructions,
            entries,
            heads,
            needs_last,
            layout,
        };
        (code, made_at)
    }
}

/// At which places the last integer matters: where it is used, or where it matters somewhere on and nothing replaces it on the way.
fn needs_last(instructions: &[Instruction]) -> Vec<bool> {
    let mut needs = vec![false; instructions.len()];
    loop {
        let mut changed = false;
        for (place, instruction) in instructions.iter().enumerate().rev() {
            let now = match instruction {
                Instruction::Do(act, then) => {
                    act.uses_last()
                        || (!act.always_tells() && then.places().iter().any(|&next| needs[next]))
                }
                Instruction::Jump(next) => needs[*next],
                Instruction::EnterLoop
                | Instruction::Again(_)
                | Instruction::LeaveLoop
                | Instruction::Return
                | Instruction::Panic(_) => false,
            };
            changed |= now != needs[place];
            needs[place] = now;
        }
        if !changed {
            return needs;
        }
    }
}

struct Writer<'a> {
    script: &'a Script,
    layout: &'a Layout,
    instructions: Vec<Instruction>,
    /// See [`Code::heads`].
    heads: Vec<(Place, usize)>,
    /// The number of the statement that is written next.
    next_statement: usize,
    /// Of each loop that is being written, the places of its breaks.
    breaks: Vec<Vec<Place>>,
    /// Places of returns of the goroutine that is being written.
    returns: Vec<Place>,
}

impl Writer<'_> {
    fn here(&self) -> Place {
        self.instructions.len()
    }

    /// An operation after which the next instruction follows.
    fn act(&mut self, act: Act) {
        let next = self.here() + 1;
        self.instructions
            .push(Instruction::Do(act, Then::Always(next)));
    }

    fn op(&mut self, op: Op) {
        self.act(Act::Fixed(op));
    }

    /// An instruction that is filled in later.
    fn hole(&mut self) -> Place {
        self.instructions.push(Instruction::Return);
        self.here() - 1
    }

    /// What main does before its body where all is started by main: counters, derived contexts, goroutines.
    fn preamble(&mut self, made_at: &mut MadeAt) {
        for (place, declaration) in self.script.objects.iter().enumerate() {
            if let Kind::WaitGroup { count } = declaration.kind
                && count > 0
            {
                self.op(Op::WgAdd(self.layout.id(Object(place)), i64::from(count)));
            }
        }
        for (object, made) in &self.layout.derived {
            let Kind::Context {
                parent: Some(parent),
                ..
            } = self.script.kind(*object)
            else {
                unreachable!("only derived contexts are derived")
            };
            made_at.push((self.here(), made.clone()));
            self.op(Op::CtxDerive(
                self.layout.id(parent),
                self.layout.id(*object),
            ));
        }
        let started = self.script.started_by_statement();
        for (place, _) in started.iter().enumerate().filter(|(_, by)| !**by).skip(1) {
            self.op(Op::Go(self.layout.goroutines[place]));
        }
    }

    fn body(&mut self, body: &[Statement]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.heads.push((self.here(), self.next_statement));
        self.next_statement += 1;
        let id = |object: &Object| self.layout.id(*object);
        match statement {
            Statement::Lock(o) => self.op(Op::Lock(id(o))),
            Statement::Unlock(o) => self.op(Op::Unlock(id(o), None)),
            Statement::RLock(o) => self.op(Op::RLock(id(o))),
            Statement::RUnlock(o) => self.op(Op::RUnlock(id(o))),
            Statement::WLock(o) => self.op(Op::WLock(id(o))),
            Statement::WUnlock(o) => self.op(Op::WUnlock(id(o), None)),
            Statement::TryLock(o, body) => self.if_value(Op::TryLock(id(o)), body),
            Statement::TryRLock(o, body) => self.if_value(Op::TryRLock(id(o)), body),
            Statement::TryWLock(o, body) => self.if_value(Op::TryWLock(id(o)), body),
            Statement::Increment(o, delta) => self.increment(*o, *delta),
            Statement::Send(o, operand) => {
                self.act(Act::Send(self.layout.channel(self.script, *o), *operand));
            }
            Statement::Recv(o) => self.op(Op::Recv(self.layout.channel(self.script, *o))),
            Statement::Close(o) => self.op(Op::Close(self.layout.channel(self.script, *o))),
            Statement::Len(o) => {
                let channel = self.layout.channel(self.script, *o);
                self.op(Op::Len(
                    channel.expect("a nil channel has no such operation"),
                ));
            }
            Statement::Select { arms, default } => self.select(arms, default.as_deref()),
            Statement::WgAdd(o, delta) => self.op(Op::WgAdd(id(o), *delta)),
            Statement::WgWait(o) => self.op(Op::WgWait(id(o))),
            Statement::CondWait(cond, mutex) => self.op(Op::CondWait {
                cond: id(cond),
                mutex: id(mutex),
                content: None,
            }),
            Statement::CondSignal(o) => self.op(Op::CondSignal(id(o))),
            Statement::CondBroadcast(o) => self.op(Op::CondBroadcast(id(o))),
            Statement::TimerStop(o) => self.op(Op::TimerStop(id(o))),
            Statement::TimerReset(o) => self.op(Op::TimerReset(id(o))),
            Statement::CtxCancel(o) => self.op(Op::CtxCancel(id(o))),
            Statement::CtxErr(o) => self.op(Op::CtxErr(id(o))),
            Statement::Atomic(o, op) => self.op(Op::Atomic(id(o), *op)),
            Statement::Get(o) => self.op(Op::Get(id(o))),
            Statement::Set(o, operand) => self.act(Act::Set(id(o), *operand)),
            Statement::Sleep => self.op(Op::Pause(Pause::Sleep)),
            Statement::Yield => self.op(Op::Pause(Pause::Yield)),
            Statement::Go(child) => self.op(Op::Go(self.layout.goroutines[*child])),
            Statement::Panic(message) => {
                self.instructions.push(Instruction::Panic(message.clone()))
            }
            Statement::Choose(_)
            | Statement::Once(..)
            | Statement::Range(..)
            | Statement::Repeat(..)
            | Statement::Forever(_)
            | Statement::Break
            | Statement::Return => self.control(statement),
        }
    }

    fn control(&mut self, statement: &Statement) {
        match statement {
            Statement::Once(object, body) => {
                let once = self.layout.id(*object);
                let begin = self.hole();
                self.body(body);
                self.op(Op::OnceEnd(once));
                let then = Then::IfOne(begin + 1, self.here());
                self.instructions[begin] = Instruction::Do(Act::Fixed(Op::OnceBegin(once)), then);
            }
            Statement::Range(object, body) => {
                let channel = self.layout.channel(self.script, *object);
                let head = self.hole();
                self.looped(body);
                self.instructions.push(Instruction::Jump(head));
                let then = Then::IfValue(head + 1, self.here());
                self.instructions[head] = Instruction::Do(Act::Fixed(Op::Recv(channel)), then);
                self.end_breaks();
            }
            Statement::Repeat(times, body) => {
                self.breaks.push(Vec::new());
                let first = self.next_statement;
                for _ in 0..*times {
                    self.next_statement = first;
                    self.body(body);
                }
                self.next_statement = first + super::size(body);
                self.end_breaks();
            }
            Statement::Forever(body) => {
                let head = self.here();
                self.instructions.push(Instruction::EnterLoop);
                self.looped(body);
                self.instructions.push(Instruction::Again(head));
                self.end_breaks();
                self.instructions.push(Instruction::LeaveLoop);
            }
            Statement::Break => {
                let jump = self.hole();
                self.breaks
                    .last_mut()
                    .expect("a break outside a loop")
                    .push(jump);
            }
            Statement::Return => {
                let jump = self.hole();
                self.returns.push(jump);
            }
            Statement::Choose(bodies) => {
                let choice = self.hole();
                let places = self.branches(bodies.iter().map(Vec::as_slice));
                let below = u32::try_from(bodies.len()).expect("more than 2^32 choices");
                self.instructions[choice] =
                    Instruction::Do(Act::Fixed(Op::Choose(below)), Then::ByNumber(places));
            }
            _ => unreachable!("{statement:?} does not steer"),
        }
    }

    fn looped(&mut self, body: &[Statement]) {
        self.breaks.push(Vec::new());
        self.body(body);
    }

    /// The innermost loop is at its end, and this is where its breaks lead.
    fn end_breaks(&mut self) {
        let end = self.here();
        for jump in self.breaks.pop().expect("a loop was begun") {
            self.instructions[jump] = Instruction::Jump(end);
        }
    }

    fn if_value(&mut self, op: Op, body: &[Statement]) {
        let test = self.hole();
        self.body(body);
        let then = Then::IfValue(test + 1, self.here());
        self.instructions[test] = Instruction::Do(Act::Fixed(op), then);
    }

    fn increment(&mut self, object: Object, delta: i64) {
        let id = self.layout.id(object);
        match self.script.kind(object) {
            Kind::RwLock => {
                self.op(Op::WLock(id));
                self.act(Act::WUnlock(id, Operand::Last(delta)));
            }
            _ => {
                self.op(Op::Lock(id));
                self.act(Act::Unlock(id, Operand::Last(delta)));
            }
        }
    }

    fn select(&mut self, arms: &[(Case, Vec<Statement>)], default: Option<&[Statement]>) {
        let communications = arms
            .iter()
            .map(|(case, _)| match case {
                Case::Send(o, operand) => {
                    Communication::Send(self.layout.channel(self.script, *o), *operand)
                }
                Case::Recv(o) => Communication::Recv(self.layout.channel(self.script, *o)),
            })
            .collect();
        let head = self.hole();
        let bodies = arms.iter().map(|(_, body)| body.as_slice());
        let mut places = self.branches(bodies.chain([default.unwrap_or_default()]));
        let last = places.pop().expect("the default is the last branch");
        self.instructions[head] = Instruction::Do(
            Act::Select(communications, default.is_some()),
            Then::ByCase(places, last),
        );
    }

    /// Writes several ways to the same end, and yields where each begins.
    fn branches<'b>(&mut self, bodies: impl Iterator<Item = &'b [Statement]>) -> Vec<Place> {
        let mut places = Vec::new();
        let mut jumps = Vec::new();
        for body in bodies {
            places.push(self.here());
            self.body(body);
            jumps.push(self.hole());
        }
        let end = self.here();
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(end);
        }
        places
    }
}
