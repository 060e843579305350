//! A script as Go source.

mod goroutines;
mod objects;
mod variables;

use rustc_hash::FxHashMap;

use super::vars::{self, Declared};
use super::{AtomicOp, Case, Kind, Object, Operand, Script, Statement, Var};
use super::{of_control, of_locks, of_variables};

impl Script {
    /// Returns the source of a Go function that does what this script says.
    ///
    /// The function takes a `*harness.Run`, makes the objects, starts the goroutines, and returns
    /// the objects by name. The package `harness` is that of `xtask/go`: it lets a goroutine pause
    /// before each operation. A line in which a goroutine can block ends in a comment `// #7` with
    /// the number of the statement, as counted by
    /// [`Interpreter::statement`](super::Interpreter::statement).
    ///
    /// # Errors
    /// If the script uses something that Go does not have: the reason, in a few words.
    pub fn to_go(&self, function: &str) -> Result<String, &'static str> {
        let mut printer = Printer {
            script: self,
            declared: vars::declared(self),
            text: String::new(),
            indent: 0,
            next_statement: 0,
            loops: Vec::new(),
            loops_made: 0,
            scope: Vec::new(),
            quiet: false,
        };
        printer.line(&format!(
            "func {function}(r *harness.Run) harness.Objects {{"
        ));
        printer.indent += 1;
        for object in (0..self.objects.len()).map(Object) {
            printer.object(object)?;
        }
        printer.goroutines();
        printer.ends();
        printer.indent -= 1;
        printer.line("}");
        Ok(printer.text)
    }
}

struct Printer<'a> {
    script: &'a Script,
    declared: FxHashMap<Var, Declared<'a>>,
    text: String,
    indent: usize,
    next_statement: usize,
    /// The enclosing loops.
    loops: Vec<Loop>,
    loops_made: usize,
    /// The variables that are in scope.
    scope: Vec<Var>,
    /// True within a deferred call, which ignores the outcomes of its operations.
    quiet: bool,
}

struct Loop {
    /// Its label; empty if it needs none.
    label: String,
    /// The number of variables in scope at its beginning.
    depth: usize,
}

