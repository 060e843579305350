//! A test, or `main`, of a package: what a search is given.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use gordian_checker::Subject;
use gordian_checker::model::{Program, TimerRules};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::busiest::Busiest;
use crate::filter::Filter;
use crate::machine::{Machine, Things, accesses_parts};
use crate::natives::STANDS_STILL;
use crate::program::{Entry, GoProgram};
use crate::told::Told;
use crate::value::Interner;
use crate::{Package, compiled, load, places};

/// A test, or `main`, of a package.
#[derive(Clone, Debug)]
pub struct GoSubject {
    package: Package,
    entry: Entry,
    filter: Arc<Filter>,
    quiet: bool,
    excuses_failures: bool,
    clock: bool,
    /// Instructions whose accesses to memory are operations.
    visible: Arc<FxHashSet<(u32, u32)>>,
    /// True if goroutines come to the `Wait` of a group by an operation of its own.
    waits_apart: bool,
    told: Arc<Mutex<Told>>,
}

impl GoSubject {
    pub(crate) fn new(package: Package, entry: Entry) -> Self {
        Self {
            package,
            entry,
            filter: Arc::default(),
            quiet: false,
            excuses_failures: false,
            clock: false,
            visible: Arc::default(),
            waits_apart: false,
            told: Arc::default(),
        }
    }

    /// Returns the same, of whose subtests only those are run that the filter lets pass.
    #[must_use]
    pub fn with_filter(mut self, filter: &Filter) -> Self {
        self.filter = Arc::new(filter.clone());
        self
    }

    /// Returns the same in quiet time: a timer fires, and a sleep is over, only when nobody else
    /// can move.
    #[must_use]
    pub fn in_quiet_time(&self) -> Self {
        Self {
            quiet: true,
            ..self.clone()
        }
    }

    /// Returns the same, of which it is known that the test fails only if a timer is early: that it
    /// fails is no finding.
    #[must_use]
    pub fn excusing_failures(&self) -> Self {
        Self {
            excuses_failures: true,
            ..self.clone()
        }
    }

