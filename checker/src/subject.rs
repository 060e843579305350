//! The subject of a check, in whatever language it is written.

use std::rc::Rc;

use crate::model::{Program, TimerRules};
use crate::runtime::closures::Closures;

/// The subject of a check: a kernel written in closures, or a program of another kind. The latter
/// may also be runnable as closures.
pub trait Subject {
    /// Returns the program at its start, with nothing learned. Each goroutine has a stack of this
    /// size, and timers follow these rules.
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program>;

    /// Returns the program with the default rules of timers.
    fn program(&self, stack_bytes: usize) -> Box<dyn Program> {
        self.program_with(stack_bytes, TimerRules::default())
    }

    /// Returns the body of main, for an engine with threads of its own. Returns `None` for a
    /// program that is not Rust, which that engine does not support.
    fn body(&self) -> Option<Rc<dyn Fn()>> {
        None
    }

    /// Returns the program that does step by step what [`Subject::body`] does. An engine that runs
    /// the body is compared with it.
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
