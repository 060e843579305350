//! Guards and deferred calls in the source of a kernel.

use super::{Printer, Within};
use crate::script::vars::Declared;
use crate::script::{Grip, GuardEnd, Object, Statement, Var};

/// Returns the name of a variable. It holds an option, since a guard may be given away on one path
/// only.
pub(super) fn held(var: Var) -> String {
    format!("held{}", var.0)
}

impl Printer<'_> {
    pub(super) fn variable(&mut self, statement: &Statement, place: &Within) {
        match statement {
            Statement::Hold(var, grip, lock, body) => self.hold(*var, *grip, *lock, body, place),
            Statement::Release(var, way) => self.release(*var, *way),
            Statement::AddHeld(var, delta) => {
                if matches!(self.declared.get(var), Some(Declared::Guard(grip, _)) if !grip.reads())
                {
                    self.line(&format!("if let Some(guard) = &mut {} {{", held(*var)));
                    self.line(&format!("    **guard += {delta};"));
                    self.line("}");
                }
            }
            Statement::WaitHeld(cond, var) => {
                let (cond, var) = (self.var(*cond), held(*var));
                self.line(&format!("if let Some(guard) = {var}.take() {{"));
                self.indent += 1;
                self.line(&format!("let guard = {cond}.wait(guard);"));
                if place.keeps_last {
                    self.line("last = *guard;");
                }
                self.line(&format!("{var} = Some(guard);"));
                self.indent -= 1;
                self.line("}");
            }
            Statement::Defer(var, deferred, body) => {
                self.line("{");
                self.indent += 1;
                self.line(&format!("let mut {} = Some(defer(move || {{", held(*var)));
                self.indent += 1;
                // A closure of its own: it has neither `last` nor the loops around it.
                let apart = Within {
                    keeps_last: false,
                    innermost_is_forever: false,
                    in_forever: false,
                };
                self.body(deferred, &apart);
                self.indent -= 1;
                self.line("}));");
                self.body(body, place);
                self.indent -= 1;
                self.line("}");
            }
            _ => unreachable!("{statement:?} has to do with no variable"),
        }
    }

    fn hold(&mut self, var: Var, grip: Grip, lock: Object, body: &[Statement], place: &Within) {
        let (lock, var) = (self.var(lock), held(var));
        let method = match grip {
            Grip::Lock | Grip::WLock => "lock",
            Grip::RLock => "rlock",
            Grip::TryLock | Grip::TryWLock => "try_lock",
            Grip::TryRLock => "try_rlock",
        };
        if grip.tries() {
            if place.keeps_last {
                self.line("last = 0;");
            }
            self.line(&format!("if let Some(guard) = {lock}.{method}() {{"));
            self.indent += 1;
        } else {
            self.line("{");
            self.indent += 1;
            self.line(&format!("let guard = {lock}.{method}();"));
        }
        if place.keeps_last {
            self.line("last = *guard;");
        }
        self.line(&format!("let mut {var} = Some(guard);"));
        self.body(body, place);
        self.indent -= 1;
        self.line("}");
    }

    fn release(&mut self, var: Var, way: GuardEnd) {
        let method = match (self.declared.get(&var), way) {
            (Some(Declared::Guard(..)), GuardEnd::Leave) => "leave_locked",
            (Some(Declared::Guard(grip, _)), GuardEnd::Unlock) if grip.reads() => "runlock",
            (Some(Declared::Guard(..)), GuardEnd::Unlock) => "unlock",
            (_, GuardEnd::Leave) => {
                return self.line(&format!("std::mem::forget({}.take());", held(var)));
            }
            (_, GuardEnd::Unlock | GuardEnd::Drop) => {
                return self.line(&format!("drop({}.take());", held(var)));
            }
        };
        self.line(&format!("if let Some(guard) = {}.take() {{", held(var)));
        self.line(&format!("    guard.{method}();"));
        self.line("}");
    }
}
