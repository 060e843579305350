//! Load: many goroutines, long executions, many deadlocks, several searches in one process.
//!
//! Each test asserts the exact counts, so it notices a search that loses executions under load as
//! well as one that is slow or uses much memory.

use std::rc::Rc;

use gordian_checker::explore::Limits;
use gordian_checker::model::{
    Arrival, Fault, FileId, GoroutineId, GoroutineInfo, Known, Learner, LocalState, Names,
    ObjectId, ObjectInfo, Outcome, Program, TimerRules, ValueId, World,
};
use gordian_checker::script::families;
use gordian_checker::sync::{atomic, chan, choose, go, mutex, rwlock, waitgroup};
use gordian_checker::{Checker, Engine, Report, Subject, Verdict, select};

fn optimal(kernel: impl Fn() + Send + 'static) -> Report {
    Checker::new().engine(Engine::Optimal).check(kernel)
}

/// A program whose search is asked to forget after each execution.
struct Forgetful(Box<dyn Program>);

impl Names for Forgetful {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        self.0.goroutine(id)
    }
    fn object(&self, id: ObjectId) -> ObjectInfo {
        self.0.object(id)
    }
    fn value(&self, id: ValueId) -> String {
        self.0.value(id)
    }
    fn file(&self, id: FileId) -> &str {
        self.0.file(id)
    }
}

impl Program for Forgetful {
    fn start(&mut self, world: &mut World) -> Result<Vec<(GoroutineId, LocalState)>, Fault> {
        self.0.start(world)
    }
    fn arrival(&self, local: LocalState) -> &Arrival {
        self.0.arrival(local)
    }
    fn resume(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        outcome: Outcome,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.0.resume(id, local, outcome, world)
    }
    fn child(
        &mut self,
        id: GoroutineId,
        local: LocalState,
        world: &mut World,
    ) -> Result<LocalState, Fault> {
        self.0.child(id, local, world)
    }
    fn learner(&mut self) -> Option<&mut dyn Learner> {
        Some(self)
    }
}

impl Learner for Forgetful {
    fn ids(&self) -> Known {
        unreachable!("nobody saves the search")
    }
    fn adopt_ids(&mut self, _: &Known) {
        unreachable!("nobody resumes a search")
    }
    fn recheck(&mut self) -> Result<(), Fault> {
        self.learned().recheck()
    }
    fn wants_to_forget(&self) -> bool {
        true
    }
    fn forget(&mut self, live: &mut dyn Iterator<Item = LocalState>) {
        self.learned().forget(live);
    }
    fn finish(&mut self) {
        self.learned().finish();
    }
}

impl Forgetful {
    fn learned(&mut self) -> &mut dyn Learner {
        self.0.learner().expect("closures are learned")
    }
}

/// A subject whose program is [`Forgetful`].
struct Forgetting<S>(S);

impl<S: Subject> Subject for Forgetting<S> {
    fn program_with(&self, stack_bytes: usize, timers: TimerRules) -> Box<dyn Program> {
        Box::new(Forgetful(self.0.program_with(stack_bytes, timers)))
    }
    fn body(&self) -> Option<Rc<dyn Fn()>> {
        self.0.body()
    }
}

#[test]
fn forgetting_changes_nothing() {
    let kernel = Rc::new(|| {
        let (log, count) = (mutex("log", String::new()), atomic("count", 0));
        let pipe = chan::<String>("pipe", 0);
        for name in ["a", "b"] {
            go(name, move || {
                count.add(1);
                let seen = {
                    let mut log = log.lock();
                    log.push_str(name);
                    log.clone()
                };
                if count.load() == 2 {
                    pipe.send(seen);
                }
            });
        }
        pipe.recv();
    });
    for engine in [Engine::Exhaustive, Engine::Optimal] {
        let checker = Checker::new().engine(engine).keep_going(true);
        let usual = checker.check_subject(&kernel);
        let forgetting = checker.check_subject(&Forgetting(kernel.clone()));
        assert!(forgetting.fault.is_none(), "{:?}", forgetting.fault);
        let (a, b) = (&usual.findings, &forgetting.findings);
        assert!(a.executions > 5 && a.bad_executions > 0);
        assert_eq!((a.executions, a.steps), (b.executions, b.steps));
        assert_eq!((a.bad_executions, &a.bad), (b.bad_executions, &b.bad));
    }
}

/// States that are remembered refer to what the program has learned. Nothing of that is forgotten
/// while executions are drawn, either.
#[test]
fn what_is_remembered_is_not_forgotten() {
    let kernel = Rc::new(|| {
        let count = atomic("count", 0);
        for _ in 0..4 {
            go("one", move || {
                for _ in 0..3 {
                    count.add(1);
                }
            });
        }
    });
    let checker = Checker::new().engine(Engine::Auto);
    let usual = checker.check_subject(&kernel);
    let forgetting = checker.check_subject(&Forgetting(kernel.clone()));
    assert_eq!(usual.verdict, Verdict::Proved);
    assert_eq!(usual.finished_by, Some("stubborn"));
    let findings = |report: &Report| (report.fault.clone(), report.findings.clone());
    assert_eq!(findings(&usual), findings(&forgetting));
}