    /// Returns the same, of which nothing has been run yet.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self {
            told: Arc::default(),
            ..self.clone()
        }
    }

    /// Returns the same in quiet time that passes as durations say: of several timers the one that
    /// is due first is the first.
    #[must_use]
    pub fn by_the_clock(&self) -> Self {
        Self {
            clock: true,
            ..self.in_quiet_time()
        }
    }

    /// Notes that the answer is that of [`by_the_clock`](Self::by_the_clock).
    pub fn assume_the_clock(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.assumptions.remove(STANDS_STILL);
        let text = "time passes only when nobody else can move, and as durations say";
        told.assumptions.insert(text.to_owned());
    }

    /// Returns true if it is in quiet time.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.quiet || self.has_bubbles()
    }

    /// Returns true if somebody asked for quiet time. Without that it is the time of bubbles, in
    /// which nothing is assumed.
    #[must_use]
    pub fn assumes_quiet_time(&self) -> bool {
        self.quiet
    }

    /// Returns true if it can come to a bubble of `testing/synctest`. Then it is searched in the
    /// time of these: quiet time that passes as durations say.
    #[must_use]
    pub fn has_bubbles(&self) -> bool {
        let (Entry::Main(f) | Entry::Test { f, .. }) = self.entry;
        self.package.bubbled.contains(&f)
    }

    /// Returns true if it is the main of a package.
    pub(crate) fn is_main(&self) -> bool {
        matches!(self.entry, Entry::Main(_))
    }

    /// Returns the rules of timers of the Go version for which the package is written.
    #[must_use]
    pub fn timers(&self) -> TimerRules {
        match self.has_bubbles() {
            // Bubbles know no others.
            true => TimerRules::Go1_23,
            false => self.package.timers,
        }
    }

    /// Returns the program, from the start.
    ///
    /// # Panics
    /// If the export cannot be compiled: [`load`](crate::load()) has looked.
    #[must_use]
    pub fn go_program(&self, timers: TimerRules) -> GoProgram {
        let export = load::parse(&self.package.json).expect("the export was read before");
        let has_bubbles = self.has_bubbles();
        let has_clock = self.clock || has_bubbles;
        let (types, pool, mut code) =
            compiled(&export, has_clock).expect("the export was compiled before");
        let (entry, test_main) = match self.entry {
            Entry::Main(f) => (f, None),
            Entry::Test { f, test_main, .. } => (f, test_main),
        };
        let roots = export.inits.iter().copied().chain([entry]).chain(test_main);
        places::rank(&mut code, &export, &roots.collect::<Vec<u32>>());
        let skipped = self.package.skipped.iter();
        let skipped = skipped.map(|it| format!("the initialisers of {it} do nothing that matters"));
        // The clock is the last variable.
        let clock = code.globals.len().checked_sub(1).filter(|_| has_clock);
        let clock = clock.and_then(|clock| u32::try_from(clock).ok());
        let mut raced = self.visible.iter();
        let wide = raced.any(|&(func, pc)| {
            accesses_parts(&code.funcs[func as usize].code[pc as usize], &types)
        });
        let machine = Machine {
            things: Things::new(&code),
            wide,
            code: Rc::new(code),
            types: Rc::new(types),
            pool,
            frames: Interner::default(),
            timers,
            visible: (*self.visible).clone(),
            assumptions: skipped.collect(),
            reuses: BTreeSet::new(),
            returns: false,
            rounds: crate::rounds::Rounds::default(),
            filter: self.filter.clone(),
            by_count: false,
            has_counted: false,
            waits_apart: self.waits_apart,
            quiet: self.is_quiet(),
            excuses_failures: self.excuses_failures,
            clock,
            has_bubbles,
            bubbles: FxHashSet::default(),
            subtests: FxHashSet::default(),
            test_users: FxHashMap::default(),
            shares_test: false,
            settles: FxHashSet::default(),
            settled: None,
            output: None,
            patience: 1,
        };
        GoProgram::new(
            machine,
            self.entry.clone(),
            export.inits.into(),
            self.told.clone(),
        )
    }

    /// Returns the assumptions and cuts, in all that was run of this subject and its clones.
    #[must_use]
    pub fn assumptions(&self) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.assumptions.iter().cloned().collect()
    }

    /// Returns the data races that were found, in all that was run of this subject and its clones.
    #[must_use]
    pub fn races(&self) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.races.iter().cloned().collect()
    }

    /// Returns the place where goroutines stood in most of their states, in the search that met
    /// most of these.
    #[must_use]
    pub fn busiest(&self) -> Option<Busiest> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.busiest.clone()
    }

    /// Returns the wait groups that were used again too early, in all that was run of this subject
    /// and its clones.
    #[must_use]
    pub fn reuses(&self) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.reuses.iter().cloned().collect()
    }

    /// Returns true if the test, or main, came to its end in an execution of this subject or of one
    /// of its clones.
    #[must_use]
    pub fn returns(&self) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.returns
    }

    /// Returns the same, in which all accesses are operations that have raced so far: a search of
    /// it finds what depends on who comes first. If a wait group is counted up again for which
    /// another goroutine waits, who comes to its `Wait` first is an operation, too, for a search of
    /// executions. `None` if all that is so already.
    #[must_use]
    pub fn refined(&self) -> Option<Self> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let visible: FxHashSet<_> = self.visible.union(&told.raced).copied().collect();
        let waits_apart = self.waits_apart || told.mixes_rounds;
        let is_more = visible.len() > self.visible.len() || waits_apart != self.waits_apart;
        is_more.then(|| Self {
            visible: Arc::new(visible),
            waits_apart,
            ..self.clone()
        })
    }
}

impl Subject for GoSubject {
    fn program_with(&self, _: usize, timers: TimerRules) -> Box<dyn Program> {
        Box::new(self.go_program(timers))
    }
}
