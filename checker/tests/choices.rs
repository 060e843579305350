//! Choices among very many numbers: their cost, and that they do not keep a search from being
//! stopped.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gordian_checker::execution::replay::play;
use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::stateful::Stateful;
use gordian_checker::explore::stubborn::Stubborn;
use gordian_checker::explore::{Activity, Limit, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{
    Arrival, Fault, FileId, GoroutineId, GoroutineInfo, Learner, LocalState, Names, ObjectId,
    ObjectInfo, Op, Outcome, Program, ValueId, World,
};
use gordian_checker::sync::{ControlFlow, choose, forever, go, gosched, shared};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict};

/// A program that counts the calls to it.
struct Counted {
    program: Box<dyn Program>,
    asked: Cell<u64>,
    watch: Arc<Watch>,
    /// Those calls while the search looks for cycles.
    asked_for_cycles: Cell<u64>,
}

impl Counted {
    fn of(kernel: impl Fn() + 'static) -> Self {
        Self {
            program: Rc::new(kernel).program(1 << 18),
            asked: Cell::new(0),
            watch: Arc::default(),
            asked_for_cycles: Cell::new(0),
        }
    }

    fn count(&self) {
        self.asked.set(self.asked.get() + 1);
        if self.watch.activity() == Activity::LooksForCycles {
            self.asked_for_cycles.set(self.asked_for_cycles.get() + 1);
        }
    }
}

impl Names for Counted {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.count();
        self.program.goroutine(id)
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.program.object(id)
    }

    fn value(&self, id: ValueId) -> String {
        self.program.value(id)
    }

    fn file(&self, id: FileId) -> &str {
        self.program.file(id)
    }
}

impl Program for Counted {
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        self.program.start(world)
    }

    fn arrival(&self, local: LocalState) -> &Arrival {
        self.count();
        self.program.arrival(local)
    }

    fn resume(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.count();
        self.program.resume(id, local, outcome, world)
    }

    fn child(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.count();
        self.program.child(id, local, world)
    }

    fn learner(&mut self) -> Option<&mut dyn Learner> {
        self.program.learner()
    }
}

type Make = fn() -> Box<dyn Search>;

const SEARCHES: [(&str, Make); 4] = [
    ("optimal", || Box::new(Optimal::new())),
    ("stateful", || Box::new(Stateful::new())),
    ("exhaustive", || Box::new(Exhaustive::new())),
    ("auto", || Box::new(Auto::new())),
];

/// Explores all of it, and returns the number of calls to the program and the units of work.
fn cost(make: Make, kernel: impl Fn() + 'static) -> (u64, u64) {
    let mut program = Counted::of(kernel);
    let mut meter = Meter::new(Limits::default(), Arc::default());
    let mut search = make();
    while search.advance(&mut program, &mut meter) == Ok(Progress::Paused) {}
    assert!(search.findings().complete);
    (program.asked.get(), meter.spent())
}

/// A watch tells when all states are met and the search looks for cycles. Then it asks the program
/// for each of their steps once more.
#[test]
fn a_watch_tells_that_cycles_are_looked_for() {
    let searches: [Make; 2] = [|| Box::new(Stateful::new()), || Box::new(Stubborn::new())];
    for make in searches {
        let mut program = Counted::of(|| {
            forever(|| {
                gosched();
                ControlFlow::<()>::Continue(())
            });
        });
        let mut meter = Meter::new(Limits::default(), program.watch.clone());
        let mut search = make();
        while search.advance(&mut program, &mut meter) == Ok(Progress::Paused) {}
        assert!(search.findings().complete);
        let (all, for_cycles) = (program.asked.get(), program.asked_for_cycles.get());
        assert!(0 < for_cycles && for_cycles < all, "{for_cycles} of {all}");
        assert_eq!(program.watch.activity(), Activity::Explores);
    }
}

/// A check ends with the explanation of what it found, and the next one explores again.
#[test]
fn a_watch_tells_what_comes_after_the_search() {
    let watch = Arc::new(Watch::default());
    let begun = watch.clone();
    let checker = Checker::new().watch(watch.clone());
    checker.check(|| panic!("at once"));
    assert_eq!(watch.activity(), Activity::Explains);
    let first = Arc::new(AtomicU64::new(0));
    let seen = first.clone();
    checker.check(move || {
        if begun.activity() == Activity::Explores {
            seen.store(1, Ordering::Relaxed);
        }
    });
    assert_eq!(first.load(Ordering::Relaxed), 1);
}

/// Another goroutine moves in the meantime, and main moves once more afterwards.
fn among(numbers: u32) -> impl Fn() {
    move || {
        let last = shared("last", 0);
        go("other", move || {
            last.get();
        });
        let number = choose(numbers);
        last.set(number);
    }
}

#[test]
fn a_choice_costs_so_much_for_each_number() {
    for (name, make) in SEARCHES {
        let few = cost(make, among(500));
        let many = cost(make, among(4000));
        // Eight times as many numbers are eight times as much work: quadratic cost would be 64
        // times.
        assert!(many.0 < 10 * few.0, "{name}: {} asked, {}", many.0, few.0);
        assert!(many.1 < 10 * few.1, "{name}: {} spent, {}", many.1, few.1);
        assert!(few.0 < 200 * 500, "{name}: {} asked", few.0);
    }
}

