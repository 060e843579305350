//! Checking a kernel: [`check`], and [`Checker`] for those who want to say how.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::explore::exhaustive::Exhaustive;
use crate::explore::{Findings, Limits, Meter, Progress, Search, Watch};
use crate::model::{Fault, Program};
use crate::report::{self, Report, Verdict};
use crate::runtime::closures::Closures;

/// Which search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Every interleaving: the oracle.
    Exhaustive,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Exhaustive];

    /// The name under which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exhaustive => "exhaustive",
        }
    }

    /// The engine of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }
}

/// That which is checked: a kernel written in closures, or a program of another kind that can also be run as closures.
pub trait Subject {
    /// The program, from the start, with nothing known of it.
    fn program(&self, stack_bytes: usize) -> Box<dyn Program>;

    /// The body of main, for an engine that runs threads of its own.
    fn body(&self) -> Rc<dyn Fn()>;
}

impl<F: Fn() + 'static> Subject for Rc<F> {
    fn program(&self, stack_bytes: usize) -> Box<dyn Program> {
        Box::new(Closures::new(self.clone(), stack_bytes))
    }

    fn body(&self) -> Rc<dyn Fn()> {
        self.clone()
    }
}

/// Explores all interleavings of a kernel, with the default engine and limits.
pub fn check(kernel: impl Fn() + 'static) -> Report {
    Checker::new().check(kernel)
}

/// Bytes of the stack of each goroutine, unless somebody says otherwise.
pub(crate) const STACK_BYTES: usize = 1 << 20;

/// How to check: engine and limits.
#[derive(Clone, Debug)]
pub struct Checker {
    engine: Engine,
    limits: Limits,
    stack_bytes: usize,
    watch: Arc<Watch>,
}

impl Default for Checker {
    fn default() -> Self {
        Self {
            engine: Engine::Exhaustive,
            limits: Limits::default(),
            stack_bytes: STACK_BYTES,
            watch: Arc::default(),
        }
    }
}

impl Checker {
    /// The default engine and limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With this engine.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// With these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With a limit on the time of the search.
    #[must_use]
    pub fn time_max(mut self, time: Duration) -> Self {
        self.limits.time_max = Some(time);
        self
    }

    /// With a stack of so many bytes for each goroutine.
    #[must_use]
    pub fn stack_bytes(mut self, bytes: usize) -> Self {
        self.stack_bytes = bytes;
        self
    }

    /// Tells this watch how the search gets on, and lets it interrupt the search.
    #[must_use]
    pub fn watch(mut self, watch: Arc<Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// Explores a kernel.
    pub fn check(&self, kernel: impl Fn() + 'static) -> Report {
        self.check_subject(&Rc::new(kernel))
    }

    /// Explores a subject of any kind.
    pub fn check_subject(&self, subject: &dyn Subject) -> Report {
        let mut program = subject.program(self.stack_bytes);
        let mut meter = Meter::new(self.limits.clone(), self.watch.clone());
        let mut search: Box<dyn Search> = match self.engine {
            Engine::Exhaustive => Box::new(Exhaustive::new()),
        };
        let mut fault = run(search.as_mut(), program.as_mut(), &mut meter).err();
        let findings: Findings = search.findings().clone();
        let time = meter.elapsed();
        let traces = report::traces(program.as_mut(), &findings).unwrap_or_else(|found| {
            fault.get_or_insert(found);
            Vec::new()
        });
        let verdict = Verdict::of(&findings, fault.is_some());
        Report {
            engine: self.engine,
            verdict,
            findings,
            traces,
            fault,
            time,
        }
    }
}

fn run(search: &mut dyn Search, program: &mut dyn Program, meter: &mut Meter) -> Result<(), Fault> {
    while search.advance(program, meter)? == Progress::Paused {}
    Ok(())
}
