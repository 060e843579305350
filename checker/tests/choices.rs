//! Choices among very many numbers: what they cost, and that they do not keep a search from being
//! stopped.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gordian_checker::execution::replay::play;
use gordian_checker::explore::auto::Auto;
use gordian_checker::explore::exhaustive::Exhaustive;
use gordian_checker::explore::optimal::Optimal;
use gordian_checker::explore::remembering::Remembering;
use gordian_checker::explore::{Limit, Limits, Meter, Progress, Search, Watch};
use gordian_checker::model::{
    Arrival, Fault, GoroutineId, GoroutineInfo, Local, ObjectId, ObjectInfo, Op, Outcome, Program,
    ValueId, World,
};
use gordian_checker::sync::{choose, go, gosched, shared};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict};

/// A program that counts what is asked of it.
struct Counted {
    program: Box<dyn Program>,
    asked: Cell<u64>,
}

impl Counted {
    fn of(kernel: impl Fn() + 'static) -> Self {
        Self {
            program: Rc::new(kernel).program(1 << 18),
            asked: Cell::new(0),
        }
    }

    fn count(&self) {
        self.asked.set(self.asked.get() + 1);
    }
}

impl Program for Counted {
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, Local)>, Fault> {
        self.program.start(world)
    }

    fn arrival(&self, local: Local) -> &Arrival {
        self.count();
        self.program.arrival(local)
    }

    fn resume(
        &mut self,
        local: Local,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<Local, Fault> {
        self.count();
        self.program.resume(local, outcome, world)
    }

    fn child(&mut self, local: Local, world: &mut World) -> Result<Local, Fault> {
        self.count();
        self.program.child(local, world)
    }

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

    fn may_cycle(&self) -> bool {
        self.program.may_cycle()
    }
}

type Make = fn() -> Box<dyn Search>;

const SEARCHES: [(&str, Make); 4] = [
    ("optimal", || Box::new(Optimal::new())),
    ("remembering", || Box::new(Remembering::new())),
    ("exhaustive", || Box::new(Exhaustive::new())),
    ("auto", || Box::new(Auto::new())),
];

/// Explores all of it: what was asked of the program, and the units of work.
fn cost(make: Make, kernel: impl Fn() + 'static) -> (u64, u64) {
    let mut program = Counted::of(kernel);
    let mut meter = Meter::new(Limits::default(), Arc::default());
    let mut search = make();
    while search.advance(&mut program, &mut meter) == Ok(Progress::Paused) {}
    assert!(search.findings().complete);
    (program.asked.get(), meter.spent())
}

/// Another goroutine moves in the meantime, and main once more afterwards.
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
        // Each number is eight times as much work for all: what grows with the square takes 64
        // times as much.
        assert!(many.0 < 10 * few.0, "{name}: {} asked, {}", many.0, few.0);
        assert!(many.1 < 10 * few.1, "{name}: {} spent, {}", many.1, few.1);
        assert!(few.0 < 100 * 500, "{name}: {} asked", few.0);
    }
}

/// The search that remembers finds the panic, and must not wait for the other one.
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

/// Under loom each number is a run of its own; those who are not asked are as many as before.
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
    assert_eq!(played.misfit, None);
    assert_eq!(played.path[1].choice.number(), Some(3999));
    assert!(program.asked.get() < 500, "{} asked", program.asked.get());
    let tokens = ["main", "main:4000"].map(str::to_owned);
    let misfit = play(&mut program, &tokens).unwrap().misfit;
    let misfit = misfit.expect("there is no such number");
    assert_eq!(misfit.enabled[..2], ["main:0", "main:1"]);
    assert_eq!(misfit.enabled.len(), 100 + 1, "and the other goroutine");
}

const ENGINES: [Engine; 6] = Engine::ALL;

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
            assert_eq!((site.file, site.line), (file!(), line), "{engine:?}");
        }
    }
}

/// Checks a kernel that is told how often it has come by, and whose search is to be stopped when it
/// has a hundred times. How often it did in the end.
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

/// At the end of a search some of what was done is done once more, to see whether it is the same.
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

/// Loom cannot be stopped there; it has a limit of its own on the steps of an execution.
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
