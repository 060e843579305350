//! Guards and deferred calls in Go source.
//!
//! A guard is a `*harness.Held`. It is ended when it goes out of scope: by a call in sequential
//! code, and by `defer` when the function returns.

use super::Printer;
use crate::script::smaller::objects_of;
use crate::script::vars::{self, Declared};
use crate::script::{Grip, GuardEnd, Object, Statement, Var};

impl Printer<'_> {
    pub(super) fn variable(&mut self, statement: &Statement, number: usize) {
        match statement {
            Statement::Hold(var, grip, lock, body) => self.hold(*var, *grip, *lock, body, number),
            Statement::Release(var, GuardEnd::Leave) => self.held(*var, "Forget()"),
            Statement::Release(var, GuardEnd::Unlock | GuardEnd::Drop) => self.held(*var, "End(g)"),
            Statement::AddHeld(var, delta) => self.held(*var, &format!("Add({delta})")),
            Statement::WaitHeld(cond, var) => self.wait(*cond, *var, number),
            Statement::Defer(var, deferred, body) => {
                self.deferred(*var, deferred);
                self.scoped(*var, body);
            }
            _ => unreachable!("{statement:?} has to do with no variable"),
        }
    }

    fn held(&mut self, var: Var, call: &str) {
        self.line(&format!("held{}.{call}", var.0));
    }

    fn hold(&mut self, var: Var, grip: Grip, lock: Object, body: &[Statement], number: usize) {
        let (name, guard) = match grip {
            Grip::Lock | Grip::TryLock => ("Lock", "HoldMutex"),
            Grip::RLock | Grip::TryRLock => ("RLock", "HoldRead"),
            Grip::WLock | Grip::TryWLock => ("Lock", "HoldWrite"),
        };
        let lock = self.var(lock);
        if grip.tries() {
            self.line("g.Last = 0");
            self.line(&format!("if {lock}.Try{name}() {{"));
            self.indent += 1;
        } else {
            self.line("{");
            self.indent += 1;
            self.line(&format!("{lock}.{name}() // #{number}"));
        }
        self.line(&format!("g.Last = {lock}.V.Load()"));
        self.line(&format!("held{} := harness.{guard}({lock}, g.Last)", var.0));
        self.line(&format!("defer held{}.End(g)", var.0));
        self.indent -= 1;
        self.scoped(var, body);
    }

    /// Writes the statements of an open block, and its end, where a variable goes out of scope.
    fn scoped(&mut self, var: Var, body: &[Statement]) {
        self.indent += 1;
        self.scope.push(var);
        self.body(body);
        self.scope.pop();
        self.held(var, "End(g)");
        self.indent -= 1;
        self.line("}");
    }

    /// Ends the variables in scope from number `depth` on, the last first.
    pub(super) fn end_all(&mut self, depth: usize) {
        for index in (depth..self.scope.len()).rev() {
            self.held(self.scope[index], "End(g)");
        }
    }

    fn wait(&mut self, cond: Object, var: Var, number: usize) {
        let Some(Declared::Guard(_, mutex)) = self.declared.get(&var).copied() else {
            unreachable!("a wait has the guard of a mutex")
        };
        let (mutex, cond) = (self.var(mutex), self.var(cond));
        self.line(&format!("if held{}.Is() {{", var.0));
        self.indent += 1;
        self.line(&format!("{mutex}.V.Store(held{}.Content)", var.0));
        self.line(&format!("{cond}.Wait() // #{number}"));
        self.line(&format!("g.Last = {mutex}.V.Load()"));
        self.line(&format!("held{}.Content = g.Last", var.0));
        self.indent -= 1;
        self.line("}");
    }

    /// Writes a deferred call, which captures the present objects.
    fn deferred(&mut self, var: Var, deferred: &[Statement]) {
        let mut captured: Vec<Object> = Vec::new();
        for statement in deferred {
            let mut statement = statement.clone();
            let named = objects_of(&mut statement).into_iter();
            captured.extend(named.map(|object| *object));
        }
        captured.retain(|object| vars::rebinds(self.script, *object));
        captured.sort_unstable();
        captured.dedup();
        let names: Vec<String> = captured
            .into_iter()
            .map(|object| self.var(object))
            .collect();
        self.line("{");
        self.indent += 1;
        self.line(&format!("held{} := func() *harness.Held {{", var.0));
        self.indent += 1;
        if !names.is_empty() {
            let names = names.join(", ");
            self.line(&format!("{names} := {names}"));
        }
        self.line("return harness.Defer(func(g *harness.Goroutine) {");
        self.indent += 1;
        self.quiet = true;
        self.body(deferred);
        self.quiet = false;
        self.indent -= 1;
        self.line("})");
        self.indent -= 1;
        self.line("}()");
        self.line(&format!("defer held{}.End(g)", var.0));
        self.indent -= 1;
    }
}