impl Printer<'_> {
    fn line(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n('\t', self.indent));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Returns the channel of an object.
    fn channel(&self, object: Object) -> String {
        let var = self.var(object);
        match self.script.kind(object) {
            Kind::Timer | Kind::Ticker { .. } => format!("{var}.C"),
            Kind::Context { .. } => format!("{var}.Done()"),
            _ => var,
        }
    }

    fn is_of_integers(&self, object: Object) -> bool {
        matches!(self.script.kind(object), Kind::Chan { .. } | Kind::NilChan)
    }

    fn body(&mut self, body: &[Statement]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn block(&mut self, first: &str, body: &[Statement], last: &str) {
        self.line(first);
        self.indent += 1;
        self.body(body);
        self.indent -= 1;
        self.line(last);
    }

    fn statement(&mut self, statement: &Statement) {
        let number = self.next_statement;
        self.next_statement += 1;
        match statement {
            of_control!() => return self.control(statement),
            // The end of a variable pauses by itself, if there is anything to end.
            Statement::Release(..) | Statement::AddHeld(..) | Statement::Defer(..) => {}
            _ => self.line("g.Pause()"),
        }
        match statement {
            of_locks!() => self.lock_statement(statement, number),
            of_variables!() => self.variable(statement, number),
            Statement::Select { arms, default } => self.select(arms, default.as_deref(), number),
            Statement::Send(o, operand) => {
                let (channel, sent) = (self.var(*o), self.sent(*o, *operand));
                self.line(&format!("{channel} <- {sent} // #{number}"));
            }
            Statement::Recv(o) => self.receive(*o, number),
            Statement::Range(o, body) => self.range(*o, body, number),
            Statement::Close(o) => self.line(&format!("close({})", self.var(*o))),
            Statement::Len(o) => self.line(&format!("g.Last = int64(len({}))", self.channel(*o))),
            Statement::WgAdd(o, -1) => self.call(*o, "Done()"),
            Statement::WgAdd(o, delta) => self.call(*o, &format!("Add({delta})")),
            Statement::WgWait(o) => self.call(*o, &format!("Wait() // #{number}")),
            Statement::Once(o, body) => {
                let var = self.var(*o);
                self.block(&format!("{var}.Do(func() {{ // #{number}"), body, "})");
                // The compiler may report a blocked call at the line where it begins or where it
                // ends.
                self.text.truncate(self.text.len() - 1);
                self.text.push_str(&format!(" // #{number}\n"));
            }
            Statement::CondWait(o, mutex) => {
                self.call(*o, &format!("Wait() // #{number}"));
                self.line(&format!("g.Last = {}.V.Load()", self.var(*mutex)));
            }
            Statement::CondSignal(o) => self.call(*o, "Signal()"),
            Statement::CondBroadcast(o) => self.call(*o, "Broadcast()"),
            Statement::TimerStop(o) => {
                self.tells(&format!("harness.Bool({}.Stop())", self.var(*o)))
            }
            Statement::TimerReset(o) => {
                let reset = format!("harness.Bool({}.Reset(g.Duration()))", self.var(*o));
                self.tells(&reset);
            }
            Statement::CtxCancel(o) => self.call(*o, "Cancel()"),
            Statement::CtxErr(o) => self.tells(&format!("{}.Number()", self.var(*o))),
            Statement::Atomic(o, op) => self.atomic(*o, *op),
            Statement::Get(o) => self.tells(&format!("{}.Load()", self.var(*o))),
            Statement::Set(o, operand) => self.call(*o, &format!("Store({})", operand.go())),
            Statement::Sleep => self.line("time.Sleep(g.Duration())"),
            Statement::Yield => self.line("runtime.Gosched()"),
            Statement::Go(child) => self.go_statement(*child),
            Statement::New(o) => self.new_object(*o),
            Statement::Panic(message) => self.line(&format!("panic({message:?})")),
            Statement::SemAcquire(..)
            | Statement::SemTryAcquire(..)
            | Statement::SemRelease(..) => {
                unreachable!("a script with a semaphore is refused")
            }
            _ => unreachable!("{statement:?} steers"),
        }
    }

    fn receive(&mut self, o: Object, number: usize) {
        if self.of(o).is_some() {
            self.receive_handle(o, number);
        } else if !self.quiet && self.is_of_integers(o) {
            let line = format!("g.Last = <-{} // #{number}", self.var(o));
            self.line(&line);
        } else {
            let line = format!("<-{} // #{number}", self.channel(o));
            self.line(&line);
            if !self.quiet {
                self.line("g.Last = 0");
            }
        }
    }

    fn call(&mut self, object: Object, call: &str) {
        let line = format!("{}.{call}", self.var(object));
        self.line(&line);
    }

    fn tells(&mut self, expression: &str) {
        let kept = if self.quiet { "_" } else { "g.Last" };
        self.line(&format!("{kept} = {expression}"));
    }

    fn atomic(&mut self, object: Object, op: AtomicOp) {
        let var = self.var(object);
        match op {
            AtomicOp::Load => self.tells(&format!("{var}.Load()")),
            AtomicOp::Store(value) => self.line(&format!("{var}.Store({value})")),
            AtomicOp::Add(delta) => self.tells(&format!("{var}.Add({delta})")),
            AtomicOp::Swap(value) => self.tells(&format!("{var}.Swap({value})")),
            AtomicOp::CompareAndSwap(old, new) => {
                self.tells(&format!("harness.Bool({var}.CompareAndSwap({old}, {new}))"));
            }
            AtomicOp::And(mask) => self.tells(&format!("harness.And({var}, {mask})")),
            AtomicOp::Or(mask) => self.tells(&format!("harness.Or({var}, {mask})")),
            AtomicOp::Max(value) => self.tells(&format!("harness.Max({var}, {value})")),
        }
    }

    fn lock_statement(&mut self, statement: &Statement, number: usize) {
        match statement {
            Statement::Lock(o) | Statement::WLock(o) => self.take(*o, "Lock", number),
            Statement::RLock(o) => self.take(*o, "RLock", number),
            Statement::TryLock(o, body) | Statement::TryWLock(o, body) => {
                self.try_take(*o, "TryLock", body);
            }
            Statement::TryRLock(o, body) => self.try_take(*o, "TryRLock", body),
            Statement::Unlock(o) | Statement::WUnlock(o) => self.call(*o, "Unlock()"),
            Statement::RUnlock(o) => self.call(*o, "RUnlock()"),
            Statement::Increment(o, delta) => {
                self.take(*o, "Lock", number);
                self.line("g.Pause()");
                self.call(*o, &format!("Put(g.Last + {delta})"));
            }
            _ => unreachable!("{statement:?} has to do with no lock"),
        }
    }

    fn take(&mut self, object: Object, method: &str, number: usize) {
        self.call(object, &format!("{method}() // #{number}"));
        let found = format!("{}.V.Load()", self.var(object));
        self.tells(&found);
    }

    fn try_take(&mut self, object: Object, method: &str, body: &[Statement]) {
        let var = self.var(object);
        self.line("g.Last = 0");
        self.line(&format!("if {var}.{method}() {{"));
        self.indent += 1;
        self.line(&format!("g.Last = {var}.V.Load()"));
        self.body(body);
        self.indent -= 1;
        self.line("}");
    }

    fn control(&mut self, statement: &Statement) {
        match statement {
            Statement::Choose(bodies) => {
                self.line(&format!("g.Last = g.Choose({})", bodies.len()));
                self.line("switch g.Last {");
                for (index, body) in bodies.iter().enumerate() {
                    self.block_without_end(&format!("case {index}:"), body);
                }
                self.line("}");
            }
            Statement::Repeat(times, body) => {
                self.begin_loop(body);
                self.line(&format!("for turn := 0; turn < {times}; turn++ {{"));
                self.end_loop(body);
            }
            Statement::Forever(body) => {
                self.begin_loop(body);
                self.line("for {");
                self.line("\tg.Last = 0");
                self.end_loop(body);
                self.line("g.Last = 0");
            }
            Statement::Break => {
                let innermost = self.loops.last().expect("a break outside a loop");
                let line = format!("break {}", innermost.label);
                self.end_all(innermost.depth);
                self.line(&line);
            }
            Statement::Return => self.line("return"),
            Statement::Recover(body) => {
                self.line("func() {");
                self.line("\tdefer func() { recover() }()");
                self.block_without_end("", body);
                self.line("}()");
            }
            Statement::Goexit => self.line("runtime.Goexit()"),
            _ => unreachable!("{statement:?} does not steer"),
        }
    }

    /// Labels a loop that contains a `break`, since a plain `break` could leave a `select` or a
    /// `switch`.
    fn begin_loop(&mut self, body: &[Statement]) {
        let mut label = String::new();
        if breaks(body) {
            self.loops_made += 1;
            label = format!("loop{}", self.loops_made);
            self.line(&format!("{label}:"));
        }
        let depth = self.scope.len();
        self.loops.push(Loop { label, depth });
    }

    fn end_loop(&mut self, body: &[Statement]) {
        self.indent += 1;
        self.body(body);
        self.indent -= 1;
        self.line("}");
        self.loops.pop();
    }

    fn range(&mut self, object: Object, body: &[Statement], number: usize) {
        let channel = self.channel(object);
        let integers = self.is_of_integers(object);
        self.begin_loop(body);
        self.line("for {");
        self.indent += 1;
        let of = self.of(object);
        let received = match integers || of.is_some() {
            true => "received",
            false => "_",
        };
        self.line(&format!("{received}, open := <-{channel} // #{number}"));
        self.line("if !open {");
        self.line("\tg.Last = 0");
        self.line("\tbreak");
        self.line("}");
        if let Some(of) = of {
            let line = format!("{} = received", self.var(of));
            self.line(&line);
        }
        self.line(if integers {
            "g.Last = received"
        } else {
            "g.Last = 0"
        });
        self.body(body);
        // The next iteration begins with a pause, too.
        self.line("g.Pause()");
        self.indent -= 1;
        self.line("}");
        self.loops.pop();
    }

    fn select(
        &mut self,
        arms: &[(Case, Vec<Statement>)],
        default: Option<&[Statement]>,
        number: usize,
    ) {
        if arms.is_empty() && default.is_none() {
            return self.line(&format!("select {{}} // #{number}"));
        }
        self.line(&format!("select {{ // #{number}"));
        for (case, body) in arms {
            match case {
                Case::Send(o, operand) => {
                    let sent = self.sent(*o, *operand);
                    let case = format!("case {} <- {sent}: // #{number}", self.var(*o));
                    self.block_without_end(&case, body);
                }
                Case::Recv(o) if self.is_of_integers(*o) => {
                    let case = format!("case g.Last = <-{}: // #{number}", self.var(*o));
                    self.block_without_end(&case, body);
                }
                Case::Recv(o) if self.of(*o).is_some() => {
                    let channel = self.var(*o);
                    self.line(&format!("case received, open := <-{channel}: // #{number}"));
                    self.take_handle(*o);
                    self.block_without_end("", body);
                }
                Case::Recv(o) => {
                    self.line(&format!("case <-{}: // #{number}", self.channel(*o)));
                    self.line("\tg.Last = 0");
                    self.block_without_end("", body);
                }
            }
        }
        if let Some(body) = default {
            self.block_without_end("default:", body);
        } else if arms.len() == 1 {
            // Go makes a plain operation of a select with one case, which is another one.
            self.line(&format!("case <-(chan int64)(nil): // #{number}"));
        }
        self.line("}");
    }

    /// Writes a block that the next line ends. There is no first line if `first` is empty.
    fn block_without_end(&mut self, first: &str, body: &[Statement]) {
        if !first.is_empty() {
            self.line(first);
        }
        self.indent += 1;
        self.body(body);
        self.indent -= 1;
    }
}

impl Operand {
    /// Returns the operand as a Go expression.
    fn go(self) -> String {
        match self {
            Self::Constant(integer) => integer.to_string(),
            Self::Last(0) => "g.Last".to_owned(),
            Self::Last(delta) => format!("g.Last + {delta}"),
        }
    }
}

/// Returns true if a `break` in this body leaves the loop of the body.
fn breaks(body: &[Statement]) -> bool {
    body.iter().any(|statement| match statement {
        Statement::Break => true,
        Statement::Repeat(..) | Statement::Range(..) | Statement::Forever(_) => false,
        _ => statement.bodies().into_iter().any(|inner| breaks(inner)),
    })
}