#[test]
fn sixty_four_goroutines() {
    let report = optimal(|| {
        let all = waitgroup("all");
        let shared = rwlock("shared", 7);
        all.add(64);
        for _ in 0..64 {
            let own = mutex("own", 0);
            go("worker", move || {
                let read = shared.rlock();
                *own.lock() += *read;
                read.runlock();
                all.done();
            });
        }
        all.wait();
    });
    assert_eq!(report.verdict, Verdict::Proved);
    assert_eq!(report.findings.executions, 1);
    assert_eq!(report.findings.goroutines, 65);
}

/// A token goes through sixty-four goroutines: one execution, in every search.
#[test]
fn sixty_four_goroutines_under_every_engine() {
    for engine in Engine::ALL {
        let limits = Limits {
            executions_max: (engine == Engine::Random).then_some(3),
            ..Limits::default()
        };
        let report = Checker::new().engine(engine).limits(limits).check(|| {
            let links: Vec<_> = (0..65).map(|_| chan::<u32>("link", 0)).collect();
            for pair in links.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                go("one", move || to.send(from.recv().unwrap_or(0) + 1));
            }
            links[0].send(0);
            assert_eq!(links[64].recv(), Some(64));
        });
        let findings = &report.findings;
        match engine {
            Engine::Loom => {
                assert_eq!(report.verdict, Verdict::Unsupported);
                assert!(report.reason.is_some_and(|reason| reason.contains("65")));
                continue;
            }
            Engine::Random => assert_eq!(report.verdict, Verdict::Bounded),
            Engine::Stateful => assert_eq!(findings.states, Some(64 + 65 + 1)),
            // Every 64th is stored, and the last.
            Engine::Stubborn => assert_eq!(findings.states, Some(1 + 2 + 1)),
            Engine::Auto | Engine::Optimal | Engine::Exhaustive => {
                assert_eq!(report.verdict, Verdict::Proved, "{engine:?}");
            }
        }
        assert_eq!(report.fault, None);
        assert_eq!(findings.steps_max, 64 + 65, "{engine:?}");
    }
}

#[test]
fn an_execution_of_ten_thousand_steps_under_every_engine() {
    for engine in Engine::ALL {
        let limits = Limits {
            executions_max: (engine == Engine::Random).then_some(3),
            ..Limits::default()
        };
        let report = Checker::new().engine(engine).limits(limits).check(|| {
            let lock = mutex("lock", 0);
            for _ in 0..4_999 {
                *lock.lock() += 1;
            }
        });
        let random = engine == Engine::Random;
        let expected = if random {
            Verdict::Bounded
        } else {
            Verdict::Proved
        };
        assert_eq!(report.verdict, expected, "{engine:?} {:?}", report.fault);
        assert_eq!(report.findings.steps_max, 9_998, "{engine:?}");
    }
}

#[test]
fn an_execution_of_ten_thousand_steps() {
    let kernel = || {
        let (left, right) = (mutex("left", 0), mutex("right", 0));
        go("other", move || {
            for _ in 0..2499 {
                *left.lock() += 1;
            }
        });
        for _ in 0..2499 {
            *right.lock() += 1;
        }
    };
    for engine in [Engine::Optimal, Engine::Random] {
        let limits = Limits {
            executions_max: Some(1),
            ..Limits::default()
        };
        let report = Checker::new().engine(engine).limits(limits).check(kernel);
        assert_eq!(report.findings.executions, 1);
        assert_eq!(report.findings.steps_max, 2 * 2 * 2499 + 1);
    }
}

/// The same with every step in a race: the search must look for rivals of each.
#[test]
fn ten_thousand_steps_that_race() {
    let limits = Limits {
        executions_max: Some(2),
        ..Limits::default()
    };
    let checker = Checker::new().engine(Engine::Optimal).limits(limits);
    let report = checker.check(|| {
        let count = atomic("count", 0);
        go("other", move || {
            for _ in 0..4999 {
                count.add(1);
            }
        });
        for _ in 0..4999 {
            count.add(1);
        }
    });
    assert_eq!(report.findings.executions, 2);
    assert_eq!(report.findings.steps_max, 9999);
}

