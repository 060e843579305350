//! A script as a kernel: a closure that does its statements through the handles of
//! [`sync`](crate::sync).

mod handles;
mod held;
mod runner;

use std::rc::Rc;

use super::{Interpreter, Memory, Script, Start};
use crate::model::{Program, TimerRules};
use crate::subject::Subject;
use runner::Runner;

impl Subject for Script {
    fn program_with(&self, _stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        Box::new(self.interpreter_with(Start::Together, Memory::Forgetful, timers))
    }

    fn body(&self) -> Option<Rc<dyn Fn()>> {
        Some(self.closure())
    }

    /// The closure, learned: an interpreter has other places in source.
    fn program_of_body(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        AsClosure(self.clone()).program_with(stack_bytes, timers)
    }
}

/// A script that is checked as the closure that it stands for, not by its interpreter.
#[derive(Clone, Debug)]
pub struct AsClosure(pub Script);

impl Subject for AsClosure {
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        Rc::new({
            let body = self.0.closure();
            move || body()
        })
        .program_with(stack_bytes, timers)
    }

    fn body(&self) -> Option<Rc<dyn Fn()>> {
        Some(self.0.closure())
    }
}

impl Script {
    /// A kernel that does what this script says. Main starts the other goroutines: see
    /// [`Start::ByMain`].
    #[must_use]
    pub fn closure(&self) -> Rc<dyn Fn()> {
        let script = Rc::new(self.clone());
        Rc::new(move || Runner::run_script(&script))
    }

    /// An interpreter of which [`Script::closure`] is the exact counterpart, state by state.
    #[must_use]
    pub fn counterpart(&self, timers: TimerRules) -> Interpreter {
        self.interpreter_with(Start::ByMain, Memory::Remembering, timers)
    }
}
