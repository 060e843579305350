//! A script as the Rust source of a kernel.

mod objects;
mod variables;

use std::fmt::Write;

use rustc_hash::FxHashMap;

use super::vars::{self, Declared};
use super::{AtomicOp, Case, Goroutine, Kind, Object, Operand, Script, Statement, Var};
use super::{of_control, of_locks, of_variables};
use variables::held;

impl Script {
    /// Returns the source of a kernel that does what this script says: a function `kernel` that can
    /// be pasted into a test.
    #[must_use]
    pub fn to_rust(&self) -> String {
        let mut printer = Printer {
            script: self,
            declared: vars::declared(self),
            text: String::new(),
            indent: 0,
        };
        printer.line("use gordian_checker::sync::*;");
        printer.line("");
        printer.line("fn kernel() {");
        printer.indent += 1;
        printer.objects();
        let started = self.started_by_statement();
        for (place, _) in started.iter().enumerate().filter(|(_, by)| !**by).skip(1) {
            printer.go(place);
        }
        printer.goroutine(0);
        printer.indent -= 1;
        printer.line("}");
        printer.text
    }
}

struct Printer<'a> {
    script: &'a Script,
    declared: FxHashMap<Var, Declared<'a>>,
    text: String,
    indent: usize,
}

/// The context of a statement that is printed.
#[derive(Clone, Copy)]
struct Within {
    /// True if the goroutine, or the iteration of an endless loop, keeps its last integer.
    keeps_last: bool,
    /// True if the innermost loop is endless.
    innermost_is_forever: bool,
    /// True if an enclosing loop is endless.
    in_forever: bool,
}

