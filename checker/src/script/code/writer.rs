//! Writes the code of a script.

use rustc_hash::FxHashMap;

use super::{CodeIndex, Communication, Instruction, Operation, Then, WayOut};
use crate::model::{
    CellOp, ChanOp, CondOp, ContextOp, MutexOp, ObjectId, OnceOp, Op, Pause, RwLockOp, SemaphoreOp,
    TimerOp, WaitGroupOp,
};
use crate::script::ids::is_derived;
use crate::script::vars::{self, Declared};
use crate::script::{
    Case, Goroutine, GuardEnd, Kind, Object, Operand, Script, Statement, Var, size, visit,
};
use crate::script::{of_control, of_variables};

/// Returns the id of an object in the code.
fn id(object: Object) -> ObjectId {
    ObjectId::from_index(object.0)
}

/// Writes the code of all goroutines, one after the other.
pub(super) struct Writer<'a> {
    script: &'a Script,
    declared: FxHashMap<Var, Declared<'a>>,
    instructions: Vec<Instruction>,
    /// See `Code::heads`.
    heads: Vec<(CodeIndex, usize)>,
    /// The number of the next statement.
    next_statement: usize,
    /// The loops that are being written.
    loops: Vec<Loop>,
    /// The variables in scope, including those that the goroutine took along.
    scope: Vec<Var>,
    /// The number of variables that it took along.
    taken: usize,
    /// True while a deferred call is being written.
    quiet: bool,
    /// The positions of the returns of the current goroutine.
    returns: Vec<CodeIndex>,
    /// The ways out of the positions of scopes that have ended.
    exits: Vec<WayOut>,
    /// The number of bodies that are being written whose panics are recovered.
    recoveries: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(script: &'a Script) -> Self {
        Self {
            script,
            declared: vars::declared(script),
            instructions: Vec::new(),
            heads: Vec::new(),
            next_statement: 0,
            loops: Vec::new(),
            scope: Vec::new(),
            taken: 0,
            quiet: false,
            returns: Vec::new(),
            exits: Vec::new(),
            recoveries: 0,
        }
    }

    pub(super) fn here(&self) -> CodeIndex {
        self.instructions.len()
    }

    /// Writes an operation that the next instruction follows.
    fn act(&mut self, act: Operation) {
        let act = match self.quiet {
            true => Operation::Quiet(Box::new(act)),
            false => act,
        };
        let next = self.here() + 1;
        self.instructions
            .push(Instruction::Do(act, Then::Always(next)));
    }

    fn op(&mut self, op: Op) {
        self.act(Operation::Fixed(op));
    }

    /// Writes a placeholder for an instruction.
    fn hole(&mut self) -> CodeIndex {
        self.instructions.push(Instruction::Return);
        self.here() - 1
    }

    /// Writes main's operations before its body if main starts everything: counters, derived
    /// contexts, goroutines.
    pub(super) fn preamble(&mut self) {
        let all = || (0..self.script.objects.len()).map(Object);
        let (groups, contexts): (Vec<Object>, Vec<Object>) =
            all().partition(|object| !is_derived(self.script.kind(*object)));
        for object in groups {
            self.count_group(object);
        }
        for object in contexts {
            self.make(object);
        }
        let started = self.script.started_by_statement();
        for (place, _) in started.iter().enumerate().filter(|(_, by)| !**by).skip(1) {
            self.act(Operation::Go(place));
        }
    }

    /// Writes a goroutine from its first statement to its return.
    pub(super) fn goroutine(&mut self, goroutine: &Goroutine) {
        self.taken = goroutine.takes.len();
        self.taking(&goroutine.takes, &goroutine.body);
        self.instructions.push(Instruction::Return);
    }

    /// Writes the body of a goroutine within the scopes of the variables that it took along.
    fn taking(&mut self, takes: &[Var], body: &[Statement]) {
        if let Some((var, others)) = takes.split_first() {
            let exits = may_exit(body);
            return self.scoped(*var, exits, |writer| writer.taking(others, body));
        }
        self.body(body);
        let end = self.here();
        for jump in std::mem::take(&mut self.returns) {
            self.instructions[jump] = Instruction::Jump(end);
        }
    }

    /// Returns the instructions, the heads of the statements, and the ways out.
    pub(super) fn into_parts(mut self) -> (Vec<Instruction>, Vec<(CodeIndex, usize)>, Vec<WayOut>) {
        let count = self.here();
        self.exits.resize(count, WayOut::default());
        (self.instructions, self.heads, self.exits)
    }

    /// Sets the counter of a wait group that has just been made.
    fn count_group(&mut self, object: Object) {
        if let Kind::WaitGroup { count } = self.script.kind(object)
            && count > 0
        {
            self.op(Op::WaitGroup(
                id(object),
                WaitGroupOp::Add(i64::from(count)),
            ));
        }
    }

    /// Makes an object, and sets it up.
    fn make(&mut self, object: Object) {
        self.instructions.push(Instruction::New(object));
        self.count_group(object);
        if let Kind::Context {
            parent: Some(parent),
            ..
        } = self.script.kind(object)
        {
            self.op(Op::CtxDerive(id(parent), id(object)));
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
        let id = |object: &Object| id(*object);
        match statement {
            Statement::Lock(o) => self.op(Op::Mutex(id(o), MutexOp::Lock)),
            Statement::Unlock(o) => self.op(Op::Mutex(id(o), MutexOp::Unlock(None))),
            Statement::RLock(o) => self.op(Op::RwLock(id(o), RwLockOp::RLock)),
            Statement::RUnlock(o) => self.op(Op::RwLock(id(o), RwLockOp::RUnlock)),
            Statement::WLock(o) => self.op(Op::RwLock(id(o), RwLockOp::Lock)),
            Statement::WUnlock(o) => self.op(Op::RwLock(id(o), RwLockOp::Unlock(None))),
            Statement::TryLock(o, body) => self.if_value(Op::Mutex(id(o), MutexOp::TryLock), body),
            Statement::TryRLock(o, body) => {
                self.if_value(Op::RwLock(id(o), RwLockOp::TryRLock), body)
            }
            Statement::TryWLock(o, body) => {
                self.if_value(Op::RwLock(id(o), RwLockOp::TryLock), body)
            }
            Statement::Increment(o, delta) => self.increment(*o, *delta),
            Statement::Send(o, operand) => self.act(Operation::Send(*o, *operand)),
            Statement::Recv(o) => self.op(Op::Chan(Some(id(o)), ChanOp::Recv)),
            Statement::Close(o) => self.op(Op::Chan(Some(id(o)), ChanOp::Close)),
            Statement::Len(o) => self.op(Op::Chan(Some(id(o)), ChanOp::Len)),
            Statement::Select { arms, default } => self.select(arms, default.as_deref()),
            Statement::WgAdd(o, delta) => self.op(Op::WaitGroup(id(o), WaitGroupOp::Add(*delta))),
            Statement::WgWait(o) => self.op(Op::WaitGroup(id(o), WaitGroupOp::Wait)),
            Statement::CondWait(cond, mutex) => self.op(Op::CondWait {
                cond: id(cond),
                mutex: id(mutex),
                content: None,
            }),
            Statement::CondSignal(o) => self.op(Op::Cond(id(o), CondOp::Signal)),
            Statement::CondBroadcast(o) => self.op(Op::Cond(id(o), CondOp::Broadcast)),
            Statement::TimerStop(o) => self.op(Op::Timer(id(o), TimerOp::Stop)),
            Statement::TimerReset(o) => self.op(Op::Timer(id(o), TimerOp::Reset)),
            Statement::CtxCancel(o) => self.op(Op::CtxCancel(id(o))),
            Statement::CtxErr(o) => self.op(Op::Context(id(o), ContextOp::Err)),
            Statement::Atomic(o, op) => self.op(Op::Atomic(id(o), *op)),
            Statement::Get(o) => self.op(Op::Cell(id(o), CellOp::Get)),
            Statement::Set(o, operand) => self.act(Operation::Set(*o, *operand)),
            Statement::SemAcquire(o, n) => self.op(Op::Semaphore(id(o), SemaphoreOp::Acquire(*n))),
            Statement::SemRelease(o, n) => self.op(Op::Semaphore(id(o), SemaphoreOp::Release(*n))),
            Statement::SemTryAcquire(o, n, body) => {
                self.if_one(Op::Semaphore(id(o), SemaphoreOp::TryAcquire(*n)), body);
            }
            Statement::Sleep => self.op(Op::Pause(Pause::Sleep)),
            Statement::Yield => self.op(Op::Pause(Pause::Yield)),
            Statement::Go(child) => self.act(Operation::Go(*child)),
            Statement::New(o) => self.make(*o),
            Statement::Panic(message) => {
                self.instructions.push(Instruction::Panic(message.clone()))
            }
            of_control!() | Statement::Once(..) | Statement::Range(..) => self.control(statement),
            of_variables!() => self.variable(statement),
        }
    }

    fn variable(&mut self, statement: &Statement) {
        match statement {
            Statement::Hold(var, grip, object, body) => {
                let test = self.hole();
                self.scoped(*var, may_exit(body), |writer| writer.body(body));
                let took = Operation::Hold(*var, *grip, *object);
                let then = Then::IfValue(test + 1, self.here());
                self.instructions[test] = Instruction::Do(took, then);
            }
            Statement::Release(var, GuardEnd::Leave) => {
                self.instructions.push(Instruction::Leave(*var));
            }
            Statement::Release(var, GuardEnd::Unlock | GuardEnd::Drop) => self.release(*var),
            Statement::AddHeld(var, delta) => {
                self.instructions.push(Instruction::AddHeld(*var, *delta));
            }
            Statement::WaitHeld(cond, var) => {
                let test = self.hole();
                let number = self.next_statement - 1;
                self.heads.push((self.here(), number));
                self.act(Operation::Wait(*cond, *var));
                self.instructions[test] = Instruction::IfHeld(*var, self.here());
            }
            Statement::Defer(var, deferred, body) => {
                self.next_statement += size(deferred);
                self.instructions.push(Instruction::Defer(*var));
                self.scoped(*var, may_exit(body), |writer| writer.body(body));
            }
            _ => unreachable!("{statement:?} has to do with no variable"),
        }
    }

    /// Writes statements, at the end of which a variable goes out of scope. `exits` is true if a
    /// Goexit may leave them.
    fn scoped(&mut self, var: Var, exits: bool, body: impl FnOnce(&mut Self)) {
        let begin = self.here();
        self.scope.push(var);
        body(self);
        self.scope.pop();
        self.end_scope(begin, exits, |writer| writer.release(var));
    }

    /// Writes the end of a scope that began there. What leaves the scope on another way than its
    /// last statement goes this way, too.
    fn end_scope(&mut self, begin: CodeIndex, exits: bool, end: impl FnOnce(&mut Self)) {
        let is_way_out = exits || self.recoveries > 0;
        if is_way_out {
            self.leads_out(begin);
        }
        end(self);
        if is_way_out {
            self.instructions.push(Instruction::Unwind);
        }
    }

    /// Notes that what leaves the statements written since `begin`, and no scope in them, goes on
    /// here.
    fn leads_out(&mut self, begin: CodeIndex) {
        let end = self.here();
        if self.exits.len() < end {
            self.exits.resize(end, WayOut::default());
        }
        for way in &mut self.exits[begin..end] {
            way.to.get_or_insert(end);
            way.recovers |= self.recoveries > 0;
        }
    }

    /// Drops the contents of the variables in scope from number `depth` on, the last first.
    fn drop_all(&mut self, depth: usize) {
        for index in (depth..self.scope.len()).rev() {
            self.release(self.scope[index]);
        }
    }

    /// Unlocks through the guard or makes the call, if the variable still holds it.
    fn release(&mut self, var: Var) {
        let Some(&declared) = self.declared.get(&var) else {
            return;
        };
        let test = self.hole();
        match declared {
            Declared::Guard(..) => self.act(Operation::Release(var)),
            Declared::Deferred(number, deferred) => {
                self.instructions.push(Instruction::BeginCall(var));
                let next = std::mem::replace(&mut self.next_statement, number);
                self.quiet = true;
                self.body(deferred);
                self.quiet = false;
                self.next_statement = next;
                self.instructions.push(Instruction::EndCall);
            }
        }
        self.instructions[test] = Instruction::IfHeld(var, self.here());
    }

    fn control(&mut self, statement: &Statement) {
        match statement {
            Statement::Once(object, body) => {
                let once = id(*object);
                let begin = self.hole();
                self.body(body);
                let end = |writer: &mut Self| writer.act(Operation::OnceEnd);
                self.end_scope(begin + 1, may_exit(body), end);
                let then = Then::IfOne(begin + 1, self.here());
                self.instructions[begin] =
                    Instruction::Do(Operation::Fixed(Op::Once(once, OnceOp::Begin)), then);
            }
            Statement::Range(object, body) => {
                let channel = Some(id(*object));
                let head = self.hole();
                self.looped(body);
                self.instructions.push(Instruction::Jump(head));
                let then = Then::IfValue(head + 1, self.here());
                self.instructions[head] =
                    Instruction::Do(Operation::Fixed(Op::Chan(channel, ChanOp::Recv)), then);
                self.end_breaks();
            }
            Statement::Repeat(times, body) => {
                self.begin_loop();
                let first = self.next_statement;
                for _ in 0..*times {
                    // Each copy of the body is the same statements, so it has the same numbers.
                    self.next_statement = first;
                    self.body(body);
                }
                self.next_statement = first + size(body);
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
                let depth = self.loops.last().expect("a break outside a loop").depth;
                self.drop_all(depth);
                let jump = self.hole();
                let innermost = self.loops.last_mut().expect("there is one");
                innermost.breaks.push(jump);
            }
            Statement::Return => {
                self.drop_all(self.taken);
                let jump = self.hole();
                self.returns.push(jump);
            }
            Statement::Recover(body) => self.recover(body),
            Statement::Goexit => {
                self.instructions.push(Instruction::Goexit);
                self.instructions.push(Instruction::Unwind);
            }
            Statement::Choose(bodies) => {
                let choice = self.hole();
                let places = self.branches(bodies.iter().map(Vec::as_slice));
                let below = u32::try_from(bodies.len()).expect("more than 2^32 choices");
                self.instructions[choice] = Instruction::Do(
                    Operation::Fixed(Op::Choose(below, None)),
                    Then::ByNumber(places),
                );
            }
            _ => unreachable!("{statement:?} does not steer"),
        }
    }

    fn recover(&mut self, body: &[Statement]) {
        let begin = self.here();
        self.recoveries += 1;
        self.body(body);
        self.leads_out(begin);
        self.recoveries -= 1;
        self.instructions.push(Instruction::Recovered);
        self.instructions.push(Instruction::Unwind);
    }

    fn looped(&mut self, body: &[Statement]) {
        self.begin_loop();
        self.body(body);
    }

    fn begin_loop(&mut self) {
        let depth = self.scope.len();
        let breaks = Vec::new();
        self.loops.push(Loop { depth, breaks });
    }

    /// Ends the innermost loop: its breaks lead here.
    fn end_breaks(&mut self) {
        let end = self.here();
        for jump in self.loops.pop().expect("a loop was begun").breaks {
            self.instructions[jump] = Instruction::Jump(end);
        }
    }

    fn if_value(&mut self, op: Op, body: &[Statement]) {
        let test = self.hole();
        self.body(body);
        let then = Then::IfValue(test + 1, self.here());
        self.instructions[test] = Instruction::Do(Operation::Fixed(op), then);
    }

    fn if_one(&mut self, op: Op, body: &[Statement]) {
        let test = self.hole();
        self.body(body);
        let then = Then::IfOne(test + 1, self.here());
        self.instructions[test] = Instruction::Do(Operation::Fixed(op), then);
    }

    fn increment(&mut self, object: Object, delta: i64) {
        let id = id(object);
        match self.script.kind(object) {
            Kind::RwLock => {
                self.op(Op::RwLock(id, RwLockOp::Lock));
                self.act(Operation::WUnlock(object, Operand::Last(delta)));
            }
            _ => {
                self.op(Op::Mutex(id, MutexOp::Lock));
                self.act(Operation::Unlock(object, Operand::Last(delta)));
            }
        }
    }

    fn select(&mut self, arms: &[(Case, Vec<Statement>)], default: Option<&[Statement]>) {
        let communications = arms
            .iter()
            .map(|(case, _)| match case {
                Case::Send(o, operand) => Communication::Send(*o, *operand),
                Case::Recv(o) => Communication::Recv(*o),
            })
            .collect();
        let head = self.hole();
        let bodies = arms.iter().map(|(_, body)| body.as_slice());
        let mut places = self.branches(bodies.chain([default.unwrap_or_default()]));
        let last = places.pop().expect("the default is the last branch");
        self.instructions[head] = Instruction::Do(
            Operation::Select(communications, default.is_some()),
            Then::ByCase(places, last),
        );
    }

    /// Writes several branches with the same end. Returns the start of each.
    fn branches<'b>(&mut self, bodies: impl Iterator<Item = &'b [Statement]>) -> Vec<CodeIndex> {
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

/// Returns true if a Goexit may leave these statements.
fn may_exit(body: &[Statement]) -> bool {
    let mut may = false;
    visit(body, &mut |statement| {
        may |= *statement == Statement::Goexit
    });
    may
}

/// A loop that is being written.
struct Loop {
    /// The number of variables in scope at its beginning.
    depth: usize,
    /// The positions of its breaks.
    breaks: Vec<CodeIndex>,
}
