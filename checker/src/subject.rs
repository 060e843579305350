//! What is checked, whatever it is written in.

use std::rc::Rc;

use crate::model::{Program, TimerRules};
use crate::runtime::closures::Closures;

/// That which is checked: a kernel written in closures, or a program of another kind that can also
/// be run as closures.
pub trait Subject {
    /// The program, from the start, with nothing known of it: with so large a stack for each
    /// goroutine, and timers by these rules.
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program>;

    /// The program with timers by the default rules.
    fn program(&self, stack_bytes: usize) -> Box<dyn Program> {
        self.program_with(stack_bytes, TimerRules::default())
    }

    /// The body of main, for an engine that runs threads of its own; `None` of a program that is no
    /// Rust: that engine does not support it.
    fn body(&self) -> Option<Rc<dyn Fn()>> {
        None
    }

    /// The program that does step by step what [`Subject::body`] does: what an engine that runs the
    /// body is compared with.
    fn program_of_body(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        self.program_with(stack_bytes, timers)
    }
}

impl<F: Fn() + 'static> Subject for Rc<F> {
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        Box::new(Closures::new(self.clone(), stack_bytes, timers))
    }

    fn body(&self) -> Option<Rc<dyn Fn()>> {
        Some(self.clone())
    }
}