impl Printer<'_> {
    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.indent));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Returns the variable of an object.
    fn var(&self, object: Object) -> String {
        identifier(self.script.name(object))
    }

    /// Returns the channel of an object.
    fn channel(&self, object: Object) -> String {
        let var = self.var(object);
        match self.script.kind(object) {
            Kind::Timer | Kind::Ticker { .. } => format!("{var}.c"),
            Kind::Context { .. } => format!("{var}.done()"),
            _ => var,
        }
    }

    fn go(&mut self, place: usize) {
        let goroutine = &self.script.goroutines[place];
        let Goroutine { name, takes, .. } = goroutine;
        let go = if goroutine.daemon { "daemon" } else { "go" };
        if !takes.is_empty() {
            self.line("{");
            self.indent += 1;
        }
        for var in takes {
            self.line(&format!("let {0} = {0}.take();", held(*var)));
        }
        self.line(&format!("{go}({name:?}, move || {{"));
        self.indent += 1;
        for var in takes {
            self.line(&format!("let mut {0} = {0};", held(*var)));
        }
        self.goroutine(place);
        self.indent -= 1;
        self.line("});");
        if !takes.is_empty() {
            self.indent -= 1;
            self.line("}");
        }
    }

    fn goroutine(&mut self, place: usize) {
        let body = &self.script.goroutines[place].body;
        let place = Within {
            keeps_last: self.keeps_last(body),
            innermost_is_forever: false,
            in_forever: false,
        };
        self.body(body, &place);
    }

    /// Declares the variable for the last integer, if the statements use it.
    fn keeps_last(&mut self, body: &[Statement]) -> bool {
        let keeps = uses_last(body);
        if keeps {
            self.line("let mut last = 0_i64;");
        }
        keeps
    }

    fn body(&mut self, body: &[Statement], place: &Within) {
        for statement in body {
            self.statement(statement, place);
        }
    }

    /// Writes a block: its first line, its body, and its last line.
    fn block(&mut self, first: &str, body: &[Statement], last: &str, place: &Within) {
        self.line(first);
        self.indent += 1;
        self.body(body, place);
        self.indent -= 1;
        self.line(last);
    }

    /// Writes a call that yields an integer.
    fn tells(&mut self, expression: &str, place: &Within) {
        if place.keeps_last {
            self.line(&format!("last = {expression};"));
        } else {
            self.line(&format!("let _ = {expression};"));
        }
    }

    fn statement(&mut self, statement: &Statement, place: &Within) {
        match statement {
            of_locks!() | Statement::CondWait(..) => self.lock_statement(statement, place),
            of_control!() | Statement::Once(..) | Statement::Range(..) => {
                self.control(statement, place)
            }
            Statement::Select { arms, default } => {
                self.select(arms, default.as_deref(), place);
            }
            of_variables!() => self.variable(statement, place),
            Statement::Send(o, operand) => {
                self.line(&format!(
                    "{}.send({});",
                    self.var(*o),
                    self.sent(*o, *operand)
                ));
            }
            Statement::Recv(o) if self.of(*o).is_some() => {
                self.rebind(&format!("{}.recv()", self.var(*o)), *o, place);
            }
            Statement::Recv(o) => {
                let received = format!("{}.recv(){}", self.channel(*o), self.integer(*o));
                if place.keeps_last {
                    self.tells(&received, place);
                } else {
                    self.line(&format!("{}.recv();", self.channel(*o)));
                }
            }
            Statement::Len(o) => self.tells(&format!("{}.len() as i64", self.channel(*o)), place),
            Statement::WgAdd(o, -1) => self.line(&format!("{}.done();", self.var(*o))),
            Statement::WgAdd(o, delta) => self.line(&format!("{}.add({delta});", self.var(*o))),
            Statement::Close(o) => self.call(*o, "close"),
            Statement::WgWait(o) => self.call(*o, "wait"),
            Statement::CondSignal(o) => self.call(*o, "signal"),
            Statement::CondBroadcast(o) => self.call(*o, "broadcast"),
            Statement::CtxCancel(o) => self.call(*o, "cancel"),
            Statement::TimerStop(o) => {
                self.tells(&format!("i64::from({}.stop())", self.var(*o)), place);
            }
            Statement::TimerReset(o) => {
                self.tells(&format!("i64::from({}.reset())", self.var(*o)), place);
            }
            Statement::CtxErr(o) => {
                let number = "None => 0, Some(Reason::Canceled) => 1, Some(_) => 2";
                self.tells(
                    &format!("match {}.err() {{ {number} }}", self.var(*o)),
                    place,
                );
            }
            Statement::Atomic(o, op) => self.atomic(*o, *op, place),
            Statement::Get(o) => self.tells(&format!("{}.get()", self.var(*o)), place),
            Statement::Set(o, operand) => {
                self.line(&format!("{}.set({});", self.var(*o), operand.text()));
            }
            Statement::SemAcquire(o, n) => self.line(&format!("{}.acquire({n});", self.var(*o))),
            Statement::SemRelease(o, n) => self.line(&format!("{}.release({n});", self.var(*o))),
            Statement::SemTryAcquire(o, n, body) => self.try_acquire(*o, *n, body, place),
            Statement::Sleep => self.line("sleep();"),
            Statement::Yield => self.line("gosched();"),
            Statement::Go(child) => self.go(*child),
            Statement::New(o) => self.new_object(*o),
            Statement::Panic(message) => self.line(&format!("panic!(\"{{}}\", {message:?});")),
        }
    }

    fn call(&mut self, object: Object, method: &str) {
        self.line(&format!("{}.{method}();", self.var(object)));
    }

    /// Returns the code that converts a received value to an integer.
    fn integer(&self, object: Object) -> &'static str {
        match self.script.kind(object) {
            Kind::Chan { .. } | Kind::NilChan => ".unwrap_or(0)",
            _ => ".map_or(0, |()| 0)",
        }
    }

    fn atomic(&mut self, object: Object, op: AtomicOp, place: &Within) {
        let var = self.var(object);
        match op {
            AtomicOp::Load => self.tells(&format!("{var}.load()"), place),
            AtomicOp::Store(value) => self.line(&format!("{var}.store({value});")),
            AtomicOp::Add(delta) => self.tells(&format!("{var}.add({delta})"), place),
            AtomicOp::Swap(value) => self.tells(&format!("{var}.swap({value})"), place),
            AtomicOp::CompareAndSwap(old, new) => {
                let call = format!("i64::from({var}.compare_and_swap({old}, {new}))");
                self.tells(&call, place);
            }
            AtomicOp::And(mask) => self.tells(&format!("{var}.and({mask})"), place),
            AtomicOp::Or(mask) => self.tells(&format!("{var}.or({mask})"), place),
            AtomicOp::Max(value) => self.tells(&format!("{var}.max({value})"), place),
        }
    }

    fn lock_statement(&mut self, statement: &Statement, place: &Within) {
        match statement {
            Statement::Lock(o) => self.take(*o, "lock", place),
            Statement::RLock(o) => self.take(*o, "rlock", place),
            Statement::WLock(o) => self.take(*o, "lock", place),
            Statement::TryLock(o, body) | Statement::TryWLock(o, body) => {
                self.try_take(*o, "try_lock", body, place);
            }
            Statement::TryRLock(o, body) => self.try_take(*o, "try_rlock", body, place),
            Statement::Unlock(o) | Statement::WUnlock(o) => self.call(*o, "unlock"),
            Statement::RUnlock(o) => self.call(*o, "runlock"),
            Statement::Increment(o, delta) => {
                let var = self.var(*o);
                self.line("{");
                self.indent += 1;
                self.line(&format!("let mut guard = {var}.lock();"));
                if place.keeps_last {
                    self.line("last = *guard;");
                }
                self.line(&format!("*guard += {delta};"));
                self.line("guard.unlock();");
                self.indent -= 1;
                self.line("}");
            }
            Statement::CondWait(cond, mutex) => {
                let wait = format!("{}.wait_unguarded({})", self.var(*cond), self.var(*mutex));
                if place.keeps_last {
                    self.tells(&wait, place);
                } else {
                    self.line(&format!("{wait};"));
                }
            }
            _ => unreachable!("{statement:?} has to do with no lock"),
        }
    }

    fn take(&mut self, object: Object, method: &str, place: &Within) {
        let var = self.var(object);
        if place.keeps_last {
            self.line(&format!("let guard = {var}.{method}();"));
            self.line("last = *guard;");
            self.line("guard.leave_locked();");
        } else {
            self.line(&format!("{var}.{method}().leave_locked();"));
        }
    }

    fn try_take(&mut self, object: Object, method: &str, body: &[Statement], place: &Within) {
        let var = self.var(object);
        if place.keeps_last {
            self.line("last = 0;");
        }
        self.line(&format!("if let Some(guard) = {var}.{method}() {{"));
        self.indent += 1;
        if place.keeps_last {
            self.line("last = *guard;");
        }
        self.line("guard.leave_locked();");
        self.body(body, place);
        self.indent -= 1;
        self.line("}");
    }

    fn control(&mut self, statement: &Statement, place: &Within) {
        let looped = Within {
            innermost_is_forever: false,
            ..*place
        };
        match statement {
            Statement::Choose(bodies) => {
                let chosen = format!("choose({})", bodies.len());
                if place.keeps_last {
                    self.line(&format!("last = i64::from({chosen});"));
                    self.line("match last {");
                } else {
                    self.line(&format!("match {chosen} {{"));
                }
                self.indent += 1;
                for (index, body) in bodies.iter().enumerate() {
                    let pattern = match index + 1 == bodies.len() {
                        true => "_".to_owned(),
                        false => index.to_string(),
                    };
                    self.block(&format!("{pattern} => {{"), body, "}", place);
                }
                self.indent -= 1;
                self.line("}");
            }
            Statement::Once(o, body) => {
                let first = format!("{}.do_once(|| {{", self.var(*o));
                self.block(&first, body, "});", place);
            }
            Statement::Range(o, body) if self.of(*o).is_some() => {
                self.range_of_handles(*o, body, place, &looped);
            }
            Statement::Range(o, body) => self.range(*o, body, place, &looped),
            Statement::Repeat(times, body) => {
                self.block(&format!("for _ in 0..{times} {{"), body, "}", &looped);
            }
            Statement::Forever(body) => self.forever(body, place),
            Statement::Break if place.innermost_is_forever => {
                self.line("return ControlFlow::Break(false);");
            }
            Statement::Break => self.line("break;"),
            Statement::Return if place.in_forever => {
                self.line("return ControlFlow::Break(true);");
            }
            Statement::Return => self.line("return;"),
            Statement::Recover(body) => {
                self.block(
                    "let _: Result<(), String> = recover(|| {",
                    body,
                    "});",
                    place,
                );
            }
            Statement::Goexit => self.line("goexit();"),
            _ => unreachable!("{statement:?} does not steer"),
        }
    }

    fn range(&mut self, o: Object, body: &[Statement], place: &Within, looped: &Within) {
        let channel = self.channel(o);
        if place.keeps_last {
            let received = match self.script.kind(o) {
                Kind::Chan { .. } | Kind::NilChan => "received",
                _ => "{ let () = received; 0 }",
            };
            self.line("loop {");
            self.indent += 1;
            self.line(&format!("let Some(received) = {channel}.recv() else {{"));
            self.line("    last = 0;");
            self.line("    break;");
            self.line("};");
            self.line(&format!("last = {received};"));
            self.body(body, looped);
            self.indent -= 1;
            self.line("}");
        } else {
            let first = format!("while {channel}.recv().is_some() {{");
            self.block(&first, body, "}", looped);
        }
    }

    fn forever(&mut self, body: &[Statement], place: &Within) {
        self.line("let returns = forever(|| {");
        self.indent += 1;
        let inner = Within {
            keeps_last: self.keeps_last(body),
            innermost_is_forever: true,
            in_forever: true,
        };
        self.body(body, &inner);
        self.line("ControlFlow::Continue(())");
        self.indent -= 1;
        self.line("});");
        self.line("if returns {");
        self.line(if place.in_forever {
            "    return ControlFlow::Break(true);"
        } else {
            "    return;"
        });
        self.line("}");
        if place.keeps_last {
            self.line("last = 0;");
        }
    }

    fn select(
        &mut self,
        arms: &[(Case, Vec<Statement>)],
        default: Option<&[Statement]>,
        place: &Within,
    ) {
        self.line("select! {");
        self.indent += 1;
        for (case, body) in arms {
            match case {
                Case::Send(o, operand) => {
                    let sent = self.sent(*o, *operand);
                    let first = format!("send({}, {sent}) => {{", self.var(*o));
                    self.block(&first, body, "}", place);
                }
                Case::Recv(o) if self.of(*o).is_some() => {
                    self.line(&format!("recv({}) -> received => {{", self.var(*o)));
                    self.indent += 1;
                    self.rebind("received", *o, place);
                    self.body(body, place);
                    self.indent -= 1;
                    self.line("}");
                }
                Case::Recv(o) if place.keeps_last => {
                    self.line(&format!("recv({}) -> received => {{", self.channel(*o)));
                    self.indent += 1;
                    self.line(&format!("last = received{};", self.integer(*o)));
                    self.body(body, place);
                    self.indent -= 1;
                    self.line("}");
                }
                Case::Recv(o) => {
                    let first = format!("recv({}) => {{", self.channel(*o));
                    self.block(&first, body, "}", place);
                }
            }
        }
        if let Some(body) = default {
            self.block("default => {", body, "}", place);
        }
        self.indent -= 1;
        self.line("}");
    }
}

impl Operand {
    /// Returns the operand as an expression.
    fn text(self) -> String {
        match self {
            Self::Constant(integer) => integer.to_string(),
            Self::Last(0) => "last".to_owned(),
            Self::Last(delta) => {
                let mut text = String::from("last");
                let sign = if delta < 0 { '-' } else { '+' };
                write!(text, " {sign} {}", delta.unsigned_abs()).expect("a string can be written");
                text
            }
        }
    }
}

/// Returns true if a statement uses the last integer outside endless loops, which have their own.
fn uses_last(body: &[Statement]) -> bool {
    let uses = |operand: &Operand| matches!(operand, Operand::Last(_));
    body.iter().any(|statement| match statement {
        Statement::Send(_, operand) | Statement::Set(_, operand) => uses(operand),
        Statement::Forever(_) => false,
        Statement::Select { arms, .. } => {
            arms.iter()
                .any(|(case, _)| matches!(case, Case::Send(_, operand) if uses(operand)))
                || statement.bodies().iter().any(|inner| uses_last(inner))
        }
        _ => statement.bodies().iter().any(|inner| uses_last(inner)),
    })
}

/// Returns a name as an identifier: invalid characters become underscores.
pub(super) fn identifier(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}