#[test]
fn a_thousand_executions_that_deadlock() {
    for engine in [Engine::Optimal, Engine::Exhaustive, Engine::Stateful] {
        let checker = Checker::new().engine(engine).keep_going(true);
        let report = checker.check(|| {
            let gates = mutex("gate", 0);
            let number = 100 * choose(10) + 10 * choose(10) + choose(10);
            let never = chan::<u32>("never", 0);
            let held = gates.lock();
            go("stuck", move || {
                let _ = gates.lock();
            });
            never.send(number);
            drop(held);
        });
        assert_eq!(report.verdict, Verdict::Deadlock);
        assert_eq!(report.findings.bad_executions, 1000);
    }
}

#[test]
fn two_searches_in_two_threads() {
    let family = |name: &str| families::ALL.iter().find(|family| family.name == name);
    let searches = ["philosophers", "readers"].map(|name| {
        std::thread::spawn(move || {
            let script = family(name).and_then(|family| family.script(&[5]).ok());
            let script = script.expect("a family of this name");
            let report = Checker::new()
                .engine(Engine::Optimal)
                .check_subject(&script);
            report.findings.executions
        })
    });
    let counts = searches.map(|search| search.join().expect("a search does not panic"));
    assert_eq!(counts, [31, 32]);
}

#[test]
fn two_searches_of_closures_in_two_threads() {
    let search = |goroutines: u64| {
        std::thread::spawn(move || {
            let report = optimal(move || {
                let count = mutex("count", 0);
                for _ in 0..goroutines {
                    go("one", move || *count.lock() += 1);
                }
            });
            (report.verdict, report.findings.executions)
        })
    };
    let counts = [search(6), search(7)].map(|search| search.join().expect("no panic"));
    assert_eq!(counts, [(Verdict::Proved, 720), (Verdict::Proved, 5040)]);
}

/// All engines side by side, on kernels that deadlock, panic and end well: each finds what it finds
/// alone.
#[test]
fn searches_of_all_engines_at_once() {
    let search = |engine: Engine, order: bool| {
        let report = Checker::new().engine(engine).check(move || {
            let (left, right) = (mutex("left", 0), mutex("right", 0));
            go("other", move || {
                let (first, second) = if order { (left, right) } else { (right, left) };
                let held = first.lock();
                *second.lock() += 1;
                drop(held);
            });
            let held = left.lock();
            *right.lock() += 1;
            drop(held);
            if choose(3) == 2 {
                panic!("the third");
            }
        });
        let findings = &report.findings;
        let bad: Vec<String> = findings.bad.keys().map(|end| format!("{end:?}")).collect();
        (report.verdict, findings.executions, findings.steps, bad)
    };
    let jobs = Engine::ALL.map(|engine| [(engine, false), (engine, true)]);
    let jobs: Vec<(Engine, bool)> = jobs.into_iter().flatten().collect();
    let alone: Vec<_> = jobs.iter().map(|job| search(job.0, job.1)).collect();
    assert!(alone.iter().any(|found| found.3.len() > 1), "{alone:?}");
    let threads: Vec<_> = jobs
        .iter()
        .map(|&(engine, order)| std::thread::spawn(move || search(engine, order)))
        .collect();
    for ((job, alone), thread) in jobs.iter().zip(alone).zip(threads) {
        let together = thread.join().expect("a search does not panic");
        assert_eq!(together, alone, "{job:?}");
    }
}

#[test]
fn a_search_inside_a_kernel() {
    let report = optimal(|| {
        let found = chan::<u64>("found", 0);
        go("searcher", move || {
            let report = optimal(|| {
                let count = mutex("count", 0);
                for _ in 0..3 {
                    go("one", move || *count.lock() += 1);
                }
                panic_if(*count.lock() > 3);
            });
            found.send(report.findings.executions);
        });
        assert_eq!(found.recv(), Some(24));
    });
    report.assert_proved();
}

fn panic_if(condition: bool) {
    assert!(!condition, "more than three");
}

/// Among many goroutines each sender finds its partners by channel: those that it finds alone.
#[test]
fn among_many_goroutines_the_steps_are_those_of_each() {
    let kernel = Rc::new(|| {
        let (a, b) = (chan::<u32>("a", 0), chan::<u32>("b", 0));
        for _ in 0..10 {
            go("both", move || {
                select! {
                    recv(a) => {},
                    recv(b) => {},
                    recv(a) => {},
                }
            });
            go("receiver", move || {
                b.recv();
            });
            go("sender", move || a.send(1));
            go("other", move || b.send(2));
        }
    });
    let mut program = kernel.program(1 << 18);
    let mut world = World::start(program.as_mut()).expect("no fault");
    let mut meetings = 0;
    loop {
        let steps = world.steps(program.as_ref());
        let mut each = Vec::new();
        for id in world.ids() {
            world.enabled_of(program.as_ref(), id, &mut each);
        }
        assert_eq!(steps, each);
        meetings = meetings.max(steps.len());
        let Some(&step) = steps.first() else {
            break;
        };
        world.take(program.as_mut(), step).expect("no fault");
    }
    assert!(meetings > 100, "{meetings}");
}