/// The stateful search finds the panic, and must not wait for the other search.
#[test]
fn auto_finds_what_follows_one_number_of_forty_thousand() {
    let report = Checker::new().check(|| assert_ne!(choose(40_000), 39_999, "the last"));
    assert_eq!(report.verdict, Verdict::Panic);
    let trace = report.trace().expect("a trace");
    assert_eq!(trace.schedule, "main:39999");
    assert!(trace.steps[0].enabled.len() <= 100, "too many are listed");
}

#[test]
fn as_many_numbers_as_there_may_be_are_proved() {
    let report = Checker::new().engine(Engine::Optimal).check(|| {
        choose(Op::CHOICES_MAX);
    });
    assert_eq!(report.verdict, Verdict::Proved);
    let executions = u64::from(Op::CHOICES_MAX);
    assert_eq!(report.findings.executions, executions);
    assert_eq!(report.findings.discarded, 0);
}

/// Under loom each number is an execution of its own, also where one choice sets the range of the
/// next.
#[test]
fn loom_runs_each_number() {
    let check = |kernel: fn()| {
        let checker = Checker::new().engine(Engine::Loom);
        checker.check(kernel)
    };
    let report = check(|| {
        choose(300);
    });
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(report.findings.executions, 300);
    let report = check(|| {
        let first = choose(3);
        choose(first + 1);
    });
    assert_eq!(report.findings.executions, 1 + 2 + 3);
}

#[test]
fn a_number_is_found_in_a_schedule() {
    let mut program = Counted::of(among(4000));
    let tokens = ["main", "main:3999", "other"].map(str::to_owned);
    let played = play(&mut program, &tokens).unwrap();
    assert_eq!(played.divergence, None);
    assert_eq!(played.path[1].choice.number(), Some(3999));
    assert!(program.asked.get() < 500, "{} asked", program.asked.get());
    let tokens = ["main", "main:4000"].map(str::to_owned);
    let divergence = play(&mut program, &tokens).unwrap().divergence;
    let divergence = divergence.expect("there is no such number");
    assert_eq!(divergence.enabled[..2], ["main:0", "main:1"]);
    assert_eq!(divergence.enabled.len(), 100 + 1, "and the other goroutine");
}

const ENGINES: [Engine; 7] = Engine::ALL;

#[test]
fn too_many_numbers_or_none_are_a_fault_that_names_the_place() {
    for engine in ENGINES {
        for below in [0, Op::CHOICES_MAX + 1, u32::MAX] {
            let line = line!() + 3;
            let report = Checker::new().engine(engine).check(move || {
                go("chooser", move || {
                    choose(below);
                });
            });
            assert_eq!(report.verdict, Verdict::Fault, "{engine:?}");
            let Some(Fault::Choice {
                goroutine,
                below: among,
                site,
            }) = report.fault
            else {
                panic!("{engine:?}: {:?}", report.fault);
            };
            assert_eq!((goroutine.as_str(), among), ("chooser", below));
            assert_eq!((&*site.file, site.line), (file!(), line), "{engine:?}");
        }
    }
}

/// Checks a kernel that counts its passes, with a search that is to stop at the hundredth. Returns
/// the report and the number of passes in the end.
fn stopped(engine: Engine, kernel: fn(&dyn Fn())) -> (Report, u64) {
    let (watch, times): (Arc<Watch>, Arc<AtomicU64>) = (Arc::default(), Arc::default());
    let (of_kernel, counted) = (watch.clone(), times.clone());
    let limits = Limits {
        steps_max: 100_000,
        ..Limits::default()
    };
    let checker = Checker::new().engine(engine).limits(limits).watch(watch);
    let report = checker.check(move || {
        let (watch, times) = (of_kernel.clone(), counted.clone());
        let comes_by = move || {
            if times.fetch_add(1, Ordering::Relaxed) == 100 {
                watch.interrupt.store(true, Ordering::Relaxed);
            }
        };
        kernel(&comes_by);
    });
    let times = times.load(Ordering::Relaxed);
    (report, times)
}

/// Some of the work is repeated at the end of a search, to check that the result is the same.
const ONCE_MORE: u64 = 400;

#[test]
fn a_search_is_stopped_in_the_middle_of_a_choice() {
    for engine in ENGINES {
        let (report, times) = stopped(engine, |comes_by| {
            choose(50_000);
            comes_by();
        });
        assert!(times < 100 + ONCE_MORE, "{engine:?}: {times} times");
        let limits = &report.findings.limits;
        assert!(limits.contains(&Limit::Interrupt), "{engine:?}: {limits:?}");
        assert_eq!(report.verdict, Verdict::Bounded, "{engine:?}");
    }
}

/// Loom cannot be stopped there; it has its own limit on the steps of an execution.
#[test]
fn a_search_is_stopped_in_the_middle_of_an_execution() {
    for engine in ENGINES {
        if engine == Engine::Loom {
            continue;
        }
        let (report, times) = stopped(engine, |comes_by| {
            loop {
                gosched();
                comes_by();
            }
        });
        assert!(times < 100 + ONCE_MORE, "{engine:?}: {times} times");
        let limits = &report.findings.limits;
        assert!(limits.contains(&Limit::Interrupt), "{engine:?}: {limits:?}");
    }
}
